//! What the lanes read.

use tidings_domain::category::Category;
use tidings_domain::id::{Id as _, SenderId};
use tidings_domain::time::{HOUR, MINUTE, SECOND, Timestamp};
use tidings_store::model::*;

use crate::bed::Bed;
use crate::conformance;
use crate::scene::{Scene, allow};

conformance!(
    the_queue_is_read_in_order,
    lanes_with_work_are_found,
    recent_pairs_are_remembered,
    a_step_of_the_clock_is_no_age,
);

async fn the_queue_is_read_in_order(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let mut messages: Vec<NewMessage> = (0..10).map(|_| scene.message(&bed)).collect();
    for (n, message) in messages.iter_mut().enumerate() {
        message.due_at = bed.now().plus((n as i64 % 3) * SECOND);
    }
    scene.accept(&bed, messages, allow()).await;
    bed.advance(MINUTE);
    let all = scene.due(&bed).await;
    assert_eq!(all.len(), 10);
    assert!(all.is_sorted_by_key(|item| (item.due_at, item.message)));
    let (system, now) = (bed.store.system(), bed.now());
    let (mut paged, mut after): (Vec<DueItem>, _) = (Vec::new(), None);
    loop {
        let page =
            bed.store.due(&system, scene.sender, Category::Utility, now, after, 3).await.expect("a read");
        let Some(last) = page.last() else { break };
        after = Some((last.due_at, last.message));
        paged.extend(page);
    }
    assert_eq!(paged, all);
    bed
}

async fn lanes_with_work_are_found(bed: Bed) -> Bed {
    let (one, two) = (Scene::new(&bed).await, Scene::new(&bed).await);
    let system = bed.store.system();
    assert!(bed.store.lanes_with_work(&system, SlotSet::ALL).await.expect("a read").is_empty());
    let soon = bed.now().plus(MINUTE);
    let mut otp = one.message(&bed);
    (otp.category, otp.due_at) = (Category::Authentication, soon);
    one.accept(&bed, vec![otp, one.message(&bed)], allow()).await;
    let mut later = two.message(&bed);
    later.due_at = soon;
    two.accept(&bed, vec![later], allow()).await;
    let mut lanes = bed.store.lanes_with_work(&system, SlotSet::ALL).await.expect("a read");
    lanes.sort_by_key(|lane| lane.earliest);
    assert_eq!(lanes.len(), 2);
    assert_eq!(
        (lanes[0].sender, lanes[0].tenant, lanes[0].earliest),
        (one.sender, one.scope.tenant(), bed.now())
    );
    assert_eq!((lanes[1].sender, lanes[1].account, lanes[1].earliest), (two.sender, two.account, soon));
    assert_eq!(bed.store.queue_depths(&system, one.sender).await.expect("a read"), [1, 0, 1, 0]);
    bed
}

async fn recent_pairs_are_remembered(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    scene.claimed(&bed, 2).await;
    let first = bed.now();
    let system = bed.store.system();
    let recent = async |senders: &[SenderId], since| {
        bed.store.recent_pairs(&system, senders, first, first.since(since), 10).await
    };
    let (one, nobody) = (scene.sender, SenderId::from_bytes([9; 16]));
    // Every claim counts: two to one recipient are two debts.
    let expected = [(one, scene.message(&bed).recipient, 0); 2];
    assert_eq!(recent(&[nobody, one], first).await.expect("a read"), expected);
    assert_eq!(recent(&[nobody], first).await.expect("a read"), []);
    assert_eq!(recent(&[], first).await.expect("a read"), []);
    assert_eq!(recent(&[one], first.plus(1)).await.expect("a read"), []);
    // However many senders are asked for at once.
    let many: Vec<SenderId> = (0..500u16).map(|n| SenderId::from_bytes([n as u8; 16])).chain([one]).collect();
    assert_eq!(recent(&many, first).await.expect("a read"), expected);
    // However much was written to the log since then: a queue that nobody has claimed from costs nothing.
    let sql = match bed.kind {
        crate::bed::Kind::Postgres => {
            "INSERT INTO events (tenant_id, kind, subject, actor, at, body)
             SELECT '\\x07', 1, '\\x08', 'system', n, '{}' FROM generate_series(1, 5000) n"
        }
        _ => {
            "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 5000)
             INSERT INTO events (tenant_id, kind, subject, actor, at, body)
             SELECT x'07', 1, x'08', 'system', n, '{}' FROM n"
        }
    };
    bed.rows(&sql.replace("', n, '", &format!("', {} + n, '", first.micros()))).await;
    assert_eq!(recent(&[one], first).await.expect("a read"), expected);
    let newest = bed.store.recent_pairs(&system, &[one], first, 0, 1).await.expect("a read");
    assert_eq!(newest, expected[..1]);
    bed
}

async fn a_step_of_the_clock_is_no_age(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let ages = async |now: Timestamp| {
        let system = bed.store.system();
        let found = bed.store.recent_pairs(&system, &[scene.sender], now, 4 * MINUTE, 10).await;
        found.expect("a read").into_iter().map(|(_, _, age_us)| age_us).collect::<Vec<_>>()
    };
    scene.claimed(&bed, 1).await;
    bed.advance(MINUTE);
    let before = bed.now();
    bed.advance(3 * HOUR);
    assert_eq!(ages(bed.now()).await, Vec::<i64>::new(), "three hours are longer than any debt");
    let noted = bed.store.note_clock_step(&bed.store.system(), before, bed.now()).await;
    noted.expect("it is written");
    assert_eq!(ages(bed.now()).await, [MINUTE]);
    bed.advance(MINUTE);
    scene.claimed(&bed, 1).await;
    let second = bed.now();
    bed.advance(5 * SECOND);
    assert_eq!(ages(bed.now()).await, [2 * MINUTE + 5 * SECOND, 5 * SECOND]);
    assert_eq!(ages(second.plus(5 * MINUTE)).await, Vec::<i64>::new(), "time that passed counts");
    bed
}

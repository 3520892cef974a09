//! What the lanes read.

use tidings_domain::category::Category;
use tidings_domain::time::{MINUTE, SECOND};
use tidings_store::model::*;

use crate::bed::Bed;
use crate::conformance;
use crate::scene::{Scene, allow};

conformance!(the_queue_is_read_in_order, lanes_with_work_are_found, recent_pairs_are_remembered);

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
    let tenant = hex::encode(scene.scope.tenant().as_bytes());
    let sender = hex::encode(scene.sender.as_bytes());
    let literal = |hex: &str| match bed.kind {
        crate::bed::Kind::Postgres => format!("'\\x{hex}'::bytea"),
        _ => format!("x'{hex}'"),
    };
    bed.rows(&format!(
        "INSERT INTO senders (tenant_id, id, account_id, channel, address, provider_ref, messages_per_s, created_at)
         VALUES ({0}, {1}, {1}, 0, '+1', 'p', 80, 0)",
        literal(&tenant),
        literal(&sender)
    ))
    .await;
    scene.claimed(&bed, 2).await;
    let first = bed.now();
    let system = bed.store.system();
    let pairs = bed.store.recent_pairs(&system, scene.sender, first, 10).await.expect("a read");
    // Every claim counts: two to one recipient are two debts.
    assert_eq!(pairs, [(scene.message(&bed).recipient, first); 2]);
    let none = bed.store.recent_pairs(&system, scene.sender, first.plus(1), 10).await.expect("a read");
    assert!(none.is_empty());
    bed
}

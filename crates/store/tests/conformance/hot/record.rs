//! Answers of the provider.

use tidings_domain::category::{Category, Channel};
use tidings_domain::failure::Codes;
use tidings_domain::lifecycle::AttemptState;
use tidings_domain::time::{MINUTE, SECOND};
use tidings_store::model::*;

use crate::bed::Bed;
use crate::conformance;
use crate::ordinary::{ACTOR, account};
use crate::scene::{Scene, accepted, allow, bare_receipt, receipt};

conformance!(
    accepted_answers,
    a_failure_is_tried_again,
    a_failure_ends_it,
    a_doubt_waits_for_a_receipt,
    a_receipt_before_the_answer_wins,
    a_receipt_without_our_id_is_joined_when_the_answer_comes,
    answers_and_receipts_race,
    a_second_receipt_and_the_answer_race,
    remarks_about_the_recipient_are_kept,
    what_was_mended_is_tried_at_once,
);

async fn accepted_answers(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let item = scene.claimed(&bed, 1).await.remove(0);
    for _ in 0..2 {
        scene.record(&bed, &item, accepted(&item), Next::Done).await;
    }
    let kinds = ["message.accepted", "message.submitting", "message.submitted"];
    assert_eq!(scene.kinds(&bed, item.message).await, kinds, "once, however often it is recorded");
    assert_eq!(bed.rows("SELECT state, doubted FROM attempts").await, ["3|0"]);
    assert_eq!(bed.count("SELECT COUNT(*) FROM provider_ids WHERE n = 1").await, 1);
    assert!(
        bed.store
            .open_attempts(&bed.store.system(), SlotSet::ALL, None, 10)
            .await
            .expect("a read")
            .is_empty()
    );
    bed
}

async fn a_failure_is_tried_again(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let item = scene.claimed(&bed, 1).await.remove(0);
    let at = bed.now().plus(30 * SECOND);
    for _ in 0..2 {
        let next = Next::Retry { at, reason: "throughput" };
        scene.record(&bed, &item, AttemptResult::Failed { code: 130_429 }, next).await;
    }
    assert!(scene.due(&bed).await.is_empty());
    bed.advance(30 * SECOND);
    let again = scene.due(&bed).await;
    assert_eq!(again.len(), 1);
    assert_eq!((again[0].attempt, again[0].due_at, again[0].message), (2, at, item.message));
    scene.claim(&bed, again.clone(), allow()).await;
    scene.record(&bed, &again[0], accepted(&again[0]), Next::Done).await;
    let kinds = scene.kinds(&bed, item.message).await;
    assert_eq!(
        kinds[2..],
        ["message.attempt_failed", "message.retrying", "message.submitting", "message.submitted"]
    );
    assert_eq!(bed.rows("SELECT n, state, code FROM attempts ORDER BY n").await, ["1|5|130429", "2|3|-"]);
    assert_eq!(bed.rows("SELECT terminal FROM messages").await, ["0"]);
    bed
}

async fn a_failure_ends_it(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let items = scene.claimed(&bed, 2).await;
    let failed = AttemptResult::Failed { code: 131_026 };
    scene.record(&bed, &items[0], failed.clone(), Next::Fail { reason: "provider.131026".into() }).await;
    scene.record(&bed, &items[1], failed, Next::Dead { reason: "provider.131026".into() }).await;
    let mut notes = bed.rows("SELECT kind, reason FROM attention").await;
    notes.sort();
    assert_eq!(notes, ["1|provider.131026", "5|provider.131026"]);
    assert_eq!(bed.count("SELECT COUNT(*) FROM messages WHERE terminal = 1").await, 2);
    assert_eq!(scene.kinds(&bed, items[0].message).await[2..], ["message.attempt_failed", "message.failed"]);
    // The delivery proves otherwise.
    scene.merge(&bed, vec![receipt(&items[0], AttemptState::Delivered, bed.now())]).await;
    assert_eq!(bed.count("SELECT COUNT(*) FROM messages WHERE terminal = 1").await, 1);
    assert_eq!(bed.rows("SELECT kind FROM attention").await, ["5"]);
    bed
}

async fn a_doubt_waits_for_a_receipt(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let item = scene.claimed(&bed, 1).await.remove(0);
    let until = bed.now().plus(2 * MINUTE);
    let doubt = AttemptResult::InDoubt { reason: "timeout", code: None };
    scene.record(&bed, &item, doubt, Next::AwaitReceipt { until }).await;
    assert_eq!(bed.rows("SELECT state, doubted FROM attempts").await, ["1|1"]);
    assert_eq!(bed.rows("SELECT kind, reason FROM attention").await, ["2|timeout"]);
    let system = bed.store.system();
    assert!(bed.store.doubts_due(&system, SlotSet::ALL, bed.now(), 10).await.expect("a read").is_empty());
    let due = bed.store.doubts_due(&system, SlotSet::ALL, until, 10).await.expect("a read");
    assert_eq!((due.len(), due[0].doubt_until), (1, Some(until)));
    // The answer comes late after all.
    scene.record(&bed, &item, accepted(&item), Next::Done).await;
    assert_eq!(bed.rows("SELECT state, doubted, doubt_until FROM attempts").await, ["3|1|-"]);
    assert!(bed.rows("SELECT 1 FROM attention").await.is_empty());
    let kinds = scene.kinds(&bed, item.message).await;
    assert_eq!(kinds[2..], ["message.in_doubt", "message.submitted", "message.doubt_resolved"]);
    bed
}

async fn a_receipt_before_the_answer_wins(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let item = scene.claimed(&bed, 1).await.remove(0);
    let merged = scene.merge(&bed, vec![receipt(&item, AttemptState::Delivered, bed.now())]).await;
    assert!(matches!(merged[..], [Merged::Moved { to: AttemptState::Delivered, .. }]), "{merged:?}");
    let doubt = AttemptResult::InDoubt { reason: "timeout", code: None };
    scene.record(&bed, &item, doubt, Next::AwaitReceipt { until: bed.now().plus(MINUTE) }).await;
    assert_eq!(bed.rows("SELECT state, doubted, doubt_until FROM attempts").await, ["6|0|-"]);
    assert!(bed.rows("SELECT 1 FROM attention").await.is_empty());
    bed
}

async fn a_receipt_without_our_id_is_joined_when_the_answer_comes(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let item = scene.claimed(&bed, 1).await.remove(0);
    for state in [AttemptState::Read, AttemptState::Sent, AttemptState::Read] {
        assert_eq!(scene.merge(&bed, vec![bare_receipt(&item, state, bed.now())]).await, [Merged::Kept]);
    }
    scene.record(&bed, &item, accepted(&item), Next::Done).await;
    assert_eq!(bed.rows("SELECT state FROM attempts").await, ["7"]);
    assert!(bed.rows("SELECT 1 FROM orphans").await.is_empty());
    let merged = scene.merge(&bed, vec![bare_receipt(&item, AttemptState::Read, bed.now())]).await;
    assert_eq!(merged, [Merged::Same], "now the id is known");
    bed
}

/// Whoever commits first: no receipt is left behind.
async fn answers_and_receipts_race(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let items = scene.claimed(&bed, 60).await;
    let answers = items.iter().map(|item| scene.record(&bed, item, accepted(item), Next::Done));
    let now = bed.now();
    let receipts = items.iter().flat_map(|item| {
        [AttemptState::Sent, AttemptState::Delivered]
            .map(|state| scene.merge(&bed, vec![bare_receipt(item, state, now)]))
    });
    futures_util::join!(futures_util::future::join_all(answers), futures_util::future::join_all(receipts));
    assert_eq!(bed.count("SELECT COUNT(*) FROM attempts WHERE state = 6").await, 60);
    assert_eq!(bed.count("SELECT COUNT(*) FROM orphans").await, 0);
    bed
}

/// The first receipt has taken the id's place already. The second one, held up here before it is kept, must not be
/// overtaken by the answer, which would not see it.
async fn a_second_receipt_and_the_answer_race(bed: Bed) -> Bed {
    let Some(other) = bed.client().await else { return bed };
    let scene = Scene::new(&bed).await;
    let item = scene.claimed(&bed, 1).await.remove(0);
    let bare = |state| vec![bare_receipt(&item, state, bed.now())];
    assert_eq!(scene.merge(&bed, bare(AttemptState::Sent)).await, [Merged::Kept]);
    other.batch_execute("BEGIN; LOCK TABLE orphans IN SHARE MODE").await.expect("nobody keeps a receipt now");
    let waiting = async |n: i64| {
        let sql = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while bed.count(sql).await < n {}
    };
    let answer = async {
        waiting(1).await;
        scene.record(&bed, &item, accepted(&item), Next::Done).await;
    };
    let release = async {
        waiting(2).await;
        other.batch_execute("ROLLBACK").await.expect("everybody may go on");
    };
    futures_util::join!(scene.merge(&bed, bare(AttemptState::Delivered)), answer, release);
    assert_eq!(bed.count("SELECT COUNT(*) FROM orphans").await, 0, "it was left behind");
    assert_eq!(bed.rows("SELECT state FROM attempts").await, ["6"]);
    bed
}

async fn remarks_about_the_recipient_are_kept(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let items = scene.claimed(&bed, 2).await;
    let recorded = Recorded {
        item: items[0].clone(),
        at: bed.now(),
        result: AttemptResult::Failed { code: 131_026 },
        next: Next::Fail { reason: "provider.131026".into() },
        recipient_invalid: Some(131_026),
        recipient_cool_until: None,
    };
    bed.store.record(&bed.store.system(), vec![recorded]).await.expect("answers are recorded");
    let cool = bed.now().plus(MINUTE);
    let mut failed = receipt(&items[1], AttemptState::Failed, bed.now());
    failed.recipient_cool_until = Some(cool);
    scene.merge(&bed, vec![failed]).await;
    let want = format!("131026|{}|{}", bed.now().micros(), cool.micros());
    assert_eq!(bed.rows("SELECT invalid_code, invalid_at, cool_until FROM recipients").await, [want]);
    bed
}

async fn what_was_mended_is_tried_at_once(bed: Bed) -> Bed {
    let mut scene = Scene::new(&bed).await;
    scene.account = account(&bed, &scene.scope, "1").await.id;
    let (channel, now) = (Channel::Whatsapp, bed.now());
    let sender = bed
        .store
        .create_sender(&scene.scope, scene.account, channel, "+15550100", "7", 80.0, ACTOR, now)
        .await;
    scene.sender = sender.expect("a sender").id;
    let items = scene.claimed(&bed, 2).await;
    for (item, code) in items.iter().zip([190, 130_429]) {
        let next = Next::Retry { at: bed.now().plus(MINUTE), reason: "later" };
        scene.record(&bed, item, AttemptResult::Failed { code }, next).await;
    }
    let now = bed.advance(SECOND);
    let forward = async |codes: &[Codes]| {
        bed.store.bring_forward(&scene.scope, scene.account, codes, now).await.expect("it works")
    };
    assert!(forward(&[Codes::One(4)]).await.is_empty());
    let other = bed.ids.next(now);
    let none = bed.store.bring_forward(&scene.scope, other, &[Codes::One(190)], now).await.expect("it works");
    assert!(none.is_empty(), "another account");
    let lanes = forward(&[Codes::Range(200, 299), Codes::One(190)]).await;
    assert_eq!(lanes, [(scene.sender, Category::Utility)]);
    let due = scene.due(&bed).await;
    assert_eq!(
        due.iter().map(|item| (item.message, item.attempt)).collect::<Vec<_>>(),
        [(items[0].message, 2)]
    );
    let apart =
        "SELECT COUNT(*) FROM due d JOIN attempts a ON a.message_id = d.message_id AND a.n = d.attempt - 1
        WHERE a.retry_at <> d.due_at";
    assert_eq!(bed.count(apart).await, 0, "the attempt and the queue name the same time");
    assert!(forward(&[Codes::One(190)]).await.is_empty(), "once is enough");
    scene.claim(&bed, due.clone(), allow()).await;
    scene.record(&bed, &due[0], accepted(&due[0]), Next::Done).await;
    bed
}

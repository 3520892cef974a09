//! Decisions about attempts whose outcome nobody told.

use tidings_domain::lifecycle::AttemptState;
use tidings_domain::time::MINUTE;
use tidings_store::StoreError;
use tidings_store::model::*;

use crate::bed::Bed;
use crate::conformance;
use crate::scene::{Scene, allow, receipt};

conformance!(
    a_claim_that_never_left_is_queued_again,
    a_doubt_is_given_up,
    a_doubt_is_extended,
    a_settled_attempt_stays_settled,
    an_old_epoch_settles_nothing,
);

async fn open(bed: &Bed) -> OpenAttempt {
    let all = bed.store.open_attempts(&bed.store.system(), SlotSet::ALL, None, 10).await.expect("a read");
    assert_eq!(all.len(), 1);
    all.into_iter().next().expect("one")
}

async fn settle(bed: &Bed, scene: &Scene, open: OpenAttempt, settle: Settle) -> Result<(), StoreError> {
    bed.store.settle(&bed.store.system(), scene.epoch, vec![(open, settle)], bed.now()).await
}

async fn a_claim_that_never_left_is_queued_again(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let item = scene.claimed(&bed, 1).await.remove(0);
    settle(&bed, &scene, open(&bed).await, Settle::Requeue).await.expect("it is settled");
    assert_eq!(scene.due(&bed).await, std::slice::from_ref(&item));
    assert_eq!(bed.count("SELECT COUNT(*) FROM attempts").await, 0);
    let claimed = scene.claim(&bed, vec![item.clone()], allow()).await;
    assert!(matches!(claimed[..], [Claimed::Won { .. }]));
    assert_eq!(scene.kinds(&bed, item.message).await[2..], ["message.requeued", "message.submitting"]);
    bed
}

async fn a_doubt_is_given_up(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let item = scene.claimed(&bed, 1).await.remove(0);
    let until = bed.now().plus(MINUTE);
    settle(&bed, &scene, open(&bed).await, Settle::Doubt { reason: "crash", until })
        .await
        .expect("it is settled");
    // What is in doubt may have left: it is not simply queued again.
    settle(&bed, &scene, open(&bed).await, Settle::Requeue).await.expect("nothing happens");
    assert!(scene.due(&bed).await.is_empty());
    settle(&bed, &scene, open(&bed).await, Settle::Unknown).await.expect("it is settled");
    assert_eq!(scene.end_state(&bed).await, ["1|2|-|-|-|-", "5|doubt.unresolved", "4|doubt.unresolved"]);
    let kinds = scene.kinds(&bed, item.message).await;
    assert_eq!(kinds[2..], ["message.in_doubt", "message.doubt_resolved", "message.unknown"]);
    scene.merge(&bed, vec![receipt(&item, AttemptState::Read, bed.now())]).await;
    assert_eq!(scene.end_state(&bed).await, ["1|7|-|-|-|-", "0|-"], "a late receipt corrects it");
    bed
}

async fn a_doubt_is_extended(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    scene.claimed(&bed, 1).await;
    let until = bed.now().plus(MINUTE);
    settle(&bed, &scene, open(&bed).await, Settle::Doubt { reason: "crash", until })
        .await
        .expect("it is settled");
    let later = until.plus(MINUTE);
    settle(&bed, &scene, open(&bed).await, Settle::Extend { until: later }).await.expect("it is settled");
    let system = bed.store.system();
    assert!(bed.store.doubts_due(&system, SlotSet::ALL, until, 5).await.expect("a read").is_empty());
    assert_eq!(bed.store.doubts_due(&system, SlotSet::ALL, later, 5).await.expect("a read").len(), 1);
    bed
}

async fn a_settled_attempt_stays_settled(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let item = scene.claimed(&bed, 1).await.remove(0);
    let stale = open(&bed).await;
    scene.merge(&bed, vec![receipt(&item, AttemptState::Sent, bed.now())]).await;
    for late in [Settle::Requeue, Settle::Unknown, Settle::Resend { at: bed.now() }] {
        settle(&bed, &scene, stale.clone(), late).await.expect("a receipt came in between");
    }
    assert!(scene.due(&bed).await.is_empty());
    assert_eq!(scene.end_state(&bed).await, ["1|4|-|-|-|-", "0|-"]);
    bed
}

async fn an_old_epoch_settles_nothing(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    scene.claimed(&bed, 1).await;
    let stale = open(&bed).await;
    scene.lose_slot(&bed).await;
    let answer = settle(&bed, &scene, stale, Settle::Requeue).await;
    assert!(matches!(answer, Err(StoreError::Conflict(_))), "{answer:?}");
    assert_eq!(bed.count("SELECT COUNT(*) FROM attempts").await, 1);
    bed
}

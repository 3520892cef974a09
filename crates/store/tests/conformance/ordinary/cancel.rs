//! Canceling and redriving.

use tidings_domain::id::MessageId;
use tidings_domain::lifecycle::{AttemptState, Status};
use tidings_domain::time::{HOUR, SECOND};
use tidings_store::model::*;

use super::ACTOR;
use crate::bed::Bed;
use crate::conformance;
use crate::scene::{Scene, accepted, allow, receipt};

conformance!(
    what_has_not_left_is_canceled,
    a_deferred_message_is_canceled,
    a_retry_is_canceled,
    a_claim_beats_a_cancel,
    a_cancel_beats_a_claim,
    a_dead_letter_is_sent_again,
    an_expired_message_is_sent_again,
    a_receipt_takes_a_redrive_back,
    what_is_not_dead_is_not_redriven,
);

async fn head(bed: &Bed, scene: &Scene, id: MessageId) -> MessageHead {
    bed.store.message(&scene.scope, id).await.expect("works").expect("it is there").head
}

async fn cancel(bed: &Bed, scene: &Scene, id: MessageId) -> Canceled {
    bed.store.cancel(&scene.scope, id, ACTOR, bed.now()).await.expect("works")
}

async fn redrive(bed: &Bed, scene: &Scene, id: MessageId) -> Redriven {
    bed.store.redrive(&scene.scope, id, ACTOR, bed.now()).await.expect("works")
}

async fn what_has_not_left_is_canceled(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let (now, mut later) = (scene.message(&bed), scene.message(&bed));
    later.due_at = bed.now().plus(HOUR);
    let ids = [now.id, later.id];
    scene.accept(&bed, vec![now, later], allow()).await;
    for id in ids {
        assert_eq!(cancel(&bed, &scene, id).await, Canceled::Canceled);
        assert_eq!(head(&bed, &scene, id).await.status, Status::Canceled);
        assert_eq!(cancel(&bed, &scene, id).await, Canceled::TooLate(Status::Canceled));
        assert_eq!(scene.kinds(&bed, id).await, ["message.accepted", "message.canceled"]);
    }
    assert_eq!(bed.count("SELECT COUNT(*) FROM due").await, 0);
    let unknown = bed.ids.next::<MessageId>(bed.now());
    assert_eq!(cancel(&bed, &scene, unknown).await, Canceled::NotFound);
    bed
}

async fn a_deferred_message_is_canceled(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    scene.accept(&bed, vec![scene.message(&bed)], allow()).await;
    let item = scene.due(&bed).await.remove(0);
    let until = bed.now().plus(HOUR / 2);
    let defer = Judgement::Defer { until, code: "pause.tenant".to_owned(), decisions: "[]".to_owned() };
    scene.claim(&bed, vec![item.clone()], defer).await;
    assert_eq!(head(&bed, &scene, item.message).await.due_at, until);
    assert_eq!(cancel(&bed, &scene, item.message).await, Canceled::Canceled);
    assert_eq!(bed.count("SELECT COUNT(*) FROM due").await, 0);
    bed
}

async fn a_retry_is_canceled(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let item = scene.claimed(&bed, 1).await.remove(0);
    let retry = Next::Retry { at: bed.now().plus(SECOND), reason: "throttled" };
    scene.record(&bed, &item, AttemptResult::Failed { code: 130_429 }, retry).await;
    assert_eq!(head(&bed, &scene, item.message).await.status, Status::Queued);
    assert_eq!(cancel(&bed, &scene, item.message).await, Canceled::Canceled);
    let head = head(&bed, &scene, item.message).await;
    assert_eq!((head.status, head.attempts[0].retry_at), (Status::Canceled, None));
    assert_eq!(bed.count("SELECT COUNT(*) FROM due").await, 0);
    bed
}

async fn a_claim_beats_a_cancel(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let item = scene.claimed(&bed, 1).await.remove(0);
    assert_eq!(cancel(&bed, &scene, item.message).await, Canceled::TooLate(Status::Submitting));
    scene.record(&bed, &item, accepted(&item), Next::Done).await;
    assert_eq!(cancel(&bed, &scene, item.message).await, Canceled::TooLate(Status::Submitted));
    bed
}

async fn a_cancel_beats_a_claim(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    scene.accept(&bed, vec![scene.message(&bed)], allow()).await;
    let item = scene.due(&bed).await.remove(0);
    assert_eq!(cancel(&bed, &scene, item.message).await, Canceled::Canceled);
    let claimed = scene.claim(&bed, vec![item.clone()], allow()).await;
    assert!(matches!(claimed[0], Claimed::Gone { .. }), "{claimed:?}");
    assert_eq!(head(&bed, &scene, item.message).await.attempts.len(), 0);
    bed
}

/// A message whose only attempt failed for good.
async fn dead(bed: &Bed, scene: &Scene) -> DueItem {
    let item = scene.claimed(bed, 1).await.remove(0);
    let next = Next::Dead { reason: "retries.exhausted".to_owned() };
    scene.record(bed, &item, AttemptResult::Failed { code: 130_429 }, next).await;
    assert_eq!(head(bed, scene, item.message).await.status, Status::Failed);
    item
}

async fn a_dead_letter_is_sent_again(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let item = dead(&bed, &scene).await;
    let at = bed.advance(2 * HOUR);
    let queued = Redriven::Queued { sender: scene.sender, category: item.category };
    assert_eq!(redrive(&bed, &scene, item.message).await, queued);
    let found = head(&bed, &scene, item.message).await;
    assert_eq!((found.status, found.reason.as_deref(), found.due_at), (Status::Queued, None, at));
    assert!(found.expires_at > at);
    assert_eq!(bed.store.attention_count(&scene.scope).await.expect("a count"), 0);
    assert_eq!(redrive(&bed, &scene, item.message).await, Redriven::NotDead(Status::Queued));
    let again = scene.due(&bed).await;
    assert_eq!(again.len(), 1);
    let want = DueItem { due_at: at, attempt: 2, expires_at: found.expires_at, ..item.clone() };
    assert_eq!(again[0], want);
    scene.claim(&bed, again.clone(), allow()).await;
    scene.record(&bed, &again[0], accepted(&again[0]), Next::Done).await;
    assert_eq!(head(&bed, &scene, item.message).await.status, Status::Submitted);
    bed
}

async fn an_expired_message_is_sent_again(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    scene.accept(&bed, vec![scene.message(&bed)], allow()).await;
    let item = scene.due(&bed).await.remove(0);
    bed.advance(2 * HOUR);
    let claimed = scene.claim(&bed, vec![item.clone()], allow()).await;
    assert!(matches!(claimed[0], Claimed::Expired { .. }), "{claimed:?}");
    assert_eq!(head(&bed, &scene, item.message).await.status, Status::Expired);
    assert!(matches!(redrive(&bed, &scene, item.message).await, Redriven::Queued { .. }));
    let again = scene.due(&bed).await;
    assert_eq!((again.len(), again[0].attempt), (1, 1));
    let claimed = scene.claim(&bed, again, allow()).await;
    assert!(matches!(claimed[0], Claimed::Won { .. }), "{claimed:?}");
    bed
}

async fn a_receipt_takes_a_redrive_back(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let item = dead(&bed, &scene).await;
    redrive(&bed, &scene, item.message).await;
    scene.merge(&bed, vec![receipt(&item, AttemptState::Delivered, bed.now())]).await;
    assert_eq!(head(&bed, &scene, item.message).await.status, Status::Delivered);
    assert_eq!(bed.count("SELECT COUNT(*) FROM due").await, 0, "nothing is sent twice");
    bed
}

async fn what_is_not_dead_is_not_redriven(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let denied = scene.message(&bed);
    let id = denied.id;
    let deny = Judgement::Deny { code: "consent.suppressed".to_owned(), decisions: "[]".to_owned() };
    scene.accept(&bed, vec![denied], deny).await;
    assert_eq!(redrive(&bed, &scene, id).await, Redriven::NotDead(Status::Denied));
    let item = scene.claimed(&bed, 1).await.remove(0);
    assert_eq!(redrive(&bed, &scene, item.message).await, Redriven::NotDead(Status::Submitting));
    let unknown = bed.ids.next::<MessageId>(bed.now());
    assert_eq!(redrive(&bed, &scene, unknown).await, Redriven::NotFound);
    assert_eq!(bed.count("SELECT COUNT(*) FROM due").await, 0);
    bed
}

//! Other ways: taken when one fails, is denied or is not in time; left when one succeeds or somebody answers.

use tidings_domain::address::Address;
use tidings_domain::category::{Category, Channel};
use tidings_domain::id::SenderId;
use tidings_domain::lifecycle::AttemptState;
use tidings_domain::policy::Place;
use tidings_domain::time::{HOUR, MINUTE};
use tidings_store::model::*;

use super::inbound::{inbound, phone};
use crate::bed::Bed;
use crate::conformance;
use crate::scene::{Scene, accepted, allow, receipt};

conformance!(
    a_failure_takes_the_next_way,
    a_failing_receipt_takes_the_next_way,
    a_denied_way_is_stepped_over,
    what_is_not_in_time_takes_the_next_way,
    a_late_delivery_takes_the_next_way_back,
    an_answer_ends_the_plan,
    the_last_way_ends_the_message,
    a_deferred_way_keeps_its_time,
    an_old_epoch_takes_no_way,
    a_canceled_message_takes_no_way,
    a_redriven_message_begins_with_its_first_way,
    later_ways_have_their_own_content,
    an_open_attempt_knows_its_way,
);

/// A message by WhatsApp, then by SMS, then by mail.
struct Planned {
    scene: Scene,
    sms: SenderId,
    mail: SenderId,
    item: DueItem,
}

impl Planned {
    async fn new(bed: &Bed) -> Self {
        let scene = Scene::new(bed).await;
        let (sms, mail) = (bed.ids.next(bed.now()), bed.ids.next(bed.now()));
        let way = |sender, channel, wait_us| NewStep {
            account: scene.account,
            sender,
            channel,
            recipient: scene.scope.hash("another address"),
            place: Place::default(),
            free_form: false,
            template: None,
            language: None,
            until: Until { wait_us, success: AttemptState::Accepted },
            reason: "it is the only sender of the channel",
            content: format!("content for {channel}").into_bytes(),
        };
        let delivered = Until { wait_us: Some(5 * MINUTE), success: AttemptState::Delivered };
        let middle = NewStep { until: delivered, ..way(sms, Channel::Sms, None) };
        let fallbacks = vec![middle, way(mail, Channel::Email, None)];
        let plan = NewPlan { slot: scene.epoch.slot, first: delivered, reason: "named", fallbacks };
        let recipient = scene.scope.hash(&Address::Phone(phone().phone.expect("a number")).canonical());
        let message = NewMessage { plan: Some(Box::new(plan)), recipient, ..scene.message(bed) };
        scene.accept(bed, vec![message], allow()).await;
        let item = scene.due(bed).await.remove(0);
        Self { scene, sms, mail, item }
    }

    async fn due(&self, bed: &Bed, sender: SenderId) -> Vec<DueItem> {
        let (system, now) = (bed.store.system(), bed.now());
        bed.store.due(&system, sender, Category::Utility, now, None, 10).await.expect("lanes can be read")
    }

    /// The one item that waits at a sender.
    async fn waits(&self, bed: &Bed, sender: SenderId) -> DueItem {
        let mut all = self.due(bed, sender).await;
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    async fn claim(&self, bed: &Bed, item: &DueItem) -> Vec<u8> {
        match self.scene.claim(bed, vec![item.clone()], allow()).await.remove(0) {
            Claimed::Won { content, .. } => content,
            other => panic!("{other:?}"),
        }
    }

    async fn submit(&self, bed: &Bed, item: &DueItem) {
        self.claim(bed, item).await;
        self.scene.record(bed, item, accepted(item), Next::Done).await;
    }

    async fn fall_back(&self, bed: &Bed) -> Vec<FellBack> {
        let system = bed.store.system();
        bed.store.fall_back(&system, &[self.scene.epoch], bed.now()).await.expect("plans can be looked at")
    }

    async fn plan(&self, bed: &Bed) -> PlanView {
        let view = bed.store.message(&self.scene.scope, self.item.message).await.expect("a read");
        view.expect("it is there").plan.expect("it has a plan")
    }

    async fn last_kinds(&self, bed: &Bed, n: usize) -> Vec<&'static str> {
        let kinds = self.scene.kinds(bed, self.item.message).await;
        kinds[kinds.len() - n..].to_vec()
    }
}

fn failed() -> (AttemptResult, Next) {
    (AttemptResult::Failed { code: 131_026 }, Next::Fail { reason: "provider.131026".to_owned() })
}

async fn a_failure_takes_the_next_way(bed: Bed) -> Bed {
    let planned = Planned::new(&bed).await;
    planned.claim(&bed, &planned.item).await;
    let (result, next) = failed();
    planned.scene.record(&bed, &planned.item, result, next).await;
    let second = planned.waits(&bed, planned.sms).await;
    assert_eq!((second.attempt, second.recipient), (2, planned.scene.scope.hash("another address")));
    assert_eq!(planned.last_kinds(&bed, 2).await, ["message.attempt_failed", "message.fell_back"]);
    assert_eq!(bed.rows("SELECT terminal, reason FROM messages").await, ["0|-"]);
    assert_eq!(bed.count("SELECT COUNT(*) FROM attention").await, 0);
    planned.submit(&bed, &second).await;
    let plan = planned.plan(&bed).await;
    assert_eq!((plan.step, plan.steps[1].first_attempt, plan.deadline.is_some()), (1, Some(2), true));
    bed
}

async fn a_failing_receipt_takes_the_next_way(bed: Bed) -> Bed {
    let planned = Planned::new(&bed).await;
    planned.submit(&bed, &planned.item).await;
    let failing = receipt(&planned.item, AttemptState::Failed, bed.now());
    planned.scene.merge(&bed, vec![failing.clone()]).await;
    planned.scene.merge(&bed, vec![failing]).await;
    assert_eq!(planned.waits(&bed, planned.sms).await.attempt, 2, "once, however often it is told");
    assert!(planned.due(&bed, planned.mail).await.is_empty());
    bed
}

async fn a_denied_way_is_stepped_over(bed: Bed) -> Bed {
    let planned = Planned::new(&bed).await;
    let verdict = Judgement::Deny { code: "consent.suppressed".to_owned(), decisions: "[]".to_owned() };
    let denied = planned.scene.claim(&bed, vec![planned.item.clone()], verdict).await;
    assert!(matches!(denied[..], [Claimed::Denied { .. }]));
    let second = planned.waits(&bed, planned.sms).await;
    assert_eq!(second.attempt, 2, "a number belongs to one way");
    assert_eq!(planned.claim(&bed, &second).await, b"content for sms");
    assert_eq!(bed.rows("SELECT terminal, reason FROM messages").await, ["0|-"]);
    bed
}

async fn what_is_not_in_time_takes_the_next_way(bed: Bed) -> Bed {
    let planned = Planned::new(&bed).await;
    planned.submit(&bed, &planned.item).await;
    bed.advance(5 * MINUTE - 1);
    assert!(planned.fall_back(&bed).await.is_empty(), "its time is not over");
    bed.advance(1);
    let woken = planned.fall_back(&bed).await;
    assert_eq!(woken, [FellBack { sender: planned.sms, category: Category::Utility }]);
    assert!(planned.fall_back(&bed).await.is_empty(), "once");
    planned.submit(&bed, &planned.waits(&bed, planned.sms).await).await;
    bed.advance(5 * MINUTE);
    assert_eq!(planned.fall_back(&bed).await.len(), 1);
    planned.submit(&bed, &planned.waits(&bed, planned.mail).await).await;
    bed.advance(HOUR / 2);
    assert!(planned.fall_back(&bed).await.is_empty(), "there is no other way");
    assert_eq!(bed.count("SELECT COUNT(*) FROM attempts").await, 3);
    bed
}

async fn a_late_delivery_takes_the_next_way_back(bed: Bed) -> Bed {
    let planned = Planned::new(&bed).await;
    planned.submit(&bed, &planned.item).await;
    bed.advance(5 * MINUTE);
    planned.fall_back(&bed).await;
    planned.scene.merge(&bed, vec![receipt(&planned.item, AttemptState::Sent, bed.now())]).await;
    assert_eq!(planned.due(&bed, planned.sms).await.len(), 1, "sent is not delivered");
    planned.scene.merge(&bed, vec![receipt(&planned.item, AttemptState::Delivered, bed.now())]).await;
    assert!(planned.due(&bed, planned.sms).await.is_empty(), "it has arrived");
    bed.advance(HOUR / 2);
    assert!(planned.fall_back(&bed).await.is_empty());
    assert_eq!(planned.plan(&bed).await.ended.as_deref(), Some("succeeded"));
    bed
}

async fn an_answer_ends_the_plan(bed: Bed) -> Bed {
    let planned = Planned::new(&bed).await;
    planned.submit(&bed, &planned.item).await;
    bed.advance(MINUTE);
    let answer = inbound(&bed, &planned.scene, "wamid.answer", phone());
    let write = CallbackWrite { inbound: vec![answer], received_at: bed.now(), ..CallbackWrite::default() };
    bed.store.merge(&planned.scene.scope, planned.scene.account, write).await.expect("it is stored");
    bed.advance(5 * MINUTE);
    assert!(planned.fall_back(&bed).await.is_empty());
    assert_eq!(planned.plan(&bed).await.ended.as_deref(), Some("answered"));
    assert_eq!(planned.last_kinds(&bed, 1).await, ["message.plan_ended"]);
    bed
}

async fn the_last_way_ends_the_message(bed: Bed) -> Bed {
    let planned = Planned::new(&bed).await;
    for sender in [planned.scene.sender, planned.sms, planned.mail] {
        let item = planned.waits(&bed, sender).await;
        planned.claim(&bed, &item).await;
        let (result, next) = failed();
        planned.scene.record(&bed, &item, result, next).await;
    }
    assert_eq!(bed.rows("SELECT terminal, reason FROM messages").await, ["1|provider.131026"]);
    assert_eq!(planned.last_kinds(&bed, 2).await, ["message.attempt_failed", "message.failed"]);
    assert_eq!(bed.count("SELECT COUNT(*) FROM due").await, 0);
    bed
}

async fn a_deferred_way_keeps_its_time(bed: Bed) -> Bed {
    let planned = Planned::new(&bed).await;
    let until = bed.now().plus(HOUR / 2);
    let defer = Judgement::Defer { until, code: "quiet_hours.closed".to_owned(), decisions: "[]".to_owned() };
    planned.scene.claim(&bed, vec![planned.item.clone()], defer).await;
    bed.advance(5 * MINUTE);
    assert!(planned.fall_back(&bed).await.is_empty(), "the hours are closed on every way");
    assert_eq!(planned.plan(&bed).await.deadline, Some(until.plus(5 * MINUTE)));
    bed.advance(HOUR / 2 - 5 * MINUTE);
    assert_eq!(planned.due(&bed, planned.scene.sender).await.len(), 1);
    bed.advance(5 * MINUTE);
    assert_eq!(planned.fall_back(&bed).await.len(), 1, "nobody claimed it in its time");
    assert!(planned.due(&bed, planned.scene.sender).await.is_empty(), "it waits in one queue only");
    bed
}

async fn an_old_epoch_takes_no_way(bed: Bed) -> Bed {
    let planned = Planned::new(&bed).await;
    planned.submit(&bed, &planned.item).await;
    bed.advance(5 * MINUTE);
    planned.scene.lose_slot(&bed).await;
    assert!(planned.fall_back(&bed).await.is_empty());
    assert_eq!(bed.count("SELECT COUNT(*) FROM due").await, 0);
    bed
}

async fn a_canceled_message_takes_no_way(bed: Bed) -> Bed {
    let planned = Planned::new(&bed).await;
    planned.claim(&bed, &planned.item).await;
    let (result, next) = failed();
    planned.scene.record(&bed, &planned.item, result, next).await;
    let actor = tidings_domain::actor::Actor::Installation;
    let canceled = bed.store.cancel(&planned.scene.scope, planned.item.message, actor, bed.now()).await;
    assert!(matches!(canceled, Ok(Canceled::Canceled)), "{canceled:?}");
    assert_eq!(bed.count("SELECT COUNT(*) FROM due").await, 0);
    bed.advance(HOUR / 2);
    assert!(planned.fall_back(&bed).await.is_empty());
    bed
}

async fn a_redriven_message_begins_with_its_first_way(bed: Bed) -> Bed {
    let planned = Planned::new(&bed).await;
    for sender in [planned.scene.sender, planned.sms, planned.mail] {
        let item = planned.waits(&bed, sender).await;
        planned.claim(&bed, &item).await;
        let (result, next) = failed();
        planned.scene.record(&bed, &item, result, next).await;
    }
    let actor = tidings_domain::actor::Actor::Installation;
    let scope = &planned.scene.scope;
    bed.store.redrive(scope, planned.item.message, actor, bed.now()).await.expect("it is queued");
    let again = planned.waits(&bed, planned.scene.sender).await;
    assert_eq!(again.attempt, 4);
    assert_eq!(planned.claim(&bed, &again).await, b"{\"to\":\"somebody\"}");
    let plan = planned.plan(&bed).await;
    assert_eq!((plan.step, plan.steps[1].first_attempt, plan.deadline.is_some()), (0, None, true));
    bed
}

async fn later_ways_have_their_own_content(bed: Bed) -> Bed {
    let planned = Planned::new(&bed).await;
    assert_eq!(planned.claim(&bed, &planned.item).await, b"{\"to\":\"somebody\"}");
    let (result, next) = failed();
    planned.scene.record(&bed, &planned.item, result, next).await;
    let second = planned.waits(&bed, planned.sms).await;
    assert_eq!(planned.claim(&bed, &second).await, b"content for sms");
    // A retry on the same way.
    let next = Next::Retry { at: bed.now(), reason: "rate" };
    planned.scene.record(&bed, &second, AttemptResult::Failed { code: 88 }, next).await;
    let third = planned.waits(&bed, planned.sms).await;
    assert_eq!((third.attempt, planned.claim(&bed, &third).await), (3, b"content for sms".to_vec()));
    bed
}

async fn an_open_attempt_knows_its_way(bed: Bed) -> Bed {
    let planned = Planned::new(&bed).await;
    planned.claim(&bed, &planned.item).await;
    let (result, next) = failed();
    planned.scene.record(&bed, &planned.item, result, next).await;
    let second = planned.waits(&bed, planned.sms).await;
    planned.claim(&bed, &second).await;
    let open = bed.store.open_attempts(&bed.store.system(), SlotSet::ALL, None, 10).await.expect("a read");
    assert_eq!(open.iter().map(|each| &each.item).collect::<Vec<_>>(), [&second]);
    let settle = vec![(open[0].clone(), Settle::Requeue)];
    bed.store.settle(&bed.store.system(), planned.scene.epoch, settle, bed.now()).await.expect("settled");
    assert_eq!(planned.waits(&bed, planned.sms).await, second);
    bed
}

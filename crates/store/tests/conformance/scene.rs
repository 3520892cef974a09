//! A tenant with an account and a sender, and short words for what happens to messages.

use std::sync::Arc;

use tidings_domain::actor::Actor;
use tidings_domain::category::{Category, Channel};
use tidings_domain::id::{AccountId, MessageId, SenderId};
use tidings_domain::lifecycle::AttemptState;
use tidings_domain::time::{HOUR, Timestamp};
use tidings_domain::trace::TraceId;
use tidings_store::TenantScope;
use tidings_store::model::*;

use crate::bed::Bed;

pub struct Scene {
    pub scope: TenantScope,
    pub account: AccountId,
    pub sender: SenderId,
    pub epoch: Epoch,
}

pub const PHONE: &str = "+491701234567";

pub fn allow() -> Judgement {
    Judgement::Allow { decisions: "[]".to_owned() }
}

pub fn intake(verdict: Judgement) -> IntakeJudge {
    Arc::new(move |_, _| verdict.clone())
}

pub fn at_claim(verdict: Judgement) -> ClaimJudge {
    ClaimJudge::new(move |_, _| verdict.clone())
}

impl Scene {
    pub async fn new(bed: &Bed) -> Self {
        let now = bed.now();
        let (scope, ..) =
            bed.store.create_tenant("Acme", None, Actor::Installation, now).await.expect("a tenant is made");
        let system = bed.store.system();
        let wanted = SlotSet::from_iter([0]);
        bed.store.take_slots(&system, "node", wanted, HOUR, now).await.expect("leases work");
        let (_, slots, _) = bed.store.nodes(&system, now).await.expect("a read");
        let epoch = Epoch { slot: 0, number: slots[0].epoch };
        Self { scope, account: bed.ids.next(now), sender: bed.ids.next(now), epoch }
    }

    pub fn message(&self, bed: &Bed) -> NewMessage {
        let now = bed.now();
        NewMessage {
            id: bed.ids.next::<MessageId>(now).rooted(),
            account: self.account,
            sender: self.sender,
            channel: Channel::Whatsapp,
            category: Category::Utility,
            recipient: self.scope.hash(PHONE),
            place: tidings_domain::policy::Place::default(),
            topic: None,
            template: Some("order \"shipped\"".to_owned()),
            language: Some("en".to_owned()),
            created_at: now,
            due_at: now,
            expires_at: now.plus(HOUR),
            ordered: false,
            free_form: false,
            trace: TraceId::from_bytes([9; 16]).expect("not zero"),
            trace_given: false,
            reference: None,
            shown: None,
            content: b"{\"to\":\"somebody\"}".to_vec(),
            plan: None,
        }
    }

    pub async fn accept(&self, bed: &Bed, messages: Vec<NewMessage>, verdict: Judgement) -> Vec<Judgement> {
        let accept =
            Accept { messages, judge: intake(verdict), actor: Actor::Installation, idempotent: None };
        match bed.store.accept(&self.scope, accept).await.expect("intake works") {
            Accepted::Stored(verdicts) => verdicts,
            Accepted::Replay { .. } => panic!("nothing to replay"),
        }
    }

    pub async fn due(&self, bed: &Bed) -> Vec<DueItem> {
        let (system, now) = (bed.store.system(), bed.now());
        bed.store
            .due(&system, self.sender, Category::Utility, now, None, 1_000)
            .await
            .expect("lanes can be read")
    }

    pub async fn claim(&self, bed: &Bed, items: Vec<DueItem>, verdict: Judgement) -> Vec<Claimed> {
        let (system, now) = (bed.store.system(), bed.now());
        bed.store.claim(&system, self.epoch, items, at_claim(verdict), now).await.expect("claims work")
    }

    /// The slot passes to another node.
    pub async fn lose_slot(&self, bed: &Bed) -> Epoch {
        let (store, system, now) = (&bed.store, bed.store.system(), bed.now());
        store.release_slots(&system, "node", vec![self.epoch]).await.expect("leases work");
        let wanted = SlotSet::from_iter([self.epoch.slot]);
        let taken = store.take_slots(&system, "other", wanted, HOUR, now).await.expect("leases work");
        assert_eq!(taken, [Epoch { number: self.epoch.number + 1, ..self.epoch }]);
        taken[0]
    }

    /// Messages that were accepted and claimed.
    pub async fn claimed(&self, bed: &Bed, count: usize) -> Vec<DueItem> {
        let messages = (0..count).map(|_| self.message(bed)).collect();
        self.accept(bed, messages, allow()).await;
        let items = self.due(bed).await;
        for claimed in self.claim(bed, items.clone(), allow()).await {
            assert!(matches!(claimed, Claimed::Won { .. }), "{claimed:?}");
        }
        items
    }

    pub async fn record(&self, bed: &Bed, item: &DueItem, result: AttemptResult, next: Next) {
        let recorded = Recorded {
            item: item.clone(),
            at: bed.now(),
            result,
            next,
            recipient_invalid: None,
            recipient_cool_until: None,
        };
        bed.store.record(&bed.store.system(), vec![recorded]).await.expect("answers are recorded");
    }

    pub async fn merge(&self, bed: &Bed, receipts: Vec<NewReceipt>) -> Vec<Merged> {
        let write = CallbackWrite { receipts, received_at: bed.now(), ..CallbackWrite::default() };
        bed.store.merge(&self.scope, self.account, write).await.expect("receipts are merged")
    }

    /// Attempts, message and note as they are stored, without what depends on the order of arrival.
    pub async fn end_state(&self, bed: &Bed) -> Vec<String> {
        let mut all =
            bed.rows("SELECT n, state, code, pricing, doubt_until, retry_at FROM attempts ORDER BY n").await;
        all.extend(bed.rows("SELECT terminal, reason FROM messages").await);
        all.extend(bed.rows("SELECT kind, reason FROM attention").await);
        all
    }

    pub async fn kinds(&self, bed: &Bed, message: MessageId) -> Vec<&'static str> {
        let wanted = hex::encode(message.as_bytes());
        let rows = bed.rows("SELECT subject, kind FROM events ORDER BY seq").await;
        let kinds = rows.iter().filter_map(|row| row.strip_prefix(&format!("\\x{wanted}|")));
        kinds
            .map(|code| {
                let code = code.parse().expect("a number");
                tidings_domain::event::Kind::from_code(code).expect("a kind").as_str()
            })
            .collect()
    }
}

pub fn provider_id(item: &DueItem) -> String {
    format!("wamid.{}", item.message)
}

pub fn accepted(item: &DueItem) -> AttemptResult {
    AttemptResult::Accepted { provider_id: provider_id(item), held: false }
}

/// A receipt that gives our attempt id back.
pub fn receipt(item: &DueItem, state: AttemptState, at: Timestamp) -> NewReceipt {
    NewReceipt {
        provider_id: provider_id(item),
        attempt: Some(item.attempt_id()),
        state,
        at,
        code: (state == AttemptState::Failed).then_some(131_026),
        pricing: None,
        recipient_invalid: None,
        recipient_cool_until: None,
    }
}

/// A receipt that names only the provider's id.
pub fn bare_receipt(item: &DueItem, state: AttemptState, at: Timestamp) -> NewReceipt {
    NewReceipt { attempt: None, ..receipt(item, state, at) }
}

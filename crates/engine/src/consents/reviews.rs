//! Messages that may be an opt-out: people read them and decide.

use serde::Serialize;
use serde_json::json;

use tidings_domain::actor::Permission;
use tidings_domain::address::Address;
use tidings_domain::category::Channel;
use tidings_domain::consent::Source;
use tidings_domain::fact::Identities;
use tidings_domain::id::{ContactId, InboundId};
use tidings_domain::time::Timestamp;
use tidings_store::model::{About, Counting, NewConsent, OptOutReview, ReviewState};

use super::ledger::purpose_of;
use crate::caller::Caller;
use crate::error::{EngineError, Result};
use crate::pipeline::Engine;
use crate::report::{PageOf, limit, store_cursor};

/// A message that may be an opt-out, and what became of it.
#[derive(Debug, Clone, Serialize)]
pub struct ReviewReport {
    /// The received message.
    pub id: InboundId,
    pub contact: Option<ContactId>,
    pub from: serde_json::Value,
    pub text: Option<String>,
    /// The word that reads like a stop.
    pub word: String,
    pub at: Timestamp,
    /// `open`, `confirmed` or `dismissed`.
    pub state: &'static str,
    pub decided_at: Option<Timestamp>,
    pub decided_by: Option<String>,
}

impl From<OptOutReview> for ReviewReport {
    fn from(review: OptOutReview) -> Self {
        let OptOutReview { inbound, word, state, decided_at, decided_by } = review;
        let from = addresses(&inbound.from).first().map(|each| json!({each.kind(): each.expose()}));
        Self {
            id: inbound.id,
            contact: inbound.contact,
            from: from.unwrap_or_default(),
            text: inbound.text,
            word,
            at: inbound.at,
            state: state.as_str(),
            decided_at,
            decided_by,
        }
    }
}

/// Every name of whoever wrote, the number first.
fn addresses(who: &Identities) -> Vec<Address> {
    let phone = who.phone.clone().map(Address::from);
    let others = [who.bsuid.clone(), who.parent_bsuid.clone()];
    phone.into_iter().chain(others.into_iter().flatten().map(Address::from)).collect()
}

impl Engine {
    /// Newest first.
    pub async fn opt_out_reviews(
        &self,
        caller: &Caller,
        state: ReviewState,
        cursor: Option<&str>,
        max: Option<usize>,
    ) -> Result<PageOf<ReviewReport>> {
        caller.require(Permission::ConsentsRead)?;
        caller.require(Permission::MessagesRead)?;
        let (after, max) = (store_cursor(cursor)?, limit(max)?);
        let page = caller.store.opt_out_reviews(&caller.scope, state, after, max).await?.encoded();
        Ok(PageOf { items: page.items.into_iter().map(Into::into).collect(), next_cursor: page.next })
    }

    /// It was an opt-out of this purpose: from when it was written, so that what the person said since still counts.
    pub async fn confirm_opt_out(
        &self,
        caller: &Caller,
        id: InboundId,
        purpose: Option<&str>,
    ) -> Result<ReviewReport> {
        caller.require(Permission::ConsentsWrite)?;
        let review = self.review(caller, id).await?;
        let snapshot = self.snapshot(caller).await?;
        let purpose = purpose_of(&snapshot, purpose.unwrap_or("marketing"))
            .map_err(|problem| EngineError::Invalid(vec![problem]))?;
        let now = self.now();
        let about = About {
            source_detail: Some(review.word.clone()),
            evidence: Some(json!({"inbound": id, "text": review.inbound.text, "reviewed": true}).to_string()),
            ..About::default()
        };
        let revoked = |address| NewConsent {
            id: self.0.ids.next(now),
            address,
            channel: Channel::Whatsapp.into(),
            purpose,
            granted: false,
            source: Source::Keyword,
            about: about.clone(),
            at: review.inbound.at.min(now),
            counting: Counting::AsStated,
            actor: caller.actor,
        };
        let said = addresses(&review.inbound.from).into_iter().map(revoked).collect();
        self.decide(caller, (id, ReviewState::Confirmed), said).await
    }

    /// It was none.
    pub async fn dismiss_opt_out(&self, caller: &Caller, id: InboundId) -> Result<ReviewReport> {
        caller.require(Permission::ConsentsWrite)?;
        self.review(caller, id).await?;
        self.decide(caller, (id, ReviewState::Dismissed), Vec::new()).await
    }

    async fn decide(
        &self,
        caller: &Caller,
        (id, state): (InboundId, ReviewState),
        said: Vec<NewConsent>,
    ) -> Result<ReviewReport> {
        let now = self.now();
        let first = caller.store.decide_opt_out(&caller.scope, (id, state), said, caller.actor, now).await?;
        self.tick();
        let review = self.review(caller, id).await?;
        if !first && review.state != state {
            let words = format!("somebody has decided already: it is {}", review.state.as_str());
            return Err(EngineError::Conflict(words));
        }
        Ok(review.into())
    }

    async fn review(&self, caller: &Caller, id: InboundId) -> Result<OptOutReview> {
        let found = caller.store.opt_out_review(&caller.scope, id).await?;
        found.ok_or(EngineError::NotFound("possible opt-out"))
    }
}

//! One-time passwords: codes are made here, sent as ordinary messages of the category `authentication`, and
//! compared in the store. A user of the stages: a code goes through intake like everything else.

mod ask;
mod check;
mod figures;
mod guard;
mod lists;

pub use ask::AskCode;
pub use check::Check;
pub use figures::{CodesOfCountry, CodesOfHour, CodesReport};
pub use lists::NewListed;

use serde::Serialize;

use tidings_domain::actor::Permission;
use tidings_domain::id::{MessageId, VerificationId};
use tidings_domain::time::{SECOND, Timestamp};
use tidings_domain::verification::{Settings, Status};
use tidings_store::model::Verification;

use crate::caller::Caller;
use crate::error::{EngineError, Result};
use crate::pipeline::Engine;

/// A verification as callers see it. The number is not in it: we know only its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerificationView {
    pub id: VerificationId,
    pub status: Status,
    pub country: String,
    /// What went out with codes, newest last.
    pub messages: Vec<MessageId>,
    pub sends: u8,
    pub attempts_left: u8,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// From when on the code may be sent again.
    pub resend_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
}

impl VerificationView {
    fn of(found: Verification, settings: &Settings) -> Self {
        let open = found.status == Status::Pending;
        let again = open && found.sends <= settings.resends;
        Self {
            id: found.id,
            status: found.status,
            country: found.country.to_string(),
            messages: found.messages,
            sends: found.sends,
            attempts_left: if open { found.attempts.saturating_sub(found.wrong) } else { 0 },
            created_at: found.created_at,
            expires_at: found.expires_at,
            resend_at: again.then(|| found.sent_at.plus(i64::from(settings.resend_after_s) * SECOND)),
            ended_at: found.ended_at,
        }
    }
}

impl Engine {
    pub async fn verification(&self, caller: &Caller, id: VerificationId) -> Result<VerificationView> {
        caller.require(Permission::MessagesRead)?;
        let settings = caller.store.verification_settings(&caller.scope).await?;
        let found = caller.store.verification(&caller.scope, id, self.now()).await?;
        Ok(VerificationView::of(found.ok_or(EngineError::NotFound("verification"))?, &settings))
    }

    pub async fn cancel_verification(&self, caller: &Caller, id: VerificationId) -> Result<VerificationView> {
        caller.require(Permission::MessagesWrite)?;
        let settings = caller.store.verification_settings(&caller.scope).await?;
        let ended = caller.store.cancel_verification(&caller.scope, id, caller.actor, self.now()).await?;
        let ended = ended.ok_or(EngineError::NotFound("verification"))?;
        self.drop_codes(caller, &ended).await?;
        Ok(VerificationView::of(ended, &settings))
    }

    pub async fn verification_settings(&self, caller: &Caller) -> Result<Settings> {
        caller.require(Permission::MessagesRead)?;
        Ok(caller.store.verification_settings(&caller.scope).await?)
    }

    pub async fn set_verification_settings(&self, caller: &Caller, settings: &Settings) -> Result<()> {
        caller.require(Permission::AccountsWrite)?;
        settings.check().map_err(EngineError::Invalid)?;
        let (store, scope) = (&caller.store, &caller.scope);
        store.set_verification_settings(scope, settings, caller.actor, self.now()).await?;
        self.tick();
        Ok(())
    }

    /// Codes that are over are not sent any more, and what was sent is erased: a code is good for nobody else.
    async fn drop_codes(&self, caller: &Caller, over: &Verification) -> Result<()> {
        for message in &over.messages {
            caller.store.cancel(&caller.scope, *message, caller.actor, self.now()).await?;
        }
        Ok(caller.store.erase_contents(&caller.scope, over.messages.clone()).await?)
    }
}

/// The keyed hash of a code: bound to its verification, so that equal codes look different.
fn hash(caller: &Caller, id: VerificationId, code: &str) -> [u8; 32] {
    caller.scope.digest(&[b"verification", id.as_bytes(), code.as_bytes()])
}

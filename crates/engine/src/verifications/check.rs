//! Somebody gives a code.

use serde::Serialize;

use tidings_domain::actor::Permission;
use tidings_domain::address::Phone;
use tidings_domain::id::VerificationId;
use tidings_store::model::CodeChecked;

use super::{VerificationView, hash};
use crate::caller::Caller;
use crate::error::{EngineError, Result};
use crate::pipeline::Engine;

/// What the code is worth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Whether this call gave the right code in time. It is said once.
    pub valid: bool,
    #[serde(flatten)]
    pub verification: VerificationView,
}

impl Engine {
    /// Compares a code; named by the verification or by the number, of which the newest counts.
    pub async fn check_code(
        &self,
        caller: &Caller,
        id: Option<VerificationId>,
        phone: Option<&Phone>,
        typed: &str,
    ) -> Result<Check> {
        caller.require(Permission::MessagesWrite)?;
        let (store, scope, now) = (&caller.store, &caller.scope, self.now());
        let id = match (id, phone) {
            (Some(id), None) => id,
            (None, Some(phone)) => {
                let address = tidings_domain::address::Address::from(phone.clone());
                let newest = store.newest_verification(scope, scope.hash(&address.canonical()), now).await?;
                newest.ok_or(EngineError::NotFound("verification"))?.id
            }
            _ => return Err(EngineError::invalid("id", "verification.one", "Give either `id` or `to`.")),
        };
        let settings = store.verification_settings(scope).await?;
        let code = hash(caller, id, &settings.alphabet.tidy(typed));
        let checked = store.check_code(scope, id, code, caller.actor, now).await?;
        self.tick();
        let (valid, verification) = match checked {
            CodeChecked::Approved(verification) => (true, verification),
            CodeChecked::Wrong(verification) => (false, verification),
            CodeChecked::Over(verification) => (false, verification),
            CodeChecked::NotFound => return Err(EngineError::NotFound("verification")),
        };
        if verification.ended_at.is_some() {
            self.drop_codes(caller, &verification).await?;
        }
        Ok(Check { valid, verification: VerificationView::of(verification, &settings) })
    }
}

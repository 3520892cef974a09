//! Pauses: the switch one needs at three in the morning.

use tidings_domain::actor::Permission;
use tidings_domain::category::Category;
use tidings_domain::id::{AccountId, Id, PauseId, SenderId};
use tidings_domain::time::Timestamp;
use tidings_store::model::{Pause, PauseScope};

use crate::caller::Caller;
use crate::error::{EngineError, Result};
use crate::limits::REASON_CHARS_MAX;
use crate::pipeline::Engine;

impl Engine {
    /// Stops what `target` names until it is lifted or `until` has come. Messages are accepted and wait.
    pub async fn pause(
        &self,
        caller: &Caller,
        scope: PauseScope,
        target: &str,
        reason: &str,
        until: Option<Timestamp>,
    ) -> Result<Pause> {
        caller.require(Permission::PausesWrite)?;
        if reason.trim().is_empty() || reason.chars().count() > REASON_CHARS_MAX {
            return Err(EngineError::invalid(
                "reason",
                "reason.size",
                format!("Say why in 1 to {REASON_CHARS_MAX} characters; others will ask."),
            ));
        }
        if until.is_some_and(|until| until <= self.now()) {
            return Err(EngineError::invalid("until", "time.past", "`until` must lie in the future."));
        }
        self.check_target(caller, scope, target).await?;
        let target = if scope == PauseScope::Tenant { caller.tenant.to_string() } else { target.to_owned() };
        let pause = caller
            .store
            .set_pause(&caller.scope, scope, &target, reason, until, caller.actor, self.now())
            .await?;
        self.changed(caller);
        Ok(pause)
    }

    async fn check_target(&self, caller: &Caller, scope: PauseScope, target: &str) -> Result<()> {
        let known = match scope {
            PauseScope::Tenant => target.is_empty() || target == caller.tenant.to_string(),
            PauseScope::Account => match AccountId::parse(target) {
                Ok(id) => caller.store.account(&caller.scope, id).await?.is_some(),
                Err(_) => false,
            },
            PauseScope::Sender => match SenderId::parse(target) {
                Ok(id) => caller.store.sender(&caller.scope, id).await?.is_some(),
                Err(_) => false,
            },
            PauseScope::Template => {
                caller.store.templates(&caller.scope).await?.iter().any(|each| each.definition.name == target)
            }
            PauseScope::Category => Category::parse(target).is_some(),
        };
        if known {
            return Ok(());
        }
        Err(EngineError::invalid(
            "id",
            "pause.target",
            "There is no such tenant, account, sender, template or category of yours.",
        ))
    }

    pub async fn lift_pause(&self, caller: &Caller, id: PauseId) -> Result<()> {
        caller.require(Permission::PausesWrite)?;
        if !caller.store.lift_pause(&caller.scope, id, caller.actor, self.now()).await? {
            return Err(EngineError::NotFound("pause"));
        }
        self.changed(caller);
        Ok(())
    }

    pub async fn pauses(&self, caller: &Caller) -> Result<Vec<Pause>> {
        caller.require(Permission::AccountsRead)?;
        Ok(caller.store.pauses(&caller.scope).await?)
    }
}

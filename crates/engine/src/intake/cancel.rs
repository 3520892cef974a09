//! Taking an intent back, and giving a dead letter another try.

use tidings_domain::actor::Permission;
use tidings_domain::id::MessageId;
use tidings_domain::lifecycle::Status;
use tidings_store::model::{Canceled, Redriven};

use crate::caller::Caller;
use crate::error::{EngineError, Result};
use crate::pipeline::Engine;

impl Engine {
    /// Cancels what has not left. A message that is being submitted cannot be called back.
    pub async fn cancel(&self, caller: &Caller, id: MessageId) -> Result<Status> {
        caller.require(Permission::MessagesWrite)?;
        match caller.store.cancel(&caller.scope, id, caller.actor, self.now()).await? {
            Canceled::Canceled => {
                self.tick();
                Ok(Status::Canceled)
            }
            Canceled::TooLate(status) => {
                Err(EngineError::Conflict(format!("the message is {status} and cannot be canceled any more")))
            }
            Canceled::NotFound => Err(EngineError::NotFound("message")),
        }
    }

    /// Queues a failed message again as a new attempt, due now, with a fresh expiry.
    pub async fn redrive(&self, caller: &Caller, id: MessageId) -> Result<()> {
        caller.require(Permission::MessagesWrite)?;
        let now = self.now();
        match caller.store.redrive(&caller.scope, id, caller.actor, now).await? {
            Redriven::Queued { sender, category } => {
                let snapshot = self.0.catalogs.get(&caller.store, &caller.scope, now).await?;
                self.0.wakes.work(&caller.region, snapshot.slot(sender), sender, category, now);
                self.tick();
                Ok(())
            }
            Redriven::NotDead(status) => Err(EngineError::Conflict(format!(
                "only a failed or expired message can be sent again; this one is {status}"
            ))),
            Redriven::Spent => {
                Err(EngineError::Conflict("the message has used all its attempts; send a new one".to_owned()))
            }
            Redriven::NotFound => Err(EngineError::NotFound("message")),
        }
    }
}

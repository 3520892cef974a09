//! The recipients that cannot be reached.

use tidings_domain::actor::Permission;
use tidings_domain::address::Address;
use tidings_store::model::{InvalidRecipient, Page};

use crate::caller::Caller;
use crate::error::{EngineError, Result};
use crate::pipeline::Engine;
use crate::report::{limit, store_cursor};

impl Engine {
    pub async fn invalid_recipients(
        &self,
        caller: &Caller,
        cursor: Option<&str>,
        max: Option<usize>,
    ) -> Result<Page<InvalidRecipient, String>> {
        caller.require(Permission::ConsentsRead)?;
        let page = caller.store.invalid_recipients(&caller.scope, store_cursor(cursor)?, limit(max)?).await?;
        Ok(page.encoded())
    }

    /// Forgets that a recipient was called unreachable.
    pub async fn lift_invalid(&self, caller: &Caller, address: &Address) -> Result<()> {
        caller.require(Permission::ConsentsWrite)?;
        if caller.store.lift_invalid(&caller.scope, address, caller.actor, self.now()).await? {
            Ok(())
        } else {
            Err(EngineError::NotFound("remembered invalid recipient"))
        }
    }
}

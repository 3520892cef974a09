//! Merge, split and history: who is who.

use tidings_domain::actor::Permission;
use tidings_domain::address::Address;
use tidings_domain::id::ContactId;
use tidings_store::model::{ContactCard, HistoryEntry};

use crate::caller::Caller;
use crate::error::{EngineError, Result};
use crate::pipeline::Engine;

impl Engine {
    /// A contact by any id that it ever had, with its profile.
    pub async fn contact_card(&self, caller: &Caller, id: ContactId) -> Result<ContactCard> {
        caller.require(Permission::MessagesRead)?;
        self.card(caller, id).await
    }

    /// Two contacts turn out to be one person: the older one is left, and both ids lead to it.
    pub async fn merge_contacts(
        &self,
        caller: &Caller,
        id: ContactId,
        other: ContactId,
    ) -> Result<ContactCard> {
        caller.require(Permission::ConsentsWrite)?;
        let (one, other) = (self.card(caller, id).await?, self.card(caller, other).await?);
        if one.id == other.id {
            return Err(EngineError::Conflict("they are one contact already".to_owned()));
        }
        let now = self.now();
        let left = caller.store.merge_contacts(&caller.scope, (one.id, other.id), caller.actor, now).await?;
        self.tick();
        self.card(caller, left).await
    }

    /// An address turns out to be somebody else's: it becomes a contact of its own, with what was said by it.
    pub async fn split_contact(
        &self,
        caller: &Caller,
        id: ContactId,
        address: &Address,
    ) -> Result<ContactCard> {
        caller.require(Permission::ConsentsWrite)?;
        let card = self.card(caller, id).await?;
        let now = self.now();
        let new = caller.store.split_contact(&caller.scope, card.id, address, caller.actor, now).await?;
        let Some(new) = new else {
            let words = "The contact is not reached by this address, or by no other.";
            return Err(EngineError::invalid("identity", "identity.absent", words));
        };
        self.tick();
        self.card(caller, new).await
    }

    /// What became of a contact, newest first.
    pub async fn contact_history(&self, caller: &Caller, id: ContactId) -> Result<Vec<HistoryEntry>> {
        caller.require(Permission::ConsentsRead)?;
        let card = self.card(caller, id).await?;
        Ok(caller.store.contact_history(&caller.scope, card.id).await?)
    }
}

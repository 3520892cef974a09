//! Erasure: what names a person goes, what honours their choices stays, and the answer says which is which.

use serde::Serialize;

use tidings_domain::actor::Permission;
use tidings_domain::id::{ContactId, MessageId};
use tidings_domain::lifecycle::Status;
use tidings_store::model::MessageFilter;

use crate::caller::Caller;
use crate::error::Result;
use crate::limits::ERASE_PAGE;
use crate::pipeline::Engine;

/// What was taken away, and what is left and why.
#[derive(Debug, Clone, Serialize)]
pub struct ErasureReport {
    pub contact: String,
    pub identities: u64,
    /// Messages whose content is gone; their numbers (times, status, cost) stay.
    pub messages: u64,
    /// Messages that had not left and were canceled.
    pub canceled: u64,
    /// Messages from the person, gone as a whole.
    pub inbound: u64,
    /// Entries of the consent ledger that stay without address, evidence and IP.
    pub consents_kept: u64,
    pub kept: [&'static str; 4],
}

const KEPT: [&str; 4] = [
    "A keyed hash of each address, so that an opt-out goes on being honoured.",
    "The consent ledger without names: what was granted or revoked, when, where, by which words and version.",
    "Times, status and cost of messages, without content or address.",
    "Raw callbacks until their retention ends, refused lines of imports for 30 days; backups until they are replaced.",
];

impl Engine {
    /// Erases a person. It can be done again; what is gone stays gone.
    pub async fn erase_contact(&self, caller: &Caller, id: ContactId) -> Result<ErasureReport> {
        caller.require(Permission::ConsentsWrite)?;
        caller.require(Permission::MessagesWrite)?;
        let card = self.card(caller, id).await?;
        let (mut messages, mut canceled) = (0, 0);
        for address in &card.addresses {
            let recipient = Some(caller.scope.hash(&address.canonical()));
            let filter = MessageFilter { recipient, ..MessageFilter::default() };
            let mut after: Option<MessageId> = None;
            loop {
                let page = caller.store.messages(&caller.scope, &filter, after, ERASE_PAGE).await?;
                for head in &page.items {
                    if matches!(head.status, Status::Queued | Status::Scheduled | Status::Accepted)
                        && self.cancel(caller, head.id).await.is_ok()
                    {
                        canceled += 1;
                    }
                }
                let ids: Vec<MessageId> = page.items.iter().map(|head| head.id).collect();
                messages += ids.len() as u64;
                caller.store.erase_contents(&caller.scope, ids).await?;
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        let erased = caller.store.erase_contact(&caller.scope, card.id, caller.actor, self.now()).await?;
        self.tick();
        Ok(ErasureReport {
            contact: card.id.to_string(),
            identities: erased.identities,
            messages,
            canceled,
            inbound: erased.inbound,
            consents_kept: erased.consents,
            kept: KEPT,
        })
    }
}

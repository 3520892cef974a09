//! Portability: everything known of one person, as one JSON document.

use serde_json::{Value, json};

use tidings_domain::actor::Permission;
use tidings_domain::address::Address;
use tidings_domain::id::{ContactId, InboundId, MessageId};
use tidings_store::model::MessageFilter;

use crate::caller::Caller;
use crate::error::Result;
use crate::limits::{ERASE_PAGE, EXPORT_MESSAGES_MAX};
use crate::pipeline::Engine;

impl Engine {
    /// The contact with identities, attributes, history, and what was said and sent; the consent ledger is added by
    /// whoever writes the document.
    pub async fn export_contact(&self, caller: &Caller, id: ContactId) -> Result<(Vec<Address>, Value)> {
        caller.require(Permission::ConsentsRead)?;
        caller.require(Permission::MessagesRead)?;
        let card = self.card(caller, id).await?;
        let history = caller.store.contact_history(&caller.scope, card.id).await?;
        let (mut sent, mut received) = (Vec::new(), Vec::new());
        for address in &card.addresses {
            self.sent_to(caller, address, &mut sent).await?;
            if received.is_empty() {
                // The list by any address is that of the person.
                self.heard_from(caller, address, &mut received).await?;
            }
        }
        let identities: Vec<Value> =
            card.addresses.iter().map(|address| json!({address.kind(): address.expose()})).collect();
        let history: Vec<Value> = history
            .into_iter()
            .map(|entry| json!({"at": entry.at, "what": entry.what, "actor": entry.actor, "detail": entry.detail}))
            .collect();
        let document = json!({
            "contact": card.id, "created_at": card.created_at, "exported_at": self.now(), "identities": identities,
            "name": card.profile.name, "time_zone": card.profile.time_zone, "language": card.profile.language,
            "attributes": card.profile.attributes, "history": history,
            "messages_sent": sent, "messages_received": received,
        });
        Ok((card.addresses, document))
    }

    async fn sent_to(&self, caller: &Caller, address: &Address, into: &mut Vec<Value>) -> Result<()> {
        let recipient = Some(caller.scope.hash(&address.canonical()));
        let filter = MessageFilter { recipient, ..MessageFilter::default() };
        let mut after: Option<MessageId> = None;
        while into.len() < EXPORT_MESSAGES_MAX {
            let page = caller.store.messages(&caller.scope, &filter, after, ERASE_PAGE).await?;
            for head in page.items {
                let view = caller.store.message(&caller.scope, head.id).await?;
                let content = view.and_then(|view| view.content);
                let content: Option<Value> = content.and_then(|text| serde_json::from_str(&text).ok());
                into.push(json!({"id": head.id, "at": head.created_at, "channel": head.channel,
                    "category": head.category, "status": head.status, "content": content}));
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        Ok(())
    }

    async fn heard_from(&self, caller: &Caller, address: &Address, into: &mut Vec<Value>) -> Result<()> {
        let mut after: Option<InboundId> = None;
        while into.len() < EXPORT_MESSAGES_MAX {
            let page = caller.store.list_inbound(&caller.scope, Some(address), after, ERASE_PAGE).await?;
            for each in page.items {
                let object: Value = serde_json::from_str(&each.object).unwrap_or(Value::Null);
                into.push(json!({"id": each.id, "at": each.at, "type": each.kind, "message": object}));
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        Ok(())
    }
}

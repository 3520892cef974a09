//! The event log, of one message and of a tenant.

use serde::Serialize;
use serde_json::Value;

use tidings_domain::actor::Permission;
use tidings_domain::event::Kind;
use tidings_domain::id::{
    AccountId, CallbackId, CatalogueId, ContactId, FormId, Id, ImportId, InboundId, KeyId, MessageId,
    PauseId, SenderId, TenantId, TopicId, VersionId,
};
use tidings_domain::time::Timestamp;
use tidings_store::cursor::Cursor as _;
use tidings_store::model::LoggedEvent;

use super::{PageOf, limit, store_cursor};
use crate::caller::Caller;
use crate::error::Result;
use crate::pipeline::Engine;

/// One entry as it goes out.
#[derive(Debug, Clone, Serialize)]
pub struct EventView {
    /// The cursor after this event.
    pub cursor: String,
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub subject: String,
    pub at: Timestamp,
    pub actor: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    pub data: Value,
}

impl EventView {
    pub(super) fn of(event: &LoggedEvent) -> Self {
        Self {
            cursor: event.position.encode(),
            kind: event.kind.as_str(),
            subject: subject(event.kind, event.subject),
            at: event.at,
            actor: event.actor.clone(),
            trace_id: event.trace.map(|trace| trace.to_string()),
            data: serde_json::from_str(&event.body).unwrap_or(Value::Null),
        }
    }
}

/// The id with the prefix that its kind of event speaks about.
fn subject(kind: Kind, bytes: [u8; 16]) -> String {
    match kind {
        Kind::InboundReceived | Kind::OptOutPossible | Kind::OptOutReviewed => {
            InboundId::from_bytes(bytes).to_string()
        }
        Kind::ConsentGranted
        | Kind::ConsentRevoked
        | Kind::ConsentPending
        | Kind::PreferenceLinkMade
        | Kind::ContactChanged
        | Kind::ContactMerged
        | Kind::ContactSplit
        | Kind::NumberChanged
        | Kind::ContactErased => ContactId::from_bytes(bytes).to_string(),
        Kind::TopicChanged => TopicId::from_bytes(bytes).to_string(),
        Kind::ConsentFormChanged => FormId::from_bytes(bytes).to_string(),
        Kind::ImportStarted | Kind::ImportFinished => ImportId::from_bytes(bytes).to_string(),
        Kind::RecipientInvalid | Kind::RecipientLifted => {
            format!("recipient_{:032x}", u128::from_be_bytes(bytes))
        }
        Kind::TenantCreated
        | Kind::TenantChanged
        | Kind::DataKeyRotated
        | Kind::ContactExported
        | Kind::ConsentSettingsChanged
        | Kind::TemplateRulesChanged => TenantId::from_bytes(bytes).to_string(),
        Kind::AccountCreated
        | Kind::AccountUpdated
        | Kind::AccountChanged
        | Kind::TemplatesSynced
        | Kind::TemplateChanged
        | Kind::CategoryDrifted
        | Kind::CategoryAnnounced
        | Kind::IdentityChanged => AccountId::from_bytes(bytes).to_string(),
        Kind::SenderCreated
        | Kind::SenderChanged
        | Kind::LaneSlowed
        | Kind::LaneHeld
        | Kind::LaneRecovered => SenderId::from_bytes(bytes).to_string(),
        Kind::KeyCreated | Kind::KeyRevoked => KeyId::from_bytes(bytes).to_string(),
        Kind::CatalogueChanged => CatalogueId::from_bytes(bytes).to_string(),
        Kind::VersionCreated | Kind::VersionMoved | Kind::LintOverridden | Kind::TemplateResubmitted => {
            VersionId::from_bytes(bytes).to_string()
        }
        Kind::PauseSet | Kind::PauseLifted | Kind::TemplateHeld | Kind::TemplateReleased => {
            PauseId::from_bytes(bytes).to_string()
        }
        Kind::CallbackUnknown => CallbackId::from_bytes(bytes).to_string(),
        _ => MessageId::from_bytes(bytes).to_string(),
    }
}

impl Engine {
    /// The timeline of one message.
    pub async fn timeline(&self, caller: &Caller, id: MessageId) -> Result<Vec<EventView>> {
        let (_, events) = self.message_with_events(caller, id).await?;
        Ok(events.iter().map(EventView::of).collect())
    }

    /// The tenant's feed from a cursor on, oldest first; the cursor works again later.
    pub async fn events(
        &self,
        caller: &Caller,
        after: Option<&str>,
        max: Option<usize>,
    ) -> Result<PageOf<EventView>> {
        caller.require(Permission::EventsRead)?;
        let after = store_cursor(after)?;
        let events = caller.store.events(&caller.scope, after, limit(max)?).await?;
        let items: Vec<EventView> = events.iter().map(EventView::of).collect();
        let next_cursor = items.last().map(|last| last.cursor.clone());
        Ok(PageOf { items, next_cursor })
    }

    /// Where the log ends now, to follow it from there.
    pub async fn log_end(&self, caller: &Caller) -> Result<String> {
        caller.require(Permission::EventsRead)?;
        Ok(caller.store.log_end(&caller.scope).await?.encode())
    }
}

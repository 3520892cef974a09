//! Lists: messages, inbound messages, what needs attention.

use serde::Serialize;
use serde_json::Value;

use tidings_domain::actor::Permission;
use tidings_domain::address::Address;
use tidings_domain::fact::Identities;
use tidings_domain::id::{ContactId, Id, InboundId, MessageId, SenderId};
use tidings_domain::lifecycle::Status;
use tidings_domain::time::Timestamp;
use tidings_domain::trace::TraceId;
use tidings_store::cursor::Cursor as _;
use tidings_store::model::{Attention, AttentionKind, Contact, InboundView, MessageFilter, MessageHead};

use super::{PageOf, limit, store_cursor};
use crate::caller::Caller;
use crate::error::{EngineError, Result};
use crate::pipeline::Engine;

/// What to list.
#[derive(Debug, Clone, Default)]
pub struct MessageQuery {
    pub status: Option<Status>,
    pub reference: Option<String>,
    pub to: Option<Address>,
    pub sender: Option<SenderId>,
    pub trace: Option<TraceId>,
    pub cursor: Option<String>,
    pub limit: Option<usize>,
}

#[derive(Debug, Clone, Serialize)]
pub struct MessageSummary {
    pub id: MessageId,
    pub status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub channel: &'static str,
    pub category: &'static str,
    pub sender: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    pub created_at: Timestamp,
    pub attempts: usize,
    pub trace_id: String,
}

impl MessageSummary {
    fn of(head: MessageHead) -> Self {
        Self {
            id: head.id,
            status: head.status,
            reason: head.reason,
            channel: head.channel.as_str(),
            category: head.category.as_str(),
            sender: head.sender.to_string(),
            template: head.template,
            created_at: head.created_at,
            attempts: head.attempts.len(),
            trace_id: head.trace.to_string(),
        }
    }
}

#[derive(Debug, Clone, Serialize)]
pub struct InboundReport {
    pub id: InboundId,
    pub sender: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    pub from: Value,
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The provider's id of the message that this one answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// The message object as it came.
    pub message: Value,
    pub at: Timestamp,
    pub received_at: Timestamp,
}

impl InboundReport {
    fn of(view: InboundView) -> Self {
        Self {
            id: view.id,
            sender: view.sender.to_string(),
            contact: view.contact.map(|id| id.to_string()),
            from: identities(&view.from),
            kind: view.kind,
            text: view.text,
            context: view.context,
            message: serde_json::from_str(&view.object).unwrap_or(Value::Null),
            at: view.at,
            received_at: view.received_at,
        }
    }
}

fn identities(who: &Identities) -> Value {
    let mut out = serde_json::Map::new();
    let mut put = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            out.insert(key.to_owned(), value.into());
        }
    };
    put("phone", who.phone.as_ref().map(|phone| phone.as_str().to_owned()));
    put("email", who.email.as_ref().map(|email| email.as_str().to_owned()));
    put("bsuid", who.bsuid.as_ref().map(|bsuid| bsuid.as_str().to_owned()));
    put("username", who.username.clone());
    put("profile_name", who.profile_name.clone());
    Value::Object(out)
}

#[derive(Debug, Clone, Serialize)]
pub struct AttentionReport {
    pub message: MessageId,
    pub kind: &'static str,
    pub reason: String,
    pub at: Timestamp,
}

impl AttentionReport {
    fn of(row: Attention) -> Self {
        Self { message: row.message, kind: Self::name_of(row.kind), reason: row.reason, at: row.at }
    }

    pub fn name_of(kind: AttentionKind) -> &'static str {
        match kind {
            AttentionKind::Failed => "failed",
            AttentionKind::InDoubt => "in_doubt",
            AttentionKind::Denied => "denied",
            AttentionKind::Unknown => "unknown",
            AttentionKind::Dead => "dead",
        }
    }

    /// Reads the name of a kind as [`Self`] writes it.
    pub fn kind_of(text: &str) -> Option<AttentionKind> {
        Some(match text {
            "failed" => AttentionKind::Failed,
            "in_doubt" => AttentionKind::InDoubt,
            "denied" => AttentionKind::Denied,
            "unknown" => AttentionKind::Unknown,
            "dead" => AttentionKind::Dead,
            _ => return None,
        })
    }
}

impl Engine {
    pub async fn messages(&self, caller: &Caller, query: &MessageQuery) -> Result<PageOf<MessageSummary>> {
        caller.require(Permission::MessagesRead)?;
        let filter = MessageFilter {
            status: query.status,
            reference: query.reference.as_ref().map(|text| caller.scope.hash(&format!("reference:{text}"))),
            recipient: query.to.as_ref().map(|address| caller.scope.hash(&address.canonical())),
            sender: query.sender,
            trace: query.trace,
        };
        let cursor = store_cursor(query.cursor.as_deref())?;
        let page = caller.store.messages(&caller.scope, &filter, cursor, limit(query.limit)?).await?;
        Ok(PageOf {
            items: page.items.into_iter().map(MessageSummary::of).collect(),
            next_cursor: page.next.map(|next| next.encode()),
        })
    }

    pub async fn inbound(
        &self,
        caller: &Caller,
        from: Option<&Address>,
        cursor: Option<&str>,
        max: Option<usize>,
    ) -> Result<PageOf<InboundReport>> {
        caller.require(Permission::MessagesRead)?;
        let page = caller.store.list_inbound(&caller.scope, from, store_cursor(cursor)?, limit(max)?).await?;
        Ok(PageOf {
            items: page.items.into_iter().map(InboundReport::of).collect(),
            next_cursor: page.next.map(|next| next.encode()),
        })
    }

    pub async fn inbound_message(&self, caller: &Caller, id: InboundId) -> Result<InboundReport> {
        caller.require(Permission::MessagesRead)?;
        let found = caller.store.inbound(&caller.scope, id).await?;
        found.map(InboundReport::of).ok_or(EngineError::NotFound("inbound message"))
    }

    /// A contact by any id that it ever had: contacts that turn out to be one person are merged.
    pub async fn contact(&self, caller: &Caller, id: ContactId) -> Result<Contact> {
        caller.require(Permission::MessagesRead)?;
        caller.store.contact(&caller.scope, id).await?.ok_or(EngineError::NotFound("contact"))
    }

    /// What needs a person: failed, dead, denied, in doubt, unknown; newest first.
    pub async fn attention(
        &self,
        caller: &Caller,
        kinds: &[AttentionKind],
        cursor: Option<&str>,
        max: Option<usize>,
    ) -> Result<PageOf<AttentionReport>> {
        caller.require(Permission::MessagesRead)?;
        let page = caller.store.attention(&caller.scope, kinds, store_cursor(cursor)?, limit(max)?).await?;
        Ok(PageOf {
            items: page.items.into_iter().map(AttentionReport::of).collect(),
            next_cursor: page.next.map(|next| next.encode()),
        })
    }

    /// Finds the message that a trace id belongs to: our own trace ids are message ids.
    pub fn message_of_trace(trace: &TraceId) -> MessageId {
        MessageId::from_bytes(*trace.as_bytes()).rooted()
    }
}

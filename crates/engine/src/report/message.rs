//! One message: state, attempts, decisions, cost.

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use tidings_domain::actor::Permission;
use tidings_domain::category::Category;
use tidings_domain::failure::own;
use tidings_domain::id::MessageId;
use tidings_domain::lifecycle::{AttemptState, Status};
use tidings_domain::outgoing::Outgoing;
use tidings_domain::time::{SECOND, Timestamp};
use tidings_store::model::{AttemptRow, LoggedEvent, MessageView, PlanView, StepView};

use crate::caller::Caller;
use crate::content::Content;
use crate::dispatch::failure_entry;
use crate::error::{EngineError, Result};
use crate::pipeline::Engine;

/// Stands where a one-time password stood.
const HIDDEN: &str = "••••••";

#[derive(Debug, Serialize)]
pub struct MessageReport {
    pub id: MessageId,
    pub status: Status,
    /// Stable code of why it ended or waits, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub channel: &'static str,
    pub category: &'static str,
    pub account: String,
    pub sender: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Value>,
    /// The Cloud API message object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Box<RawValue>>,
    pub created_at: Timestamp,
    pub due_at: Timestamp,
    pub expires_at: Timestamp,
    pub trace_id: String,
    pub attempts: Vec<AttemptReport>,
    /// The ways that it may take, where there is more than one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanReport>,
    /// Verdicts of policy, in the order in which they were made.
    pub decisions: Vec<Value>,
    /// What the provider said about the price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<Value>,
}

/// The ways of a message, in their order.
#[derive(Debug, Serialize)]
pub struct PlanReport {
    /// Which one is under way, from 0.
    pub step: u8,
    /// When the next one is taken unless this one succeeds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_at: Option<Timestamp>,
    /// Why no other one will be taken: `succeeded`, `answered`, `canceled` or `over`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
    pub steps: Vec<StepReport>,
}

#[derive(Debug, Serialize)]
pub struct StepReport {
    pub channel: &'static str,
    pub sender: String,
    /// Why this sender.
    pub because: String,
    /// The number of the attempt with which it was taken; nothing if it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_attempt: Option<u8>,
    /// Seconds that it has; the last one has no bound but the message's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within_s: Option<i64>,
    /// What it must reach within them.
    pub until: &'static str,
}

impl PlanReport {
    fn of(plan: PlanView, attempts: &[AttemptRow]) -> Self {
        let made = |n: &u8| attempts.iter().any(|attempt| attempt.number == *n);
        let step = |step: StepView| StepReport {
            channel: step.channel.as_str(),
            sender: step.sender.to_string(),
            because: step.reason,
            first_attempt: step.first_attempt.filter(made),
            within_s: step.until.wait_us.map(|us| us / SECOND),
            until: match step.until.success {
                AttemptState::Delivered => "delivered",
                AttemptState::Read => "read",
                _ => "accepted",
            },
        };
        Self {
            step: plan.step,
            next_at: plan.deadline,
            ended: plan.ended,
            steps: plan.steps.into_iter().map(step).collect(),
        }
    }
}

#[derive(Debug, Serialize)]
pub struct AttemptReport {
    pub id: String,
    pub number: u8,
    pub state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<String>,
    pub claimed_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doubt_until: Option<Timestamp>,
    /// Whether it was ever unknown what became of it.
    pub was_in_doubt: bool,
}

#[derive(Debug, Serialize)]
pub struct ErrorReport {
    pub code: i64,
    pub name: &'static str,
    pub meaning: &'static str,
}

impl ErrorReport {
    pub fn of(code: i64) -> Self {
        let entry = failure_entry(code);
        Self { code: own(code).1, name: entry.name, meaning: entry.meaning }
    }
}

impl Engine {
    pub async fn message(&self, caller: &Caller, id: MessageId) -> Result<MessageReport> {
        let (view, events) = self.message_with_events(caller, id).await?;
        Ok(report(view, &events))
    }

    pub(super) async fn message_with_events(
        &self,
        caller: &Caller,
        id: MessageId,
    ) -> Result<(MessageView, Vec<LoggedEvent>)> {
        caller.require(Permission::MessagesRead)?;
        let view = caller.store.message(&caller.scope, id).await?.ok_or(EngineError::NotFound("message"))?;
        let events = caller.store.message_events(&caller.scope, id).await?;
        Ok((view, events))
    }
}

pub(super) fn report(view: MessageView, events: &[LoggedEvent]) -> MessageReport {
    let content = view.content.as_deref().and_then(|text| Content::read(text.as_bytes()));
    let head = view.head;
    let cost = head.attempts.iter().rev().find_map(|attempt| attempt.pricing.as_deref());
    let (to, message, reference, metadata) = match content {
        None => (None, None, None, None),
        Some(content) => (
            serde_json::to_value(&content.to).ok(),
            shown(&content.message, head.category),
            content.reference,
            content.metadata,
        ),
    };
    MessageReport {
        id: head.id,
        status: head.status,
        reason: head.reason,
        channel: head.channel.as_str(),
        category: head.category.as_str(),
        account: head.account.to_string(),
        sender: head.sender.to_string(),
        to,
        content: message,
        reference,
        metadata,
        created_at: head.created_at,
        due_at: head.due_at,
        expires_at: head.expires_at,
        trace_id: head.trace.to_string(),
        plan: view.plan.map(|plan| PlanReport::of(plan, &head.attempts)),
        attempts: head.attempts.iter().map(|row| attempt(head.id, row)).collect(),
        decisions: decisions(events),
        cost: cost.and_then(|text| serde_json::from_str(text).ok()),
    }
}

/// A one-time password is for the person it was sent to: whoever may read messages must not be able to use it.
fn shown(message: &Outgoing, category: Category) -> Option<Value> {
    let hidden = category == Category::Authentication;
    let mut shown = match message {
        Outgoing::Whatsapp(content) => serde_json::to_value(content).ok()?,
        Outgoing::Sms(_) | Outgoing::Email(_) if hidden => return Some(json!({ "type": message.kind() })),
        Outgoing::Sms(sms) => json!({ "type": "sms", "sms": sms }),
        Outgoing::Email(email) => json!({ "type": "email", "email": email }),
    };
    if hidden {
        let components = shown.pointer_mut("/template/components").and_then(Value::as_array_mut);
        let of = |each| Value::as_array_mut(Value::get_mut(each, "parameters")?);
        for parameter in components.into_iter().flatten().filter_map(of).flatten() {
            if let Some(text) = parameter.get_mut("text") {
                *text = Value::from(HIDDEN);
            }
        }
    }
    Some(shown)
}

fn attempt(message: MessageId, row: &AttemptRow) -> AttemptReport {
    AttemptReport {
        id: tidings_domain::id::AttemptId::of(message, row.number).to_string(),
        number: row.number,
        state: row.state.as_str(),
        provider_id: row.provider_id.clone(),
        claimed_at: row.claimed_at,
        answered_at: row.answered_at,
        error: row.code.map(ErrorReport::of),
        retry_at: row.retry_at,
        doubt_until: row.doubt_until,
        was_in_doubt: row.doubted,
    }
}

/// The decisions that the events carry, each with when and at which stage it was made.
pub(super) fn decisions(events: &[LoggedEvent]) -> Vec<Value> {
    let mut all = Vec::new();
    for (index, event) in events.iter().enumerate() {
        let Ok(Value::Object(mut body)) = serde_json::from_str(&event.body) else { continue };
        let Some(Value::Array(list)) = body.remove("decisions") else { continue };
        // What was denied at intake was never accepted: its first event says so.
        let stage = if index == 0 { "intake" } else { "submission" };
        for mut decision in list {
            if let Value::Object(fields) = &mut decision {
                fields.insert("stage".to_owned(), stage.into());
                fields.insert("at".to_owned(), event.at.to_string().into());
            }
            all.push(decision);
        }
    }
    all
}

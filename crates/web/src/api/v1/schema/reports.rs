//! What the engine reports of messages, recipients and the tenant.
#![expect(dead_code, reason = "describes what the engine writes")]

use utoipa::ToSchema;

use super::names::{AttentionKind, Category, Channel, Status, Verdict};
use crate::api::v1::recipients::Recipient;

/// A message: state, attempts, decisions, cost.
#[derive(ToSchema)]
pub struct Message {
    id: String,
    status: Status,
    /// Stable code of why it ended or waits.
    reason: Option<String>,
    channel: Channel,
    category: Category,
    account: String,
    sender: String,
    to: Option<Recipient>,
    /// The Cloud API message object.
    #[schema(value_type = Option<Object>)]
    content: (),
    reference: Option<String>,
    #[schema(value_type = Option<Object>)]
    metadata: (),
    #[schema(value_type = String, format = DateTime)]
    created_at: (),
    #[schema(value_type = String, format = DateTime)]
    due_at: (),
    #[schema(value_type = String, format = DateTime)]
    expires_at: (),
    trace_id: String,
    attempts: Vec<Attempt>,
    /// Its ways, where there is more than one.
    plan: Option<Plan>,
    decisions: Vec<Decision>,
    /// What the provider said about the price.
    #[schema(value_type = Option<Object>)]
    cost: (),
}

/// The ways of a message, in their order.
#[derive(ToSchema)]
pub struct Plan {
    /// Which one is under way, from 0.
    step: u8,
    /// When the next one is taken unless this one succeeds.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_at: (),
    /// Why no other one will be taken: `succeeded`, `answered`, `canceled` or `over`.
    ended: Option<String>,
    steps: Vec<PlanStep>,
}

/// One way of a message.
#[derive(ToSchema)]
pub struct PlanStep {
    channel: Channel,
    sender: String,
    /// Why this sender.
    because: String,
    /// The number of the attempt with which it was taken; nothing if it was not.
    first_attempt: Option<u8>,
    /// Seconds that it has.
    within_s: Option<i64>,
    /// What it must reach within them: `accepted`, `delivered` or `read`.
    until: String,
}

/// One submission to a provider.
#[derive(ToSchema)]
pub struct Attempt {
    id: String,
    number: u8,
    state: String,
    provider_id: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    claimed_at: (),
    #[schema(value_type = Option<String>, format = DateTime)]
    answered_at: (),
    error: Option<AttemptError>,
    /// When the next attempt is due.
    #[schema(value_type = Option<String>, format = DateTime)]
    retry_at: (),
    /// When a doubt is decided, if no receipt settles it before.
    #[schema(value_type = Option<String>, format = DateTime)]
    doubt_until: (),
    was_in_doubt: bool,
}

#[derive(ToSchema)]
pub struct AttemptError {
    /// The provider's code.
    code: i64,
    name: String,
    meaning: String,
}

/// One verdict of policy.
#[derive(ToSchema)]
pub struct Decision {
    rule: String,
    version: u32,
    verdict: Verdict,
    /// Of a deferral.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: (),
    reason: String,
    /// The facts the rule saw.
    #[schema(value_type = Option<Object>)]
    inputs: (),
    /// `intake` or `submission`, where it was made for a stored message.
    stage: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    at: (),
}

#[derive(ToSchema)]
pub struct MessageSummary {
    id: String,
    status: Status,
    reason: Option<String>,
    channel: Channel,
    category: Category,
    sender: String,
    template: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: (),
    attempts: usize,
    trace_id: String,
}

#[derive(ToSchema)]
pub struct MessageList {
    messages: Vec<MessageSummary>,
    next_cursor: Option<String>,
}

/// The eight questions and the timeline.
#[derive(ToSchema)]
pub struct Explanation {
    id: String,
    status: Status,
    answers: Vec<Answer>,
    timeline: Vec<TimelineEntry>,
}

#[derive(ToSchema)]
pub struct Answer {
    question: String,
    answer: String,
}

#[derive(ToSchema)]
pub struct TimelineEntry {
    #[schema(value_type = String, format = DateTime)]
    at: (),
    what: String,
    detail: String,
    actor: String,
}

/// What policy would decide.
#[derive(ToSchema)]
pub struct Evaluation {
    verdict: Verdict,
    /// The rule that decided, unless all allow.
    decided_by: Option<String>,
    decisions: Vec<Decision>,
    route: RouteChoice,
}

#[derive(ToSchema)]
pub struct RouteChoice {
    sender: String,
    account: String,
    category: Category,
    reason: String,
}

/// How many messages reached each step so far.
#[derive(ToSchema)]
pub struct Overview {
    accepted: u64,
    denied: u64,
    submitted: u64,
    sent: u64,
    delivered: u64,
    read: u64,
    failed: u64,
    expired: u64,
    canceled: u64,
    unknown: u64,
    in_doubt: u64,
    retries: u64,
    inbound: u64,
    /// Waiting in lanes, counted up to a bound.
    queued: u64,
    /// Messages that need attention.
    attention: u64,
}

#[derive(ToSchema)]
pub struct DeadLetter {
    message: String,
    kind: AttentionKind,
    /// Stable code.
    reason: String,
    #[schema(value_type = String, format = DateTime)]
    at: (),
}

#[derive(ToSchema)]
pub struct DeadLetterList {
    dead_letters: Vec<DeadLetter>,
    next_cursor: Option<String>,
}

#[derive(ToSchema)]
pub struct InboundMessage {
    id: String,
    sender: String,
    contact: Option<String>,
    from: InboundFrom,
    #[schema(rename = "type")]
    kind: String,
    text: Option<String>,
    /// The provider's id of the message that this one answers.
    context: Option<String>,
    /// The message object as it came.
    #[schema(value_type = Object)]
    message: (),
    #[schema(value_type = String, format = DateTime)]
    at: (),
    #[schema(value_type = String, format = DateTime)]
    received_at: (),
}

#[derive(ToSchema)]
pub struct InboundFrom {
    phone: Option<String>,
    bsuid: Option<String>,
    username: Option<String>,
    profile_name: Option<String>,
}

#[derive(ToSchema)]
pub struct InboundList {
    inbound: Vec<InboundMessage>,
    next_cursor: Option<String>,
}

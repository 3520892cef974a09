//! What the engine and the provider say of senders, accounts and templates.
#![expect(dead_code, reason = "describes what the engine writes")]

use utoipa::ToSchema;

use super::names::Category;

/// The queue and the pacing of one sender.
#[derive(ToSchema)]
pub struct Lane {
    sender: String,
    /// `idle`, `scheduled`, `backing_off`, `pacing`, `waiting_for_tokens`, `waiting_for_answers`, `slowed`,
    /// `probing`, `held_by_template`, `held` or `paused`.
    phase: String,
    /// A sentence about the phase.
    detail: String,
    in_flight: usize,
    queued: Vec<LaneQueue>,
    buckets: Vec<LaneBucket>,
    holds: Vec<LaneHold>,
    /// Recipients whose pace is being kept.
    paced_recipients: usize,
    /// The node that owns the lane, where another one answers.
    node: Option<String>,
    /// When that node said so.
    #[schema(value_type = Option<String>, format = DateTime)]
    as_of: Option<String>,
}

#[derive(ToSchema)]
pub struct LaneQueue {
    category: Category,
    /// Entries that wait, counted up to a bound.
    waiting: u64,
    /// Entries in memory.
    loaded: usize,
    /// Whether the store has others.
    more: bool,
}

#[derive(ToSchema)]
pub struct LaneBucket {
    /// `sender`, `account`, `tenant`, or a category in a country.
    scope: String,
    messages_per_s: f64,
    burst: f64,
    available: usize,
    /// 1 at full speed.
    factor: f64,
}

#[derive(ToSchema)]
pub struct LaneHold {
    /// `sender`, or the template that is held.
    scope: String,
    reason: String,
    seconds_left: i64,
}

#[derive(ToSchema)]
pub struct SenderHealth {
    display_number: Option<String>,
    verified_name: Option<String>,
    quality: Option<String>,
    status: Option<String>,
    throughput: Option<String>,
    messaging_limit: Option<String>,
    can_send: Option<String>,
}

#[derive(ToSchema)]
pub struct AccountHealth {
    name: Option<String>,
    /// The provider's id of the business portfolio.
    portfolio: Option<String>,
    review_status: Option<String>,
    can_send: Option<String>,
}

#[derive(ToSchema)]
#[schema(example = json!({
    "total": 12, "approved": 10, "pending": 1, "rejected": 0, "paused": 1, "disabled": 0, "other": 0,
}))]
pub struct TemplateCounts {
    total: usize,
    approved: usize,
    pending: usize,
    rejected: usize,
    paused: usize,
    disabled: usize,
    other: usize,
}

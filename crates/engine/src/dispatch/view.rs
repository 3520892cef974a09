//! A lane as people see it: its phase by name, every bucket, what waits.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use tidings_domain::category::Category;
use tidings_domain::id::SenderId;
use tidings_domain::time::Timestamp;

use super::bucket::Bucket;
use super::lane::Lane;
use super::pump::Moment;

/// Every name that a lane's phase has.
pub(crate) const PHASES: [&str; 10] = [
    "idle",
    "scheduled",
    "backing_off",
    "pacing",
    "waiting_for_tokens",
    "waiting_for_answers",
    "slowed",
    "held_by_template",
    "held",
    "paused",
];

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LaneView {
    pub sender: SenderId,
    /// `idle`, `scheduled`, `backing_off`, `pacing`, `waiting_for_tokens`, `waiting_for_answers`, `slowed`,
    /// `probing`, `held_by_template`, `held`, `paused`.
    pub phase: Cow<'static, str>,
    /// A sentence about the phase.
    pub detail: String,
    pub in_flight: usize,
    pub queued: Vec<QueueView>,
    pub buckets: Vec<BucketView>,
    pub holds: Vec<HoldView>,
    /// Recipients whose pace is being kept.
    pub paced_recipients: usize,
    /// The node that owns the lane, where it is another one than the one that answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// When that node said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Timestamp>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct QueueView {
    pub category: Cow<'static, str>,
    /// Entries in the store that wait, counted up to a bound.
    pub waiting: u64,
    /// Entries loaded into memory; `more` says whether the store has others.
    pub loaded: usize,
    pub more: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BucketView {
    /// `sender`, `account`, `tenant`, `probes` or `marketing × US`.
    pub scope: String,
    pub messages_per_s: f64,
    pub burst: f64,
    pub available: usize,
    /// 1 at full speed.
    pub factor: f64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HoldView {
    /// `sender`, or the template that is held.
    pub scope: String,
    pub reason: String,
    pub seconds_left: i64,
}

impl BucketView {
    pub(super) fn of(scope: impl Into<String>, bucket: &Bucket, now_us: i64) -> Self {
        Self {
            scope: scope.into(),
            messages_per_s: bucket.per_second() * bucket.factor(),
            burst: bucket.burst(),
            available: bucket.available(now_us),
            factor: bucket.factor(),
        }
    }
}

impl LaneView {
    /// Adds how many wait in the store, by category.
    pub fn set_depths(&mut self, depths: [u64; 4]) {
        if self.queued.is_empty() {
            self.queued = Category::ALL
                .into_iter()
                .map(|category| QueueView {
                    category: category.as_str().into(),
                    waiting: 0,
                    loaded: 0,
                    more: false,
                })
                .collect();
        }
        for (view, depth) in self.queued.iter_mut().zip(depths) {
            view.waiting = depth;
        }
    }

    /// The view of a sender without work: nothing of it is in memory.
    pub fn idle(sender: SenderId, messages_per_s: f64) -> Self {
        let burst = super::lane::burst(messages_per_s);
        let bucket = BucketView {
            scope: "sender".to_owned(),
            messages_per_s,
            burst,
            available: burst as usize,
            factor: 1.0,
        };
        Self {
            sender,
            phase: "idle".into(),
            detail: "Nothing waits.".to_owned(),
            in_flight: 0,
            queued: Vec::new(),
            buckets: vec![bucket],
            holds: Vec::new(),
            paced_recipients: 0,
            node: None,
            as_of: None,
        }
    }

    pub(super) fn of(lane: &mut Lane, shared: Vec<BucketView>, now: &Moment) -> Self {
        let now_us = now.mono_us;
        let (phase, detail) = phase(lane, now);
        let mut buckets = vec![BucketView::of("sender", &lane.bucket, now_us)];
        buckets.extend(shared);
        Self {
            sender: lane.sender,
            phase: phase.into(),
            detail,
            in_flight: lane.in_flight,
            queued: Category::ALL
                .into_iter()
                .map(|category| {
                    let queue = &lane.queues[usize::from(category.priority())];
                    QueueView {
                        category: category.as_str().into(),
                        waiting: 0,
                        loaded: queue.items.len(),
                        more: queue.more,
                    }
                })
                .collect(),
            buckets,
            holds: lane
                .holds
                .iter()
                .map(|hold| HoldView {
                    scope: hold.template.clone().unwrap_or_else(|| "sender".to_owned()),
                    reason: hold.reason.clone(),
                    seconds_left: (hold.until_us - now_us).max(0) / 1_000_000,
                })
                .collect(),
            paced_recipients: lane.pairs.len(),
            node: None,
            as_of: None,
        }
    }
}

pub(super) fn phase(lane: &mut Lane, now: &Moment) -> (&'static str, String) {
    let now_us = now.mono_us;
    if let Some(reason) = &lane.paused {
        return ("paused", format!("Paused by a person: {reason}"));
    }
    let seconds = |until: i64| ((until - now_us).max(0) + 999_999) / 1_000_000;
    if let Some(hold) = lane.hold(now_us) {
        return ("held", format!("Held for {} s more: {}", seconds(hold.until_us), hold.reason));
    }
    if lane.bucket.factor() < 1.0 {
        let percent = (lane.bucket.factor() * 100.0).round();
        return (
            "slowed",
            format!("Runs at {percent} % of its speed after a provider's signal; recovers step by step."),
        );
    }
    if let Some(hold) = held_by_template(lane, now_us) {
        return hold;
    }
    let waiting = lane.queues.iter().any(|queue| !queue.items.is_empty());
    match (waiting, lane.in_flight) {
        (true, _) if lane.bucket.available(now_us) == 0 => {
            ("waiting_for_tokens", "More waits than the sender's rate lets out now.".to_owned())
        }
        (true, _) => ("pacing", "Messages go out at the sender's rate.".to_owned()),
        (false, 0) => resting(lane, now.wall),
        (false, n) => ("waiting_for_answers", format!("{n} submissions wait for the provider's answer.")),
    }
}

/// Everything that waits is of templates that the platform holds.
fn held_by_template(lane: &Lane, now_us: i64) -> Option<(&'static str, String)> {
    let mut last = None;
    for item in lane.queues.iter().flat_map(|queue| &queue.items) {
        last = Some(lane.template_hold(item.template.as_deref(), now_us)?);
    }
    let hold = last?;
    let (name, seconds) = (hold.template.as_deref()?, (hold.until_us - now_us + 999_999) / 1_000_000);
    let detail = format!("Template {name} is held for {seconds} s more: {}", hold.reason);
    Some(("held_by_template", detail))
}

/// Nothing can go now: because nothing is there, or because its time has not come.
fn resting(lane: &Lane, now: Timestamp) -> (&'static str, String) {
    let ahead = |at: Option<Timestamp>| at.filter(|at| *at > now);
    match (ahead(lane.back_at), ahead(lane.due_at)) {
        (Some(at), _) => ("backing_off", format!("Tries again at {at}.")),
        (None, Some(at)) => ("scheduled", format!("Nothing is due before {at}.")),
        (None, None) => ("idle", "Nothing waits.".to_owned()),
    }
}

//! Plans: the ways that a message may take, one after the other.

use tidings_domain::category::{Category, Channel};
use tidings_domain::id::{AccountId, SenderId};
use tidings_domain::lifecycle::AttemptState;
use tidings_domain::policy::Place;
use tidings_domain::time::Timestamp;

use super::Hash16;

/// What a message with fallbacks brings. Its own columns are the first way.
#[derive(Debug, Clone)]
pub struct NewPlan {
    /// The slot whose owner watches the time.
    pub slot: u8,
    pub first: Until,
    /// Why the first way was chosen.
    pub reason: &'static str,
    pub fallbacks: Vec<NewStep>,
}

/// What has to be reached until when, or the next way is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Until {
    /// Microseconds from when the way is taken; none for the last one.
    pub wait_us: Option<i64>,
    /// `Accepted`, `Delivered` or `Read`.
    pub success: AttemptState,
}

/// A way other than the first.
#[derive(Debug, Clone)]
pub struct NewStep {
    pub account: AccountId,
    pub sender: SenderId,
    pub channel: Channel,
    pub recipient: Hash16,
    pub place: Place,
    pub free_form: bool,
    pub template: Option<String>,
    pub language: Option<String>,
    pub until: Until,
    pub reason: &'static str,
    /// JSON of the engine's content; sealed by the store.
    pub content: Vec<u8>,
}

/// A plan as it stands.
#[derive(Debug, Clone)]
pub struct PlanView {
    /// The way under way, from 0.
    pub step: u8,
    /// When the next way is taken unless this one succeeds.
    pub deadline: Option<Timestamp>,
    /// Why no other way will be taken.
    pub ended: Option<String>,
    pub steps: Vec<StepView>,
}

#[derive(Debug, Clone)]
pub struct StepView {
    pub channel: Channel,
    pub sender: SenderId,
    /// The number of the attempt with which it was taken.
    pub first_attempt: Option<u8>,
    pub until: Until,
    pub reason: String,
}

/// A lane that got work from a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FellBack {
    pub sender: SenderId,
    pub category: Category,
}

//! Dispatch: owns the lanes. Pace, claim, submit, record.
//!
//! One loop per region decides, for the slots that this node holds; everything it remembers is a cache of the
//! store, so a crash loses pace and nothing else. The order of a submission is fixed: tokens, claim (durable),
//! journal, request, record.

pub mod breaker;
mod bucket;
pub(crate) mod hints;
mod holdings;
pub mod journal;
mod keeper;
mod lane;
pub(crate) mod membership;
mod pairs;
mod pump;
mod recovery;
mod retry;
mod shaping;
pub(crate) mod share;
mod submit;
mod swap;
mod view;
pub(crate) mod wake;

pub(crate) use keeper::run;
pub(crate) use recovery::settle_by_slot;
pub(crate) use retry::{about_recipient, entry as failure_entry};
pub(crate) use view::PHASES;
pub use view::{BucketView, HoldView, LaneView, QueueView};

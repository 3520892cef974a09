//! Intake: validate, apply the idempotency key, judge, store, answer. Accepted means durable.

mod batch;
mod cancel;
mod choose;
mod gate;
mod idempotency;
mod noted;
mod prepare;
mod quota;
mod single;
mod stand_in;
pub(crate) mod unsubscribe;
mod ways;

pub(crate) use batch::many;
pub use gate::Gate;
pub(crate) use idempotency::Slot;
pub(crate) use noted::put_before;
pub(crate) use prepare::{Birth, prepare};
pub(crate) use quota::Quotas;
pub(crate) use single::one;
pub(crate) use stand_in::{Replacement, replacement};

use tidings_domain::trace::TraceId;

/// What comes beside the body of an intake call.
#[derive(Debug, Clone, Copy, Default)]
pub struct AcceptOptions<'a> {
    pub idempotency_key: Option<&'a str>,
    /// Method and path: part of the scope of the idempotency key.
    pub method_path: &'a str,
    pub trace: Option<TraceId>,
}

/// The answer as it goes out, and as it is replayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    /// JSON.
    pub body: Vec<u8>,
    pub replayed: bool,
    pub trace: Option<TraceId>,
}

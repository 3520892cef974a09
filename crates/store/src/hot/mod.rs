//! The life of a message in transactions: accept, claim, record, merge, settle.
//!
//! Each file holds one call, the job it becomes and the statements of both engines. A job runs as a set
//! with others of its kind.

pub(crate) mod accept;
mod claim;
mod due;
pub(crate) mod facts;
pub(crate) mod inbound;
pub(crate) mod leases;
mod ledger;
mod merge;
mod open;
mod planned;
pub(crate) mod plans;
pub(crate) mod record;
pub(crate) mod rows;
mod settle;
pub(crate) mod tally;

pub(crate) use accept::AcceptJob;
pub(crate) use claim::ClaimJob;
pub(crate) use ledger::Ledger;
pub(crate) use merge::MergeJob;
pub(crate) use open::{OPEN, open_attempt};
pub(crate) use record::RecordJob;
pub(crate) use settle::{SettleJob, doubt};

//! The hot path, call by call.

mod accept;
mod claim;
mod inbound;
mod lanes;
mod merge;
mod plans;
mod record;
mod settle;
mod tally;

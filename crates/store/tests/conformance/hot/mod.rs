//! The hot path, call by call.

mod accept;
mod claim;
mod inbound;
mod lanes;
mod merge;
mod record;
mod settle;
mod tally;

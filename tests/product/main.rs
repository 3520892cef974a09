//! Product tests: the public surface, end to end, on both engines.
#![expect(clippy::unwrap_used, reason = "a test fails by it, and says where")]

mod accept;
mod batch;
mod browser;
mod callbacks;
mod crash;
mod database;
mod dead_letters;
mod demo;
mod doctor;
mod doubt;
mod explain;
mod explain_command;
mod failover;
mod feed;
mod idempotency;
mod inbound;
mod isolation;
mod media;
mod ops;
mod outage;
mod overtaking;
mod pacing;
mod pauses;
mod policy;
mod quota;
mod recipients;
mod recorded;
mod refused;
mod restore;
mod schedule;
mod setup;
mod simulation;
mod storm;
mod trace;

//! The parsers that strangers feed, each as a function of bytes that fails by a panic.
//!
//! A target does more than call its parser: it checks what must hold of every answer, so that a wrong reading is
//! found and not only a crash. The same functions run in two ways: `tests/replay.rs` replays the corpus and some
//! thousands of seeded mutations on every test run; `cargo xtask fuzz` links them with libFuzzer, which is guided
//! by coverage.

pub mod corpus;
pub mod mutate;
pub mod targets;

mod callbacks;
mod graph;
mod intents;
mod names;

pub use targets::{TARGETS, Target, by_name};

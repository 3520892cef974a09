//! What is measured: a server and a simulator as processes of their own, set up through the public API.

mod process;
mod server;
mod simulator;

pub use process::Programs;
pub use server::{Rig, Setting};
pub use simulator::{Counts, Receipts};

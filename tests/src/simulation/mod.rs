//! The whole engine in one thread, on a virtual clock, from one seed.
//!
//! Real: the engine with all its loops, the SQLite store, the Cloud API adapter, the simulated provider.
//! Virtual: time, the wire, the delays and failures of commits, the tenants' applications, the crashes.
//! One life is one runtime; a crash drops it whole, at whatever await each task stands. The database file,
//! the claim journal, the provider and the applications live on.

mod applications;
mod clock;
mod drive;
mod hook;
mod life;
mod plan;
mod postman;
mod traffic;
mod wire;
mod world;

pub use clock::VirtualClock;
pub use drive::{Failure, Summary, live, run, scene};
pub use hook::CommitFaults;
pub use life::Life;
pub use plan::{AccountPlan, NumberPlan, Plan, TenantPlan};
pub use traffic::{Action, What};
pub use wire::{POISON, Wire, WireFaults};
pub use world::{Accepted, TenantWorld, World};

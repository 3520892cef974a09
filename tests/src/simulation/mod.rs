//! The whole engine in one thread, on a virtual clock, from one seed.
//!
//! Real: the engine with all its loops, the SQLite store, the Cloud API adapter, the simulated provider.
//! Virtual: time, the wire, the delays and failures of commits, the tenants' applications, the crashes.
//! One life is one runtime; a crash drops it whole, at whatever await each task stands. The database file,
//! the claim journal, the provider and the applications live on.

mod applications;
mod clock;
mod disk;
mod drive;
mod fuse;
mod judge;
mod life;
mod many;
mod plan;
mod planted;
mod postman;
mod rival;
mod shrink;
mod tally;
mod traffic;
mod wire;
mod world;

pub use clock::VirtualClock;
pub use disk::{Disk, DiskFaults, DiskWeather, Spell};
pub use drive::{Summary, Trouble, live, run, run_planned, scene};
pub use fuse::Fuse;
pub use life::Life;
pub use many::{Totals, run_many};
pub use plan::{AccountPlan, Crash, NumberPlan, Plan, TenantPlan};
pub use planted::Planted;
pub use rival::Theft;
pub use shrink::{Failure, explain};
pub use tally::Tally;
pub use traffic::{Action, What};
pub use wire::{POISON, Storm, Wire, WireFaults, WireWeather};
pub use world::{Accepted, Notebook, TenantWorld, World};

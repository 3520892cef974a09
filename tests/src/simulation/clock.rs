//! Time that passes only when every task waits, and goes on over crashes.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use tidings_domain::clock::{BoxFuture, Clock};
use tidings_domain::time::Timestamp;

/// 2026-01-05T08:00:00Z: where every run begins.
const BEGIN: Timestamp = Timestamp::from_secs(1_767_600_000);

/// The paused clock of the runtime of this life, put behind the time that earlier lives took.
pub struct VirtualClock(Mutex<Inner>);

struct Inner {
    before_us: i64,
    since: Option<Instant>,
    /// By how much the wall clock of the product's machine is off.
    off_us: i64,
}

impl VirtualClock {
    pub fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(Inner { before_us: 0, since: None, off_us: 0 })))
    }

    /// A life begins: to be called within its runtime.
    pub fn enter(&self) {
        self.0.lock().since = Some(paused_now());
    }

    /// A life ends, and the machine is down for so long: to be called within its runtime.
    pub fn leave(&self, down_us: i64) {
        let mut inner = self.0.lock();
        inner.before_us += inner.since.map_or(0, elapsed_us) + down_us;
        inner.since = None;
    }

    /// The wall clock of the product's machine steps; the monotonic clock and everybody else's time do not.
    pub fn step(&self, by_us: i64) {
        self.0.lock().off_us += by_us;
    }

    /// The time that the rest of the world has.
    pub fn true_now(&self) -> Timestamp {
        BEGIN.plus(self.elapsed_us())
    }

    /// Microseconds since the run began.
    pub fn elapsed_us(&self) -> i64 {
        let inner = self.0.lock();
        inner.before_us + inner.since.map_or(0, elapsed_us)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the runtime's clock is paused: this is the virtual time itself"
)]
fn paused_now() -> Instant {
    Instant::now()
}

fn elapsed_us(since: Instant) -> i64 {
    i64::try_from(paused_now().duration_since(since).as_micros())
        .expect("a run is shorter than 290,000 years")
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        let off_us = self.0.lock().off_us;
        self.true_now().plus(off_us)
    }

    fn monotonic_us(&self) -> i64 {
        self.elapsed_us()
    }

    fn sleep(&self, micros: i64) -> BoxFuture<'static, ()> {
        // sleep: the clock itself, on virtual time
        Box::pin(tokio::time::sleep(Duration::from_micros(u64::try_from(micros).unwrap_or(0))))
    }
}

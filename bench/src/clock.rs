//! The machine's clocks, read here only.

use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// The monotonic clock.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
pub fn now() -> Instant {
    Instant::now()
}

/// Microseconds since 1970: the simulator's ledger counts so, on the same machine.
#[expect(clippy::disallowed_methods, reason = "compared with the times in the simulator's ledger")]
pub fn wall_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

pub fn seconds(since: Instant) -> f64 {
    now().duration_since(since).as_secs_f64()
}

/// Events per second since then.
pub fn rate(events: u64, since: Instant) -> f64 {
    events as f64 / seconds(since).max(1e-9)
}

pub fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

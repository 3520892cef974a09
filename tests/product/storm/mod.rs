//! Bad weather for the real program: too much of everything, and what breaks under it. Each test prints its
//! figures, which stand in docs/reliability/overload.md.
#![expect(clippy::print_stderr, reason = "figures for docs/reliability/overload.md")]

mod disk;
mod flood;
mod overload;
mod poison;
mod slow;
mod torn;
mod webhooks;

use std::time::Duration;

use serde_json::{Value, json};
use tidings_tests::support::{Tenant, long, machine_us};

/// MiB that the program may take under any storm (of the build without optimization, which takes more).
const MEMORY_MB_MAX: u64 = 300;

/// Milliseconds, sorted: what a share of them stays under.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = ((sorted.len() as f64 * share).ceil() as usize).clamp(1, sorted.len().max(1)) - 1;
    sorted.get(at).copied().unwrap_or(0.0)
}

/// Milliseconds since then.
fn since_ms(began_us: i64) -> f64 {
    (machine_us() - began_us) as f64 / 1_000.0
}

/// How long a storm lasts: long enough to be one, longer where long runs were asked for.
fn storm_time() -> Duration {
    Duration::from_secs(if long() { 30 } else { 5 })
}

/// A batch of utility messages, each to somebody else.
fn batch(tenant: &Tenant, first: usize, size: usize) -> Value {
    let intents: Vec<Value> = (first..first + size)
        .map(|n| {
            let mut intent = tenant.utility(0);
            intent["to"]["phone"] = json!(format!("+49151{n:08}"));
            intent
        })
        .collect();
    json!({ "messages": intents })
}

//! Waiting for what must happen behind HTTP or in another process, within a bound.

use std::time::Instant;

use crate::limits::{LOOK, PATIENCE};

/// Looks until there is something; fails the test with what it waited for.
#[expect(clippy::disallowed_methods, reason = "bounds a wait on the machine's own time")]
pub async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < until, "waited in vain for: {what}");
        // sleep: what is waited for happens behind HTTP or in another process
        tokio::time::sleep(LOOK).await;
    }
}

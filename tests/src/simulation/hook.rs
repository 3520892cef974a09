//! Commits that take their time, and now and then fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use tidings_domain::clock::{BoxFuture, Clock};
use tidings_store::{Hook, StoreError};

/// Stands before every commit of the simulated store.
pub struct CommitFaults {
    clock: Arc<dyn Clock>,
    dice: Mutex<StdRng>,
    fail_share: f64,
    armed: AtomicBool,
}

impl CommitFaults {
    pub fn new(clock: Arc<dyn Clock>, seed: u64, fail_share: f64) -> Arc<Self> {
        let dice = Mutex::new(StdRng::seed_from_u64(seed));
        Arc::new(Self { clock, dice, fail_share, armed: AtomicBool::new(false) })
    }

    /// Setting up goes undisturbed; from here on commits may fail.
    pub fn arm(&self) {
        self.armed.store(true, Ordering::Relaxed);
    }
}

impl Hook for CommitFaults {
    fn before_commit<'a>(&'a self, _: &'static str) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let (wait_us, fails) = {
                let mut dice = self.dice.lock();
                (dice.random_range(0..3_000), dice.random_bool(self.fail_share))
            };
            if wait_us > 1_000 {
                self.clock.sleep(wait_us).await;
            }
            if fails && self.armed.load(Ordering::Relaxed) { Err(StoreError::Unavailable) } else { Ok(()) }
        })
    }
}

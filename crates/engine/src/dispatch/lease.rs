//! The right to decide for a region's lanes: a lease with a fencing epoch.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use tidings_domain::clock::Clock;
use tidings_store::Store;
use tidings_store::model::Epoch;

use crate::limits::{LEASE_MARGIN_US, LEASE_TTL_US};

const NAME: &str = "dispatch";

/// Held while the deadline lies ahead; the deadline counts from before the request that renewed it.
#[derive(Clone)]
pub(crate) struct Lease {
    pub epoch: Epoch,
    deadline_us: Arc<AtomicI64>,
    clock: Arc<dyn Clock>,
}

impl Lease {
    pub async fn acquire(store: &Store, clock: &Arc<dyn Clock>, node: &str) -> Option<Self> {
        let asked_us = clock.monotonic_us();
        let sys = store.system();
        match store.acquire_lease(&sys, NAME, node, LEASE_TTL_US, clock.now()).await {
            Ok(Some((epoch, _))) => Some(Self {
                epoch,
                deadline_us: Arc::new(AtomicI64::new(asked_us + LEASE_TTL_US)),
                clock: Arc::clone(clock),
            }),
            Ok(None) => None,
            Err(error) => {
                tracing::warn!(error = %error, "the lease on the lanes could not be asked for");
                None
            }
        }
    }

    /// Whether something may still be submitted.
    pub fn holds(&self) -> bool {
        self.clock.monotonic_us() < self.deadline_us.load(Ordering::Acquire) - LEASE_MARGIN_US
    }

    /// Whether the epoch is certainly over for us.
    pub fn is_lost(&self) -> bool {
        self.clock.monotonic_us() >= self.deadline_us.load(Ordering::Acquire)
    }

    /// Renews; `false` when somebody else holds it now.
    pub async fn renew(&self, store: &Store, node: &str) -> bool {
        let asked_us = self.clock.monotonic_us();
        let sys = store.system();
        match store.renew_lease(&sys, NAME, node, self.epoch, LEASE_TTL_US, self.clock.now()).await {
            Ok(Some(_)) => {
                self.deadline_us.store(asked_us + LEASE_TTL_US, Ordering::Release);
                true
            }
            Ok(None) => false,
            // The deadline decides; until then a store that stutters costs nothing.
            Err(_) => !self.is_lost(),
        }
    }

    pub async fn release(&self, store: &Store, node: &str) {
        self.deadline_us.store(0, Ordering::Release);
        let sys = store.system();
        if let Err(error) = store.release_lease(&sys, NAME, node, self.epoch).await {
            tracing::warn!(error = %error, "the lease on the lanes could not be released; it runs out by itself");
        }
    }
}

//! What only one node should do at a time, whichever it is: a lease by name.

use tidings_store::Store;

use crate::limits::{LEASE_MARGIN_US, LEASE_RENEW_US, LEASE_TTL_US};
use crate::pipeline::Engine;

/// A task of the installation that one node holds. What is done under it must bear being done twice: the
/// lease keeps nodes out of each other's way, it fences nothing.
pub(crate) struct Office {
    name: &'static str,
    /// Epoch, and when the lease was last asked for on the monotonic clock.
    held: Option<(i64, i64)>,
    asked_us: i64,
}

impl Office {
    pub fn new(name: &'static str) -> Self {
        Self { name, held: None, asked_us: i64::MIN / 2 }
    }

    /// Whether this node holds it now; renews it and asks for it as needed.
    pub async fn holds(&mut self, engine: &Engine, store: &Store) -> bool {
        let now_us = engine.0.clock.monotonic_us();
        if now_us - self.asked_us >= LEASE_RENEW_US {
            self.asked_us = now_us;
            self.ask(engine, store, now_us).await;
        }
        let now_us = engine.0.clock.monotonic_us();
        self.held.is_some_and(|(_, since)| now_us < since + LEASE_TTL_US - LEASE_MARGIN_US)
    }

    async fn ask(&mut self, engine: &Engine, store: &Store, now_us: i64) {
        let (sys, node, now) = (store.system(), &engine.0.config.node, engine.now());
        let answer = match self.held {
            Some((epoch, _)) => {
                let renewed = store.renew_lease(&sys, self.name, node, epoch, LEASE_TTL_US, now).await;
                renewed.map(|until| until.map(|_| epoch))
            }
            None => {
                let taken = store.acquire_lease(&sys, self.name, node, LEASE_TTL_US, now).await;
                taken.map(|taken| taken.map(|(epoch, _)| epoch))
            }
        };
        match answer {
            Ok(epoch) => self.held = epoch.map(|epoch| (epoch, now_us)),
            Err(error) => {
                tracing::warn!(error = %error, lease = self.name, "a lease could not be asked for");
            }
        }
    }

    pub async fn release(self, engine: &Engine, store: &Store) {
        let Some((epoch, _)) = self.held else { return };
        let node = &engine.0.config.node;
        if let Err(error) = store.release_lease(&store.system(), self.name, node, epoch).await {
            tracing::warn!(error = %error, lease = self.name, "a lease could not be released; it runs out");
        }
    }
}

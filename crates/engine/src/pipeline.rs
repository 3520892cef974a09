//! The path of a message, top to bottom.
//!
//! ```text
//! intake ──► policy ──► routing ──► dispatch ──► provider
//!                          ▲                        │
//!                        retry ◄── reconcile ◄── receipts
//!                                      │
//!                                      ▼
//!                                  event log ──► report
//! ```
//!
//! A call enters at [`intake`](crate::intake), which asks [`routing`](crate::routing) for a sender and
//! [`policy`](crate::policy) for a verdict and stores all three in one transaction. From there nothing is
//! handed on in memory: [`dispatch`](crate::dispatch) finds the work in the store, asks policy again inside
//! the claim's transaction, submits, and records what came of it. [`reconcile`](crate::reconcile) joins the
//! callbacks and decides doubts. [`report`](crate::report) only reads.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use tidings_domain::clock::Clock;
use tidings_domain::id::{AccountId, IdSource, TenantId};
use tidings_domain::provider::Providers;
use tidings_domain::time::Timestamp;
use tidings_store::Store;
use tidings_store::regions::Regions;
use tidings_store::scope::TenantScope;

use crate::catalog::Catalogs;
use crate::config::EngineConfig;
use crate::dispatch::journal::JournalFactory;
use crate::dispatch::{self, wake::Wakes};
use crate::metrics::Metrics;
use crate::reconcile;

/// Everything the stages share. Cheap to clone.
#[derive(Clone)]
pub struct Engine(pub(crate) Arc<Shared>);

pub struct Shared {
    pub regions: Regions,
    pub providers: Providers,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<IdSource>,
    pub config: EngineConfig,
    pub catalogs: Catalogs,
    pub metrics: Metrics,
    pub(crate) journals: Arc<dyn JournalFactory>,
    /// Work for the dispatcher of each region.
    pub(crate) wakes: Wakes,
    pub(crate) idempotent: Mutex<BTreeSet<[u8; 32]>>,
    /// Which tenant an account of a callback address belongs to.
    pub(crate) callback_scopes: Mutex<BTreeMap<AccountId, TenantScope>>,
    /// What the overview has folded so far, by tenant: a cache of the event log.
    pub(crate) overviews: Mutex<BTreeMap<TenantId, crate::report::Overview>>,
    pub(crate) changed: watch::Sender<u64>,
}

/// What the composition root brings.
pub struct Parts {
    pub regions: Regions,
    pub providers: Providers,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<IdSource>,
    pub config: EngineConfig,
    pub journals: Arc<dyn JournalFactory>,
}

impl Engine {
    pub fn new(parts: Parts) -> Self {
        let wakes = Wakes::new(parts.regions.iter().map(Store::region));
        Self(Arc::new(Shared {
            regions: parts.regions,
            providers: parts.providers,
            clock: parts.clock,
            ids: parts.ids,
            config: parts.config,
            catalogs: Catalogs::default(),
            metrics: Metrics::default(),
            journals: parts.journals,
            wakes,
            idempotent: Mutex::default(),
            callback_scopes: Mutex::default(),
            overviews: Mutex::default(),
            changed: watch::channel(0).0,
        }))
    }

    /// Starts the loops of every region: dispatch with its recorder, and reconcile.
    pub fn start(&self, stop: &CancellationToken) -> Vec<JoinHandle<()>> {
        let mut loops = Vec::new();
        for store in self.0.regions.iter() {
            let name = store.region();
            loops.push(tokio::spawn(dispatch::run(
                self.clone(),
                name.to_owned(),
                store.clone(),
                stop.clone(),
            )));
            loops.push(tokio::spawn(reconcile::run(
                self.clone(),
                name.to_owned(),
                store.clone(),
                stop.clone(),
            )));
        }
        loops
    }

    /// Ticks after commits, coalesced; live views wait on it.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.changed.subscribe()
    }

    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Whether every region answers.
    pub async fn ready(&self) -> bool {
        for store in self.0.regions.iter() {
            if store.ping().await.is_err() {
                return false;
            }
        }
        true
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub(crate) fn tick(&self) {
        self.0.changed.send_modify(|n| *n = n.wrapping_add(1));
    }

    pub(crate) fn region(&self, name: &str) -> Option<&Store> {
        self.0.regions.get(name)
    }
}

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
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use tidings_domain::address::Address;
use tidings_domain::clock::Clock;
use tidings_domain::decision::Decision;
use tidings_domain::id::{AccountId, IdSource, SenderId, TenantId};
use tidings_domain::intent::Intent;
use tidings_domain::outgoing::Outgoing;
use tidings_domain::provider::Providers;
use tidings_domain::time::Timestamp;
use tidings_store::Store;
use tidings_store::model::{Hash16, IntakeJudge};
use tidings_store::regions::Regions;
use tidings_store::scope::TenantScope;

use crate::caller::Caller;
use crate::catalog::{Catalogs, Snapshot};
use crate::config::{EngineConfig, Roles};
use crate::dispatch::journal::JournalFactory;
use crate::dispatch::{self, wake::Wakes};
use crate::error::Result;
use crate::intake::{self, AcceptOptions, Reply};
use crate::limits::LOOP_AGAIN_US;
use crate::metrics::Metrics;
use crate::policy::{self, AudienceReport, AudienceRequest, Evaluation};
use crate::reconcile;
use crate::routing;
use crate::templates;

/// The chosen sender and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub sender: SenderId,
    pub account: AccountId,
    pub reason: &'static str,
}

/// What intake asks of the stages after it, in their order.
#[derive(Clone, Copy)]
pub(crate) struct Ahead {
    pub judge: fn(Arc<Snapshot>, Timestamp) -> IntakeJudge,
    pub plan: fn(&Snapshot, &Intent, &Address, Hash16) -> Result<Route>,
    /// Looks at content before it is sealed, and may change it.
    pub screen: fn(&Snapshot, &mut Outgoing) -> Vec<Decision>,
}

/// Intake stores a message with the verdict of policy and the sender of routing, in one transaction.
pub(crate) const AHEAD: Ahead =
    Ahead { judge: policy::intake_judge, plan: routing::plan, screen: policy::screen };

impl Engine {
    /// Takes one intent; the answer says that it is durable.
    pub async fn accept(&self, caller: &Caller, body: &[u8], options: AcceptOptions<'_>) -> Result<Reply> {
        Box::pin(intake::one(self, caller, body, options, AHEAD)).await
    }

    /// Takes many; bad ones are rejected by index, good ones are accepted together.
    pub async fn accept_batch(
        &self,
        caller: &Caller,
        body: &[u8],
        options: AcceptOptions<'_>,
    ) -> Result<Reply> {
        Box::pin(intake::many(self, caller, body, options, AHEAD)).await
    }

    /// What policy would say of an intent to many; nothing is stored.
    pub async fn audience(&self, caller: &Caller, request: AudienceRequest) -> Result<AudienceReport> {
        policy::audience(self, caller, request, AHEAD).await
    }

    /// What policy would say of an intent now, or at another time; nothing is stored.
    pub async fn evaluate(&self, caller: &Caller, body: &[u8], at: Option<Timestamp>) -> Result<Evaluation> {
        policy::evaluate(self, caller, body, at, AHEAD).await
    }
}

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
    /// Tells this process from an earlier one of the same node.
    pub(crate) incarnation: i64,
    pub(crate) started_at: Timestamp,
    /// Where this node is reached, for people.
    pub(crate) address: Mutex<String>,
    /// Work for the dispatcher of each region.
    pub(crate) wakes: Wakes,
    pub(crate) quotas: intake::Quotas,
    /// What may be under way into the stores.
    pub(crate) gate: intake::Gate,
    pub(crate) idempotent: Mutex<BTreeSet<[u8; 32]>>,
    /// Which tenant an account of a callback address belongs to.
    pub(crate) callback_scopes: Mutex<BTreeMap<AccountId, TenantScope>>,
    /// What the overview has folded so far, by tenant: a cache of the event log.
    pub(crate) overviews: Mutex<BTreeMap<TenantId, crate::report::Overview>>,
    /// How full things stood a moment ago.
    pub(crate) levels: tokio::sync::Mutex<crate::report::Seen>,
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
        let wakes = Wakes::new(parts.regions.iter().map(Store::region), &parts.clock);
        Self(Arc::new(Shared {
            incarnation: parts.ids.random_u64().cast_signed(),
            started_at: parts.clock.now(),
            address: Mutex::default(),
            regions: parts.regions,
            providers: parts.providers,
            clock: parts.clock,
            ids: parts.ids,
            catalogs: Catalogs::new(parts.config.policy, parts.config.public_url.as_deref()),
            config: parts.config,
            metrics: Metrics::default(),
            journals: parts.journals,
            wakes,
            quotas: intake::Quotas::default(),
            gate: intake::Gate::default(),
            idempotent: Mutex::default(),
            callback_scopes: Mutex::default(),
            overviews: Mutex::default(),
            levels: tokio::sync::Mutex::default(),
            changed: watch::channel(0).0,
        }))
    }

    pub fn roles(&self) -> Roles {
        self.0.config.roles
    }

    /// Says where this node is reached; others show it.
    pub fn announce(&self, address: &str) {
        address.clone_into(&mut self.0.address.lock());
    }

    /// Starts the loops that this node's roles ask for, in every region.
    pub fn start(&self, stop: &CancellationToken) -> Vec<JoinHandle<()>> {
        let roles = self.0.config.roles;
        let mut loops = Vec::new();
        for store in self.0.regions.iter() {
            let part = || (self.clone(), store.region().to_owned(), store.clone(), stop.clone());
            // Each begins again after a panic; what it needs is made anew for it.
            macro_rules! keep {
                ($what:literal, $run:path) => {{
                    let parts = part();
                    loops.push(tokio::spawn(self.clone().kept_alive($what, stop.clone(), move || {
                        let (engine, region, store, until) = parts.clone();
                        $run(engine, region, store, until)
                    })));
                }};
            }
            keep!("membership", dispatch::membership::run);
            if store.is_shared() {
                keep!("hints to others", dispatch::hints::speak);
            }
            if roles.dispatch {
                keep!("dispatch", dispatch::run);
                keep!("reconcile", reconcile::run);
                keep!("accounts", reconcile::attend::run);
                if store.is_shared() {
                    keep!("hints of others", dispatch::hints::listen);
                }
            }
            if roles.readers {
                keep!("house", reconcile::keep_house);
                keep!("imports", crate::imports::run);
                keep!("retention", reconcile::retention::run);
                keep!("log", reconcile::follow_log);
                keep!("templates", templates::work::run);
            }
        }
        loops
    }

    /// A loop that panics begins again from the store, as after a crash; the process lives on.
    async fn kept_alive<F: Future<Output = ()>>(
        self,
        what: &'static str,
        stop: CancellationToken,
        begin: impl Fn() -> F,
    ) {
        while AssertUnwindSafe(begin()).catch_unwind().await.is_err() && !stop.is_cancelled() {
            tracing::error!(what, "a loop panicked and begins again");
            self.0.clock.sleep(LOOP_AGAIN_US).await;
        }
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

    /// How far the wall clock is ahead of the monotonic one; changes only when it steps.
    pub(crate) fn wall_ahead_us(&self) -> i64 {
        self.now().micros() - self.0.clock.monotonic_us()
    }

    pub(crate) fn tick(&self) {
        self.0.changed.send_modify(|n| *n = n.wrapping_add(1));
    }

    pub(crate) fn region(&self, name: &str) -> Option<&Store> {
        self.0.regions.get(name)
    }
}

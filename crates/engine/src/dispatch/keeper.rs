//! The keeper of a region's lanes: one loop that hears of work, chooses what goes, and sleeps until time or
//! an answer changes the choice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::IndexMap;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use tidings_domain::address::CountryCode;
use tidings_domain::category::Category;
use tidings_domain::id::{AccountId, AttemptId, SenderId, TenantId};
use tidings_domain::time::Timestamp;
use tidings_store::Store;
use tidings_store::error::StoreError;

use super::breaker::Breaker;
use super::bucket::Bucket;
use super::journal::{Journal, Previous};
use super::lane::Lane;
use super::lease::Lease;
use super::recovery;
use super::submit::{self, Done, Hand};
use crate::limits::{JOURNAL_ENTRIES_MAX, KEEPER_DONE_MAX, LANE_SCAN_US, LEASE_RENEW_US};
use crate::pipeline::Engine;

mod pass;
mod phases;
mod settle;
mod work;

pub(super) struct Keeper {
    engine: Engine,
    region: String,
    store: Store,
    lease: Lease,
    journal: Arc<dyn Journal>,
    hand: Arc<Hand>,
    lanes: IndexMap<SenderId, Lane>,
    /// Lanes that may have something to do now.
    active: BTreeSet<SenderId>,
    /// When a lane has something due again, on the wall clock.
    later: BTreeSet<(Timestamp, SenderId)>,
    accounts: BTreeMap<AccountId, Bucket>,
    /// Accounts whose provider has not answered lately.
    breakers: BTreeMap<AccountId, Breaker>,
    tenants: BTreeMap<TenantId, TenantPace>,
    category_country: BTreeMap<(Category, CountryCode), Bucket>,
    /// When the templates of an account were last asked for because one was held.
    templates_asked_us: BTreeMap<AccountId, i64>,
    in_flight: usize,
    /// Attempts that are being claimed or submitted: what the journal must keep when it is begun anew.
    under_way: BTreeSet<AttemptId>,
    /// Where the round of tenants begins; moves on with every pass.
    turn: usize,
    began_us: i64,
    scan_us: i64,
    renew_us: i64,
}

#[derive(Default)]
struct TenantPace {
    bucket: Option<Bucket>,
    in_flight: usize,
}

/// Runs until stopped; begins again whenever the lease is lost or the store fails.
pub(crate) async fn run(engine: Engine, region: String, store: Store, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let node = engine.0.config.node.clone();
        let Some(lease) = Lease::acquire(&store, &engine.0.clock, &node).await else {
            if stop.run_until_cancelled(engine.0.clock.sleep(LEASE_RENEW_US / 4)).await.is_none() {
                return;
            }
            continue;
        };
        engine.0.wakes.mailbox(&region).set_lease(Some(lease.clone()));
        if let Err(error) = keep(&engine, &region, &store, &lease, &stop).await {
            tracing::warn!(error = %error, region, "the lanes are taken up again after a failure");
            engine.0.clock.sleep(200_000).await;
        }
        engine.0.wakes.mailbox(&region).set_lease(None);
        lease.release(&store, &node).await;
    }
}

async fn keep(
    engine: &Engine,
    region: &str,
    store: &Store,
    lease: &Lease,
    stop: &CancellationToken,
) -> Result<(), StoreError> {
    let opened = engine.0.journals.open(region, &engine.0.config.machine_boot, lease.epoch);
    let (previous, journal) = match opened {
        Ok(opened) => opened,
        Err(error) => {
            tracing::error!(error = %error, "the claim journal cannot be opened; nothing is sent without it");
            engine.0.clock.sleep(1_000_000).await;
            return Ok(());
        }
    };
    let (requeued, doubted) = recovery::recover(engine, store, lease.epoch, &previous).await?;
    if let Err(error) = journal.roll(&[]) {
        tracing::error!(error = %error, "the claim journal cannot be begun anew; nothing is sent without it");
        engine.0.clock.sleep(1_000_000).await;
        return Ok(());
    }
    if requeued + doubted > 0 || previous == Previous::Unknown {
        tracing::info!(region, requeued, doubted, "recovered what was under way");
    }
    let (done_tx, done) = mpsc::channel(KEEPER_DONE_MAX);
    let (outcomes, outcomes_rx) = mpsc::channel(engine.0.config.in_flight_max.max(1));
    let recorder =
        tokio::spawn(submit::record_loop(engine.clone(), store.clone(), outcomes_rx, done_tx.clone()));
    let hand = Arc::new(Hand {
        engine: engine.clone(),
        store: store.clone(),
        lease: lease.clone(),
        journal: Arc::clone(&journal),
        done: done_tx,
        outcomes,
    });
    let mut keeper = Keeper::new(engine, region, store, lease, journal, hand);
    let result = keeper.work(done, stop).await;
    // What is under way keeps its hand; the recorder ends with the last of them.
    drop(keeper);
    let _ = recorder.await;
    result
}

impl Keeper {
    fn new(
        engine: &Engine,
        region: &str,
        store: &Store,
        lease: &Lease,
        journal: Arc<dyn Journal>,
        hand: Arc<Hand>,
    ) -> Self {
        let now_us = engine.0.clock.monotonic_us();
        let category_country = engine
            .0
            .config
            .category_country_messages_per_s
            .iter()
            .map(|(category, country, rate)| ((*category, *country), Bucket::new(*rate, rate / 20.0, now_us)))
            .collect();
        Self {
            engine: engine.clone(),
            region: region.to_owned(),
            store: store.clone(),
            lease: lease.clone(),
            journal,
            hand,
            lanes: IndexMap::new(),
            active: BTreeSet::new(),
            later: BTreeSet::new(),
            accounts: BTreeMap::new(),
            breakers: BTreeMap::new(),
            tenants: BTreeMap::new(),
            category_country,
            templates_asked_us: BTreeMap::new(),
            in_flight: 0,
            under_way: BTreeSet::new(),
            turn: 0,
            began_us: now_us,
            scan_us: now_us,
            renew_us: now_us + LEASE_RENEW_US,
        }
    }

    async fn work(
        &mut self,
        mut done: mpsc::Receiver<Done>,
        stop: &CancellationToken,
    ) -> Result<(), StoreError> {
        let mut finished = Vec::new();
        loop {
            let now_us = self.now_us();
            if now_us >= self.renew_us {
                self.renew_us = now_us + LEASE_RENEW_US;
                let node = self.engine.0.config.node.clone();
                if !self.lease.clone().renew(&self.store, &node).await {
                    return Ok(());
                }
            }
            if now_us >= self.scan_us {
                self.scan_us = now_us + LANE_SCAN_US;
                self.scan().await?;
                self.publish_phases();
            }
            self.hear().await?;
            let wake_us = self.pass().await?.min(self.scan_us).min(self.renew_us);
            let wait_us = (wake_us - self.now_us()).max(1);
            let engine = self.engine.clone();
            let mailbox = engine.0.wakes.mailbox(&self.region);
            tokio::select! {
                // In a fixed order: a run must be replayable from its seed.
                biased;
                () = stop.cancelled() => return Ok(()),
                () = mailbox.notify.notified() => {}
                n = done.recv_many(&mut finished, 1_024) => {
                    if n == 0 { return Ok(()); }
                }
                () = engine.0.clock.sleep(wait_us) => {}
            }
            while let Ok(more) = done.try_recv() {
                finished.push(more);
            }
            for each in finished.drain(..) {
                self.finish(each);
            }
            self.roll_journal();
        }
    }

    fn now_us(&self) -> i64 {
        self.engine.0.clock.monotonic_us()
    }

    /// Forgets journal entries when enough was written; what is under way stays in it.
    fn roll_journal(&mut self) {
        if self.journal.entries() < JOURNAL_ENTRIES_MAX.max(2 * self.under_way.len()) {
            return;
        }
        let under_way: Vec<AttemptId> = self.under_way.iter().copied().collect();
        if let Err(error) = self.journal.roll(&under_way) {
            tracing::warn!(error = %error, "the claim journal could not be begun anew");
        }
    }
}

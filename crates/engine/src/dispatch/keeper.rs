//! The keeper of a region's lanes: one loop that hears of work, chooses what goes, and sleeps until time or
//! an answer changes the choice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use indexmap::IndexMap;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use tidings_domain::address::CountryCode;
use tidings_domain::category::Category;
use tidings_domain::id::{AccountId, AttemptId, SenderId, TenantId};
use tidings_domain::time::Timestamp;
use tidings_store::Store;
use tidings_store::error::StoreError;
use tidings_store::model::Hash16;

use super::breaker::Breaker;
use super::bucket::Bucket;
use super::holdings::Holdings;
use super::journal::{Journal, Previous};
use super::lane::Lane;
use super::submit::{self, Done, Hand};
use crate::limits::{
    DRAIN_ANSWERS_US, DRAIN_CLAIMS_US, JOURNAL_ENTRIES_MAX, KEEPER_DONE_MAX, LANE_POLL_US, LANE_SCAN_SHARE,
    LANE_SCAN_US, SWEEP_US,
};
use crate::pipeline::Engine;

mod pass;
mod phases;
mod settle;
mod slots;
mod work;

use slots::Past;

pub(super) struct Keeper {
    engine: Engine,
    region: String,
    store: Store,
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
    /// Attempts that are being claimed or submitted: what the journal must keep when it is begun anew. With
    /// their slots, which are not given away before.
    under_way: BTreeMap<AttemptId, UnderWay>,
    /// Where the round of tenants begins; moves on with every pass.
    turn: usize,
    /// When each slot was taken up, on the monotonic clock.
    opened_us: BTreeMap<u8, i64>,
    scan_us: i64,
    scanned_us: i64,
    signals_us: i64,
    sweep_us: i64,
    show_us: i64,
    /// Lanes that are shown to others.
    shown: BTreeSet<SenderId>,
}

/// Where an attempt stands that is being claimed or submitted: it outlasts its lane.
#[derive(Debug, Clone, Copy)]
pub(super) struct UnderWay {
    pub slot: u8,
    pub sender: SenderId,
    pub recipient: Hash16,
    pub category: Category,
}

#[derive(Default)]
struct TenantPace {
    bucket: Option<Bucket>,
    in_flight: usize,
}

/// Runs until stopped; begins again when the store fails. It serves the lanes of the slots that are held.
pub(crate) async fn run(engine: Engine, region: String, store: Store, stop: CancellationToken) {
    let holdings = &engine.0.wakes.mailbox(&region).holdings;
    let Some((previous, journal)) = open_journal(&engine, &region, &stop).await else { return };
    // After a panic: whatever this process had under way is in the journal.
    holdings.held().into_iter().for_each(|epoch| holdings.doubt(epoch.slot));
    let wall_ahead_us = engine.wall_ahead_us();
    let mut past = Past { previous, mine: BTreeSet::new(), first: true, wall_ahead_us };
    while !stop.is_cancelled() {
        if let Err(error) = keep(&engine, &region, &store, &journal, &mut past, &stop).await {
            tracing::warn!(error = %error, region, "the lanes are taken up again after a failure");
            // Whether the store has what we last asked for is not known.
            holdings.held().into_iter().for_each(|epoch| holdings.doubt(epoch.slot));
            engine.0.clock.sleep(200_000).await;
        }
    }
    holdings.quiet.notify_one();
}

async fn open_journal(
    engine: &Engine,
    region: &str,
    stop: &CancellationToken,
) -> Option<(Previous, Arc<dyn Journal>)> {
    loop {
        match engine.0.journals.open(region, &engine.0.config.machine_boot) {
            Ok(opened) => return Some(opened),
            Err(error) => {
                tracing::error!(error = %error, "the claim journal cannot be opened; nothing is sent without it");
            }
        }
        stop.run_until_cancelled(engine.0.clock.sleep(1_000_000)).await?;
    }
}

async fn keep(
    engine: &Engine,
    region: &str,
    store: &Store,
    journal: &Arc<dyn Journal>,
    past: &mut Past,
    stop: &CancellationToken,
) -> Result<(), StoreError> {
    let (done_tx, done) = mpsc::channel(KEEPER_DONE_MAX);
    let (outcomes, outcomes_rx) = mpsc::channel(engine.0.config.in_flight_max.max(1));
    let recorder =
        tokio::spawn(submit::record_loop(engine.clone(), store.clone(), outcomes_rx, done_tx.clone()));
    let hand = Arc::new(Hand {
        engine: engine.clone(),
        store: store.clone(),
        journal: Arc::clone(journal),
        done: done_tx,
        outcomes,
        unsent: AtomicUsize::new(0),
        sent: Notify::new(),
    });
    let mut keeper = Keeper::new(engine, region, store, Arc::clone(journal), Arc::clone(&hand));
    let result = keeper.work(done, past, stop).await;
    drop(keeper);
    if stop.is_cancelled() {
        drain(engine, region, hand, recorder).await;
    } else {
        drop(hand);
        // What is under way keeps its hand; the recorder ends with the last of them.
        let _ = recorder.await;
    }
    result
}

/// What was claimed is sent or given back; then the slots may go to others, while we still listen for answers:
/// they are facts, and anyone may add facts.
async fn drain(engine: &Engine, region: &str, hand: Arc<Hand>, recorder: JoinHandle<()>) {
    let holdings = &engine.0.wakes.mailbox(region).holdings;
    holdings.close();
    let given_back = async {
        while hand.unsent.load(Ordering::Acquire) > 0 {
            hand.sent.notified().await;
        }
    };
    tokio::select! {
        biased;
        () = given_back => {}
        () = engine.0.clock.sleep(DRAIN_CLAIMS_US) => {}
    }
    holdings.quiet.notify_one();
    drop(hand);
    tokio::select! {
        biased;
        _ = recorder => {}
        () = engine.0.clock.sleep(DRAIN_ANSWERS_US) => {
            tracing::warn!(region, "some submissions were not answered in time; they are in doubt");
        }
    }
}

impl Keeper {
    fn new(engine: &Engine, region: &str, store: &Store, journal: Arc<dyn Journal>, hand: Arc<Hand>) -> Self {
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
            under_way: BTreeMap::new(),
            turn: 0,
            opened_us: BTreeMap::new(),
            scan_us: now_us,
            scanned_us: now_us,
            signals_us: now_us,
            sweep_us: now_us + SWEEP_US,
            show_us: now_us,
            shown: BTreeSet::new(),
        }
    }

    async fn work(
        &mut self,
        mut done: mpsc::Receiver<Done>,
        past: &mut Past,
        stop: &CancellationToken,
    ) -> Result<(), StoreError> {
        let mut finished = Vec::new();
        loop {
            self.watch_clock(past).await?;
            self.settle_in(past).await?;
            if self.now_us() >= self.scan_us {
                self.scanned_us = self.now_us();
                self.scan().await?;
                self.scan_us = self.next_scan_us();
                self.publish_phases();
            }
            self.hear().await?;
            let wake_us = self.pass().await?.min(self.scan_us).min(self.show_us);
            self.show_lanes();
            let wait_us = (wake_us - self.now_us()).max(1);
            let engine = self.engine.clone();
            let mailbox = engine.0.wakes.mailbox(&self.region);
            tokio::select! {
                // In a fixed order: a run must be replayable from its seed.
                biased;
                () = stop.cancelled() => return Ok(()),
                () = mailbox.notify.notified() => {}
                () = mailbox.holdings.changed.notified() => {}
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

    /// Others may take in work for our lanes: then looking is cheap insurance, in proportion to its price.
    fn next_scan_us(&self) -> i64 {
        let (took_us, now_us) = (self.now_us() - self.scanned_us, self.now_us());
        if self.holdings().is_alone() {
            return now_us + LANE_SCAN_US;
        }
        now_us + (took_us * LANE_SCAN_SHARE).clamp(LANE_POLL_US, LANE_SCAN_US)
    }

    fn holdings(&self) -> &Holdings {
        &self.engine.0.wakes.mailbox(&self.region).holdings
    }

    fn now_us(&self) -> i64 {
        self.engine.0.clock.monotonic_us()
    }

    /// Forgets journal entries when enough was written; what is under way stays in it.
    fn roll_journal(&mut self) {
        if self.journal.entries() < JOURNAL_ENTRIES_MAX.max(2 * self.under_way.len()) {
            return;
        }
        let under_way: Vec<AttemptId> = self.under_way.keys().copied().collect();
        if let Err(error) = self.journal.roll(&under_way, &self.holdings().held()) {
            tracing::warn!(error = %error, "the claim journal could not be begun anew");
        }
    }
}

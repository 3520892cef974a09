//! Slots come and go: what is fresh is recovered before it is served, what leaves is given back when
//! nothing of it is under way, and what was lost is forgotten.

use std::collections::BTreeSet;

use tidings_domain::id::{AttemptId, SenderId};
use tidings_store::error::StoreError;
use tidings_store::model::Epoch;

use super::Keeper;
use crate::dispatch::journal::Previous;
use crate::dispatch::recovery::{self, Proof};
use crate::limits::{CLOCK_STEP_MIN_US, LANES_SHOW_US, LANES_SHOWN_MAX, SWEEP_US};

/// What outlasts a keeper within one process.
pub(super) struct Past {
    pub previous: Previous,
    /// Every epoch under which this process has claimed.
    pub mine: BTreeSet<Epoch>,
    /// No slot was recovered yet.
    pub first: bool,
    /// How far the wall clock was ahead of the monotonic one when last looked at.
    pub wall_ahead_us: i64,
}

impl Keeper {
    /// Notes a step ahead of the wall clock: the debt towards recipients is rebuilt from the times of claims, and
    /// those before the step would look paid. After a step back they look new, which errs on the safe side.
    pub(super) async fn watch_clock(&self, past: &mut Past) -> Result<(), StoreError> {
        let (now, ahead_us) = (self.engine.now(), self.engine.wall_ahead_us());
        let step_us = ahead_us - past.wall_ahead_us;
        if step_us > CLOCK_STEP_MIN_US {
            tracing::warn!(step_us, "the wall clock stepped ahead");
            self.store.note_clock_step(&self.store.system(), now.plus(-step_us), now).await?;
        }
        past.wall_ahead_us = ahead_us;
        Ok(())
    }

    /// Brings the lanes in line with the slots that are held.
    pub(super) async fn settle_in(&mut self, past: &mut Past) -> Result<(), StoreError> {
        let mailbox_engine = self.engine.clone();
        let holdings = &mailbox_engine.0.wakes.mailbox(&self.region).holdings;
        let fresh = holdings.fresh();
        if !fresh.is_empty() && holdings.in_time() {
            let was_deaf = past.first && holdings.is_alone();
            self.recover(&fresh, past, was_deaf).await?;
        }
        self.drop_lost_lanes();
        self.give_away().await;
        let now_us = self.now_us();
        if now_us >= self.sweep_us {
            self.sweep_us = now_us + SWEEP_US;
            self.sweep(past).await?;
        }
        Ok(())
    }

    async fn recover(&mut self, fresh: &[Epoch], past: &mut Past, was_deaf: bool) -> Result<(), StoreError> {
        let proof = Proof {
            previous: &past.previous,
            mine: &past.mine,
            under_way: &self.under_way,
            was_deaf,
            older_than_us: 0,
        };
        let (requeued, doubted) = recovery::recover(&self.engine, &self.store, fresh, &proof).await?;
        let under_way: Vec<AttemptId> = self.under_way.keys().copied().collect();
        if let Err(error) = self.journal.roll(&under_way, &self.holdings().held()) {
            tracing::error!(error = %error, "the claim journal cannot be begun anew; nothing is sent without it");
            self.engine.0.clock.sleep(1_000_000).await;
            return Ok(());
        }
        if requeued + doubted > 0 {
            tracing::info!(region = self.region, requeued, doubted, "recovered what was under way");
        }
        past.mine.extend(fresh);
        past.first = false;
        let now_us = self.now_us();
        self.opened_us.extend(fresh.iter().map(|epoch| (epoch.slot, now_us)));
        self.holdings().opened(fresh);
        self.scan_us = 0;
        Ok(())
    }

    fn drop_lost_lanes(&mut self) {
        let held: BTreeSet<u8> = self.holdings().held().iter().map(|epoch| epoch.slot).collect();
        self.lanes.retain(|_, lane| held.contains(&lane.slot));
    }

    /// Gives back slots that are to go to others and have nothing under way.
    async fn give_away(&mut self) {
        let busy: BTreeSet<u8> = self.under_way.values().map(|each| each.slot).collect();
        let idle: Vec<Epoch> =
            self.holdings().leaving().into_iter().filter(|epoch| !busy.contains(&epoch.slot)).collect();
        if idle.is_empty() {
            return;
        }
        let (sys, node) = (self.store.system(), self.engine.0.config.node.clone());
        self.holdings().gone(&idle);
        let slots: BTreeSet<u8> = idle.iter().map(|epoch| epoch.slot).collect();
        if let Err(error) = self.store.release_slots(&sys, &node, idle).await {
            tracing::warn!(error = %error, "slots could not be given back; their leases run out");
        }
        self.lanes.retain(|_, lane| !slots.contains(&lane.slot));
    }

    /// Claims of ours that nobody here remembers: the store took them while its answer was lost.
    async fn sweep(&mut self, past: &Past) -> Result<(), StoreError> {
        let epochs = self.holdings().open();
        let (previous, mine, under_way) = (&past.previous, &past.mine, &self.under_way);
        let proof = Proof { previous, mine, under_way, was_deaf: false, older_than_us: SWEEP_US };
        let (requeued, _) = recovery::recover(&self.engine, &self.store, &epochs, &proof).await?;
        if requeued > 0 {
            tracing::info!(region = self.region, requeued, "claims that nobody remembered are queued again");
            self.scan_us = 0;
        }
        Ok(())
    }

    /// Shows the lanes to other nodes and to people who ask them.
    pub(super) fn show_lanes(&mut self) {
        let now_us = self.now_us();
        if now_us < self.show_us {
            return;
        }
        self.show_us = now_us + LANES_SHOW_US;
        let senders: Vec<SenderId> = self.lanes.keys().copied().collect();
        let mut shown = Vec::new();
        for sender in senders {
            let Some(view) = self.view(sender) else { continue };
            if view.phase != "idle" && shown.len() < LANES_SHOWN_MAX {
                let text = serde_json::to_string(&view).expect("a view has only string keys");
                shown.push((sender, text));
            }
        }
        let now: BTreeSet<SenderId> = shown.iter().map(|(sender, _)| *sender).collect();
        let hidden: Vec<SenderId> = self.shown.difference(&now).copied().collect();
        self.shown = now;
        if shown.is_empty() && hidden.is_empty() {
            return;
        }
        let (engine, store) = (self.engine.clone(), self.store.clone());
        tokio::spawn(async move {
            let (sys, node) = (store.system(), &engine.0.config.node);
            if let Err(error) = store.show_lanes(&sys, node, shown, hidden, engine.now()).await {
                tracing::debug!(error = %error, "the lanes could not be shown");
            }
        });
    }
}

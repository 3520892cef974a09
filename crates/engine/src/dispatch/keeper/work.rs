//! Hearing of work: the mailbox, the scan of the store, and loading a lane's queue.

use std::collections::BTreeSet;

use tidings_domain::category::Category;
use tidings_domain::id::SenderId;
use tidings_domain::time::Timestamp;
use tidings_store::error::StoreError;
use tidings_store::model::{DueItem, LaneWork, SlotSet};

use super::Keeper;
use crate::dispatch::lane::Lane;
use crate::dispatch::pump::Moment;
use crate::dispatch::shaping;
use crate::dispatch::view::{BucketView, LaneView};
use crate::dispatch::wake::Signal;
use crate::limits::{
    LANE_BUFFER_LOW, LANE_BUFFER_MAX, LANE_IDLE_US, LANE_LOAD_MAX, LANE_SCAN_MIN_US, PAIR_CLAIMS_MAX,
    SIGNAL_FRESH_US, SIGNALS_LOOK_US,
};
use crate::metrics::Counter;

impl Keeper {
    /// Looks in the store for lanes with work; catches whatever the mailbox missed.
    pub(super) async fn scan(&mut self) -> Result<(), StoreError> {
        let sys = self.store.system();
        let now = self.engine.now();
        let slots = self.holdings().open_set();
        let found =
            if slots.is_empty() { Vec::new() } else { self.store.lanes_with_work(&sys, slots).await? };
        let fresh: Vec<LaneWork> =
            found.iter().filter(|found| !self.lanes.contains_key(&found.sender)).cloned().collect();
        self.open_lanes(&fresh).await?;
        for found in found {
            if found.earliest <= now {
                self.expect_more(found.sender);
            } else {
                self.later.insert((found.earliest, found.sender));
                if let Some(lane) = self.lanes.get_mut(&found.sender) {
                    lane.due_at = Some(found.earliest);
                }
            }
        }
        self.take_signals(slots).await?;
        let now_us = self.now_us();
        let kept_us = LANE_IDLE_US.max(self.pair_horizon_us());
        let idle = |lane: &Lane| lane.is_idle() && now_us - lane.touched_us > kept_us;
        self.lanes.retain(|_, lane| !idle(lane));
        Ok(())
    }

    /// What providers said of our senders to other nodes.
    async fn take_signals(&mut self, slots: SlotSet) -> Result<(), StoreError> {
        let now_us = self.now_us();
        if self.holdings().is_alone() || now_us < self.signals_us {
            return Ok(());
        }
        self.signals_us = now_us + SIGNALS_LOOK_US;
        let oldest = self.engine.now().plus(-SIGNAL_FRESH_US);
        for left in self.store.take_signals(&self.store.system(), slots).await? {
            if left.at >= oldest {
                let (sender, code) = (left.sender, left.code);
                self.signal(&Signal { sender, recipient: None, template: None, code });
            }
        }
        Ok(())
    }

    /// How long a recipient's debt can last.
    fn pair_horizon_us(&self) -> i64 {
        let config = &self.engine.0.config;
        config.pair_interval_us * i64::from(config.pair_burst)
    }

    /// Debt towards recipients outlives a restart: it is rebuilt from the recent attempts, for all lanes at once.
    async fn open_lanes(&mut self, fresh: &[LaneWork]) -> Result<(), StoreError> {
        let (now, now_us, horizon) = (self.engine.now(), self.now_us(), self.pair_horizon_us());
        // Lanes remember our own claims, so only those of the time before the slot was ours are looked for.
        let recent = |found: &&LaneWork| {
            self.opened_us.get(&found.slot).is_none_or(|opened_us| now_us - opened_us <= horizon)
        };
        let senders: Vec<SenderId> = fresh.iter().filter(recent).map(|found| found.sender).collect();
        let sys = self.store.system();
        let debts = self.store.recent_pairs(&sys, &senders, now, horizon, PAIR_CLAIMS_MAX).await?;
        let config = &self.engine.0.config;
        for LaneWork { tenant, account, sender, slot, .. } in fresh {
            let rate = config.sender_messages_per_s;
            self.lanes.insert(*sender, Lane::new(*tenant, *account, *sender, *slot, rate, config, now_us));
        }
        for (sender, recipient, age_us) in debts {
            if let Some(lane) = self.lanes.get_mut(&sender) {
                lane.pairs.take(recipient, now_us - age_us);
            }
        }
        // So does what lanes before these have under way: their slot was lost and is ours again.
        let opened: BTreeSet<SenderId> = fresh.iter().map(|found| found.sender).collect();
        for (attempt, each) in self.under_way.iter().filter(|(_, each)| opened.contains(&each.sender)) {
            if let Some(lane) = self.lanes.get_mut(&each.sender) {
                lane.in_flight += 1;
                lane.wait_for(attempt.message(), each.recipient, each.category);
            }
        }
        Ok(())
    }

    fn expect_more(&mut self, sender: SenderId) {
        if let Some(lane) = self.lanes.get_mut(&sender) {
            for queue in &mut lane.queues {
                queue.more = true;
            }
            self.active.insert(sender);
        }
    }

    /// Takes what others posted.
    pub(super) async fn hear(&mut self) -> Result<(), StoreError> {
        let work = self.engine.clone().0.wakes.mailbox(&self.region).take();
        let now = self.engine.now();
        for ((sender, category), due_at) in work.lanes {
            self.hear_of(sender, category, due_at, now);
        }
        if work.everything {
            self.active.extend(self.lanes.keys().copied());
        }
        if work.look {
            self.look_soon();
        }
        for signal in work.signals {
            self.signal(&signal);
        }
        for (sender, answer) in work.views {
            let _ = answer.send(self.view(sender));
        }
        while let Some((at, sender)) = self.later.first().copied() {
            if at > now {
                break;
            }
            self.later.pop_first();
            self.expect_more(sender);
        }
        Ok(())
    }

    fn look_soon(&mut self) {
        self.scan_us = self.scan_us.min(self.scanned_us + LANE_SCAN_MIN_US);
    }

    fn hear_of(&mut self, sender: SenderId, category: Category, due_at: Timestamp, now: Timestamp) {
        let Some(lane) = self.lanes.get_mut(&sender) else {
            // Not in memory: the scan opens it.
            return self.look_soon();
        };
        if due_at > now {
            self.later.insert((due_at, sender));
            return;
        }
        lane.queue(category).more = true;
        self.active.insert(sender);
    }

    pub(super) fn signal(&mut self, signal: &Signal) {
        let now = Moment { wall: self.engine.now(), mono_us: self.now_us() };
        let account = self.lanes.get(&signal.sender).map(|lane| lane.account);
        for lane in self.lanes.values_mut() {
            let same_account = shaping::is_about_account(signal.code) && Some(lane.account) == account;
            if lane.sender != signal.sender && !same_account {
                continue;
            }
            let recipient = signal.recipient.filter(|_| lane.sender == signal.sender);
            let effect = shaping::apply(lane, signal.code, recipient, signal.template.as_deref(), &now);
            let counter = match effect {
                shaping::Effect::Nothing => continue,
                shaping::Effect::Slowed => Counter::lanes_slowed,
                shaping::Effect::Held => Counter::lanes_held,
            };
            self.engine.0.metrics.add(counter, 1);
        }
    }

    pub(super) fn view(&mut self, sender: SenderId) -> Option<LaneView> {
        let now = Moment { wall: self.engine.now(), mono_us: self.now_us() };
        let now_us = now.mono_us;
        let lane = self.lanes.get_mut(&sender)?;
        let mut shared = Vec::new();
        if let Some(bucket) = self.accounts.get(&lane.account) {
            shared.push(BucketView::of("account", bucket, now_us));
        }
        if let Some(bucket) = self.tenants.get(&lane.tenant).and_then(|pace| pace.bucket.as_ref()) {
            shared.push(BucketView::of("tenant", bucket, now_us));
        }
        for ((category, country), bucket) in &self.category_country {
            shared.push(BucketView::of(format!("{category} × {}", country.as_str()), bucket, now_us));
        }
        let probing = self.breakers.get_mut(&lane.account).and_then(|breaker| {
            shared.extend(breaker.pace().map(|pace| BucketView::of("probes", pace, now_us)));
            breaker.detail()
        });
        let mut view = LaneView::of(lane, shared, &now);
        if let (Some(detail), false) = (probing, matches!(&*view.phase, "paused" | "held")) {
            (view.phase, view.detail) = ("probing".into(), detail);
        }
        Some(view)
    }

    /// Fills the queues of a lane that run low from the store.
    pub(super) async fn load(&mut self, sender: SenderId) -> Result<(), StoreError> {
        let now = self.engine.now();
        for category in Category::ALL {
            let Some(lane) = self.lanes.get_mut(&sender) else { return Ok(()) };
            let queue = lane.queue(category);
            // What is blocked stays at the head of the store's order too, so it is loaded again with the rest.
            if !queue.more
                || queue.items.len() >= LANE_BUFFER_LOW.max(queue.items.capacity().min(LANE_LOAD_MAX) / 2)
            {
                continue;
            }
            let limit = (queue.items.len() + LANE_BUFFER_MAX).min(LANE_LOAD_MAX);
            let mut items = self.due(sender, category, now, limit).await?;
            let more = items.len() == limit;
            // What is being claimed may still stand in the store: claimed once more, its second claim would come back
            // first and take the message for done.
            items.retain(|item| !self.under_way.contains_key(&item.attempt_id()));
            if let Some(lane) = self.lanes.get_mut(&sender) {
                lane.load(category, items, more);
            }
        }
        Ok(())
    }

    async fn due(
        &self,
        sender: SenderId,
        category: Category,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<DueItem>, StoreError> {
        let sys = self.store.system();
        self.store.due(&sys, sender, category, now, None, limit).await
    }
}

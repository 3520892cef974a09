//! Hearing of work: the mailbox, the scan of the store, and loading a lane's queue.

use tidings_domain::category::Category;
use tidings_domain::id::SenderId;
use tidings_domain::time::Timestamp;
use tidings_store::error::StoreError;
use tidings_store::model::{DueItem, LaneWork};

use super::Keeper;
use crate::dispatch::lane::Lane;
use crate::dispatch::pump::Moment;
use crate::dispatch::shaping;
use crate::dispatch::view::{BucketView, LaneView};
use crate::dispatch::wake::Signal;
use crate::limits::{LANE_BUFFER_LOW, LANE_BUFFER_MAX, LANE_IDLE_US, LANE_LOAD_MAX, PAIR_CLAIMS_MAX};
use crate::metrics::Counter;

impl Keeper {
    /// Looks in the store for lanes with work; catches whatever the mailbox missed.
    pub(super) async fn scan(&mut self) -> Result<(), StoreError> {
        let sys = self.store.system();
        let now = self.engine.now();
        let all = self.store.lanes_with_work(&sys).await?;
        let fresh: Vec<_> = all.iter().filter(|found| !self.lanes.contains_key(&found.sender)).collect();
        self.open_lanes(&fresh).await?;
        for found in all {
            if found.earliest <= now {
                self.expect_more(found.sender);
            } else {
                self.later.insert((found.earliest, found.sender));
            }
        }
        let now_us = self.now_us();
        let kept_us = LANE_IDLE_US.max(self.pair_horizon_us());
        let idle = |lane: &Lane| lane.is_idle() && now_us - lane.touched_us > kept_us;
        self.lanes.retain(|_, lane| !idle(lane));
        Ok(())
    }

    /// How long a recipient's debt can last.
    fn pair_horizon_us(&self) -> i64 {
        let config = &self.engine.0.config;
        config.pair_interval_us * i64::from(config.pair_burst)
    }

    /// Debt towards recipients outlives a restart: it is rebuilt from the recent attempts, for all lanes at once.
    async fn open_lanes(&mut self, fresh: &[&LaneWork]) -> Result<(), StoreError> {
        if fresh.is_empty() {
            return Ok(());
        }
        let (now, now_us, horizon) = (self.engine.now(), self.now_us(), self.pair_horizon_us());
        let senders: Vec<SenderId> = fresh.iter().map(|found| found.sender).collect();
        let sys = self.store.system();
        // Our own claims are remembered by their lanes, so only those of the time before us are looked for.
        let debts = if now_us - self.began_us > horizon {
            Vec::new()
        } else {
            self.store.recent_pairs(&sys, &senders, now.plus(-horizon), PAIR_CLAIMS_MAX).await?
        };
        let config = &self.engine.0.config;
        for LaneWork { tenant, account, sender, .. } in fresh {
            let lane = Lane::new(*tenant, *account, *sender, config.sender_messages_per_s, config, now_us);
            self.lanes.insert(*sender, lane);
        }
        for (sender, recipient, at) in debts {
            if let Some(lane) = self.lanes.get_mut(&sender) {
                lane.pairs.take(recipient, now_us - now.since(at).max(0));
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

    fn hear_of(&mut self, sender: SenderId, category: Category, due_at: Timestamp, now: Timestamp) {
        let Some(lane) = self.lanes.get_mut(&sender) else {
            // Not in memory: the scan opens it at once.
            self.scan_us = 0;
            return;
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

    fn view(&mut self, sender: SenderId) -> Option<LaneView> {
        let now_us = self.now_us();
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
        let mut view = LaneView::of(lane, shared, now_us);
        if let (Some(detail), false) = (probing, matches!(view.phase, "paused" | "held")) {
            (view.phase, view.detail) = ("probing", detail);
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
            let items = self.due(sender, category, now, limit).await?;
            let more = items.len() == limit;
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

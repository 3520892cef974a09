//! One pass over the lanes that may go, tenant by tenant in turn.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tidings_domain::failure::account_codes;
use tidings_domain::id::{AccountId, SenderId, TenantId};
use tidings_store::error::StoreError;
use tidings_store::model::DueItem;

use super::{Keeper, UnderWay};
use crate::catalog::Snapshot;
use crate::dispatch::breaker::Breaker;
use crate::dispatch::bucket::Bucket;
use crate::dispatch::pump::{Choice, Class, Gates, Moment, choose};
use crate::dispatch::shaping;
use crate::error::EngineError;
use crate::limits::{CLAIM_MESSAGES_MAX, LANE_CLAIMS_MAX, TEMPLATE_ASK_US, TEMPLATE_DOUBT_US};

/// Why the lanes of a suspended tenant stand still.
const SUSPENDED: &str = "the operator has suspended the tenant";

impl Keeper {
    /// Starts what may start; says at which monotonic time another pass is worth it.
    pub(super) async fn pass(&mut self) -> Result<i64, StoreError> {
        let mut wake_us = self.next_later_us();
        for sender in self.round() {
            self.load(sender).await?;
            let lane = self.lanes.get(&sender).map(|lane| (lane.tenant, lane.slot));
            let Some((tenant, slot)) = lane else {
                self.active.remove(&sender);
                continue;
            };
            if !self.holdings().serves(slot) {
                continue;
            }
            let snapshot = self.snapshot(tenant).await?;
            wake_us = wake_us.min(self.serve(sender, &snapshot));
        }
        Ok(wake_us)
    }

    fn next_later_us(&self) -> i64 {
        let now = self.engine.now();
        self.later.first().map_or(i64::MAX, |(at, _)| self.now_us() + at.since(now).max(0))
    }

    /// The active lanes, tenants taking turns to be first.
    fn round(&mut self) -> Vec<SenderId> {
        let mut order: Vec<(TenantId, SenderId)> = self
            .active
            .iter()
            .filter_map(|sender| self.lanes.get(sender).map(|lane| (lane.tenant, *sender)))
            .collect();
        order.sort_unstable();
        self.turn = self.turn.wrapping_add(1);
        if !order.is_empty() {
            let start = self.turn % order.len();
            order.rotate_left(start);
        }
        order.into_iter().map(|(_, sender)| sender).collect()
    }

    async fn snapshot(&mut self, tenant: TenantId) -> Result<Arc<Snapshot>, StoreError> {
        let sys = self.store.system();
        let scope = self.store.scope_for_work(&sys, tenant).await?;
        let snapshot = match self.engine.0.catalogs.get(&self.store, &scope, self.engine.now()).await {
            Ok(snapshot) => snapshot,
            Err(EngineError::Internal(error)) => return Err(error),
            Err(_) => return Err(StoreError::Unavailable),
        };
        let now_us = self.now_us();
        let pace = self.tenants.entry(tenant).or_default();
        match (snapshot.messages_per_s, &mut pace.bucket) {
            (None, bucket) => *bucket = None,
            (Some(rate), Some(bucket)) => bucket.set_rate(rate, (rate / 20.0).max(1.0), now_us),
            (Some(rate), bucket) => *bucket = Some(Bucket::new(rate, (rate / 20.0).max(1.0), now_us)),
        }
        Ok(snapshot)
    }

    /// Serves one lane; says when it is worth looking at again.
    fn serve(&mut self, sender: SenderId, snapshot: &Arc<Snapshot>) -> i64 {
        let now = Moment { wall: self.engine.now(), mono_us: self.now_us() };
        let Some(lane) = self.lanes.get_mut(&sender) else { return i64::MAX };
        if !lane.has_work() && lane.bucket.factor() >= 1.0 {
            self.active.remove(&sender);
            return i64::MAX;
        }
        shaping::recover(lane, now.mono_us);
        if let Some(known) = snapshot.senders.get(&sender) {
            lane.set_rate(known.messages_per_s, now.mono_us);
        }
        let held_us = lane.lift_template_holds(snapshot, now.wall);
        let account = lane.account;
        let is_new = snapshot
            .accounts
            .get(&account)
            .is_some_and(|known| lane.use_token(&known.credentials.access_token));
        if is_new {
            self.go_on_with_token(sender);
        }
        let Some(lane) = self.lanes.get_mut(&sender) else { return i64::MAX };
        lane.paused = if snapshot.limits.suspended {
            Some(SUSPENDED.to_owned())
        } else {
            snapshot.lane_pause(sender, lane.account, now.wall).map(|pause| pause.reason.clone())
        };
        if held_us > TEMPLATE_DOUBT_US || snapshot.has_paused_template(account) {
            self.ask_for_templates(snapshot, account, now.mono_us);
        }
        let Some(lane) = self.lanes.get_mut(&sender) else { return i64::MAX };
        let held_until = lane.hold(now.mono_us).map(|hold| hold.until_us);
        if lane.paused.is_some() || held_until.is_some() {
            // Held messages still expire.
            let expired = lane.expired(now.wall, CLAIM_MESSAGES_MAX);
            self.start(sender, Class::Bulk, expired, snapshot);
            return held_until.unwrap_or(i64::MAX).min(now.mono_us + 1_000_000);
        }
        let mut wake_us = lane.recover_us;
        for class in [Class::Authentication, Class::Bulk] {
            wake_us = wake_us.min(self.serve_class(sender, class, snapshot, &now));
        }
        wake_us
    }

    /// The webhook that lifts a template's pause may have been lost: asks the platform, now and then.
    fn ask_for_templates(&mut self, snapshot: &Arc<Snapshot>, account: AccountId, now_us: i64) {
        let asked = self.templates_asked_us.entry(account).or_insert(i64::MIN);
        if now_us.saturating_sub(*asked) < TEMPLATE_ASK_US {
            return;
        }
        *asked = now_us;
        let (engine, store, tenant) = (self.engine.clone(), self.store.clone(), snapshot.tenant);
        let region = self.region.clone();
        tokio::spawn(async move {
            if let Err(error) = engine.refresh_templates(&region, &store, tenant, account).await {
                tracing::warn!(error = %error, "the templates of an account could not be read again");
            }
        });
    }

    /// What was refused because of the token before need not wait for its retry. If this fails, it comes at its own
    /// time.
    pub(super) fn go_on_with_token(&self, sender: SenderId) {
        let Some(lane) = self.lanes.get(&sender) else { return };
        let (tenant, account, slot) = (lane.tenant, lane.account, lane.slot);
        let (engine, store, region) = (self.engine.clone(), self.store.clone(), self.region.clone());
        tokio::spawn(async move {
            let now = engine.now();
            let forward = async {
                let scope = store.scope_for_work(&store.system(), tenant).await?;
                store.bring_forward(&scope, account, &account_codes(), now).await
            };
            match forward.await {
                Ok(lanes) => lanes.into_iter().for_each(|(sender, category)| {
                    engine.0.wakes.work(&region, slot, sender, category, now);
                }),
                Err(error) => tracing::warn!(%error, "retries could not be brought forward"),
            }
        });
    }

    fn serve_class(&mut self, sender: SenderId, class: Class, snapshot: &Arc<Snapshot>, now: &Moment) -> i64 {
        let Some(lane) = self.lanes.get_mut(&sender) else { return i64::MAX };
        // A claim under way wakes the keeper when it comes back.
        if lane.claims[class.index()] >= LANE_CLAIMS_MAX {
            return i64::MAX;
        }
        let lane_room = self.engine.0.config.lane_in_flight_max.saturating_sub(lane.in_flight);
        let tenant = lane.tenant;
        let room = lane_room.min(self.room_of(tenant));
        let Some(lane) = self.lanes.get_mut(&sender) else { return i64::MAX };
        let probes = self.breakers.get_mut(&lane.account).and_then(Breaker::pace);
        let mut gates = Gates {
            tenant: self.tenants.get_mut(&tenant).and_then(|pace| pace.bucket.as_mut()),
            account: probes.or_else(|| self.accounts.get_mut(&lane.account)),
            category_country: &mut self.category_country,
        };
        let Choice { items, again_us } = choose(lane, class, &mut gates, snapshot, room, now);
        self.start(sender, class, items, snapshot);
        again_us
    }

    /// Submissions that this tenant may still start: everything that is free, but its fair share when
    /// others wait too.
    fn room_of(&self, tenant: TenantId) -> usize {
        let max = self.engine.0.config.in_flight_max;
        let free = max.saturating_sub(self.in_flight);
        let waiting = self.tenants.values().filter(|pace| pace.in_flight > 0).count().max(1);
        let used = self.tenants.get(&tenant).map_or(0, |pace| pace.in_flight);
        let share = if used == 0 { max / (waiting + 1) } else { max / waiting };
        free.min(share.saturating_sub(used))
    }

    fn start(&mut self, sender: SenderId, class: Class, items: Vec<DueItem>, snapshot: &Arc<Snapshot>) {
        if items.is_empty() {
            return;
        }
        let Some(slot) = self.lanes.get(&sender).map(|lane| lane.slot) else { return };
        // Lost while we chose: the lane goes with its slot.
        let Some(epoch) = self.holdings().epoch(slot) else { return self.put_back(sender, &items) };
        let Some(lane) = self.lanes.get_mut(&sender) else { return };
        lane.in_flight += items.len();
        lane.claims[class.index()] += 1;
        lane.touched_us = self.engine.0.clock.monotonic_us();
        self.in_flight += items.len();
        self.tenants.entry(lane.tenant).or_default().in_flight += items.len();
        self.under_way.extend(items.iter().map(|item| {
            let DueItem { recipient, category, .. } = *item;
            (item.attempt_id(), UnderWay { slot, sender, recipient, category })
        }));
        let hand = Arc::clone(&self.hand);
        hand.unsent.fetch_add(items.len(), Ordering::AcqRel);
        tokio::spawn(hand.claim(items, class.index(), Arc::clone(snapshot), epoch));
    }

    /// Chosen and not claimed: as if nothing had been.
    fn put_back(&mut self, sender: SenderId, items: &[DueItem]) {
        let now_us = self.engine.0.clock.monotonic_us();
        let Some(lane) = self.lanes.get_mut(&sender) else { return };
        for item in items {
            lane.bucket.refund();
            lane.pairs.refund(&item.recipient);
            lane.release(item, 0, now_us);
            lane.put_back(item.clone(), now_us);
            lane.queue(item.category).more = true;
        }
    }
}

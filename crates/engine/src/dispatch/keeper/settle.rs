//! What comes back: claims, tokens that were not used, recorded outcomes.

use tidings_domain::category::Category;
use tidings_domain::id::{AccountId, SenderId};
use tidings_domain::limits::ORDER_YIELD_US;
use tidings_domain::time::Timestamp;
use tidings_store::model::{DueItem, Next};

use super::Keeper;
use crate::dispatch::breaker::Reach;
use crate::dispatch::submit::Done;
use crate::dispatch::wake::Signal;

impl Keeper {
    pub(super) fn finish(&mut self, done: Done) {
        match done {
            Done::Claim { lane, class } => {
                if let Some(lane) = self.lanes.get_mut(&lane) {
                    lane.claims[class] = lane.claims[class].saturating_sub(1);
                    self.active.insert(lane.sender);
                }
            }
            Done::Unsure { slot } => self.holdings().doubt(slot),
            Done::Unused { item, again_at } => {
                self.backs_off(item.sender, again_at);
                self.land(&item, again_at, true);
            }
            Done::Back { item, rest_us } => self.rest(item, rest_us),
            Done::Expired { item } => self.land(&item, None, false),
            Done::Recorded { item, next, code, reach, refused } => {
                let back_at = match &next {
                    Next::Retry { at, .. } => Some(*at),
                    Next::AwaitReceipt { until } => Some(*until),
                    Next::Done | Next::Fail { .. } | Next::Dead { .. } => None,
                };
                let now_us = self.engine.0.clock.monotonic_us();
                if let Some(lane) = self.lanes.get_mut(&item.sender) {
                    lane.pulse.answered(now_us);
                }
                self.hear_from(item.account, reach, now_us);
                let lane = self.lanes.get(&item.sender);
                let is_old = refused.is_some_and(|used| lane.is_some_and(|lane| lane.has_other_token(&used)));
                if is_old {
                    // It says nothing of now: the account has been given another token since.
                    self.go_on_with_token(item.sender);
                } else if let Some(code) = code {
                    self.signal(&Signal {
                        sender: item.sender,
                        recipient: Some(item.recipient),
                        template: item.template.clone(),
                        code,
                    });
                }
                if let Next::Retry { at, .. } = next {
                    self.backs_off(item.sender, Some(at));
                }
                self.land(&item, back_at, false);
            }
        }
    }

    /// For people who ask why nothing moves.
    fn backs_off(&mut self, sender: SenderId, until: Option<Timestamp>) {
        let now = self.engine.now();
        if let Some(lane) = self.lanes.get_mut(&sender) {
            lane.back_at = lane.back_at.filter(|at| *at > now).into_iter().chain(until).min();
        }
    }

    /// Whether the provider answers at all; an account without trouble takes no memory.
    fn hear_from(&mut self, account: AccountId, reach: Reach, now_us: i64) {
        if reach == Reach::Answered {
            if self.breakers.remove(&account).is_some_and(|mut breaker| breaker.hear(reach, now_us)) {
                tracing::info!(%account, "the provider answers again");
                self.active.extend(
                    self.lanes.values().filter(|lane| lane.account == account).map(|lane| lane.sender),
                );
            }
        } else if self.breakers.entry(account).or_default().hear(reach, now_us) {
            tracing::warn!(%account, "the provider does not answer; only probes go out until it does");
        }
    }

    /// A message is no longer under way. If it comes back soon, the next one to the same recipient waits.
    fn land(&mut self, item: &DueItem, back_at: Option<Timestamp>, unused: bool) {
        self.under_way.remove(&item.attempt_id());
        self.in_flight = self.in_flight.saturating_sub(1);
        if let Some(pace) = self.tenants.get_mut(&item.tenant) {
            pace.in_flight = pace.in_flight.saturating_sub(1);
        }
        let now = self.engine.now();
        let now_us = self.engine.0.clock.monotonic_us();
        let Some(lane) = self.lanes.get_mut(&item.sender) else { return };
        lane.in_flight = lane.in_flight.saturating_sub(1);
        // Who was past its time when it was chosen took no token.
        if unused && item.expires_at > now {
            lane.bucket.refund();
            lane.pairs.refund(&item.recipient);
        }
        // Who is back sooner than this goes first; who is away for longer yields, unless it asked not to.
        let hold_us = match back_at {
            None => 0,
            Some(at) if item.ordered => at.since(now).max(0).saturating_add(ORDER_YIELD_US),
            Some(_) => ORDER_YIELD_US,
        };
        lane.release(item, hold_us, now_us);
        if let Some(at) = back_at {
            self.later.insert((at, item.sender));
        }
        self.active.insert(item.sender);
    }

    /// Not claimed after all: the message takes its old place again, before those that are due later, and
    /// holds them up while it rests.
    fn rest(&mut self, item: DueItem, rest_us: i64) {
        let (now, now_us) = (self.engine.now(), self.now_us());
        let again_at = Some(now.plus(rest_us));
        self.backs_off(item.sender, again_at);
        self.land(&item, again_at, true);
        let Some(lane) = self.lanes.get_mut(&item.sender) else { return };
        // Codes wait for nobody, and for what is past its time no place matters: the store has them.
        if item.category != Category::Authentication && item.expires_at > now {
            lane.put_back(item, now_us.saturating_add(rest_us));
        }
    }
}

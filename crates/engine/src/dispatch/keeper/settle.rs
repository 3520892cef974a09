//! What comes back: claims, tokens that were not used, recorded outcomes.

use tidings_domain::id::SenderId;
use tidings_domain::limits::ORDER_YIELD_US;
use tidings_domain::time::Timestamp;
use tidings_store::model::{DueItem, Next};

use super::Keeper;
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
            Done::Unsure { epoch } => self.holdings().doubt(epoch),
            Done::Unused { item, again_at } => {
                self.backs_off(item.sender, again_at);
                self.land(&item, again_at, true);
            }
            Done::Recorded { item, next, code } => {
                let back_at = match &next {
                    Next::Retry { at, .. } => Some(*at),
                    Next::AwaitReceipt { until } => Some(*until),
                    Next::Done | Next::Fail { .. } | Next::Dead { .. } => None,
                };
                let now_us = self.engine.0.clock.monotonic_us();
                if let Some(lane) = self.lanes.get_mut(&item.sender) {
                    lane.pulse.answered(now_us);
                }
                if let Some(code) = code {
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
        if unused {
            lane.bucket.refund();
            lane.pairs.refund(&item.recipient);
        }
        let away_us = back_at.map_or(0, |at| at.since(now).max(1));
        let hold_us = match away_us {
            0 => 0,
            away if item.ordered => away.saturating_add(ORDER_YIELD_US),
            away => away.min(ORDER_YIELD_US),
        };
        lane.release(item, hold_us, now_us);
        if let Some(at) = back_at {
            self.later.insert((at, item.sender));
        }
        self.active.insert(item.sender);
    }
}

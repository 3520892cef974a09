//! The provider's own counting: throughput of a number, rate of a pair, customers of a day.

use std::collections::{HashMap, VecDeque};

use crate::config::Tier;
use crate::limits::{PAIR_BURST, PAIR_INTERVAL_US, THROUGHPUT_BURST_NS, TIER_WINDOW_US};

/// Throughput of one number as a bucket that holds one second's worth.
///
/// In and out count together, as at the real provider; what goes out is also counted alone, because
/// only that much is the sender's own doing.
#[derive(Clone)]
pub struct Throughput {
    pub mps: f64,
    full_at_ns: i64,
    sent_full_at_ns: i64,
}

/// Whether a message fits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Room {
    Fits,
    /// The number is full, but customers filled it.
    Full,
    /// The sender alone went over.
    Exceeded,
}

impl Throughput {
    pub fn new(mps: f64) -> Throughput {
        Throughput { mps, full_at_ns: 0, sent_full_at_ns: 0 }
    }

    fn step(&self, full_at_ns: i64, now_ns: i64) -> i64 {
        full_at_ns.max(now_ns) + (1e9 / self.mps) as i64
    }

    /// Counts a message if it fits.
    pub fn take(&mut self, now_us: i64) -> Room {
        if self.mps <= 0.0 {
            return Room::Fits;
        }
        let now = now_us * 1000;
        let (both, sent) = (self.step(self.full_at_ns, now), self.step(self.sent_full_at_ns, now));
        if sent - now > THROUGHPUT_BURST_NS {
            return Room::Exceeded;
        }
        if both - now > THROUGHPUT_BURST_NS {
            return Room::Full;
        }
        (self.full_at_ns, self.sent_full_at_ns) = (both, sent);
        Room::Fits
    }

    /// Counts a message that came in and cannot be refused.
    pub fn charge(&mut self, now_us: i64) {
        if self.mps > 0.0 {
            self.full_at_ns = self.step(self.full_at_ns, now_us * 1000);
        }
    }
}

/// Counts a message of a pair if its debt allows; `debt_until_us` is the pair's state.
pub fn take_pair(debt_until_us: &mut i64, now_us: i64) -> bool {
    let next = (*debt_until_us).max(now_us) + PAIR_INTERVAL_US;
    let fits = next - now_us <= PAIR_BURST * PAIR_INTERVAL_US;
    if fits {
        *debt_until_us = next;
    }
    fits
}

/// The different customers an account reached outside the window in the last 24 hours.
#[derive(Default)]
pub struct Reach {
    order: VecDeque<(i64, u32)>,
    latest: HashMap<u32, i64>,
}

impl Reach {
    /// Counts a customer if the tier allows another one.
    pub fn take(&mut self, tier: Tier, person: u32, now_us: i64) -> bool {
        let Tier::Limit(limit) = tier else { return true };
        while let Some(&(at, who)) = self.order.front() {
            if at > now_us - TIER_WINDOW_US {
                break;
            }
            self.order.pop_front();
            if self.latest.get(&who) == Some(&at) {
                self.latest.remove(&who);
            }
        }
        if !self.latest.contains_key(&person) && self.latest.len() as u64 >= limit {
            return false;
        }
        if self.latest.insert(person, now_us) != Some(now_us) {
            self.order.push_back((now_us, person));
        }
        true
    }
}

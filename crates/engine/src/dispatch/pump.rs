//! Choosing what a lane may claim now. Only messages that have a token of every bucket are chosen.

use std::collections::BTreeMap;

use tidings_domain::address::CountryCode;
use tidings_domain::category::Category;
use tidings_domain::time::Timestamp;
use tidings_store::model::DueItem;

use super::bucket::Bucket;
use super::lane::Lane;
use crate::catalog::Snapshot;
use crate::intake;
use crate::limits::CLAIM_MESSAGES_MAX;

/// The buckets that several lanes share.
pub(super) struct Gates<'a> {
    pub tenant: Option<&'a mut Bucket>,
    pub account: Option<&'a mut Bucket>,
    pub category_country: &'a mut BTreeMap<(Category, CountryCode), Bucket>,
}

impl Gates<'_> {
    /// Microseconds until the shared buckets of the whole lane have a token.
    fn lane_wait(&self, now_us: i64) -> i64 {
        let wait = |bucket: &Option<&mut Bucket>| bucket.as_ref().map_or(0, |each| each.wait_us(1, now_us));
        wait(&self.tenant).max(wait(&self.account))
    }

    fn item_wait(&self, item: &DueItem, now_us: i64) -> i64 {
        let key = item.place.country.map(|country| (item.category, country));
        key.and_then(|key| self.category_country.get(&key)).map_or(0, |bucket| bucket.wait_us(1, now_us))
    }

    fn take(&mut self, item: &DueItem, now_us: i64) {
        for bucket in [self.tenant.as_deref_mut(), self.account.as_deref_mut()].into_iter().flatten() {
            bucket.take(now_us);
        }
        if let Some(country) = item.place.country
            && let Some(bucket) = self.category_country.get_mut(&(item.category, country))
        {
            bucket.take(now_us);
        }
    }
}

/// What was chosen, and when it is worth looking again.
pub(super) struct Choice {
    pub items: Vec<DueItem>,
    /// Monotonic time of the next look, if time alone can change the answer.
    pub again_us: i64,
}

/// The two kinds of claims: authentication overtakes everything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Authentication,
    Bulk,
}

impl Class {
    pub fn index(self) -> usize {
        usize::from(self == Self::Authentication)
    }
    /// Tokens that this class leaves in a lane's bucket. Bulk leaves one, so that an authentication message finds it
    /// without waiting for the next; a bucket that lends no more than one has none to spare.
    fn leaves(self, bucket: &Bucket) -> usize {
        match self {
            Self::Bulk if bucket.burst() >= 2.0 => 1,
            _ => 0,
        }
    }
    pub fn categories(self) -> &'static [Category] {
        match self {
            Self::Authentication => &[Category::Authentication],
            Self::Bulk => &[Category::Service, Category::Utility, Category::Marketing],
        }
    }
}

pub(super) struct Moment {
    pub wall: Timestamp,
    pub mono_us: i64,
}

pub(super) fn choose(
    lane: &mut Lane,
    class: Class,
    gates: &mut Gates<'_>,
    snapshot: &Snapshot,
    room: usize,
    now: &Moment,
) -> Choice {
    let mut choice = Choice { items: Vec::new(), again_us: i64::MAX };
    let limit = room.min(CLAIM_MESSAGES_MAX);
    if limit == 0 {
        return choice;
    }
    if let Some(wait) = lane_wait(lane, class, gates, now.mono_us) {
        choice.again_us = now.mono_us + wait;
        return choice;
    }
    for category in class.categories() {
        let mut queue = std::mem::take(lane.queue(*category));
        let mut index = 0;
        while index < queue.items.len() && choice.items.len() < limit {
            match check(lane, class, gates, snapshot, &queue.items[index], now) {
                Check::Go => {
                    let item = queue.items.remove(index).expect("the index is inside");
                    lane.bucket.take(now.mono_us);
                    lane.pairs.take(item.recipient, now.mono_us);
                    gates.take(&item, now.mono_us);
                    lane.mark_busy(&item);
                    choice.items.push(item);
                }
                Check::Over => choice.items.extend(queue.items.remove(index)),
                Check::Skip(wait) => {
                    choice.again_us = choice.again_us.min(now.mono_us.saturating_add(wait));
                    index += 1;
                }
                Check::Stop(wait) => {
                    choice.again_us = choice.again_us.min(now.mono_us + wait);
                    break;
                }
            }
        }
        *lane.queue(*category) = queue;
    }
    choice
}

/// Whether the lane as a whole has to wait, and how long.
fn lane_wait(lane: &Lane, class: Class, gates: &Gates<'_>, now_us: i64) -> Option<i64> {
    let queued: usize =
        class.categories().iter().map(|each| lane.queues[usize::from(each.priority())].items.len()).sum();
    if queued == 0 {
        return Some(i64::MAX / 4);
    }
    // Bulk waits for half a window of tokens, so that a claim carries several messages.
    let wanted = match class {
        Class::Authentication => 1,
        Class::Bulk => queued.min((lane.bucket.burst() / 2.0).ceil() as usize).max(1),
    };
    let wait = lane.bucket.wait_us(wanted + class.leaves(&lane.bucket), now_us).max(gates.lane_wait(now_us));
    (wait > 0).then_some(wait)
}

enum Check {
    Go,
    /// Past its time: the claim's judge ends it, and it takes no token from those that go.
    Over,
    /// This one has to wait; the next may go.
    Skip(i64),
    /// Nothing more now.
    Stop(i64),
}

fn check(
    lane: &mut Lane,
    class: Class,
    gates: &Gates<'_>,
    snapshot: &Snapshot,
    item: &DueItem,
    now: &Moment,
) -> Check {
    const LOOK_AGAIN_US: i64 = 1_000_000;
    if item.expires_at <= now.wall {
        return Check::Over;
    }
    if snapshot.is_category_paused(item.category, now.wall) {
        return Check::Skip(LOOK_AGAIN_US);
    }
    let template = item.template.as_deref();
    // A template that is held goes by its substitute, which the claim puts in its place.
    let stands_in = || intake::replacement(snapshot, item, now.wall).is_some();
    if snapshot.template_pause(template, item.category, now.wall).is_some() && !stands_in() {
        return Check::Skip(LOOK_AGAIN_US);
    }
    if let Some(hold) = lane.template_hold(template, now.mono_us)
        && !stands_in()
    {
        return Check::Skip(hold.until_us - now.mono_us);
    }
    if let Some(wait) = lane.busy_us(item, now.mono_us) {
        return Check::Skip(wait);
    }
    let wait = lane.pairs.wait_us(&item.recipient, now.mono_us).max(gates.item_wait(item, now.mono_us));
    if wait > 0 {
        return Check::Skip(wait);
    }
    let wait =
        lane.bucket.wait_us(1 + class.leaves(&lane.bucket), now.mono_us).max(gates.lane_wait(now.mono_us));
    if wait > 0 { Check::Stop(wait) } else { Check::Go }
}

#[cfg(test)]
#[path = "pump_tests.rs"]
mod tests;

//! One sender's lane in memory: a cache of its queue, and its pace.

use std::collections::{HashMap, VecDeque};

use tidings_domain::category::Category;
use tidings_domain::id::{AccountId, MessageId, SenderId, TenantId};
use tidings_domain::secret::Secret;
use tidings_domain::time::Timestamp;
use tidings_store::model::{DueItem, Hash16};

use super::bucket::Bucket;
use super::pairs::Pairs;
use super::shaping::Pulse;
use crate::catalog::Snapshot;
use crate::config::EngineConfig;
use crate::limits::CLAIM_WINDOW_US;

/// The entries of one category that were loaded, in the order in which they go.
#[derive(Default)]
pub(super) struct Queue {
    pub items: VecDeque<DueItem>,
    /// The store may have entries that are due and not in `items`.
    pub more: bool,
}

/// Why a message to a recipient waits for another one.
struct Busy {
    message: MessageId,
    /// `None` while it is under way; else until when it still holds up the next.
    until_us: Option<i64>,
    /// Until when it holds up itself.
    rest_us: i64,
}

/// Something a provider's signal stopped for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hold {
    /// `None`: the whole lane; else one template.
    pub template: Option<String>,
    pub until_us: i64,
    /// When it began, on the wall clock: what the platform says of a template later than that lifts it.
    pub since: Timestamp,
    pub reason: String,
    /// Until a person acts; a new access token is such an act.
    pub by_account: bool,
}

pub(super) struct Lane {
    pub tenant: TenantId,
    pub account: AccountId,
    pub sender: SenderId,
    pub slot: u8,
    pub queues: [Queue; 4],
    pub bucket: Bucket,
    pub pairs: Pairs,
    busy: HashMap<(Hash16, u8), Busy>,
    pub in_flight: usize,
    /// Claims under way: bulk, and authentication.
    pub claims: [usize; 2],
    pub holds: Vec<Hold>,
    /// The access token that was last used.
    token: Option<Secret>,
    pub pulse: Pulse,
    /// When the next step back to full speed is due.
    pub recover_us: i64,
    pub touched_us: i64,
    /// The reason of a pause by a person, as last seen.
    pub paused: Option<String>,
    /// When something comes back after a failure, and when something is due that was never tried.
    pub back_at: Option<Timestamp>,
    pub due_at: Option<Timestamp>,
}

impl Lane {
    pub fn new(
        tenant: TenantId,
        account: AccountId,
        sender: SenderId,
        slot: u8,
        rate: f64,
        config: &EngineConfig,
        now_us: i64,
    ) -> Self {
        Self {
            tenant,
            account,
            sender,
            slot,
            queues: Default::default(),
            bucket: Bucket::new(rate, burst(rate), now_us),
            pairs: Pairs::new(config.pair_interval_us, config.pair_burst),
            busy: HashMap::new(),
            in_flight: 0,
            claims: [0; 2],
            holds: Vec::new(),
            token: None,
            pulse: Pulse::default(),
            recover_us: i64::MAX,
            touched_us: now_us,
            paused: None,
            back_at: None,
            due_at: None,
        }
    }

    pub fn set_rate(&mut self, rate: f64, now_us: i64) {
        self.bucket.set_rate(rate, burst(rate), now_us);
    }

    pub fn queue(&mut self, category: Category) -> &mut Queue {
        &mut self.queues[usize::from(category.priority())]
    }

    pub fn has_work(&self) -> bool {
        self.queues.iter().any(|queue| queue.more || !queue.items.is_empty())
    }

    /// Puts freshly loaded entries in place of the old ones; what is being claimed is not in the store.
    pub fn load(&mut self, category: Category, items: Vec<DueItem>, more: bool) {
        let queue = self.queue(category);
        queue.items = items.into();
        queue.more = more;
    }

    /// Microseconds for which an earlier message to the same recipient holds this one up.
    pub fn busy_us(&mut self, item: &DueItem, now_us: i64) -> Option<i64> {
        let key = (item.recipient, item.category.priority());
        let busy = self.busy.get(&key)?;
        if busy.message == item.message {
            return (busy.rest_us > now_us).then(|| busy.rest_us - now_us);
        }
        match busy.until_us {
            None => Some(i64::MAX),
            Some(until) if until > now_us => Some(until - now_us),
            Some(_) => {
                self.busy.remove(&key);
                None
            }
        }
    }

    pub fn mark_busy(&mut self, item: &DueItem) {
        self.wait_for(item.message, item.recipient, item.category);
    }

    /// The next one to this recipient waits for this message.
    pub fn wait_for(&mut self, message: MessageId, recipient: Hash16, category: Category) {
        // An authentication message waits for nobody, its own kind included.
        if category != Category::Authentication {
            let key = (recipient, category.priority());
            self.busy.insert(key, Busy { message, until_us: None, rest_us: 0 });
        }
    }

    /// The message is done with (`hold_us` zero), or comes back and holds up the next one for so long.
    pub fn release(&mut self, item: &DueItem, hold_us: i64, now_us: i64) {
        let key = (item.recipient, item.category.priority());
        if self.busy.get(&key).is_none_or(|busy| busy.message != item.message) {
            return;
        }
        if hold_us <= 0 {
            self.busy.remove(&key);
        } else {
            let until_us = Some(now_us.saturating_add(hold_us));
            self.busy.insert(key, Busy { message: item.message, until_us, rest_us: 0 });
        }
    }

    /// Takes a message up again at its place in the order; neither it nor the next one goes while it rests.
    pub fn put_back(&mut self, item: DueItem, rest_us: i64) {
        let key = (item.recipient, item.category.priority());
        let busy = self.busy.entry(key).or_insert(Busy { message: item.message, until_us: None, rest_us });
        if busy.message == item.message {
            (busy.until_us, busy.rest_us) = (Some(rest_us), rest_us);
        }
        let items = &mut self.queue(item.category).items;
        let place = |each: &DueItem| (each.due_at, each.message);
        if let Err(index) = items.binary_search_by_key(&place(&item), place) {
            items.insert(index, item);
        }
    }

    /// The hold that stops the whole lane now, if any; forgets those that are over.
    pub fn hold(&mut self, now_us: i64) -> Option<&Hold> {
        self.holds.retain(|hold| hold.until_us > now_us);
        self.holds.iter().filter(|hold| hold.template.is_none()).max_by_key(|hold| hold.until_us)
    }

    pub fn template_hold(&self, template: Option<&str>, now_us: i64) -> Option<&Hold> {
        self.holds.iter().find(|hold| {
            hold.until_us > now_us && hold.template.is_some() && hold.template.as_deref() == template
        })
    }

    /// Drops the holds of templates that the platform has declared sendable since; says how long the
    /// longest of the others has lasted, in microseconds.
    pub fn lift_template_holds(&mut self, snapshot: &Snapshot, now: Timestamp) -> i64 {
        let account = self.account;
        self.holds.retain(|hold| {
            hold.template.as_deref().is_none_or(|name| !snapshot.is_sendable_since(account, name, hold.since))
        });
        let held = self.holds.iter().filter(|hold| hold.template.is_some());
        held.map(|hold| now.since(hold.since)).max().unwrap_or(0)
    }

    /// With a new access token the lane goes on: what was said of the one before is void. Says whether there was one.
    pub fn use_token(&mut self, token: &Secret) -> bool {
        if self.token.as_ref() == Some(token) {
            return false;
        }
        self.holds.retain(|hold| !hold.by_account);
        self.token.replace(token.clone()).is_some()
    }

    pub fn has_other_token(&self, token: &Secret) -> bool {
        self.token.as_ref().is_some_and(|known| known != token)
    }

    pub fn add_hold(&mut self, hold: Hold) {
        self.holds.retain(|each| each.template != hold.template || each.until_us > hold.until_us);
        if !self.holds.iter().any(|each| each.template == hold.template) {
            self.holds.push(hold);
        }
    }

    pub fn is_idle(&self) -> bool {
        !self.has_work() && self.in_flight == 0 && self.claims == [0; 2] && self.holds.is_empty()
    }

    /// The earliest entry of all loaded ones that is past its expiry.
    pub fn expired(&mut self, now: Timestamp, max: usize) -> Vec<DueItem> {
        let mut out = Vec::new();
        for queue in &mut self.queues {
            let mut index = 0;
            while index < queue.items.len() && out.len() < max {
                if queue.items[index].expires_at <= now {
                    out.extend(queue.items.remove(index));
                } else {
                    index += 1;
                }
            }
        }
        out
    }
}

/// Tokens that a lane may use at once: at most 50 ms of its rate.
pub(super) fn burst(rate: f64) -> f64 {
    (rate * CLAIM_WINDOW_US as f64 / 1_000_000.0).max(1.0)
}

#[cfg(test)]
#[path = "lane_tests.rs"]
mod tests;

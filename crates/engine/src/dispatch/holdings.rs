//! The slots that this node holds, and until when it may act on them. Shared by the loop that renews them,
//! the keeper that serves their lanes, and every submission, which looks here just before it leaves.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use parking_lot::Mutex;
use tokio::sync::Notify;

use tidings_domain::clock::Clock;
use tidings_store::model::{Epoch, SlotSet};

use crate::limits::{LEASE_MARGIN_US, LEASE_TTL_US};

/// How far we are with a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Taken; what its owner before us left under way is not settled yet.
    Fresh,
    Open,
    /// To be given back once nothing of it is under way.
    Leaving,
}

pub(crate) struct Holdings {
    clock: Arc<dyn Clock>,
    slots: Mutex<BTreeMap<u8, (i64, Stage)>>,
    /// The open slots bit by bit, for a look without a lock.
    open: AtomicU64,
    /// Counts from before the request that renewed the slots; the same for all, as one statement renews all.
    deadline_us: AtomicI64,
    closed: AtomicBool,
    /// No other node was alive when we last looked.
    alone: AtomicBool,
    /// Tells the keeper that the slots changed.
    pub changed: Notify,
    /// Tells whoever releases the slots that nothing is about to be submitted any more.
    pub quiet: Notify,
}

impl Holdings {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            slots: Mutex::default(),
            open: AtomicU64::new(0),
            deadline_us: AtomicI64::new(i64::MIN / 2),
            closed: AtomicBool::new(false),
            alone: AtomicBool::new(true),
            changed: Notify::new(),
            quiet: Notify::new(),
        }
    }

    fn change<T>(&self, change: impl FnOnce(&mut BTreeMap<u8, (i64, Stage)>) -> T) -> T {
        let mut slots = self.slots.lock();
        let done = change(&mut slots);
        let open = slots.iter().filter(|(_, (_, stage))| *stage == Stage::Open);
        let bits = open.fold(0, |bits, (slot, _)| bits | 1 << slot);
        self.open.store(bits, Ordering::Release);
        drop(slots);
        self.changed.notify_one();
        done
    }

    fn with(&self, wanted: Stage) -> Vec<Epoch> {
        let slots = self.slots.lock();
        let found = slots.iter().filter(|(_, (_, stage))| *stage == wanted);
        found.map(|(slot, (number, _))| Epoch { slot: *slot, number: *number }).collect()
    }

    /// Whether decisions may be made at all: the leases hold and we are not about to stop.
    pub fn in_time(&self) -> bool {
        let deadline_us = self.deadline_us.load(Ordering::Acquire);
        !self.closed.load(Ordering::Acquire) && self.clock.monotonic_us() < deadline_us - LEASE_MARGIN_US
    }

    /// Whether a submission that was claimed under this epoch may leave now.
    pub fn may_submit(&self, epoch: Epoch) -> bool {
        self.in_time() && self.holds(epoch)
    }

    /// Whether we serve the lanes of this slot.
    pub fn serves(&self, slot: u8) -> bool {
        self.open.load(Ordering::Acquire) >> slot & 1 == 1
    }

    /// The epoch to decide under for this slot now.
    pub fn epoch(&self, slot: u8) -> Option<Epoch> {
        if !self.serves(slot) || !self.in_time() {
            return None;
        }
        self.slots.lock().get(&slot).map(|(number, _)| Epoch { slot, number: *number })
    }

    /// The slots we serve, while we may.
    pub fn open(&self) -> Vec<Epoch> {
        if self.in_time() { self.with(Stage::Open) } else { Vec::new() }
    }

    pub fn open_set(&self) -> SlotSet {
        self.with(Stage::Open).iter().map(|epoch| epoch.slot).collect()
    }
    pub fn fresh(&self) -> Vec<Epoch> {
        self.with(Stage::Fresh)
    }
    pub fn leaving(&self) -> Vec<Epoch> {
        self.with(Stage::Leaving)
    }
    pub fn held(&self) -> Vec<Epoch> {
        let slots = self.slots.lock();
        slots.iter().map(|(slot, (number, _))| Epoch { slot: *slot, number: *number }).collect()
    }
    pub fn is_alone(&self) -> bool {
        self.alone.load(Ordering::Acquire)
    }
    pub fn set_alone(&self, alone: bool) {
        self.alone.store(alone, Ordering::Release);
    }

    /// The store has renewed exactly these; asked at that time on the monotonic clock.
    pub fn renewed(&self, asked_us: i64, held: &[Epoch]) {
        self.deadline_us.store(asked_us + LEASE_TTL_US, Ordering::Release);
        let now: BTreeMap<u8, i64> = held.iter().map(|epoch| (epoch.slot, epoch.number)).collect();
        let same = {
            let slots = self.slots.lock();
            slots.len() == now.len() && slots.iter().all(|(slot, (number, _))| now.get(slot) == Some(number))
        };
        if same {
            return;
        }
        self.change(|slots| {
            slots.retain(|slot, (number, _)| now.get(slot) == Some(number));
            for (slot, number) in now {
                // One whose taking was answered by silence: ours all the same.
                slots.entry(slot).or_insert((number, Stage::Fresh));
            }
        });
    }

    pub fn taken(&self, epochs: &[Epoch]) {
        self.change(|slots| {
            for epoch in epochs {
                slots.insert(epoch.slot, (epoch.number, Stage::Fresh));
            }
        });
    }

    /// What was under way in these slots is settled: their lanes may be served.
    pub fn opened(&self, epochs: &[Epoch]) {
        self.stage(epochs, Stage::Fresh, Stage::Open);
    }

    /// These slots are to go to somebody else.
    pub fn shed(&self, wanted: SlotSet) {
        self.change(|slots| {
            for (slot, (_, stage)) in slots.iter_mut() {
                if wanted.contains(*slot) {
                    *stage = Stage::Leaving;
                }
            }
        });
    }

    /// Something may be under way in this slot that nobody remembers: settle it before going on.
    pub fn doubt(&self, slot: u8) {
        self.change(|slots| {
            if let Some((_, stage)) = slots.get_mut(&slot)
                && *stage == Stage::Open
            {
                *stage = Stage::Fresh;
            }
        });
    }

    /// As far as we know; decisions may be made only in time.
    pub fn holds(&self, epoch: Epoch) -> bool {
        self.slots.lock().get(&epoch.slot).is_some_and(|(number, _)| *number == epoch.number)
    }

    fn stage(&self, epochs: &[Epoch], from: Stage, to: Stage) {
        self.change(|slots| {
            for epoch in epochs {
                if let Some((number, stage)) = slots.get_mut(&epoch.slot)
                    && *number == epoch.number
                    && *stage == from
                {
                    *stage = to;
                }
            }
        });
    }

    pub fn gone(&self, epochs: &[Epoch]) {
        self.change(|slots| {
            slots.retain(|slot, (number, _)| !epochs.contains(&Epoch { slot: *slot, number: *number }));
        });
    }

    pub fn lose_all(&self) {
        self.deadline_us.store(i64::MIN / 2, Ordering::Release);
        self.change(BTreeMap::clear);
    }

    /// From here on nothing more is claimed or submitted.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.changed.notify_one();
    }
}

#[cfg(test)]
#[path = "holdings_tests.rs"]
mod tests;

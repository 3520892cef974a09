//! How other stages tell the dispatcher that there is work. Lossy on purpose: the store is scanned as well.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{Notify, oneshot};

use tidings_domain::category::Category;
use tidings_domain::clock::Clock;
use tidings_domain::id::SenderId;
use tidings_domain::time::Timestamp;
use tidings_store::model::SlotSet;

use super::holdings::Holdings;
use super::view::LaneView;

use crate::limits::SIGNALS_MAX;

/// One mailbox per region.
pub(crate) struct Wakes(BTreeMap<String, Mailbox>);

pub(crate) struct Mailbox {
    work: Mutex<Work>,
    pub notify: Notify,
    /// The slots for which this node decides.
    pub holdings: Holdings,
    /// Slots of others that we have taken in work for.
    hints: Mutex<SlotSet>,
    pub outgoing: Notify,
    /// Lanes in memory by phase, as the keeper saw them last.
    phases: Mutex<BTreeMap<&'static str, u64>>,
}

/// What was posted since the dispatcher last looked.
#[derive(Default)]
pub(crate) struct Work {
    /// Earliest due time by sender and category.
    pub lanes: BTreeMap<(SenderId, Category), Timestamp>,
    pub views: Vec<(SenderId, oneshot::Sender<Option<LaneView>>)>,
    /// Provider signals that arrived by callback: sender and code.
    pub signals: Vec<Signal>,
    /// Something about pauses, senders or templates changed: look at every lane again.
    pub everything: bool,
    /// Another node took in work for one of our lanes: look in the store.
    pub look: bool,
}

/// A provider's code about a sender, seen in a callback.
#[derive(Debug, Clone)]
pub(crate) struct Signal {
    pub sender: SenderId,
    pub recipient: Option<tidings_store::model::Hash16>,
    pub template: Option<String>,
    pub code: i64,
}

impl Wakes {
    pub fn new<'a>(regions: impl Iterator<Item = &'a str>, clock: &Arc<dyn Clock>) -> Self {
        let mailbox = || Mailbox {
            work: Mutex::default(),
            notify: Notify::new(),
            holdings: Holdings::new(Arc::clone(clock)),
            hints: Mutex::default(),
            phases: Mutex::default(),
            outgoing: Notify::new(),
        };
        Self(regions.map(|name| (name.to_owned(), mailbox())).collect())
    }

    pub fn mailbox(&self, region: &str) -> &Mailbox {
        self.0.get(region).expect("a mailbox is made for every region")
    }

    /// There is work in a lane, ours or another node's.
    pub fn work(&self, region: &str, slot: u8, sender: SenderId, category: Category, due_at: Timestamp) {
        let mailbox = self.mailbox(region);
        if !mailbox.holdings.serves(slot) {
            return mailbox.hint(slot);
        }
        mailbox.post(|work| {
            let at = work.lanes.entry((sender, category)).or_insert(due_at);
            *at = due_at.min(*at);
        });
    }

    pub fn signal(&self, region: &str, signal: Signal) {
        self.mailbox(region).post(|work| {
            if work.signals.len() < SIGNALS_MAX {
                work.signals.push(signal);
            }
        });
    }

    pub fn everything(&self, region: &str) {
        self.mailbox(region).post(|work| work.everything = true);
    }
}

impl Mailbox {
    pub fn post(&self, change: impl FnOnce(&mut Work)) {
        change(&mut self.work.lock());
        self.notify.notify_one();
    }

    /// Tells the owner of another slot that there is something for it.
    pub fn hint(&self, slot: u8) {
        self.hints.lock().insert(slot);
        self.outgoing.notify_one();
    }

    pub fn set_phases(&self, phases: BTreeMap<&'static str, u64>) {
        *self.phases.lock() = phases;
    }

    pub fn phases(&self) -> BTreeMap<&'static str, u64> {
        self.phases.lock().clone()
    }

    pub fn take_hints(&self) -> SlotSet {
        std::mem::take(&mut self.hints.lock())
    }

    pub fn take(&self) -> Work {
        std::mem::take(&mut self.work.lock())
    }
}

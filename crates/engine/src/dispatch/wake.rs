//! How other stages tell the dispatcher that there is work. Lossy on purpose: the store is scanned as well.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use tokio::sync::{Notify, oneshot};

use tidings_domain::category::Category;
use tidings_domain::id::SenderId;
use tidings_domain::time::Timestamp;
use tidings_store::model::Epoch;

use super::lease::Lease;
use super::view::LaneView;

use crate::limits::SIGNALS_MAX;

/// One mailbox per region.
pub(crate) struct Wakes(BTreeMap<String, Mailbox>);

#[derive(Default)]
pub(crate) struct Mailbox {
    work: Mutex<Work>,
    pub notify: Notify,
    /// Held by the keeper of the region while it decides; reconcile decides under the same.
    lease: Mutex<Option<Lease>>,
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
    pub fn new<'a>(regions: impl Iterator<Item = &'a str>) -> Self {
        Self(regions.map(|name| (name.to_owned(), Mailbox::default())).collect())
    }

    pub fn mailbox(&self, region: &str) -> &Mailbox {
        self.0.get(region).expect("a mailbox is made for every region")
    }

    pub fn work(&self, region: &str, sender: SenderId, category: Category, due_at: Timestamp) {
        self.mailbox(region).post(|work| {
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

    pub fn set_phases(&self, phases: BTreeMap<&'static str, u64>) {
        *self.phases.lock() = phases;
    }

    pub fn phases(&self) -> BTreeMap<&'static str, u64> {
        self.phases.lock().clone()
    }

    pub fn set_lease(&self, lease: Option<Lease>) {
        if lease.is_none() {
            self.phases.lock().clear();
        }
        *self.lease.lock() = lease;
    }

    /// The epoch to decide under, while the lease holds.
    pub fn epoch(&self) -> Option<Epoch> {
        self.lease.lock().as_ref().filter(|lease| lease.holds()).map(|lease| lease.epoch)
    }

    pub fn take(&self) -> Work {
        std::mem::take(&mut self.work.lock())
    }
}

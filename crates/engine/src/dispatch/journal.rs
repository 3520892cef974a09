//! Which claims may have left. Written without fsync before each send, so that after a crash of the
//! process (not of the machine) a claim that is not in it certainly never left.

use std::collections::BTreeSet;
use std::sync::Arc;

use parking_lot::Mutex;

use tidings_domain::id::AttemptId;
use tidings_store::model::Epoch;

/// What the journal of the process before us proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Previous {
    /// Exactly these may have left.
    Exact(BTreeSet<AttemptId>),
    /// The machine restarted, another node decided since, or there is no journal: any claim may have left.
    Unknown,
}

pub trait Journal: Send + Sync {
    /// Called before the requests are made. An error means that nothing may be sent.
    fn note(&self, attempts: &[AttemptId]) -> std::io::Result<()>;
    /// Called when recovery is complete, and with what is under way when enough was written: the rest may be
    /// forgotten. Until the first call the journal proves no more than the one before it.
    fn roll(&self, under_way: &[AttemptId]) -> std::io::Result<()>;
    /// Entries since the last roll.
    fn entries(&self) -> usize;
}

/// Opens the journal of a region: what the last one proves, and a new one for the claims of `epoch`. A journal
/// knows only the claims of its own node, so it proves nothing if somebody else held an epoch in between.
pub trait JournalFactory: Send + Sync {
    fn open(
        &self,
        region: &str,
        machine_boot: &str,
        epoch: Epoch,
    ) -> std::io::Result<(Previous, Arc<dyn Journal>)>;
}

/// Journals that live as long as this value: for tests, where it outlives the engine.
#[derive(Default, Clone)]
pub struct MemoryJournals(Arc<Mutex<std::collections::BTreeMap<String, Arc<MemoryJournal>>>>);

struct MemoryJournal {
    epoch: Epoch,
    proves: Mutex<Previous>,
}

impl JournalFactory for MemoryJournals {
    fn open(&self, region: &str, _: &str, epoch: Epoch) -> std::io::Result<(Previous, Arc<dyn Journal>)> {
        let mut all = self.0.lock();
        let last = all.get(region).filter(|last| last.epoch.0 + 1 == epoch.0);
        let previous = last.map_or(Previous::Unknown, |last| last.proves.lock().clone());
        let fresh = Arc::new(MemoryJournal { epoch, proves: Mutex::new(previous.clone()) });
        all.insert(region.to_owned(), Arc::clone(&fresh));
        Ok((previous, fresh))
    }
}

impl Journal for MemoryJournal {
    fn note(&self, attempts: &[AttemptId]) -> std::io::Result<()> {
        if let Previous::Exact(left) = &mut *self.proves.lock() {
            left.extend(attempts);
        }
        Ok(())
    }
    fn roll(&self, under_way: &[AttemptId]) -> std::io::Result<()> {
        *self.proves.lock() = Previous::Exact(under_way.iter().copied().collect());
        Ok(())
    }
    fn entries(&self) -> usize {
        match &*self.proves.lock() {
            Previous::Exact(left) => left.len(),
            Previous::Unknown => 0,
        }
    }
}

/// Journals as files in a directory: `claims-<region>.journal`.
pub struct FileJournals {
    pub dir: std::path::PathBuf,
}

mod file;

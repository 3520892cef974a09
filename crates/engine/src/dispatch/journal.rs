//! Which claims may have left. Written without fsync before each send, so that after a crash of the
//! process (not of the machine) a claim that is not in it certainly never left.

use std::collections::BTreeSet;
use std::sync::Arc;

use parking_lot::Mutex;

use tidings_domain::id::AttemptId;

/// What the journal of the process before us proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Previous {
    /// Exactly these may have left.
    Exact(BTreeSet<AttemptId>),
    /// The machine restarted, or there is no journal: any claim may have left.
    Unknown,
}

pub trait Journal: Send + Sync {
    /// Called before the requests are made. An error means that nothing may be sent.
    fn note(&self, attempts: &[AttemptId]) -> std::io::Result<()>;
    /// Called with what is under way when enough was written: the rest may be forgotten.
    fn roll(&self, under_way: &[AttemptId]) -> std::io::Result<()>;
    /// Entries since the last roll.
    fn entries(&self) -> usize;
}

/// Opens the journal of a region: what the last one proves, and a new one.
pub trait JournalFactory: Send + Sync {
    fn open(&self, region: &str, machine_boot: &str) -> std::io::Result<(Previous, Arc<dyn Journal>)>;
}

/// Journals that live as long as this value: for tests, where it outlives the engine.
#[derive(Default, Clone)]
pub struct MemoryJournals(Arc<Mutex<std::collections::BTreeMap<String, Arc<MemoryJournal>>>>);

#[derive(Default)]
struct MemoryJournal(Mutex<BTreeSet<AttemptId>>);

impl JournalFactory for MemoryJournals {
    fn open(&self, region: &str, _: &str) -> std::io::Result<(Previous, Arc<dyn Journal>)> {
        let fresh = Arc::new(MemoryJournal::default());
        let last = self.0.lock().insert(region.to_owned(), Arc::clone(&fresh));
        let previous = last.map_or(Previous::Unknown, |last| Previous::Exact(last.0.lock().clone()));
        Ok((previous, fresh))
    }
}

impl Journal for MemoryJournal {
    fn note(&self, attempts: &[AttemptId]) -> std::io::Result<()> {
        self.0.lock().extend(attempts);
        Ok(())
    }
    fn roll(&self, under_way: &[AttemptId]) -> std::io::Result<()> {
        *self.0.lock() = under_way.iter().copied().collect();
        Ok(())
    }
    fn entries(&self) -> usize {
        self.0.lock().len()
    }
}

/// Journals as files in a directory: `claims-<region>.journal`.
pub struct FileJournals {
    pub dir: std::path::PathBuf,
}

mod file;

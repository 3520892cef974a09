//! Which claims may have left. Written without fsync before each send, so that after a crash of the
//! process (not of the machine) a claim that is not in it certainly never left. It is this node's own: about
//! the claims of other nodes it says nothing, so it names the epochs that it speaks of.

use std::collections::BTreeSet;
use std::sync::Arc;

use parking_lot::Mutex;

use tidings_domain::id::AttemptId;
use tidings_store::model::Epoch;

/// What the journal of the process before us proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Previous {
    /// Of what was claimed under these epochs, exactly these may have left.
    Exact { left: BTreeSet<AttemptId>, epochs: BTreeSet<Epoch> },
    /// The machine restarted, or there is no journal: any claim may have left.
    Unknown,
}

pub trait Journal: Send + Sync {
    /// Called before the requests are made. An error means that nothing may be sent.
    fn note(&self, attempts: &[AttemptId]) -> std::io::Result<()>;
    /// Called before anything is claimed under a new epoch, with all that are held, and when enough was
    /// written. What is under way stays, the rest may be forgotten. Until the first call the journal proves
    /// no more than the one before it.
    fn roll(&self, under_way: &[AttemptId], epochs: &[Epoch]) -> std::io::Result<()>;
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

struct MemoryJournal(Mutex<Previous>);

impl JournalFactory for MemoryJournals {
    fn open(&self, region: &str, _: &str) -> std::io::Result<(Previous, Arc<dyn Journal>)> {
        let mut all = self.0.lock();
        let previous = all.get(region).map_or(Previous::Unknown, |last| last.0.lock().clone());
        let fresh = Arc::new(MemoryJournal(Mutex::new(previous.clone())));
        all.insert(region.to_owned(), Arc::clone(&fresh));
        Ok((previous, fresh))
    }
}

impl Journal for MemoryJournal {
    fn note(&self, attempts: &[AttemptId]) -> std::io::Result<()> {
        if let Previous::Exact { left, .. } = &mut *self.0.lock() {
            left.extend(attempts);
        }
        Ok(())
    }
    fn roll(&self, under_way: &[AttemptId], epochs: &[Epoch]) -> std::io::Result<()> {
        let (left, epochs) = (under_way.iter().copied().collect(), epochs.iter().copied().collect());
        *self.0.lock() = Previous::Exact { left, epochs };
        Ok(())
    }
    fn entries(&self) -> usize {
        match &*self.0.lock() {
            Previous::Exact { left, .. } => left.len(),
            Previous::Unknown => 0,
        }
    }
}

/// Journals as files in a directory: `claims-<region>.journal`.
pub struct FileJournals {
    pub dir: std::path::PathBuf,
}

mod file;

//! The journal as a file: a line that names the boot of the machine and the epoch, then sixteen bytes per attempt.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use tidings_domain::id::{AttemptId, Id};
use tidings_store::model::Epoch;

use super::{FileJournals, Journal, JournalFactory, Previous};

/// Begins a journal that proves nothing yet: whoever reads it learns that any claim may have left.
const NOT_RECOVERED: &[u8] = b"tidings claims 1: not recovered yet\n";

struct FileJournal {
    path: PathBuf,
    header: Vec<u8>,
    state: Mutex<State>,
}

struct State {
    file: File,
    entries: usize,
}

impl JournalFactory for FileJournals {
    fn open(
        &self,
        region: &str,
        machine_boot: &str,
        epoch: Epoch,
    ) -> io::Result<(Previous, Arc<dyn Journal>)> {
        let path = self.dir.join(format!("claims-{region}.journal"));
        let header = |epoch: i64| format!("tidings claims 2 {machine_boot} epoch {epoch}\n").into_bytes();
        let previous = read(&path, &header(epoch.0 - 1))?;
        let header = header(epoch.0);
        // What the last process left stays readable until our own first roll: if we die during
        // recovery, the next one needs it too.
        let (keep, first): (Vec<AttemptId>, &[u8]) = match &previous {
            Previous::Exact(attempts) => (attempts.iter().copied().collect(), &header),
            Previous::Unknown => (Vec::new(), NOT_RECOVERED),
        };
        let file = replace(&path, first, &keep)?;
        let state = Mutex::new(State { file, entries: keep.len() });
        Ok((previous, Arc::new(FileJournal { path, header, state })))
    }
}

impl Journal for FileJournal {
    fn note(&self, attempts: &[AttemptId]) -> io::Result<()> {
        let mut state = self.state.lock();
        state.file.write_all(&bytes(attempts))?;
        state.entries += attempts.len();
        Ok(())
    }

    fn roll(&self, under_way: &[AttemptId]) -> io::Result<()> {
        let mut state = self.state.lock();
        state.file = replace(&self.path, &self.header, under_way)?;
        state.entries = under_way.len();
        Ok(())
    }

    fn entries(&self) -> usize {
        self.state.lock().entries
    }
}

fn bytes(attempts: &[AttemptId]) -> Vec<u8> {
    attempts.iter().flat_map(|attempt| attempt.bytes()).collect()
}

fn replace(path: &Path, header: &[u8], attempts: &[AttemptId]) -> io::Result<File> {
    let fresh = path.with_extension("new");
    let mut file = OpenOptions::new().create(true).write(true).truncate(true).open(&fresh)?;
    file.write_all(&[header, &bytes(attempts)].concat())?;
    std::fs::rename(&fresh, path)?;
    Ok(file)
}

fn read(path: &Path, header: &[u8]) -> io::Result<Previous> {
    let mut content = Vec::new();
    match File::open(path) {
        Ok(mut file) => file.read_to_end(&mut content)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Previous::Unknown),
        Err(error) => return Err(error),
    };
    // Another boot of the machine: what was not flushed is gone. Another epoch before ours than the file's:
    // another node claimed. Either way an absence proves nothing.
    let Some(body) = content.strip_prefix(header) else { return Ok(Previous::Unknown) };
    let attempts: BTreeSet<AttemptId> = body
        .chunks_exact(16)
        .map(|chunk| AttemptId::from_bytes(chunk.try_into().expect("chunks of sixteen")))
        .collect();
    Ok(Previous::Exact(attempts))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(n: u8) -> AttemptId {
        AttemptId::from_bytes([n; 16])
    }

    #[test]
    fn proves_what_left_until_the_machine_restarts_or_another_node_decides() {
        let dir = tempfile::tempdir().unwrap();
        let journals = FileJournals { dir: dir.path().to_owned() };
        let open = |boot: &str, epoch: i64| journals.open("main", boot, Epoch(epoch)).unwrap();
        let (previous, journal) = open("boot-1", 1);
        assert_eq!(previous, Previous::Unknown);
        drop(journal);
        let (previous, journal) = open("boot-1", 2);
        assert_eq!(previous, Previous::Unknown, "whoever dies during recovery leaves no proof");
        journal.roll(&[]).unwrap();
        journal.note(&[attempt(1), attempt(2)]).unwrap();
        drop(journal);
        let (previous, journal) = open("boot-1", 3);
        assert_eq!(previous, Previous::Exact([attempt(1), attempt(2)].into()));
        journal.roll(&[attempt(2)]).unwrap();
        journal.note(&[attempt(3)]).unwrap();
        drop(journal);
        let (previous, journal) = open("boot-1", 4);
        assert_eq!(previous, Previous::Exact([attempt(2), attempt(3)].into()));
        drop(journal);
        let (previous, journal) = open("boot-1", 6);
        assert_eq!(previous, Previous::Unknown, "somebody else held epoch 5");
        journal.roll(&[]).unwrap();
        let (previous, _) = open("boot-2", 7);
        assert_eq!(previous, Previous::Unknown, "the machine restarted");
    }
}

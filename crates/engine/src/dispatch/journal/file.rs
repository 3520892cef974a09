//! The journal as a file: a line that names the boot of the machine, then sixteen bytes per epoch or attempt.

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
const NOT_RECOVERED: &[u8] = b"tidings claims 2: not recovered yet\n";

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
    fn open(&self, region: &str, machine_boot: &str) -> io::Result<(Previous, Arc<dyn Journal>)> {
        let path = self.dir.join(format!("claims-{region}.journal"));
        let header = format!("tidings claims 2 {machine_boot}\n").into_bytes();
        let previous = read(&path, &header)?;
        // What the last process left stays readable until our own first roll: if we die during
        // recovery, the next one needs it too.
        let (left, epochs, first): (Vec<AttemptId>, Vec<Epoch>, &[u8]) = match &previous {
            Previous::Exact { left, epochs } => {
                (left.iter().copied().collect(), epochs.iter().copied().collect(), &header)
            }
            Previous::Unknown => (Vec::new(), Vec::new(), NOT_RECOVERED),
        };
        let file = replace(&path, first, &left, &epochs)?;
        let state = Mutex::new(State { file, entries: left.len() });
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

    fn roll(&self, under_way: &[AttemptId], epochs: &[Epoch]) -> io::Result<()> {
        let mut state = self.state.lock();
        state.file = replace(&self.path, &self.header, under_way, epochs)?;
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

/// An epoch as an entry. No attempt begins like it: ids begin with the time, and this one is far away.
fn entry(epoch: &Epoch) -> [u8; 16] {
    let mut entry = [0xff; 16];
    entry[7] = epoch.slot;
    entry[8..].copy_from_slice(&epoch.number.to_be_bytes());
    entry
}

fn replace(path: &Path, header: &[u8], attempts: &[AttemptId], epochs: &[Epoch]) -> io::Result<File> {
    let fresh = path.with_extension("new");
    let mut file = OpenOptions::new().create(true).write(true).truncate(true).open(&fresh)?;
    let epochs: Vec<u8> = epochs.iter().flat_map(entry).collect();
    file.write_all(&[header, &epochs, &bytes(attempts)].concat())?;
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
    // Another boot of the machine: what was not flushed is gone, so an absence proves nothing.
    let Some(body) = content.strip_prefix(header) else { return Ok(Previous::Unknown) };
    let (mut left, mut epochs) = (BTreeSet::new(), BTreeSet::new());
    for chunk in body.chunks_exact(16) {
        if chunk[..7] == [0xff; 7] {
            let number = i64::from_be_bytes(chunk[8..].try_into().expect("eight bytes are left"));
            epochs.insert(Epoch { slot: chunk[7], number });
        } else {
            left.insert(AttemptId::from_bytes(chunk.try_into().expect("chunks of sixteen")));
        }
    }
    Ok(Previous::Exact { left, epochs })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(n: u8) -> AttemptId {
        AttemptId::from_bytes([n; 16])
    }

    #[test]
    fn proves_what_left_until_the_machine_restarts() {
        let dir = tempfile::tempdir().unwrap();
        let journals = FileJournals { dir: dir.path().to_owned() };
        let (previous, journal) = journals.open("main", "boot-1").unwrap();
        assert_eq!(previous, Previous::Unknown);
        drop(journal);
        let (previous, journal) = journals.open("main", "boot-1").unwrap();
        assert_eq!(previous, Previous::Unknown, "whoever dies during recovery leaves no proof");
        let epochs = [Epoch { slot: 0, number: 1 }, Epoch { slot: 63, number: i64::MAX }];
        let exact = |left: &[AttemptId], epochs: &[Epoch]| Previous::Exact {
            left: left.iter().copied().collect(),
            epochs: epochs.iter().copied().collect(),
        };
        journal.roll(&[], &epochs).unwrap();
        journal.note(&[attempt(1), attempt(2)]).unwrap();
        drop(journal);
        let (previous, journal) = journals.open("main", "boot-1").unwrap();
        assert_eq!(previous, exact(&[attempt(1), attempt(2)], &epochs));
        journal.roll(&[attempt(2)], &epochs[1..]).unwrap();
        journal.note(&[attempt(3)]).unwrap();
        drop(journal);
        let (previous, _) = journals.open("main", "boot-1").unwrap();
        assert_eq!(previous, exact(&[attempt(2), attempt(3)], &epochs[1..]));
        let (previous, _) = journals.open("main", "boot-2").unwrap();
        assert_eq!(previous, Previous::Unknown);
    }
}

//! The data directory.

use std::fs::{DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use anyhow::{Context, bail};
use rand::TryRng;
#[expect(
    clippy::disallowed_types,
    reason = "the one source of true randomness; the rest takes a seeded generator"
)]
use rand::rngs::SysRng;

use crate::limits::NODE_ID_CHARS;

/// Only the owner may look into the directory.
pub const DIR_MODE: u32 = 0o700;

/// Makes the directory if it is not there.
pub fn make(dir: &Path) -> anyhow::Result<()> {
    match DirBuilder::new().recursive(true).mode(DIR_MODE).create(dir) {
        Ok(()) => Ok(()),
        Err(error) => {
            Err(error).with_context(|| format!("the data directory {} cannot be made", dir.display()))
        }
    }
}

/// Makes the directory ours until the file is closed or the process ends, however it ends.
pub fn lock(dir: &Path) -> anyhow::Result<File> {
    let path = dir.join("tidings.lock");
    let file = File::create(&path).with_context(|| format!("{} cannot be written", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!(
            "another process uses the data directory {}; stop it, or ask it instead: `tidings --help` lists \
             what can be asked",
            dir.display()
        ),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("{} cannot be locked", path.display()))
        }
    }
}

/// What tells this data directory from every other one; made when it is first asked for.
pub fn node_id(dir: &Path) -> anyhow::Result<String> {
    let path = dir.join("node");
    let shown = path.display();
    match std::fs::read_to_string(&path) {
        Ok(text) if text.trim().len() == NODE_ID_CHARS => return Ok(text.trim().to_owned()),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| format!("{shown} cannot be read")),
    }
    let id = hex::encode(&random_bytes()?[..NODE_ID_CHARS / 2]);
    std::fs::write(&path, format!("{id}\n")).with_context(|| format!("{shown} cannot be written"))?;
    Ok(id)
}

/// Thirty-two bytes from the operating system.
pub fn random_bytes() -> anyhow::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    SysRng.try_fill_bytes(&mut bytes).context("the operating system gives no random bytes")?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_has_one_process_and_one_name() {
        let temp = tempfile::tempdir().expect("a temporary directory");
        let held = lock(temp.path()).expect("nobody has it");
        let message = lock(temp.path()).expect_err("it is taken").to_string();
        assert!(message.contains("another process"), "{message}");
        drop(held);
        lock(temp.path()).expect("free again");
        let name = node_id(temp.path()).expect("made");
        assert_eq!(node_id(temp.path()).expect("read"), name);
        let other = tempfile::tempdir().expect("a temporary directory");
        assert_ne!(node_id(other.path()).expect("made"), name);
    }
}

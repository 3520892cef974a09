//! The data directory and the master key in it.

use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use rand::TryRng;
#[expect(
    clippy::disallowed_types,
    reason = "the one source of true randomness; the rest takes a seeded generator"
)]
use rand::rngs::SysRng;
use tidings_store::MasterKeys;
use tidings_store::seal::MasterKey;
use zeroize::{Zeroize, Zeroizing};

use crate::config::Config;
use crate::limits::{MASTER_KEY_FILE_BYTES_MAX, NODE_ID_CHARS};

/// Only the owner may look into the directory.
pub const DIR_MODE: u32 = 0o700;
/// Only the owner may read the key.
pub const KEY_MODE: u32 = 0o600;

pub fn master_key_path(config: &Config) -> PathBuf {
    config.master_key_file.clone().unwrap_or_else(|| config.data_dir.join("master.key"))
}

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

/// The master keys of the configuration; a new one is made where none was ever needed.
pub fn master_keys(config: &Config) -> anyhow::Result<MasterKeys> {
    if !config.master_key.is_empty() {
        return parse(config.master_key.expose()).context("the setting `master_key`");
    }
    let path = master_key_path(config);
    match read(&path) {
        Ok(text) => parse(&text).with_context(|| format!("the master key file {}", path.display())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if has_store(config) {
                bail!(
                    "the master key file {} is missing, and without it the store that is there cannot be read; \
                     put the file back",
                    path.display()
                );
            }
            let text = create_key(&path).with_context(|| format!("{} cannot be written", path.display()))?;
            parse(&text).context("the new master key")
        }
        Err(error) => Err(error).with_context(|| format!("the master key file {}", path.display())),
    }
}

/// Whether a SQLite file is in the data directory already.
fn has_store(config: &Config) -> bool {
    config
        .regions()
        .iter()
        .any(|(name, region)| region.url.is_none() && config.data_dir.join(format!("{name}.db")).exists())
}

/// Thirty-two bytes from the operating system.
pub fn random_bytes() -> anyhow::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    SysRng.try_fill_bytes(&mut bytes).context("the operating system gives no random bytes")?;
    Ok(bytes)
}

fn read(path: &Path) -> io::Result<Zeroizing<String>> {
    let file = File::open(path)?;
    let mut text = Zeroizing::new(String::new());
    file.take(MASTER_KEY_FILE_BYTES_MAX).read_to_string(&mut text)?;
    Ok(text)
}

/// The file is whole under its name or not there: a torn key would lock everything it seals.
fn create_key(path: &Path) -> anyhow::Result<Zeroizing<String>> {
    let mut key = random_bytes()?;
    let text = Zeroizing::new(format!("{}\n", hex::encode(key)));
    key.zeroize();
    let fresh = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(KEY_MODE).open(&fresh)?;
    file.set_permissions(Permissions::from_mode(KEY_MODE))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::hard_link(&fresh, path)?;
    std::fs::remove_file(&fresh)?;
    if let Some(dir) = path.parent()
        && let Ok(dir) = File::open(dir)
    {
        dir.sync_all()?;
    }
    Ok(text)
}

/// One key a line; the last one seals, the others still open what they sealed.
fn parse(text: &str) -> anyhow::Result<MasterKeys> {
    let mut keys = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let mut key = [0; 32];
        // The error must not repeat the line.
        if hex::decode_to_slice(line, &mut key).is_err() {
            bail!("key {} is not written as 64 hexadecimal digits", keys.len() + 1);
        }
        let version = u32::try_from(keys.len() + 1).context("there are too many keys")?;
        keys.push(MasterKey::new(version, key));
        key.zeroize();
    }
    MasterKeys::new(keys).context("it holds no key")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(dir: &Path) -> Config {
        Config { data_dir: dir.to_owned(), ..Config::default() }
    }

    #[test]
    fn a_new_directory_gets_a_key_that_only_the_owner_reads() {
        let temp = tempfile::tempdir().expect("a temporary directory");
        let dir = temp.path().join("a/b");
        make(&dir).expect("made");
        make(&dir).expect("there already is as good");
        let config = config(&dir);
        master_keys(&config).expect("a key is made");
        let path = master_key_path(&config);
        let mode = |path: &Path| std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
        assert_eq!((mode(&dir), mode(&path)), (DIR_MODE, KEY_MODE));
        let first = std::fs::read_to_string(&path).expect("it can be read");
        master_keys(&config).expect("read again");
        assert_eq!(std::fs::read_to_string(&path).expect("it can be read"), first);
        assert_eq!(std::fs::read_dir(&dir).expect("a directory").count(), 1);
    }

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

    #[test]
    fn a_lost_key_is_not_replaced_beside_a_store() {
        let temp = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(temp.path().join("main.db"), b"").expect("written");
        let message = master_keys(&config(temp.path())).expect_err("refused").to_string();
        assert!(message.contains("put the file back"), "{message}");
        assert!(!temp.path().join("master.key").exists());
    }

    #[test]
    fn what_is_not_a_key_is_refused_without_showing_it() {
        let good = "ab".repeat(32);
        for (text, want) in [
            (good.clone(), true),
            (format!("# older\n{good}\n{}\n", "cd".repeat(32)), true),
            (String::new(), false),
            (format!("{good}0"), false),
            (format!("{good}\nnothexadecimal"), false),
        ] {
            let outcome = parse(&text);
            assert_eq!(outcome.is_ok(), want);
            if let Err(error) = outcome {
                assert!(!format!("{error:#}").contains("nothex"), "{error:#}");
            }
        }
    }
}

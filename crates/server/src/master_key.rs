//! The master key file: one key a line, the oldest first. The last one wraps, the others still open what they
//! wrapped. A line's place is its key's version for good, so a key that is retired leaves a `-` behind.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use tidings_store::MasterKeys;
use tidings_store::seal::MasterKey;
use zeroize::{Zeroize, Zeroizing};

use crate::config::Config;
use crate::data_dir::random_bytes;
use crate::limits::MASTER_KEY_FILE_BYTES_MAX;

/// Only the owner may read the key.
pub const KEY_MODE: u32 = 0o600;
/// In the place of a key that wraps nothing any more.
const RETIRED: &str = "-";

pub fn path(config: &Config) -> PathBuf {
    config.master_key_file.clone().unwrap_or_else(|| config.data_dir.join("master.key"))
}

/// The master keys of the configuration; a new one is made where none was ever needed. Those of a file are read
/// again when another node or an operator has added one.
pub fn load(config: &Config) -> anyhow::Result<MasterKeys> {
    if !config.master_key.is_empty() {
        let keys = parse(config.master_key.expose()).context("the setting `master_key`")?;
        return MasterKeys::new(keys).context("the setting `master_key` holds no key");
    }
    let path = path(config);
    let shown = path.display().to_string();
    let keys = match read(&path) {
        Ok(text) => parse(&text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if has_store(config) {
                bail!(
                    "the master key file {shown} is missing, and without it the store that is there cannot be read; \
                     put the file back"
                );
            }
            parse(&create(&path).with_context(|| format!("{shown} cannot be written"))?)
        }
        Err(error) => Err(error.into()),
    };
    let keys = keys.with_context(|| format!("the master key file {shown}"))?;
    let keys = MasterKeys::new(keys).with_context(|| format!("the master key file {shown} holds no key"))?;
    Ok(keys.with_source(move || read_again(&path)))
}

/// Adds a new key at the end; says its number.
pub fn add(config: &Config) -> anyhow::Result<u32> {
    change(config, |text, keys| {
        let mut key = random_bytes()?;
        let line = Zeroizing::new(hex::encode(key));
        key.zeroize();
        text.push_str(&line);
        text.push('\n');
        Ok(keys.iter().map(|key| key.version).max().unwrap_or(0) + 1)
    })
}

/// Puts a `-` in the place of every key but the last; says of how many.
pub fn retire(config: &Config) -> anyhow::Result<usize> {
    change(config, |text, keys| {
        let mut left = keys.len();
        let mut fresh = Zeroizing::new(String::new());
        for line in text.lines() {
            let is_older_key = is_place(line) && line.trim() != RETIRED && left > 1;
            left -= usize::from(is_place(line) && line.trim() != RETIRED);
            fresh.push_str(if is_older_key { RETIRED } else { line });
            fresh.push('\n');
        }
        *text = fresh;
        Ok(keys.len() - 1)
    })
}

/// Changes the file as a whole, for the owner that it had.
fn change<T>(
    config: &Config,
    change: impl FnOnce(&mut Zeroizing<String>, &[MasterKey]) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    ensure!(
        config.master_key.is_empty(),
        "the master key stands in the configuration, which is yours to change: a line more is a key more"
    );
    let path = path(config);
    let path = std::fs::canonicalize(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    let shown = path.display();
    let mut text = read(&path).with_context(|| format!("{shown} cannot be read"))?;
    let keys = parse(&text).with_context(|| format!("the master key file {shown}"))?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    let done = change(&mut text, &keys)?;
    ensure!(text.len() as u64 <= MASTER_KEY_FILE_BYTES_MAX, "{shown} holds too many keys");
    let owner = std::fs::metadata(&path)?;
    let fresh = write_beside(&path, &text).with_context(|| format!("{shown} cannot be written"))?;
    chown(&fresh, Some(owner.uid()), Some(owner.gid()))
        .with_context(|| format!("{} cannot be given to the owner of {shown}", fresh.display()))?;
    std::fs::rename(&fresh, &path).with_context(|| format!("{shown} cannot be replaced"))?;
    sync_dir(&path)?;
    Ok(done)
}

fn read_again(path: &Path) -> Option<Vec<MasterKey>> {
    let keys = read(path).map_err(anyhow::Error::from).and_then(|text| parse(&text));
    keys.inspect_err(|error| tracing::warn!(%error, "the master key file cannot be read again")).ok()
}

/// Whether a SQLite file is in the data directory already.
fn has_store(config: &Config) -> bool {
    config
        .regions()
        .iter()
        .any(|(name, region)| region.url.is_none() && config.data_dir.join(format!("{name}.db")).exists())
}

fn read(path: &Path) -> io::Result<Zeroizing<String>> {
    let file = File::open(path)?;
    let mut text = Zeroizing::new(String::new());
    file.take(MASTER_KEY_FILE_BYTES_MAX).read_to_string(&mut text)?;
    Ok(text)
}

/// The file is whole under its name or not there: a torn key would lock everything it seals.
fn create(path: &Path) -> anyhow::Result<Zeroizing<String>> {
    let mut key = random_bytes()?;
    let text = Zeroizing::new(format!("{}\n", hex::encode(key)));
    key.zeroize();
    let fresh = write_beside(path, &text)?;
    std::fs::hard_link(&fresh, path)?;
    std::fs::remove_file(&fresh)?;
    sync_dir(path)?;
    Ok(text)
}

fn write_beside(path: &Path, text: &str) -> io::Result<PathBuf> {
    let fresh = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(KEY_MODE).open(&fresh)?;
    file.set_permissions(Permissions::from_mode(KEY_MODE))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(fresh)
}

fn sync_dir(path: &Path) -> io::Result<()> {
    path.parent().and_then(|dir| File::open(dir).ok()).map_or(Ok(()), |dir| dir.sync_all())
}

/// Whether the line has a number: comments and empty lines have none.
fn is_place(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.starts_with('#')
}

fn parse(text: &str) -> anyhow::Result<Vec<MasterKey>> {
    let mut keys = Vec::new();
    for (index, line) in text.lines().filter(|line| is_place(line)).map(str::trim).enumerate() {
        if line == RETIRED {
            continue;
        }
        let mut key = [0; 32];
        // The error must not repeat the line.
        if hex::decode_to_slice(line, &mut key).is_err() {
            bail!("key {} is not written as 64 hexadecimal digits", index + 1);
        }
        let version = u32::try_from(index + 1).context("there are too many keys")?;
        keys.push(MasterKey::new(version, key));
        key.zeroize();
    }
    ensure!(!keys.is_empty(), "it holds no key");
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_dir::{DIR_MODE, make};

    fn config(dir: &Path) -> Config {
        Config { data_dir: dir.to_owned(), ..Config::default() }
    }

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777
    }

    #[test]
    fn a_new_directory_gets_a_key_that_only_the_owner_reads() {
        let temp = tempfile::tempdir().expect("a temporary directory");
        let dir = temp.path().join("a/b");
        make(&dir).expect("made");
        make(&dir).expect("there already is as good");
        let config = config(&dir);
        load(&config).expect("a key is made");
        assert_eq!((mode(&dir), mode(&path(&config))), (DIR_MODE, KEY_MODE));
        let first = read(&path(&config)).expect("it can be read");
        load(&config).expect("read again");
        assert_eq!(*read(&path(&config)).expect("it can be read"), *first);
        assert_eq!(std::fs::read_dir(&dir).expect("a directory").count(), 1);
    }

    #[test]
    fn a_lost_key_is_not_replaced_beside_a_store() {
        let temp = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(temp.path().join("main.db"), b"").expect("written");
        let message = load(&config(temp.path())).expect_err("refused").to_string();
        assert!(message.contains("put the file back"), "{message}");
        assert!(!temp.path().join("master.key").exists());
    }

    #[test]
    fn keys_come_and_go_and_keep_their_numbers() {
        let temp = tempfile::tempdir().expect("a temporary directory");
        let config = config(temp.path());
        load(&config).expect("the first key");
        let file = path(&config);
        std::fs::write(&file, format!("# ours\n{}", read(&file).expect("a file").trim())).expect("written");
        assert_eq!(add(&config).expect("added"), 2);
        assert_eq!(add(&config).expect("added"), 3);
        assert_eq!(mode(&file), KEY_MODE);
        let third = read(&file).expect("a file").lines().last().map(str::to_owned).expect("a line");
        let keys = load(&config).expect("three keys");
        assert!((1..=3).all(|version| keys.knows(version)) && keys.newest() == 3);
        assert_eq!(retire(&config).expect("retired"), 2);
        assert_eq!(*read(&file).expect("a file"), format!("# ours\n-\n-\n{third}\n"));
        let keys = load(&config).expect("one key");
        assert!(!keys.knows(1) && !keys.knows(2) && keys.knows(3));
        assert_eq!(retire(&config).expect("nothing to do"), 0);
        assert_eq!(add(&config).expect("added"), 4);
        assert_eq!(load(&config).expect("two keys").newest(), 4);
    }

    #[test]
    fn what_is_not_a_key_is_refused_without_showing_it() {
        let good = "ab".repeat(32);
        for (text, want) in [
            (good.clone(), true),
            (format!("# older\n{good}\n{}\n", "cd".repeat(32)), true),
            (format!("-\n{good}"), true),
            (String::new(), false),
            ("-\n".to_owned(), false),
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

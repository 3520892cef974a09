//! Whether the disk has room, asked before anything is written.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::limits::{STORED_SPARE_BYTES, stored_bytes};

/// Fails with what is missing if the disk of that folder cannot take so many messages.
pub fn needed(folder: &Path, messages: usize, postgres: bool) -> Result<()> {
    let output = Command::new("df").arg("-Pk").arg(folder).output().context("cannot run df")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let free = free_of(&text).with_context(|| format!("df says nothing about {}", folder.display()))?;
    let wanted = stored_bytes(postgres) * messages as u64 + STORED_SPARE_BYTES;
    let gb = |bytes: u64| bytes as f64 / 1e9;
    ensure!(
        free >= wanted,
        "{messages} stored messages need {:.1} GB in {}, where {:.1} GB are free: take fewer with --stored, or \
         another disk with --dir (SQLite) or TIDINGS_BENCH_POSTGRES_URL",
        gb(wanted),
        folder.display(),
        gb(free)
    );
    Ok(())
}

/// The bytes free to us in the portable output of `df`.
fn free_of(text: &str) -> Option<u64> {
    let line = text.lines().nth(1)?;
    line.split_whitespace().nth(3)?.parse::<u64>().ok()?.checked_mul(1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_bytes() {
        let text = "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/a 100 58 42 58% /\n";
        assert_eq!(free_of(text), Some(42 * 1_024));
        for broken in ["", "one line\n", "head\n/dev/a 100 58 many 58% /\n"] {
            assert_eq!(free_of(broken), None, "{broken}");
        }
    }

    #[test]
    fn too_little_is_said_with_the_way_out() {
        let here = Path::new("/");
        assert!(needed(here, 0, false).is_ok() || needed(here, 1, true).is_err());
        let refused = needed(here, 1_000_000_000_000, false).unwrap_err().to_string();
        assert!(refused.contains("need") && refused.contains("--stored"), "{refused}");
    }
}

//! `tidings backup`: a copy of every region, taken while the server runs, verified before it counts.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tidings_domain::clock::Clock;
use tidings_domain::time::Timestamp;
use tidings_store::backup::{self, Progress, RegionCopy};

use super::Outcome;
use crate::clock::SystemClock;
use crate::compose;
use crate::config::Config;
use crate::data_dir::DIR_MODE;
use crate::output::Out;

/// The form of the manifest.
pub const FORMAT: u32 = 1;
pub const MANIFEST: &str = "manifest.json";

/// What a backup consists of; written last, so that a folder without it is no backup.
#[derive(Debug, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    /// The program that made it.
    pub program: String,
    pub made_at: String,
    pub regions: Vec<RegionCopy>,
}

/// SQLite is read through its own locks and PostgreSQL through its own snapshot, so neither the server's help nor
/// its key is needed, and a server that hangs can still be backed up.
pub async fn run(to: &Path, config: Config, out: Out) -> Outcome {
    let now = SystemClock::start().now();
    let folder = folder(to, now)?;
    let done = copy(&folder, now, &config, out).await;
    if done.is_err() {
        // What is not whole must not look like a backup.
        let _ = std::fs::remove_dir_all(&folder);
    }
    let manifest = done?;
    let regions: Vec<_> = manifest.regions.iter().map(summary).collect();
    let answer =
        json!({"backup": folder.display().to_string(), "made_at": manifest.made_at, "regions": regions});
    Ok(out.answer(&answer, || {
        let mut words = format!("{}\n", folder.display());
        for copy in &manifest.regions {
            words.push_str(&format!(
                "  {}: {} rows, {} bytes, verified; schema {}, log generation {}, newest event {}\n",
                copy.region,
                copy.rows(),
                copy.bytes(),
                copy.schema_version,
                copy.log_generation,
                copy.log_head,
            ));
        }
        words.push_str("The master key is not in it: keep a copy of it elsewhere, apart from the backups.\n");
        words
    })?)
}

fn summary(copy: &RegionCopy) -> serde_json::Value {
    json!({
        "region": copy.region, "engine": copy.engine, "rows": copy.rows(), "bytes": copy.bytes(),
        "schema_version": copy.schema_version, "log_generation": copy.log_generation, "log_head": copy.log_head,
    })
}

/// `tidings-20261121T125500Z` in the folder that was named.
fn folder(to: &Path, now: Timestamp) -> anyhow::Result<PathBuf> {
    let time: String = now.to_string().chars().filter(|each| each.is_ascii_alphanumeric()).collect();
    let name = format!("tidings-{}Z", time.get(..15).unwrap_or(&time));
    let make = |path: &Path, recursive| {
        let mut builder = DirBuilder::new();
        builder.recursive(recursive).mode(DIR_MODE).create(path)
    };
    make(to, true).with_context(|| format!("{} cannot be made", to.display()))?;
    let folder = to.join(name);
    make(&folder, false).with_context(|| format!("{} cannot be made", folder.display()))?;
    Ok(folder)
}

async fn copy(folder: &Path, now: Timestamp, config: &Config, out: Out) -> anyhow::Result<Manifest> {
    let mut regions = Vec::new();
    for (name, region) in config.regions() {
        let engine = compose::store_engine(config, name, region)?;
        let bar = progress(name, out);
        let shown = bar.clone();
        let report = Arc::new(move |progress: Progress| {
            shown.set_length(progress.total);
            shown.set_position(progress.done);
        });
        let copied = backup::copy(&engine, name, folder, report).await;
        bar.finish_and_clear();
        regions.push(copied.map_err(|error| compose::explain(name, &error))?);
    }
    let program = env!("CARGO_PKG_VERSION").to_owned();
    let manifest = Manifest { format: FORMAT, program, made_at: now.to_string(), regions };
    let path = folder.join(MANIFEST);
    std::fs::write(&path, serde_json::to_vec_pretty(&manifest)?)
        .and_then(|()| std::fs::File::open(&path)?.sync_all())
        .and_then(|()| std::fs::File::open(folder)?.sync_all())
        .with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(manifest)
}

fn progress(region: &str, out: Out) -> ProgressBar {
    let target = if out.json { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(Some(0), target).with_message(region.to_owned());
    if let Ok(style) = ProgressStyle::with_template("{msg} {elapsed_precise} {bar:24} {pos}/{len}") {
        bar.set_style(style);
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_is_named_by_its_time() {
        let temp = tempfile::tempdir().expect("a temporary directory");
        let at = Timestamp::parse("2026-11-21T12:55:00.25Z").expect("a time");
        let made = folder(&temp.path().join("a/b"), at).expect("made");
        assert_eq!(made, temp.path().join("a/b/tidings-20261121T125500Z"));
        assert!(folder(&temp.path().join("a/b"), at).is_err(), "nothing is written over");
    }
}

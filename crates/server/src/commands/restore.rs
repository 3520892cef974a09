//! `tidings restore`: puts a backup back where nothing is, and holds what may have left since.

use std::path::Path;

use anyhow::{Context, bail};
use serde_json::json;
use tidings_domain::clock::Clock;
use tidings_domain::id::IdSource;
use tidings_domain::time::Timestamp;
use tidings_store::backup::{self, Restored};

use super::backup::{FORMAT, MANIFEST, Manifest};
use super::{Failure, Outcome};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::output::Out;
use crate::{compose, data_dir};

pub async fn run(from: &Path, lost_at: Option<&str>, config: Config, out: Out) -> Outcome {
    let clock = SystemClock::start();
    let now = clock.now();
    let lost_at = match lost_at {
        None => now,
        Some(text) => Timestamp::parse(text).ok_or_else(|| {
            Failure::Usage(format!("--lost-at: `{text}` is no time such as 2026-11-21T12:55:00Z"))
        })?,
    };
    let manifest = manifest(from)?;
    let restored = restore(&manifest, from, lost_at, now, &config).await?;
    // The keys open what was put back, or the operator hears of it now.
    let ids = std::sync::Arc::new(IdSource::seeded(data_dir::random_bytes()?));
    let clock: std::sync::Arc<dyn Clock> = std::sync::Arc::new(clock);
    compose::open_stores(&config, &clock, &ids).await.context("the backup is in place, and does not open")?;
    let held: u64 = restored.iter().map(|(_, each)| each.held).sum();
    let regions: Vec<_> =
        restored.iter().map(|(region, each)| json!({"region": region, "restored": each})).collect();
    let answer = json!({"made_at": manifest.made_at, "held": held, "regions": regions});
    Ok(out.answer(&answer, || words(&manifest.made_at, &restored))?)
}

fn words(made_at: &str, restored: &[(String, Restored)]) -> String {
    let mut words = String::new();
    for (region, each) in restored {
        words.push_str(&format!(
            "{region}: {} rows of {made_at}; log generation {}\n  {} messages are held, since they may have left \
             after the backup\n  {} messages whose time had not come are queued\n",
            each.rows, each.log_generation, each.held, each.scheduled
        ));
    }
    words.push_str(
        "What was taken after the backup is not here: neither messages nor opt-outs. Look at both before marketing\n\
         goes on. Held messages settle by receipts; `tidings recover` shows and decides the others.\n",
    );
    words
}

fn manifest(from: &Path) -> anyhow::Result<Manifest> {
    let path = from.join(MANIFEST);
    let text = std::fs::read(&path).with_context(|| format!("{}: this is no backup", path.display()))?;
    let manifest: Manifest =
        serde_json::from_slice(&text).with_context(|| format!("{} cannot be read", path.display()))?;
    if manifest.format != FORMAT {
        bail!("{} is of form {}, and this program knows {FORMAT}", path.display(), manifest.format);
    }
    Ok(manifest)
}

async fn restore(
    manifest: &Manifest,
    from: &Path,
    lost_at: Timestamp,
    now: Timestamp,
    config: &Config,
) -> anyhow::Result<Vec<(String, Restored)>> {
    data_dir::make(&config.data_dir)?;
    if config.master_key.is_empty() && !data_dir::master_key_path(config).exists() {
        bail!(
            "the master key is not in a backup; put your copy of it at {} first",
            data_dir::master_key_path(config).display()
        );
    }
    data_dir::master_keys(config)?;
    let known = config.regions();
    for copy in &manifest.regions {
        if !known.iter().any(|(name, _)| *name == copy.region) {
            bail!("the backup has a region `{}`, which the configuration does not know", copy.region);
        }
        backup::verify(copy, from).map_err(|error| compose::explain(&copy.region, &error))?;
    }
    let mut restored = Vec::new();
    for copy in &manifest.regions {
        let region = known.iter().find(|(name, _)| *name == copy.region).expect("checked just above").1;
        let engine = compose::store_engine(config, &copy.region, region)?;
        let done = backup::restore(&engine, copy, from, lost_at, now).await;
        restored.push((copy.region.clone(), done.map_err(|error| compose::explain(&copy.region, &error))?));
    }
    Ok(restored)
}

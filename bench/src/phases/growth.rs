//! Whether lifecycles keep their rate when millions of messages are stored already.

use anyhow::{Context, Result};

use super::{Bench, lifecycle};
use crate::figures::Figures;
use crate::limits::{STORED_FEW, STORED_ORIGINALS};
use crate::load::{Template, send_batches};
use crate::progress::say;
use crate::rig::Rig;
use crate::stored::{self, Place};

const ORIGINALS_AREA: usize = 0;
const MEASURED_AREA: usize = 4;

/// Before anything is measured, so that nobody waits for a refusal.
pub async fn check_space(bench: &Bench) -> Result<()> {
    let Some(folder) = stored::folder(&bench.dir, bench.postgres.as_ref()).await? else {
        return Ok(());
    };
    stored::needed(&folder, bench.amount.stored, bench.postgres.is_some())
        .context("growth cannot be measured")
}

/// Before the many and once more after them, so that a machine that got faster or slower meanwhile is seen.
pub async fn few(bench: &Bench, rig: &mut Rig, figures: &mut Figures) -> Result<()> {
    let (rate, _) = measure(bench, rig, STORED_FEW.min(bench.amount.stored)).await?;
    figures.growth_few_per_s =
        Some(figures.growth_few_per_s.map_or(rate, |before| f64::midpoint(before, rate)));
    figures.growth_ratio = figures.growth_per_s.zip(figures.growth_few_per_s).map(|(many, few)| many / few);
    Ok(())
}

pub async fn many(bench: &Bench, rig: &mut Rig, figures: &mut Figures) -> Result<()> {
    let (rate, stored) = measure(bench, rig, bench.amount.stored).await?;
    figures.growth_per_s = Some(rate);
    figures.growth_stored = Some(stored as u64);
    Ok(())
}

/// The rate with so many messages stored, and how many they were exactly.
async fn measure(bench: &Bench, rig: &mut Rig, stored: usize) -> Result<(f64, usize)> {
    let originals = STORED_ORIGINALS.min(stored);
    send_batches(&rig.api, &rig.intents(Template::Order, ORIGINALS_AREA), 0, originals).await?;
    lifecycle::all_read(rig, originals as u64).await?;
    rig.stop_server().await?;
    let (database, file) = rig.place();
    let stored = stored::repeat(database.map_or(Place::Sqlite(&file), Place::Postgres), stored).await?;
    rig.start_server().await?;
    // The newest are the originals: readable only if everything is as the server left it.
    lifecycle::check(rig, &rig.simulator.counts().await?).await?;
    let name = format!("lifecycle with {stored} stored");
    let cost = lifecycle::measure(rig, MEASURED_AREA, bench.amount.growth, &name).await?;
    say(format_args!("{name}: {:.0}/s", cost.per_s));
    Ok((cost.per_s, stored))
}

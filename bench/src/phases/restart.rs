//! A restart with a long queue: how soon the server submits again, and how much memory the queue costs it.

use anyhow::Result;

use super::Bench;
use crate::figures::Figures;
use crate::limits::SETTLE_TIME;
use crate::load::{Template, send_batches};
use crate::progress::say;
use crate::rig::Rig;

const AREA: usize = 3;

pub async fn run(bench: &Bench, rig: &mut Rig, figures: &mut Figures) -> Result<()> {
    let count = bench.amount.waiting;
    let sent = send_batches(&rig.api, &rig.intents(Template::Order, AREA), 0, count).await?;
    let before = rig.peak_rss_mb()?;
    let stopped = rig.stop_server().await?;
    let waiting = (count as u64).saturating_sub(rig.simulator.counts().await?.accepted);
    say(format_args!(
        "restart: {count} accepted in {:.1} s, {waiting} wait; the server ended within {:.0} ms",
        sent.seconds,
        stopped * 1e3
    ));
    let first = rig.start_until_submission().await?;
    tokio::time::sleep(SETTLE_TIME).await;
    let after = rig.peak_rss_mb()?;
    say(format_args!(
        "restart: first submission after {:.0} ms; peak memory {before:.0} MB before, {after:.0} MB after",
        first * 1e3
    ));
    figures.restart_waiting = Some(waiting);
    figures.restart_first_submission_ms = Some(first * 1e3);
    figures.restart_stop_ms = Some(stopped * 1e3);
    figures.restart_rss_peak_mb = Some(before.max(after));
    Ok(())
}

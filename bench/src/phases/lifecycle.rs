//! Whole lives of messages: accepted in batches, submitted, and sent, delivered and read by webhook.
//!
//! The end is when the simulator had a 200 for every receipt: the server answers so only after the effects
//! are durable. The states that the server reports are looked at afterwards.

use anyhow::{Result, bail};

use super::Bench;
use crate::clock;
use crate::figures::Figures;
use crate::load::{Template, send_batches};
use crate::progress::say;
use crate::rig::{Counts, Rig};

/// A twentieth of the messages goes first and is not counted.
const WARM_UP_SHARE: usize = 20;
/// Messages whose state is looked at afterwards.
const LOOKED_AT: usize = 200;

/// What one run cost.
pub(super) struct Cost {
    pub(super) per_s: f64,
    server_us: f64,
    simulator_us: f64,
    bench_us: f64,
    postgres_us: Option<f64>,
}

pub async fn single(bench: &Bench, rig: &Rig, figures: &mut Figures) -> Result<()> {
    let cost = measure(rig, 4, bench.amount.lifecycle, "lifecycle").await?;
    figures.lifecycle_per_s = Some(cost.per_s);
    figures.lifecycle_cpu_us_per_message = Some(cost.server_us);
    figures.postgres_cpu_us_per_message = cost.postgres_us;
    figures.simulator_cpu_us_per_message = Some(cost.simulator_us);
    figures.bench_cpu_us_per_message = Some(cost.bench_us);
    Ok(())
}

pub async fn batched(bench: &Bench, rig: &Rig, figures: &mut Figures) -> Result<()> {
    let cost = measure(rig, 5, bench.amount.lifecycle, "lifecycle, batched receipts").await?;
    figures.lifecycle_batched_per_s = Some(cost.per_s);
    figures.lifecycle_batched_cpu_us_per_message = Some(cost.server_us);
    figures.postgres_batched_cpu_us_per_message = cost.postgres_us;
    Ok(())
}

pub(super) async fn measure(rig: &Rig, area: usize, messages: usize, name: &str) -> Result<Cost> {
    let intents = rig.intents(Template::Order, area);
    // What an earlier measurement left on its way must not count here.
    let quiet = rig.until("messages of the measurement before", |c| c.receipts.read == c.accepted).await?;
    let warm = messages / WARM_UP_SHARE;
    send_batches(&rig.api, &intents, 0, warm).await?;
    let before = all_read(rig, quiet.receipts.read + warm as u64).await?;

    let (begin, cpu) = (clock::now(), rig.cpu()?);
    let sent = send_batches(&rig.api, &intents, warm as u64, messages).await?;
    let counts = all_read(rig, before.receipts.read + messages as u64).await?;
    let seconds = clock::seconds(begin);
    let after = rig.cpu()?;

    check(rig, &counts).await?;
    let share = |now: f64, then: f64| (now - then) / messages as f64;
    let cost = Cost {
        per_s: messages as f64 / seconds,
        server_us: share(after.server, cpu.server),
        simulator_us: share(after.simulator, cpu.simulator),
        bench_us: share(after.bench, cpu.bench),
        postgres_us: after.postgres.zip(cpu.postgres).map(|(now, then)| share(now, then)),
    };
    say(format_args!(
        "{name}: {messages} messages in {seconds:.1} s ({:.0}/s), accepted within {:.1} s; CPU µs a message: server \
         {:.0}, simulator {:.0}, generator {:.0}, PostgreSQL {}",
        cost.per_s,
        sent.seconds,
        cost.server_us,
        cost.simulator_us,
        cost.bench_us,
        cost.postgres_us.map_or("-".to_owned(), |us| format!("{us:.0}")),
    ));
    Ok(cost)
}

pub(super) async fn all_read(rig: &Rig, messages: u64) -> Result<Counts> {
    rig.until("receipts", |counts| counts.receipts.read >= messages && counts.receipts.delivered >= messages)
        .await
}

/// A fast run that sent twice, broke a limit or forgot a receipt is no result.
pub(super) async fn check(rig: &Rig, counts: &Counts) -> Result<()> {
    let Counts { submissions, accepted, repeated_callback_data, violations, .. } = *counts;
    if submissions != accepted || repeated_callback_data > 0 || violations > 0 {
        bail!("the simulator saw refusals, repetitions or broken limits: {counts:?}");
    }
    let statuses = rig.newest_statuses(LOOKED_AT).await?;
    if let Some(other) = statuses.iter().find(|status| *status != "read") {
        bail!("a message is `{other}` although the simulator knows it is read");
    }
    Ok(())
}

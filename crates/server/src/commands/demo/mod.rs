//! `tidings demo`: the whole path on one machine, towards simulated customers.
//!
//! Everything is the real thing but the provider: the store, the engine, HTTP in both directions, signed
//! webhooks. At the end what we say is compared with what the simulator wrote down.

mod compare;
mod count;
mod feed;
mod world;

use std::path::PathBuf;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};
use tidings_domain::time::SECOND;

use super::Outcome;
use crate::cli::Demo;
use crate::clock::elapsed_s;
use crate::config::{Config, DoubtSeconds};
use crate::limits;
use crate::output::Out;
use crate::table::pairs;
use count::Counts;
use tidings_domain::clock::Clock;
use world::World;

/// Doubts are decided sooner than in earnest: nobody wants to watch two minutes of waiting.
const DOUBT_S: DoubtSeconds = DoubtSeconds { authentication: 4, utility: 8, service: 8, marketing: 12 };

/// What the demo found out.
struct Summary {
    requested: u32,
    counts: Counts,
    comparison: compare::Comparison,
    in_doubt: u64,
    elapsed_s: f64,
}

pub async fn run(args: Demo, mut config: Config, out: Out) -> Outcome {
    let temporary = match &args.data_dir {
        Some(dir) => {
            config.data_dir = dir.clone();
            None
        }
        None => Some(tempfile::tempdir().context("a temporary directory")?),
    };
    if let Some(temporary) = &temporary {
        config.data_dir = PathBuf::from(temporary.path());
    }
    config.store = Default::default();
    config.stores.clear();
    config.tls = Default::default();
    config.dispatch.doubt_s = DOUBT_S;
    let world = World::start(&args, config).await?;
    let summary = drive(&args, &world, out).await?;
    out.answer(&summary.json(), || summary.words(&args))?;
    if args.exit {
        world.stop().await?;
    } else {
        let console = world.installation.console_path().await?;
        out.note(&format!("\nconsole, once: {}{console}\nCtrl-C stops.", world.running.address));
        world.until_asked().await?;
    }
    Ok(())
}

/// Sends everything and waits until nothing more will happen.
async fn drive(args: &Demo, world: &World, out: Out) -> anyhow::Result<Summary> {
    let clock = &world.installation.clock;
    let bar = progress(args.messages);
    let started = clock.monotonic_us();
    let feeding = feed::feed(&world.installation, &world.caller, args.messages);
    let watching = watch(args, world, &bar, started);
    let (fed, settled_us) = tokio::join!(feeding, watching);
    bar.finish_and_clear();
    fed?;
    let settled_us = settled_us?;
    let engine = &world.installation.engine;
    let counts = Counts::read(engine, &world.caller).await?;
    let ledger = world.simulator.ledger();
    let comparison = compare::compare(engine, &world.caller, &counts, &ledger).await?;
    let in_doubt = engine.overview(&world.caller).await?.in_doubt;
    if ledger.counts.violations > 0 {
        out.note(&format!(
            "the simulator saw {} broken limits: {:?}",
            ledger.counts.violations, ledger.violations
        ));
    }
    let elapsed_s = (settled_us - started) as f64 / SECOND as f64;
    Ok(Summary { requested: args.messages, counts, comparison, in_doubt, elapsed_s })
}

/// Looks until every message has ended and the simulator plans nothing more; the answer is when the last
/// message was delivered or ended, on the monotonic clock.
async fn watch(args: &Demo, world: &World, bar: &ProgressBar, started: i64) -> anyhow::Result<i64> {
    let clock = &world.installation.clock;
    let engine = &world.installation.engine;
    let patience_us = (limits::DEMO_WAIT_S + i64::from(args.messages) / 100) * SECOND;
    let (mut last, mut settled_us, mut changed_us) = ((0, 0), started, started);
    loop {
        clock.sleep(limits::DEMO_LOOK_US).await;
        let now = clock.monotonic_us();
        let overview = engine.overview(&world.caller).await?;
        let ended = overview.failed + overview.expired + overview.denied + overview.unknown;
        let seen = (overview.delivered + ended, overview.read + overview.submitted + overview.accepted);
        if seen.0 != last.0 {
            settled_us = now;
        }
        if seen != last {
            (last, changed_us) = (seen, now);
        }
        bar.set_position(seen.0.min(u64::from(args.messages)));
        bar.set_message(format!(
            "accepted {}, submitted {}, delivered {}, read {}, failed {}",
            overview.accepted, overview.submitted, overview.delivered, overview.read, overview.failed
        ));
        let all_in = overview.accepted + overview.denied >= u64::from(args.messages);
        let quiet = now - changed_us > limits::DEMO_QUIET_US;
        let idle = overview.queued == 0 && world.simulator.next_wake_us().is_none();
        if all_in && quiet && idle && Counts::read(engine, &world.caller).await?.open() == 0 {
            return Ok(settled_us);
        }
        if elapsed_s(&**clock, started) * SECOND as f64 > patience_us as f64 {
            tracing::warn!("not everything ended in time; the summary tells what is open");
            return Ok(now);
        }
    }
}

fn progress(messages: u32) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(u64::from(messages)), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{elapsed_precise} {bar:24} {pos}/{len}\n{msg}") {
        bar.set_style(style);
    }
    bar
}

impl Summary {
    fn json(&self) -> Value {
        let counts = &self.counts;
        json!({
            "requested": self.requested,
            "accepted": counts.accepted(),
            "denied": counts.of("denied"),
            "delivered": counts.of("delivered"),
            "read": counts.of("read") + counts.of("played"),
            "failed": counts.of("failed") + counts.of("expired"),
            "unknown": counts.of("unknown"),
            "open": counts.open(),
            "duplicates": self.comparison.duplicates,
            "lost": self.comparison.lost,
            "in_doubt": self.in_doubt,
            "elapsed_s": round(self.elapsed_s),
            "messages_per_s": round(f64::from(self.requested) / self.elapsed_s.max(0.001)),
        })
    }

    fn words(&self, args: &Demo) -> String {
        let json = self.json();
        let text = |name: &str| json[name].to_string();
        let mut rows: Vec<(&str, String)> =
            ["requested", "accepted", "denied", "delivered", "read", "failed", "unknown", "open"]
                .into_iter()
                .map(|name| (name, text(name)))
                .collect();
        let on_the_way = self.counts.of("submitted") + self.counts.of("sent");
        if on_the_way > 0 {
            rows.push(("sent, no receipt", on_the_way.to_string()));
        }
        let faults = if args.faults { "with faults" } else { "without faults" };
        format!(
            "{}\ncompared with the simulator's own ledger, {faults}\n{}\n\
             {} messages were delivered or ended in {} s: {} a second\n",
            pairs(&rows),
            pairs(&[
                ("duplicates", text("duplicates")),
                ("lost", text("lost")),
                ("in doubt", text("in_doubt"))
            ]),
            text("requested"),
            text("elapsed_s"),
            text("messages_per_s"),
        )
    }
}

fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

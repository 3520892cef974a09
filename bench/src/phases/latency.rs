//! How long an accept takes at a fixed rate, while what was accepted goes the whole way.

use anyhow::Result;

use super::Bench;
use crate::figures::Figures;
use crate::limits::{LATENCY_CONNECTIONS, LATENCY_RATE};
use crate::load::{Template, open_loop};
use crate::progress::say;
use crate::rig::Rig;
use crate::statistics::quantile_ms;

pub async fn run(bench: &Bench, rig: &Rig, figures: &mut Figures) -> Result<()> {
    let path = "/v1/messages";
    // A first second for connections, statements and templates to become warm.
    let warm = rig.intents(Template::Order, 2);
    let first = bench.amount.warm_up;
    open_loop(&rig.api, LATENCY_CONNECTIONS, LATENCY_RATE, first, path, move |n| warm.one(n)).await?;
    let intents = rig.intents(Template::Order, 3);
    let length = bench.amount.latency;
    let measured =
        open_loop(&rig.api, LATENCY_CONNECTIONS, LATENCY_RATE, length, path, move |n| intents.one(n)).await?;
    let latencies = measured.latencies;
    let (p50, p99) = (quantile_ms(&latencies, 0.5), quantile_ms(&latencies, 0.99));
    say(format_args!(
        "accept latency at {LATENCY_RATE}/s: p50 {p50:.2} ms, p99 {p99:.2} ms, worst {:.2} ms of {}",
        quantile_ms(&latencies, 1.0),
        latencies.len()
    ));
    figures.accept_p50_ms = Some(p50);
    figures.accept_p99_ms = Some(p99);
    Ok(())
}

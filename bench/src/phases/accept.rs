//! How fast messages are accepted, while dispatch has next to nothing to do: the lanes run at one message a second.

use std::rc::Rc;

use anyhow::Result;

use super::Bench;
use crate::args::Phase;
use crate::figures::Figures;
use crate::limits::{BATCH_CONNECTIONS, BATCH_MESSAGES, SINGLE_CONNECTIONS};
use crate::load::{Load, Template, closed_loop};
use crate::progress::say;
use crate::rig::Rig;

pub async fn run(bench: &Bench, rig: &Rig, figures: &mut Figures) -> Result<()> {
    let amount = &bench.amount;
    if bench.args.wants(Phase::Single) {
        let intents = rig.intents(Template::Order, 0);
        let load = Load {
            connections: SINGLE_CONNECTIONS,
            path: "/v1/messages",
            messages: 1,
            warm_up: amount.warm_up,
            length: amount.accept,
            body: Rc::new(move |n| intents.one(n)),
        };
        let (rate, cpu_us) = measure(rig, load).await?;
        say(format_args!("single accept: {rate:.0}/s; CPU µs a message: server {cpu_us:.0}"));
        figures.accept_single_per_s = Some(rate);
        figures.accept_single_cpu_us_per_message = Some(cpu_us);
    }
    if bench.args.wants(Phase::Batch) {
        let intents = rig.intents(Template::Order, 1);
        let load = Load {
            connections: BATCH_CONNECTIONS,
            path: "/v1/messages/batch",
            messages: BATCH_MESSAGES,
            warm_up: amount.warm_up,
            length: amount.accept,
            body: Rc::new(move |n| intents.batch(n, BATCH_MESSAGES)),
        };
        let (rate, cpu_us) = measure(rig, load).await?;
        say(format_args!("batch accept: {rate:.0} messages/s; CPU µs a message: server {cpu_us:.0}"));
        figures.accept_batch_per_s = Some(rate);
        figures.accept_batch_cpu_us_per_message = Some(cpu_us);
    }
    Ok(())
}

/// The rate, and what a message cost the server; the warm-up counts in the cost.
async fn measure(rig: &Rig, load: Load) -> Result<(f64, f64)> {
    let before = rig.cpu()?.server;
    let done = closed_loop(&rig.api, load).await?;
    Ok((done.per_s, (rig.cpu()?.server - before) / done.messages as f64))
}

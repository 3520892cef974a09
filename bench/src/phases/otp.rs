//! One-time passwords while a marketing backlog waits on the same sender.
//!
//! From the moment the accept request is begun to the arrival at the simulator, by its own ledger.

use std::collections::HashMap;

use anyhow::{Result, bail};

use super::Bench;
use crate::clock;
use crate::figures::Figures;
use crate::limits::{BUSY_PAUSE, LATENCY_CONNECTIONS, OTP_RATE, STALL_TIME};
use crate::load::{Template, open_loop, phone, send_batches};
use crate::progress::say;
use crate::rig::Rig;
use crate::statistics::{histogram, quantile_ms};

const BACKLOG_AREA: usize = 6;
const OTP_AREA: usize = 7;

pub async fn run(bench: &Bench, rig: &Rig, figures: &mut Figures) -> Result<()> {
    let backlog = bench.amount.backlog;
    let offers = rig.intents(Template::Offer, BACKLOG_AREA);
    let sent = send_batches(&rig.api, &offers, 0, backlog).await?;
    let waiting = (backlog as u64).saturating_sub(rig.simulator.counts().await?.accepted);
    say(format_args!("backlog: {backlog} accepted in {:.1} s, {waiting} wait", sent.seconds));

    let codes = rig.intents(Template::Code, OTP_AREA);
    let length = bench.amount.otp;
    let path = "/v1/messages";
    let accepts =
        open_loop(&rig.api, LATENCY_CONNECTIONS, OTP_RATE, length, path, move |n| codes.one(n)).await?;
    say(format_args!(
        "one-time passwords: accepted within p99 {:.2} ms",
        quantile_ms(&accepts.latencies, 0.99)
    ));
    let begun = accepts.begun;
    let arrived = arrivals(rig, begun.len()).await?;
    let mut delays = histogram();
    for (n, from) in begun.iter().enumerate() {
        let Some(at) = arrived.get(phone(OTP_AREA, n as u64).trim_start_matches('+')) else {
            bail!("one-time password {n} never reached the simulator");
        };
        delays.saturating_record(u64::try_from(at - from).unwrap_or(1).max(1));
    }
    let (p50, p99) = (quantile_ms(&delays, 0.5), quantile_ms(&delays, 0.99));
    say(format_args!(
        "one-time passwords: p50 {p50:.1} ms, p99 {p99:.1} ms, worst {:.1} ms of {}",
        quantile_ms(&delays, 1.0),
        delays.len()
    ));
    figures.otp_p99_ms = Some(p99);
    figures.otp_p50_ms = Some(p50);
    figures.otp_backlog = Some(waiting);
    Ok(())
}

/// When each number of the area was written to, by the ledger, once all of them were.
async fn arrivals(rig: &Rig, wanted: usize) -> Result<HashMap<String, i64>> {
    let prefix: String = phone(OTP_AREA, 0).trim_start_matches('+').chars().take(4).collect();
    let deadline = clock::now() + STALL_TIME;
    loop {
        let mut arrived = HashMap::new();
        for submission in rig.simulator.ledger().await? {
            if submission.to.starts_with(&prefix) {
                arrived.entry(submission.to).or_insert(submission.at_us);
            }
        }
        if arrived.len() >= wanted || clock::now() > deadline {
            return Ok(arrived);
        }
        tokio::time::sleep(BUSY_PAUSE).await;
    }
}

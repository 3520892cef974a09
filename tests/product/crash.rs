//! `kill -9` of the real program under load, ten times: what was acknowledged is there, and nothing was
//! submitted twice without a recorded doubt.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use tidings_simulator::{Faults, Simulator};
use tidings_tests::both_engines;
use tidings_tests::ledger::{self, MessageFacts};
use tidings_tests::support::{
    Http, Program, Served, Storage, Tenant, eventually, free_port, machine_us, provider, quick_provider,
};

const KILLS: usize = 10;
const BATCH: usize = 20;

/// Seconds from a kill until a started process submits again. Less than what is left of the dead one's lease, so
/// that only a process which takes it up at once is quick enough.
const BACK_WITHIN_S: f64 = 5.5;
const TRIES: usize = 4;

both_engines! {
    async fn nothing_acknowledged_is_lost_in_ten_kills(storage: Storage) {
        let stop = CancellationToken::new();
        let (simulator, url) = provider(quick_provider(), Arc::new(machine_us), &stop).await;
        let dir = tempfile::tempdir().unwrap();
        let data_dir = dir.path().join("data");
        let mut program = Program::default().on(&storage).with("TIDINGS_PROVIDERS__CLOUD__BASE_URL", url);
        for category in ["AUTHENTICATION", "UTILITY", "SERVICE", "MARKETING"] {
            program = program.with(&format!("TIDINGS_DISPATCH__DOUBT_S__{category}"), "2");
        }
        let init = program.json(&["init", "--data-dir", data_dir.to_str().unwrap(), "--json"]).await;
        let port = free_port().await;
        let mut served = program.serve(&data_dir, port).await;
        let installation = served.http.with_token(init["installation_key"].as_str().unwrap());
        let tenant = Tenant::make(&installation, &simulator, "Acme Parcels", 0).await;
        simulator.set_faults(Faults { timeout_before_accept: 0.0, timeout_after_accept: 0.0, ..Faults::full() });
        let mut acknowledged = BTreeSet::new();
        let mut dice = StdRng::seed_from_u64(7);
        for kill in 0..KILLS {
            let load = tokio::spawn(load(tenant.clone(), kill * 1_000));
            // sleep: the moment of the kill is random, and the process outside gives no sign
            tokio::time::sleep(Duration::from_millis(dice.random_range(200..900))).await;
            served.kill().await;
            acknowledged.extend(load.await.unwrap());
            served = program.serve(&data_dir, port).await;
        }
        assert!(acknowledged.len() >= KILLS * BATCH, "only {} messages were acknowledged", acknowledged.len());
        let messages = at_rest(&tenant.http, &simulator).await;
        let broken = ledger::check(&simulator.ledger(), &messages, &acknowledged);
        assert!(
            broken.is_empty(),
            "{} broken promises, such as {:#?}",
            broken.len(),
            &broken[..broken.len().min(5)]
        );
        let doctor = ["doctor", "--ledger", "--data-dir", data_dir.to_str().unwrap(), "--json"];
        let live = program.json(&doctor).await;
        assert_eq!(live["regions"][0]["ledger"]["messages"], messages.len(), "{live}");
        served = goes_on_at_once(&program, served, &tenant, &data_dir, port).await;
        assert_eq!(served.stop().await, Some(0));
        let at_rest = program.json(&doctor).await;
        assert_eq!(at_rest["healthy"], true, "{at_rest}");
        stop.cancel();
    }
}

/// A process that follows a killed one takes up its lanes without waiting for the lease to run out. One that waits is
/// never quick enough; one that does not may be slow where the machine is busy, so it is let try again.
async fn goes_on_at_once(
    program: &Program,
    mut served: Served,
    tenant: &Tenant,
    data_dir: &Path,
    port: u16,
) -> Served {
    tenant.simulator.set_faults(Faults::none());
    let id = tenant.send(&tenant.code(0)).await;
    tenant.until(&id, "delivered|read").await;
    let mut stood_still_s = Vec::new();
    for n in 1..=TRIES {
        let killed_us = machine_us();
        served.kill().await;
        served = program.serve(data_dir, port).await;
        let id = tenant.send(&tenant.code(n)).await;
        tenant.until(&id, "submitted|sent|delivered|read").await;
        stood_still_s.push((machine_us() - killed_us) as f64 / 1e6);
        if stood_still_s[n - 1] < BACK_WITHIN_S {
            return served;
        }
    }
    panic!("the lanes stood still for {stood_still_s:?} s");
}

/// Sends batches until the product is gone; the ids it was given.
async fn load(tenant: Tenant, base: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for round in 0.. {
        let first = base + round * BATCH;
        let batch: Vec<Value> = (0..BATCH)
            .map(|n| {
                let mut intent = if n % 5 == 0 { tenant.marketing(0) } else { tenant.utility(0) };
                intent["to"]["phone"] = json!(format!("+49151{:08}", 20_000_000 + first + n));
                intent
            })
            .collect();
        let request = tenant.http.request(http::Method::POST, "/v1/messages/batch");
        let body = json!({ "messages": batch }).to_string();
        let answer = request.header("content-type", "application/json").body(body).send().await;
        let Ok(answer) = answer else { return ids };
        let Ok(text) = answer.text().await else { return ids };
        let Ok(value) = serde_json::from_str::<Value>(&text) else { return ids };
        ids.extend(
            value["accepted"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|each| each["id"].as_str().map(str::to_owned)),
        );
        if round >= 6 {
            return ids;
        }
    }
    ids
}

/// Waits until no message is open, then reads all of them.
pub async fn at_rest(http: &Http, simulator: &Simulator) -> Vec<MessageFacts> {
    for status in ["queued", "submitting", "in_doubt", "scheduled", "accepted"] {
        for _ in 0..6 {
            let none = async || {
                let page = http.get(&format!("/v1/messages?status={status}&limit=1")).await.expect(200);
                page["messages"].as_array().is_some_and(Vec::is_empty).then_some(())
            };
            let waited = tokio::time::timeout(Duration::from_secs(19), eventually(status, none)).await;
            if waited.is_ok() {
                break;
            }
        }
    }
    eventually("the post to be empty", async || simulator.next_wake_us().is_none().then_some(())).await;
    let mut messages = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = http.get(&format!("/v1/messages?limit=500{cursor}")).await.expect(200);
        for message in page["messages"].as_array().unwrap() {
            let one =
                http.get(&format!("/v1/messages/{}", message["id"].as_str().unwrap())).await.expect(200);
            messages.push(serde_json::from_value(one).unwrap());
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return messages,
        }
    }
}

//! The PostgreSQL primary dies under load and its synchronous standby takes over: Tidings finds it by itself, and
//! nothing acknowledged is lost or submitted twice. Clients repeat what was not answered, with the same key.
#![expect(clippy::print_stderr, reason = "the outage is a figure that people want to see")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use tidings_tests::ledger;
use tidings_tests::support::{
    Pair, Program, Tenant, at_rest, eventually, free_port, leaves_out, long, machine_us, provider,
    quick_provider,
};

const BATCH: usize = 10;
/// Between two requests of a client; how often it repeats one; and how many batches it sends at most.
const AGAIN: Duration = Duration::from_millis(50);
const TRIES_MAX: usize = 1_200;
const BATCHES_MAX: usize = 1_000;
/// Clients that send at once.
const CLIENTS: usize = 3;

/// Batches that each client begins after the primary died and sees accepted; before that, all of them together see as
/// many. The short run shares its two cores with every other test.
fn batches() -> usize {
    if long() { 30 } else { 6 }
}

#[test]
fn the_standby_takes_over_without_loss() {
    if leaves_out("postgres") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(run());
}

async fn run() {
    let mut pair = Pair::start().await;
    let stop = CancellationToken::new();
    let (simulator, url) = provider(quick_provider(), Arc::new(machine_us), &stop).await;
    let dir = tempfile::tempdir().unwrap();
    let data_dir = dir.path().join("data");
    let mut program = Program::default()
        .with("TIDINGS_PROVIDERS__CLOUD__BASE_URL", url)
        .with("TIDINGS_STORE__URL", pair.url());
    for category in ["AUTHENTICATION", "UTILITY", "SERVICE", "MARKETING"] {
        program = program.with(&format!("TIDINGS_DISPATCH__DOUBT_S__{category}"), "2");
    }
    let init = program.json(&["init", "--data-dir", data_dir.to_str().unwrap(), "--json"]).await;
    let served = program.serve(&data_dir, free_port().await).await;
    let installation = served.http.with_token(init["installation_key"].as_str().unwrap());
    let tenant = Tenant::make(&installation, &simulator, "Acme Parcels", 0).await;

    let progress = Arc::new(Progress::default());
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| tokio::spawn(send(tenant.clone(), client, Arc::clone(&progress))))
        .collect();
    let before = batches() * CLIENTS * BATCH;
    eventually("messages under way", async || {
        (simulator.ledger().submissions.len() > before / 4
            && progress.accepted.load(Ordering::SeqCst) > before)
            .then_some(())
    })
    .await;
    pair.lose_primary();
    let lost_us = machine_us();
    progress.lost_us.store(lost_us, Ordering::SeqCst);
    pair.promote();
    let mut acknowledged = BTreeSet::new();
    for client in clients {
        acknowledged.extend(client.await.unwrap());
    }
    let outage_us = progress.again_us.load(Ordering::SeqCst) - lost_us;
    let messages = at_rest(&tenant.http, &simulator, &[]).await;
    let broken = ledger::check(&simulator.ledger(), &messages, &acknowledged);
    let doubts =
        messages.iter().flat_map(|message| &message.attempts).filter(|attempt| attempt.was_in_doubt).count();
    eprintln!(
        "fail-over: {} messages, accepted again {} ms after the primary died, {doubts} doubts, {} batches repeated",
        acknowledged.len(),
        outage_us / 1_000,
        progress.repeated.load(Ordering::SeqCst),
    );
    assert!(
        broken.is_empty(),
        "{} broken promises, such as {:#?}",
        broken.len(),
        &broken[..broken.len().min(5)]
    );
    assert!(acknowledged.len() >= before + batches() * CLIENTS * BATCH, "the primary died too early");
    assert_eq!(messages.len(), acknowledged.len(), "a repeated batch was taken twice");
    assert_eq!(served.stop().await, Some(0));
    stop.cancel();
}

#[test]
fn epochs_never_go_back() {
    if leaves_out("postgres") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(epochs());
}

/// The standby that is promoted had not got the last epochs: those that come next are greater all the same.
async fn epochs() {
    let mut pair = Pair::start().await;
    let dir = tempfile::tempdir().unwrap();
    let data_dir = dir.path().join("data");
    let program = Program::default()
        .with("TIDINGS_PROVIDERS__CLOUD__BASE_URL", "http://127.0.0.1:9")
        .with("TIDINGS_STORE__URL", pair.url());
    let mut before = 0;
    for lost in [false, true, true] {
        if lost && before > 0 {
            pair.cut_off_standby().await;
        }
        // Each process takes the slots anew.
        let served = program.serve(&data_dir, free_port().await).await;
        before = eventually("the slots to be taken", async || {
            let now = pair.newest_epoch(false).await;
            (now > before).then_some(now)
        })
        .await;
        assert_eq!(served.stop().await, Some(0));
    }
    assert!(pair.newest_epoch(true).await < before, "the standby has what it should have lost");
    pair.lose_primary();
    pair.promote();
    let served = program.serve(&data_dir, free_port().await).await;
    eventually("every slot to have a new epoch", async || {
        (pair.slots_not_above(before).await == 0).then_some(())
    })
    .await;
    assert_eq!(served.stop().await, Some(0));
}

#[derive(Default)]
struct Progress {
    accepted: AtomicUsize,
    repeated: AtomicUsize,
    /// When the primary died; zero while it lives.
    lost_us: AtomicI64,
    /// When the first batch was accepted that was begun after that.
    again_us: AtomicI64,
}

impl Progress {
    /// A batch was begun and is accepted now; whether the primary had died when it was begun.
    fn accepted(&self, begun_us: i64) -> bool {
        self.accepted.fetch_add(BATCH, Ordering::SeqCst);
        let lost_us = self.lost_us.load(Ordering::SeqCst);
        let after = lost_us > 0 && begun_us > lost_us;
        if after {
            let _ = self.again_us.compare_exchange(0, machine_us(), Ordering::SeqCst, Ordering::SeqCst);
        }
        after
    }
}

/// Sends batches, each until it is taken and always under its own key, until enough of them were begun after the
/// primary died; the ids it was given.
async fn send(tenant: Tenant, client: usize, progress: Arc<Progress>) -> Vec<String> {
    let mut ids = Vec::new();
    let mut after = 0;
    for round in 0..BATCHES_MAX {
        let batch: Vec<Value> = (0..BATCH)
            .map(|n| {
                let to = (client * BATCHES_MAX + round) * BATCH + n;
                let mut intent = tenant.utility(0);
                intent["to"]["phone"] = json!(format!("+49151{:08}", 30_000_000 + to));
                intent
            })
            .collect();
        let body = json!({ "messages": batch }).to_string();
        let key = format!("{client}-{round}");
        let (begun_us, mut tries) = (machine_us(), 0);
        let answer = loop {
            tries += 1;
            assert!(tries < TRIES_MAX, "a batch is not taken");
            if let Some(answer) = once(&tenant, &key, &body).await {
                break answer;
            }
            // sleep: a client waits before it repeats, as `Retry-After` asks
            tokio::time::sleep(AGAIN).await;
        };
        if tries > 1 {
            progress.repeated.fetch_add(1, Ordering::SeqCst);
        }
        let accepted = answer["accepted"].as_array().unwrap();
        assert_eq!(accepted.len(), BATCH, "{answer}");
        ids.extend(accepted.iter().map(|each| each["id"].as_str().unwrap().to_owned()));
        after += usize::from(progress.accepted(begun_us));
        if after == batches() {
            return ids;
        }
        // sleep: a client has other things to do between two batches
        tokio::time::sleep(AGAIN).await;
    }
    panic!("the primary lives after {BATCHES_MAX} batches of a client");
}

/// The answer to a batch that was taken.
async fn once(tenant: &Tenant, key: &str, body: &str) -> Option<Value> {
    let request = tenant.http.request(http::Method::POST, "/v1/messages/batch");
    let request = request.header("content-type", "application/json").header("idempotency-key", key);
    let answer = request.body(body.to_owned()).send().await.ok()?;
    let status = answer.status().as_u16();
    assert!([202, 409, 429, 503].contains(&status), "{status}");
    if status != 202 {
        return None;
    }
    serde_json::from_str(&answer.text().await.ok()?).ok()
}

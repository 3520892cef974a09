//! Backup under load, more traffic, loss of everything, restore: nothing that left after the backup leaves
//! again by itself, and what may have left is in doubt until a receipt or an operator says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use tidings_simulator::{Customers, SimConfig, Simulator};
use tidings_tests::ledger;
use tidings_tests::support::{
    Database, Http, Program, Served, Tenant, at_rest, eventually, free_port, leaves_out, machine_us, provider,
};

#[test]
fn a_restore_sends_nothing_twice_sqlite() {
    run("sqlite");
}

#[test]
fn a_restore_sends_nothing_twice_postgres() {
    run("postgres");
}

fn run(kind: &'static str) {
    if leaves_out(kind) {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let (old, new) = match kind {
            "postgres" => (Database::postgres().await, Database::postgres().await),
            _ => (Database::sqlite(), Database::sqlite()),
        };
        scenario(&old, &new).await;
        old.remove().await;
        new.remove().await;
    });
}

fn program(provider: &str, database: &Database) -> Program {
    let mut program = Program::default().with("TIDINGS_PROVIDERS__CLOUD__BASE_URL", provider);
    for category in ["AUTHENTICATION", "UTILITY", "SERVICE", "MARKETING"] {
        program = program.with(&format!("TIDINGS_DISPATCH__DOUBT_S__{category}"), "1");
    }
    match database.url() {
        Some(url) => program.with("TIDINGS_STORE__URL", url),
        None => program,
    }
}

async fn scenario(old: &Database, new: &Database) {
    let stop = CancellationToken::new();
    let (simulator, url) = provider(config(), Arc::new(machine_us), &stop).await;
    let dir = tempfile::tempdir().unwrap();
    let (data, again, backups) =
        (dir.path().join("data"), dir.path().join("again"), dir.path().join("backups"));
    let port = free_port().await;
    let before = program(&url, old);
    let init = before.json(&["init", "--data-dir", text(&data), "--json"]).await;
    let key = init["installation_key"].as_str().unwrap().to_owned();
    let served = before.serve(&data, port).await;
    let tenant = Tenant::make(&served.http.with_token(&key), &simulator, "Acme Parcels", 0).await;
    let mut known = accept(&tenant, 0, 240).await;
    known.extend(scheduled(&tenant).await);
    let submitted = async |n| (simulator.ledger().submissions.len() >= n).then_some(());
    eventually("some messages to be submitted", || submitted(40)).await;

    let made = before.json(&["backup", "--to", text(&backups), "--data-dir", text(&data), "--json"]).await;
    let submitted_at_backup = simulator.ledger().submissions.len();
    assert!(submitted_at_backup < 240, "the backup came too late to be taken under load");
    let after_backup = accept(&tenant, 500, 40).await;
    eventually("everything due to be submitted", || submitted(280)).await;
    served.kill().await;

    // The folder that was lost had the only key; the operator has a copy.
    std::fs::create_dir(&again).unwrap();
    std::fs::copy(data.join("master.key"), again.join("master.key")).unwrap();
    let program = program(&url, new);
    let from = made["backup"].as_str().unwrap().to_owned();
    damaged(&program, &from, &again).await;
    let restored = program.json(&["restore", "--from", &from, "--data-dir", text(&again), "--json"]).await;
    let held = restored["held"].as_u64().unwrap();
    assert!(held >= 240 - submitted_at_backup as u64, "{restored}");
    assert_eq!(restored["regions"][0]["restored"]["scheduled"], 5, "{restored}");
    assert_eq!(restored["regions"][0]["restored"]["log_generation"], 2, "{restored}");
    let refused = program.run(&["restore", "--from", &from, "--data-dir", text(&again)]).await;
    assert_eq!(refused.code, Some(1), "a store that is there is left alone");

    let served = program.serve(&again, port).await;
    let tenant = Tenant { http: served.http.with_token(&tenant.key), ..tenant };
    nothing_goes_twice(&tenant, &simulator, &known, &after_backup).await;
    by_receipt_or_operator(&program, &served, &key, &tenant, &simulator).await;
    let messages = at_rest(&tenant.http, &simulator, &["scheduled"]).await;
    let mut broken = ledger::check(&simulator.ledger(), &messages, &known);
    // Messages that were taken after the backup are of nobody we know, and receipts from then are lost.
    broken.retain(|each| {
        !each.starts_with("foreign:")
            && !each.starts_with("join:")
            && !each.ends_with("is scheduled at the end")
    });
    assert!(
        broken.is_empty(),
        "{} broken promises, such as {:#?}",
        broken.len(),
        &broken[..broken.len().min(5)]
    );
    assert_eq!(served.stop().await, Some(0));
    stop.cancel();
}

/// A file that changed is found before anything is written.
async fn damaged(program: &Program, from: &str, again: &Path) {
    let broken = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), broken.path().join(entry.file_name())).unwrap();
    }
    let manifest: Value =
        serde_json::from_slice(&std::fs::read(broken.path().join("manifest.json")).unwrap()).unwrap();
    let largest =
        manifest["regions"][0]["files"].as_array().unwrap().iter().max_by_key(|file| file["bytes"].as_u64());
    let path = broken.path().join(largest.unwrap()["name"].as_str().unwrap());
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let refused = program.run(&["restore", "--from", text(broken.path()), "--data-dir", text(again)]).await;
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("not the one that was written"), "{}", refused.stderr);
}

async fn nothing_goes_twice(
    tenant: &Tenant,
    simulator: &Simulator,
    known: &BTreeSet<String>,
    after_backup: &BTreeSet<String>,
) {
    // The lanes go: a new message passes.
    let fresh = tenant.send(&tenant.utility(990)).await;
    tenant.until(&fresh, "sent|delivered|read").await;
    // sleep: that nothing happens shows only in time; doubts are decided after one second here
    tokio::time::sleep(Duration::from_secs(4)).await;
    let ledger = simulator.ledger();
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for submission in &ledger.submissions {
        // An attempt's id is its message's with the number in its last byte: the recipient tells messages apart.
        *times.entry(submission.to.as_str()).or_default() += 1;
    }
    let twice: Vec<_> = times.iter().filter(|(_, n)| **n > 1).collect();
    assert!(twice.is_empty(), "sent twice: {twice:?}");
    assert_eq!(times.len(), 281, "240 before the backup, 40 after it, 1 after the restore");
    for id in after_backup {
        assert_eq!(tenant.http.get(&format!("/v1/messages/{id}")).await.status, 404);
    }
    for id in known {
        let status = tenant.message(id).await["status"].as_str().unwrap_or_default().to_owned();
        assert_ne!(status, "queued", "{id}");
    }
}

async fn by_receipt_or_operator(
    program: &Program,
    served: &Served,
    key: &str,
    tenant: &Tenant,
    simulator: &Simulator,
) {
    eventually("the late receipts", async || simulator.next_wake_us().is_none().then_some(())).await;
    let (server, seen) = (served.http.base.clone(), simulator.ledger().submissions.len());
    let recover = async |more: &[&str]| {
        let mut args = vec!["recover", "--server", &server, "--key", key, "--json"];
        args.extend(more);
        program.json(&args).await
    };
    let held = recover(&[]).await;
    let of = |category: &str| {
        let list = held["held"].as_array().unwrap();
        list.iter()
            .find(|each| each["category"] == category)
            .map_or(0, |each| each["messages"].as_u64().unwrap())
    };
    let (utility, marketing) = (of("utility"), of("marketing"));
    assert!(utility > 0 && marketing > 0, "{held}");
    let settled = tenant.events().await;
    let receipts = settled.iter().filter(|event| event["type"] == "message.doubt_resolved").count();
    assert!(receipts > 0, "no receipt settled a held message");
    // A receipt that comes in this moment settles one of them first.
    let decide = async |how: &str, category: &str, listed: u64| {
        let decided = recover(&[how, "--category", category]).await["decided"].as_u64().unwrap();
        assert!((1..=listed).contains(&decided), "{decided} of {listed} were decided");
        decided
    };
    decide("--unknown", "marketing", marketing).await;
    let want = seen + usize::try_from(decide("--resend", "utility", utility).await).unwrap();
    eventually("the resends", async || (simulator.ledger().submissions.len() == want).then_some(())).await;
    assert_eq!(recover(&[]).await["held"].as_array().map(Vec::len), Some(0));
}

fn config() -> SimConfig {
    let customers = Customers {
        sent_median_ms: 20.0,
        delivery_median_ms: 40.0,
        // Half are read, and late enough for a receipt to come after the restore.
        read_median_ms: 9_000.0,
        read_share: 0.5,
        failed_share: 0.0,
        reply_share: 0.0,
        stop_share: 0.0,
        ..Customers::default()
    };
    SimConfig { customers, ..SimConfig::default() }
}

/// Messages to so many people from this one on; every fourth is marketing.
async fn accept(tenant: &Tenant, first: usize, count: usize) -> BTreeSet<String> {
    let batch: Vec<Value> = (first..first + count)
        .map(|n| if n % 4 == 0 { tenant.marketing(n) } else { tenant.utility(n) })
        .collect();
    post(&tenant.http, batch).await
}

/// Messages whose time comes in an hour.
async fn scheduled(tenant: &Tenant) -> BTreeSet<String> {
    let at = tidings_domain::time::Timestamp::from_micros(machine_us() + 3_600_000_000).to_string();
    let batch: Vec<Value> = (900..905)
        .map(|n| {
            let mut intent = tenant.utility(n);
            intent["send_at"] = json!(at);
            intent
        })
        .collect();
    post(&tenant.http, batch).await
}

async fn post(http: &Http, batch: Vec<Value>) -> BTreeSet<String> {
    let answer = http.post("/v1/messages/batch", &json!({ "messages": batch })).await.expect(202);
    let accepted = answer["accepted"].as_array().unwrap();
    assert_eq!(accepted.len(), batch.len(), "{answer}");
    accepted.iter().map(|each| each["id"].as_str().unwrap().to_owned()).collect()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a test's directory is text")
}

//! Receipts for messages that nobody knows, as fast as they are taken: kept for the case that the answer comes
//! later, small, and nobody else's delay.

use serde_json::{Value, json};
use tokio::task::JoinSet;

use tidings_tests::both_engines;
use tidings_tests::support::{Rig, Storage, Tenant, machine_us, sign};

use super::{MEMORY_MB_MAX, long, quantile, since_ms};

/// Receipts in one body, as many as the platform puts into one.
const PER_BODY: usize = 500;
const CALLERS: usize = 4;
/// Milliseconds within which another tenant's callbacks are answered, 99 in 100.
const OTHERS_MS: f64 = 1_000.0;
/// Bytes on disk that an unknown receipt may take: its place among the provider ids, and both in the write-ahead log.
/// How much longer answers may take in the short run.
const SHORT_RUN_SLACK: f64 = 8.0;
const BYTES_EACH_MAX: u64 = 4_000;

fn unknown(tenant: &Tenant, first: usize) -> String {
    let statuses: Vec<Value> = (first..first + PER_BODY)
        .map(|n| {
            json!({"id": format!("wamid.NOBODY{n}"), "status": "delivered", "recipient_id": "4915112300001",
                "timestamp": (machine_us() / 1_000_000).to_string()})
        })
        .collect();
    tenant.change(
        "messages",
        &json!({"messaging_product": "whatsapp", "metadata": tenant.metadata(), "statuses": statuses}),
    )
}

async fn deliver(tenant: &Tenant, body: String) -> u16 {
    let signature = sign(&tenant.app_secret, body.as_bytes());
    let headers = [("x-hub-signature-256", signature.as_str())];
    tenant.http.raw(http::Method::POST, &tenant.callback_path, body, &headers).await.status
}

fn on_disk(rig: &Rig) -> u64 {
    let files = std::fs::read_dir(&rig.data_dir).expect("the data directory is there");
    files.filter_map(|file| file.ok()?.metadata().ok()).map(|data| data.len()).sum()
}

async fn flood(storage: Storage) {
    let mut rig = Rig::start(&storage).await;
    let (tenant, other) = (rig.tenant(0).await, rig.tenant(1).await);
    let bodies = if long() { 400 } else { 40 };
    let before = on_disk(&rig);
    let began_us = machine_us();
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let tenant = tenant.clone();
        callers.spawn(async move {
            let mut refused = 0;
            for n in 0..bodies / CALLERS {
                let body = unknown(&tenant, (n * CALLERS + caller) * PER_BODY);
                refused += usize::from(deliver(&tenant, body).await != 200);
            }
            refused
        });
    }
    let mut times = Vec::new();
    let mut refused = 0;
    while !callers.is_empty() {
        let asked_us = machine_us();
        other.send(&other.utility(1)).await;
        assert_eq!(deliver(&other, other.change("field_of_the_future", &json!({}))).await, 200);
        times.push(since_ms(asked_us));
        while let Some(done) = callers.try_join_next() {
            refused += done.expect("a caller ends");
        }
    }
    let lasted_s = since_ms(began_us) / 1_000.0;
    times.sort_by(f64::total_cmp);
    let receipts = bodies * PER_BODY;
    let grown = on_disk(&rig).saturating_sub(before);
    eprintln!(
        "receipt flood on {}: {receipts} receipts for unknown ids in {lasted_s:.1} s ({:.0}/s), {refused} bodies refused; \
         another tenant's message and callback in {:.1} ms (half), {:.1} ms (99 %); {} on disk; memory at most {} MiB",
        if storage.is_sqlite() { "SQLite" } else { "PostgreSQL" },
        receipts as f64 / lasted_s,
        quantile(&times, 0.5),
        quantile(&times, 0.99),
        if storage.is_sqlite() {
            format!("{} bytes a receipt", grown / receipts as u64)
        } else {
            "not measured".to_owned()
        },
        rig.memory_mb().1,
    );
    assert!(rig.is_alive());
    assert_eq!(refused, 0);
    // The short run shares its two cores with every other test, in a build that is not optimized.
    let slack = if long() { 2.0 } else { SHORT_RUN_SLACK };
    assert!(quantile(&times, 0.99) < OTHERS_MS * slack, "{} ms", quantile(&times, 0.99));
    assert!(!storage.is_sqlite() || grown / receipts as u64 <= BYTES_EACH_MAX, "{grown} bytes");
    assert!(rig.memory_mb().1 <= MEMORY_MB_MAX);
    let id = other.send(&other.code(2)).await;
    other.until(&id, "delivered|read").await;
}

both_engines! {
    async fn receipts_for_nobody_are_taken_and_hold_up_nobody(storage: Storage) {
        flood(storage).await;
    }
}

//! Ten times the load that is sustained: memory stays bounded, what is too much is refused with a time to come
//! back, and the first request after it is answered as ever.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use http::Method;
use tokio::task::JoinSet;

use tidings_tests::both_engines;
use tidings_tests::support::{Http, Rig, Storage, Tenant};

use super::{MEMORY_MB_MAX, batch, since_ms, storm_time};

/// Messages in one request.
const BATCH: usize = 500;
/// Callers while the sustained load is measured.
const CALLERS: usize = 8;
const TIMES: f64 = 10.0;
/// Milliseconds of flood after which something must have been refused.
const REFUSES_MS: f64 = 45_000.0;
/// Milliseconds within which the first request after the flood is answered, beside the time for the requests that stood
/// before it.
const RECOVERED_MS: f64 = 3_000.0;

#[derive(Default)]
struct Seen {
    accepted: AtomicU64,
    refused: AtomicU64,
    /// Refused without the time to come back, or answered with something else.
    wrong: AtomicU64,
    unanswered: AtomicU64,
}

impl Seen {
    fn answered(&self) -> u64 {
        [&self.accepted, &self.refused, &self.wrong].iter().map(|each| each.load(Ordering::Relaxed)).sum()
    }

    async fn call(&self, http: &Http, body: String) {
        let request =
            http.request(Method::POST, "/v1/messages/batch").header("content-type", "application/json");
        let Ok(answer) = request.body(body).send().await else {
            self.unanswered.fetch_add(1, Ordering::Relaxed);
            return;
        };
        let counter = match answer.status().as_u16() {
            202 => &self.accepted,
            429 | 503 if answer.headers().contains_key("retry-after") => &self.refused,
            _ => &self.wrong,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        let _ = answer.bytes().await;
    }
}

/// Messages a second that a few patient callers get in.
async fn sustained(tenant: &Tenant, number: &Arc<AtomicUsize>) -> f64 {
    let began_us = tidings_tests::support::machine_us();
    let seen = Arc::new(Seen::default());
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let (tenant, seen, number) = (tenant.clone(), seen.clone(), number.clone());
        callers.spawn(async move {
            while since_ms(began_us) < 3_000.0 {
                let first = number.fetch_add(BATCH, Ordering::Relaxed);
                seen.call(&tenant.http, batch(&tenant, first, BATCH).to_string()).await;
            }
        });
    }
    while callers.join_next().await.is_some() {}
    seen.accepted.load(Ordering::Relaxed) as f64 * BATCH as f64 / (since_ms(began_us) / 1_000.0)
}

async fn overload(storage: Storage) {
    let mut rig = Rig::start(&storage).await;
    let tenant = rig.tenant(0).await;
    let number = Arc::new(AtomicUsize::new(0));
    let sustained = sustained(&tenant, &number).await;
    let every = Duration::from_secs_f64(BATCH as f64 / (sustained * TIMES));
    let seen = Arc::new(Seen::default());
    let mut calls = JoinSet::new();
    let began_us = tidings_tests::support::machine_us();
    let mut ticks = tokio::time::interval(every);
    let mut offered = 0u64;
    let mut most_mb = 0;
    // One body for all: what is measured is the program, not the client.
    let body = batch(&tenant, number.load(Ordering::Relaxed), BATCH).to_string();
    // A machine that is busy otherwise takes longer until it has too much.
    let goes_on = |seen: &Seen| {
        let lasted_ms = since_ms(began_us);
        let refused = seen.refused.load(Ordering::Relaxed) > 0;
        lasted_ms < storm_time().as_secs_f64() * 1_000.0 || (!refused && lasted_ms < REFUSES_MS)
    };
    while goes_on(&seen) {
        ticks.tick().await;
        let (http, seen, body) = (tenant.http.clone(), seen.clone(), body.clone());
        calls.spawn(async move { seen.call(&http, body).await });
        offered += 1;
        most_mb = most_mb.max(rig.memory_mb().0);
    }
    let lasted_s = since_ms(began_us) / 1_000.0;
    let before = offered - seen.answered();
    calls.abort_all();
    let began_us = tidings_tests::support::machine_us();
    let id = tenant.send(&tenant.code(1)).await;
    let recovered_ms = since_ms(began_us);
    let (_, peak_mb) = rig.memory_mb();
    let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    eprintln!(
        "overload on {}: sustained {sustained:.0} messages/s; offered {:.0}/s for {lasted_s:.0} s ({offered} batches): {} \
         accepted, {} refused with Retry-After, {} unanswered when it ended, {} wrong; memory at most {peak_mb} MiB; \
         first request after it in {recovered_ms:.0} ms",
        if storage.is_sqlite() { "SQLite" } else { "PostgreSQL" },
        offered as f64 * BATCH as f64 / lasted_s,
        load(&seen.accepted),
        load(&seen.refused),
        before,
        load(&seen.wrong),
    );
    assert!(rig.is_alive());
    assert!(most_mb.max(peak_mb) <= MEMORY_MB_MAX, "{peak_mb} MiB");
    assert_eq!(load(&seen.wrong) + load(&seen.unanswered), 0, "refused in another way");
    assert!(load(&seen.accepted) > 0 && load(&seen.refused) > 0, "it was no overload");
    let work_ms = before as f64 * BATCH as f64 / sustained * 1_000.0;
    assert!(recovered_ms <= RECOVERED_MS + work_ms, "{recovered_ms} ms behind work for {work_ms} ms");
    tenant.until(&id, "delivered|read").await;
}

both_engines! {
    async fn too_much_is_refused_and_forgotten(storage: Storage) {
        overload(storage).await;
    }
}

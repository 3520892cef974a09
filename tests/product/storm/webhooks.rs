//! Callbacks at three times the outgoing rate, each in a body of its own, and customers writing to
//! another number, while sending goes on.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tidings_simulator::{Deliver, Webhook, WebhookMode};
use tidings_tests::both_engines;
use tidings_tests::support::{Http, Rig, Storage, machine_us, phone};

use super::{MEMORY_MB_MAX, batch, long, quantile, since_ms};

/// Messages a second of a sender.
const SENDER_PER_S: usize = 80;
/// Of the sender's rate, what goes out at least: the storm shares two cores with whoever makes it.
const OUT_MIN: f64 = 0.25;
/// Milliseconds that half of the callbacks, and 99 in 100, are answered within.
const MEDIAN_MS: f64 = 250.0;
const P99_MS: f64 = 1_000.0;
/// How much longer answers may take in the short run.
const SHORT_RUN_SLACK: f64 = 4.0;

/// Carries callbacks and keeps the time of each answer.
struct Stopwatch {
    http: Http,
    took: Mutex<Vec<(f64, u16)>>,
}

impl Deliver for Stopwatch {
    fn deliver(&self, webhook: &Webhook) -> Pin<Box<dyn Future<Output = Option<u16>> + Send + '_>> {
        let mut request = self.http.client.post(&webhook.url).body(webhook.body.clone());
        for (name, value) in &webhook.headers {
            request = request.header(name, value);
        }
        Box::pin(async move {
            let began_us = machine_us();
            let status = request.send().await.ok()?.status().as_u16();
            self.took.lock().expect("nobody panics holding it").push((since_ms(began_us), status));
            Some(status)
        })
    }
}

async fn storm(storage: Storage) {
    let watch = Arc::new(Stopwatch { http: Http::new(""), took: Mutex::default() });
    let deliver = watch.clone();
    let mut rig = Rig::with(&storage, |setting| {
        setting.deliver = deliver;
        setting.simulator.webhook = WebhookMode { max_batch: 1, batch_window_us: 0 };
    })
    .await;
    let seconds = if long() { 60 } else { 6 };
    let senders = if long() { 2 } else { 1 };
    for number in 0..senders {
        let tenant = rig.tenant(number).await;
        let wanted = SENDER_PER_S * seconds;
        for first in (0..wanted).step_by(500) {
            let size = 500.min(wanted - first);
            tenant.http.post("/v1/messages/batch", &batch(&tenant, first, size)).await.expect(202);
        }
    }
    // A number's throughput counts what comes in too, so customers write to another one.
    let listener = rig.tenant(senders).await;
    let began_us = machine_us();
    let mut ticks = tokio::time::interval(Duration::from_secs_f64(1.0 / SENDER_PER_S as f64));
    while since_ms(began_us) < seconds as f64 * 1_000.0 {
        ticks.tick().await;
        let _ = rig.simulator.inbound_text(machine_us(), &listener.number, &phone(7)[1..], "Where is it?");
    }
    let lasted_s = since_ms(began_us) / 1_000.0;
    let sent = rig.simulator.counts().accepted;
    let took = watch.took.lock().expect("nobody panics holding it").clone();
    let mut times: Vec<f64> = took.iter().map(|(ms, _)| *ms).collect();
    times.sort_by(f64::total_cmp);
    let (median, p99) = (quantile(&times, 0.5), quantile(&times, 0.99));
    let out_per_s = sent as f64 / lasted_s;
    eprintln!(
        "webhook storm on {}: {out_per_s:.0} messages/s out, {:.0} callbacks/s in ({:.1} times) for {lasted_s:.0} s; \
         answered within {median:.1} ms (half), {p99:.1} ms (99 %), {:.1} ms (all); memory at most {} MiB",
        if storage.is_sqlite() { "SQLite" } else { "PostgreSQL" },
        times.len() as f64 / lasted_s,
        times.len() as f64 / sent.max(1) as f64,
        times.last().copied().unwrap_or(0.0),
        rig.memory_mb().1,
    );
    assert!(rig.is_alive());
    assert!(took.iter().all(|(_, status)| *status == 200), "a callback was refused");
    assert!(out_per_s >= OUT_MIN * (senders * SENDER_PER_S) as f64, "sending did not go on: {out_per_s}/s");
    assert!(times.len() as f64 >= 3.0 * sent as f64 * 0.9, "it was no storm");
    // The short run shares its two cores with every other test, in a build that is not optimized.
    let slack = if long() { 1.0 } else { SHORT_RUN_SLACK };
    assert!(median < MEDIAN_MS * slack && p99 < P99_MS * slack, "half {median} ms, 99 % {p99} ms");
    assert!(rig.memory_mb().1 <= MEMORY_MB_MAX);
}

both_engines! {
    async fn callbacks_are_answered_at_three_times_the_outgoing_rate(storage: Storage) {
        storm(storage).await;
    }
}

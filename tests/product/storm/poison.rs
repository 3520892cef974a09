//! Messages that fail every time: the others behind them go on, and so does the program.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use tidings_domain::clock::Clock;
use tidings_engine::intake::AcceptOptions;
use tidings_tests::both_engines;
use tidings_tests::simulation::{POISON, live, scene};
use tidings_tests::support::{Rig, Setting, Storage, Tenant, machine_us};

use super::{quantile, since_ms};
use crate::outage;

/// In the body of a message, it chooses what its provider does.
const FAILS: &str = "always-fails";
const HUGE: &str = "answers-hugely";
const HUGE_BYTES: usize = 10 * 1024 * 1024;
/// Milliseconds within which a message behind a poisonous one is with the provider.
const OTHERS_MS: f64 = 2_000.0;
/// Poisonous messages of each kind.
const EACH: usize = 10;

/// A provider in front of the simulator, which spoils what is marked.
async fn spoiler(simulator: Arc<std::sync::OnceLock<String>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("a bound listener has an address"));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let simulator = simulator.clone();
            tokio::spawn(async move { exchange(stream, &simulator).await });
        }
    });
    url
}

/// One request, one answer, and the connection is closed.
async fn exchange(mut stream: TcpStream, simulator: &std::sync::OnceLock<String>) -> Option<()> {
    let request = read_request(&mut stream).await?;
    let text = String::from_utf8_lossy(&request);
    if text.contains(FAILS) {
        let failure = "HTTP/1.1 500 Oh\r\nconnection: close\r\ncontent-length: 4\r\n\r\noops";
        return stream.write_all(failure.as_bytes()).await.ok();
    }
    if text.contains(HUGE) {
        let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {HUGE_BYTES}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.ok()?;
        return stream.write_all(&vec![b' '; HUGE_BYTES]).await.ok();
    }
    let address = simulator.get()?.trim_start_matches("http://");
    let mut upstream = TcpStream::connect(address).await.ok()?;
    let line = text.find("\r\n")? + 2;
    upstream.write_all(&request[..line]).await.ok()?;
    upstream.write_all(b"connection: close\r\n").await.ok()?;
    upstream.write_all(&request[line..]).await.ok()?;
    let mut answer = Vec::new();
    upstream.read_to_end(&mut answer).await.ok()?;
    stream.write_all(&answer).await.ok()
}

async fn read_request(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut request = Vec::new();
    loop {
        if stream.read_buf(&mut request).await.ok()? == 0 {
            return None;
        }
        let Some(end) = request.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&request[..end]).to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
        if request.len() >= end + 4 + length.unwrap_or(0usize) {
            return Some(request);
        }
    }
}

fn poisonous(tenant: &Tenant, to: usize, word: &str) -> serde_json::Value {
    let mut intent = tenant.utility(to);
    intent["template"]["variables"] = serde_json::json!(["Ann", word]);
    intent
}

async fn poison(storage: Storage) {
    let behind = Arc::new(std::sync::OnceLock::new());
    let url = spoiler(behind.clone()).await;
    let mut rig = Rig::with(&storage, |setting: &mut Setting| {
        setting.provider_url = Some(url);
        for category in ["AUTHENTICATION", "UTILITY", "SERVICE", "MARKETING"] {
            setting.variables.push((format!("TIDINGS_DISPATCH__DOUBT_S__{category}"), "1".to_owned()));
        }
    })
    .await;
    behind.set(rig.provider_url.clone()).expect("set once");
    let tenant = rig.tenant(0).await;
    let mut bad = Vec::new();
    for n in 0..EACH {
        bad.push(tenant.send(&poisonous(&tenant, n, FAILS)).await);
        bad.push(tenant.send(&poisonous(&tenant, 100 + n, HUGE)).await);
    }
    let mut times = Vec::new();
    for n in 200..240 {
        let began_us = machine_us();
        let id = tenant.send(&tenant.utility(n)).await;
        tenant.until(&id, "submitted|sent|delivered|read").await;
        times.push(since_ms(began_us));
    }
    times.sort_by(f64::total_cmp);
    let attempts = {
        tidings_tests::support::eventually("a second attempt", async || {
            let message = tenant.message(&bad[0]).await;
            let attempts = message["attempts"].as_array().map_or(0, Vec::len);
            (attempts > 1).then_some(attempts)
        })
        .await
    };
    eprintln!(
        "poison on {}: {} messages that always fail in the lane, {attempts} attempts of the first so far; the {} behind them \
         were with the provider in {:.0} ms (half), {:.0} ms (99 %); memory at most {} MiB",
        if storage.is_sqlite() { "SQLite" } else { "PostgreSQL" },
        bad.len(),
        times.len(),
        quantile(&times, 0.5),
        quantile(&times, 0.99),
        rig.memory_mb().1,
    );
    assert!(rig.is_alive());
    assert!(quantile(&times, 0.99) < OTHERS_MS, "{times:?}");
}

both_engines! {
    async fn messages_that_always_fail_hold_up_nobody(storage: Storage) {
        poison(storage).await;
    }
}

#[test]
fn an_adapter_that_panics_is_a_doubt_and_holds_up_nobody() {
    let done = scene(outage::plan(1), async |world, life| {
        live(world, life);
        let token = world.tenants.lock()[0].token.clone();
        let caller = life.engine.caller(&token).await?;
        let mut ids = Vec::new();
        for n in 0..60 {
            let mut intent = outage::intent(n, None);
            if n % 2 == 0 {
                intent["template"]["variables"] = serde_json::json!(["Ann", POISON]);
            }
            let options = AcceptOptions { method_path: "POST /v1/messages", ..AcceptOptions::default() };
            let reply = life.engine.accept(&caller, intent.to_string().as_bytes(), options).await?;
            let id: serde_json::Value = serde_json::from_slice(&reply.body)?;
            ids.push(id["id"].as_str().unwrap_or_default().to_owned());
        }
        world.clock.sleep(i64::try_from(Duration::from_secs(20).as_micros())?).await;
        let mut statuses = Vec::new();
        for id in &ids {
            let message = life.engine.message(&caller, id.parse()?).await?;
            statuses.push(serde_json::to_value(message)?["status"].as_str().unwrap_or_default().to_owned());
        }
        Ok(statuses)
    });
    let statuses = done.expect("the scene is played to its end");
    for (n, status) in statuses.iter().enumerate() {
        let wanted: &[&str] =
            if n % 2 == 0 { &["in_doubt", "queued", "submitting"] } else { &["sent", "delivered", "read"] };
        assert!(wanted.contains(&status.as_str()), "message {n} is {status}");
    }
}

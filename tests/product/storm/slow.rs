//! Hostile clients: a thousand slow connections, bodies without end, JSON without bottom. Others are served.

use std::time::Duration;

use http::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use tidings_tests::support::{Rig, Storage, Tenant, eventually, machine_us, with_storage};

use super::{MEMORY_MB_MAX, batch, quantile, since_ms};

const CONNECTIONS: usize = 1_000;
/// Milliseconds within which others are answered, 99 in 100.
const OTHERS_MS: f64 = 1_000.0;
/// Messages in one batch: a body large enough to need a place.
const BATCH: usize = 700;
/// Milliseconds after which places held by slow bodies are free again.
const GIVEN_UP_MS: f64 = 5_000.0;
const ENDLESS_BYTES: usize = 100_000_000;

/// Connections that begin a request and never end it: in the head, in a small body, in a large one.
async fn slow_connections(rig: &Rig) -> Vec<TcpStream> {
    let address = rig.http.base.trim_start_matches("http://");
    let mut open = Vec::new();
    for n in 0..CONNECTIONS {
        let mut stream = TcpStream::connect(address).await.expect("the program listens");
        let head = match n % 4 {
            0 => "POST /v1/messages HTTP/1.1\r\nhost: x\r\nx-slow: ".to_owned(),
            1 => "POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 900\r\n\r\n{".to_owned(),
            2 => "POST /callbacks/main/acc_01kg0000000000000000000000 HTTP/1.1\r\nhost: x\r\ncontent-length: 3000000\r\n\r\n{"
                .to_owned(),
            _ => format!(
                "POST /v1/messages/batch HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
                 content-length: 4000000\r\n\r\n{{",
                rig.installation.token.as_deref().unwrap_or_default()
            ),
        };
        stream.write_all(head.as_bytes()).await.expect("it is read");
        open.push(stream);
    }
    open
}

/// Others at work: single messages and batches; milliseconds, sorted.
async fn others(tenant: &Tenant) -> Vec<f64> {
    let mut times = Vec::new();
    for n in 0..40 {
        let began_us = machine_us();
        if n % 4 == 0 {
            tenant.http.post("/v1/messages/batch", &batch(tenant, n * 1_000, BATCH)).await.expect(202);
        } else {
            tenant.send(&tenant.utility(n)).await;
        }
        times.push(since_ms(began_us));
    }
    times.sort_by(f64::total_cmp);
    times
}

/// Sends a hundred megabytes, or as many as are taken; the status that came, if any.
async fn endless(rig: &Rig, framing: &str, chunked: bool) -> Option<String> {
    let mut stream = TcpStream::connect(rig.http.base.trim_start_matches("http://")).await.ok()?;
    let token = rig.installation.token.as_deref().unwrap_or_default();
    let head = format!(
        "POST /v1/messages HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n{framing}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.ok()?;
    let (mut reader, mut writer) = stream.into_split();
    let writing = tokio::spawn(async move {
        let piece = if chunked {
            let mut piece = b"10000\r\n".to_vec();
            piece.resize(piece.len() + 0x10000, b' ');
            piece.extend_from_slice(b"\r\n");
            piece
        } else {
            vec![b' '; 0x10000]
        };
        for _ in 0..ENDLESS_BYTES / 0x10000 {
            if writer.write_all(&piece).await.is_err() {
                return;
            }
        }
    });
    let mut answer = vec![0; 12];
    let read = tokio::time::timeout(Duration::from_secs(20), reader.read_exact(&mut answer)).await;
    writing.abort();
    read.ok()?.ok()?;
    Some(String::from_utf8_lossy(&answer).into_owned())
}

async fn hostile(storage: Storage) {
    let mut rig = Rig::start(&storage).await;
    let tenant = rig.tenant(0).await;
    let alone = others(&tenant).await;
    let slow = slow_connections(&rig).await;
    let began_us = machine_us();
    eventually("a batch to find a place", async || {
        let answer = tenant.http.post("/v1/messages/batch", &batch(&tenant, 900_000, BATCH)).await;
        assert!(matches!(answer.status, 202 | 503), "{}", answer.text);
        (answer.status == 202).then_some(())
    })
    .await;
    let given_up_ms = since_ms(began_us);
    let beside = others(&tenant).await;
    let (told, chunked) = tokio::join!(
        endless(&rig, "content-length: 100000000", false),
        endless(&rig, "transfer-encoding: chunked", true)
    );
    for answer in [&told, &chunked] {
        // Some systems reset the connection before the refusal can be read.
        assert!(
            answer.as_deref().is_none_or(|line| line.ends_with("413") || line.ends_with("401")),
            "{answer:?}"
        );
    }
    for bomb in
        ["[".repeat(900_000), "{\"to\":".repeat(150_000), format!("{{\"metadata\":{}", "[".repeat(900_000))]
    {
        let json = [("content-type", "application/json")];
        let answer = tenant.http.raw(Method::POST, "/v1/messages", bomb, &json).await;
        assert_eq!(answer.status, 400, "{}", answer.text);
    }
    let after = others(&tenant).await;
    eprintln!(
        "hostile clients: others' requests answered (half / 99 %) in {:.1} / {:.1} ms alone, {:.1} / {:.1} ms beside \
         {CONNECTIONS} slow connections, {:.1} / {:.1} ms after endless bodies ({} and {}) and depth bombs; large bodies that stall are given up within {given_up_ms:.0} ms; memory at most {} MiB",
        quantile(&alone, 0.5),
        quantile(&alone, 0.99),
        quantile(&beside, 0.5),
        quantile(&beside, 0.99),
        quantile(&after, 0.5),
        quantile(&after, 0.99),
        told.as_deref().unwrap_or("reset"),
        chunked.as_deref().unwrap_or("reset"),
        rig.memory_mb().1,
    );
    assert!(rig.is_alive());
    assert!(quantile(&beside, 0.99) < OTHERS_MS + quantile(&alone, 0.99), "{beside:?}");
    assert!(given_up_ms < GIVEN_UP_MS, "{given_up_ms} ms");
    assert!(rig.memory_mb().1 <= MEMORY_MB_MAX);
    drop(slow);
}

#[test]
fn slow_and_endless_clients_do_not_hold_up_others() {
    with_storage("sqlite", hostile);
}

//! Closed loops: every connection sends its next request as soon as the last one was answered.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Result, bail};
use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;
use serde::de::IgnoredAny;
use tokio::task::LocalSet;
use tokio::time::Instant;

use super::connection::{Answer, Connection, Target};
use crate::clock;
use crate::limits::{BUSY_PAUSE, BUSY_TRIES_MAX};

/// What a closed loop does.
pub struct Load {
    pub connections: usize,
    pub path: &'static str,
    /// Messages in one request.
    pub messages: usize,
    pub warm_up: Duration,
    pub length: Duration,
    /// The body of the request that begins with this message.
    pub body: Rc<dyn Fn(u64) -> Bytes>,
}

struct Shared {
    next: Cell<u64>,
    /// Messages accepted after the warm-up and before the end.
    counted: Cell<u64>,
    /// Messages accepted at any time.
    all: Cell<u64>,
    from: Instant,
    until: Instant,
}

/// What a closed loop achieved.
pub struct Done {
    /// Messages accepted per second, without the warm-up.
    pub per_s: f64,
    /// Messages accepted, the warm-up included.
    pub messages: u64,
}

pub async fn closed_loop(target: &Target, load: Load) -> Result<Done> {
    let begin = clock::now();
    let from = begin + load.warm_up;
    let shared = Rc::new(Shared {
        next: Cell::new(0),
        counted: Cell::new(0),
        all: Cell::new(0),
        from,
        until: from + load.length,
    });
    let length = load.length;
    let load = Rc::new(load);
    let local = LocalSet::new();
    let workers: Vec<_> = (0..load.connections)
        .map(|_| local.spawn_local(worker(target.clone(), load.clone(), shared.clone())))
        .collect();
    local.await;
    for worker in workers {
        worker.await??;
    }
    Ok(Done { per_s: shared.counted.get() as f64 / length.as_secs_f64(), messages: shared.all.get() })
}

async fn worker(target: Target, load: Rc<Load>, shared: Rc<Shared>) -> Result<()> {
    let mut connection = target.connect().await?;
    while clock::now() < shared.until {
        let first = shared.next.get();
        shared.next.set(first + load.messages as u64);
        let answer = send(&mut connection, load.path, (load.body)(first)).await?;
        let accepted = accepted_of(&answer, load.messages)?;
        shared.all.set(shared.all.get() + accepted);
        let now = clock::now();
        if now >= shared.from && now < shared.until {
            shared.counted.set(shared.counted.get() + accepted);
        }
    }
    Ok(())
}

/// Sends, and again while the server says that it is busy.
pub(super) async fn send(connection: &mut Connection, path: &str, body: Bytes) -> Result<Answer> {
    for _ in 0..BUSY_TRIES_MAX {
        let answer = connection.post(path, body.clone()).await?;
        if !answer.is_busy() {
            return Ok(answer);
        }
        tokio::time::sleep(BUSY_PAUSE).await;
    }
    bail!("{path} was answered busy {BUSY_TRIES_MAX} times in a row")
}

#[derive(Deserialize)]
struct BatchAnswer {
    accepted: Vec<IgnoredAny>,
}

/// How many messages an answer accepts; fewer than were sent is a failure of the benchmark.
pub(super) fn accepted_of(answer: &Answer, sent: usize) -> Result<u64> {
    if answer.status != StatusCode::ACCEPTED {
        bail!("an intent was answered {}", answer.describe());
    }
    if sent > 1 {
        let batch: BatchAnswer = serde_json::from_slice(&answer.body)?;
        if batch.accepted.len() != sent {
            bail!("{} of {sent} messages were accepted: {}", batch.accepted.len(), answer.describe());
        }
    }
    Ok(sent as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_as_accepted() {
        let answer =
            |status, body: &'static str| Answer { status, body: Bytes::from_static(body.as_bytes()) };
        let accepted = StatusCode::ACCEPTED;
        let two = r#"{"accepted":[{"index":0,"id":"msg_a"},{"index":1,"id":"msg_b"}],"rejected":[]}"#;
        for (answer, sent, expected) in [
            (answer(accepted, r#"{"id":"msg_a","status":"queued"}"#), 1, Some(1)),
            (answer(accepted, two), 2, Some(2)),
            (answer(accepted, two), 3, None),
            (answer(accepted, "{}"), 2, None),
            (answer(StatusCode::OK, two), 2, None),
            (answer(StatusCode::UNPROCESSABLE_ENTITY, "{}"), 1, None),
        ] {
            assert_eq!(accepted_of(&answer, sent).ok(), expected, "{answer:?}");
        }
    }
}

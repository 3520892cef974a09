//! An open loop: requests come at fixed times, whether or not earlier ones were answered.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Result, bail};
use bytes::Bytes;
use hdrhistogram::Histogram;
use http::StatusCode;
use tokio::task::LocalSet;
use tokio::time::Instant;

use super::connection::Target;
use crate::clock;
use crate::statistics;

struct Plan {
    begin: Instant,
    gap: Duration,
    count: u64,
    next: Cell<u64>,
    latencies: RefCell<Histogram<u64>>,
    path: &'static str,
    body: Box<dyn Fn(u64) -> Bytes>,
    begun: RefCell<Vec<i64>>,
}

/// What came of it.
#[derive(Debug)]
pub struct Measured {
    /// In microseconds.
    pub latencies: Histogram<u64>,
    /// When each request was begun, by the wall clock in microseconds.
    pub begun: Vec<i64>,
}

/// Latencies of `rate` requests a second for that long.
///
/// A request that found no free connection at its time is measured from that time on, so a server that
/// stalls cannot hide it by slowing the generator down. One that was sent in time is measured from the
/// moment the timer woke: timers here have a granularity of a millisecond, which is not the server's.
pub async fn open_loop(
    target: &Target,
    connections: usize,
    rate: u32,
    length: Duration,
    path: &'static str,
    body: impl Fn(u64) -> Bytes + 'static,
) -> Result<Measured> {
    let count = (length.as_secs_f64() * f64::from(rate)) as u64;
    let plan = Rc::new(Plan {
        begin: clock::now() + Duration::from_millis(100),
        gap: Duration::from_secs(1) / rate,
        count,
        next: Cell::new(0),
        latencies: RefCell::new(statistics::histogram()),
        path,
        body: Box::new(body),
        begun: RefCell::new(vec![0; usize::try_from(count)?]),
    });
    let local = LocalSet::new();
    let workers: Vec<_> =
        (0..connections).map(|_| local.spawn_local(worker(target.clone(), plan.clone()))).collect();
    local.await;
    for worker in workers {
        worker.await??;
    }
    Ok(Measured { latencies: plan.latencies.borrow().clone(), begun: plan.begun.take() })
}

async fn worker(target: Target, plan: Rc<Plan>) -> Result<()> {
    let mut connection = target.connect().await?;
    loop {
        let n = plan.next.get();
        if n >= plan.count {
            return Ok(());
        }
        plan.next.set(n + 1);
        let body = (plan.body)(n);
        let due = plan.begin + plan.gap * u32::try_from(n)?;
        let mut from = due;
        if clock::now() < due {
            tokio::time::sleep_until(due).await;
            from = clock::now();
        }
        let late = i64::try_from(clock::micros(clock::now() - from))?;
        plan.begun.borrow_mut()[usize::try_from(n)?] = clock::wall_us() - late;
        let answer = connection.post(plan.path, body).await?;
        if answer.status != StatusCode::ACCEPTED {
            bail!("an intent was answered {}", answer.describe());
        }
        plan.latencies.borrow_mut().saturating_record(clock::micros(clock::now() - from));
    }
}

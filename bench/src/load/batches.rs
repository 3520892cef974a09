//! A certain number of messages, in batches, as fast as they are taken.

use std::cell::Cell;
use std::rc::Rc;

use anyhow::Result;
use tokio::task::LocalSet;

use super::closed::{accepted_of, send};
use super::connection::Target;
use super::intents::Intents;
use crate::clock;
use crate::limits::{BATCH_CONNECTIONS, BATCH_MESSAGES};

/// What it took.
#[derive(Debug, Clone, Copy)]
pub struct Sent {
    pub seconds: f64,
}

/// Sends the messages `first` to `first + count`, over a few connections.
pub async fn send_batches(target: &Target, intents: &Intents, first: u64, count: usize) -> Result<Sent> {
    let begin = clock::now();
    let end = first + count as u64;
    let next = Rc::new(Cell::new(first));
    let local = LocalSet::new();
    let workers: Vec<_> = (0..BATCH_CONNECTIONS)
        .map(|_| local.spawn_local(worker(target.clone(), intents.clone(), next.clone(), end)))
        .collect();
    local.await;
    for worker in workers {
        worker.await??;
    }
    Ok(Sent { seconds: clock::seconds(begin) })
}

async fn worker(target: Target, intents: Intents, next: Rc<Cell<u64>>, end: u64) -> Result<()> {
    let mut connection = target.connect().await?;
    loop {
        let from = next.get();
        if from >= end {
            return Ok(());
        }
        let count = BATCH_MESSAGES.min((end - from) as usize);
        next.set(from + count as u64);
        let answer = send(&mut connection, "/v1/messages/batch", intents.batch(from, count)).await?;
        // A batch of one is answered as a batch too.
        accepted_of(&answer, count)?;
    }
}

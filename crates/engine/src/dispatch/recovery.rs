//! After a start: what the process before us had under way. Claims that the journal proves to have stayed
//! are queued again; the others are in doubt.

use tidings_domain::lifecycle::AttemptState;
use tidings_store::Store;
use tidings_store::error::StoreError;
use tidings_store::model::{Epoch, OpenAttempt, Settle};

use super::journal::Previous;
use crate::limits::RECONCILE_BATCH_MAX;
use crate::pipeline::Engine;

/// Settles every open attempt of earlier epochs; says how many were queued again and how many are in doubt.
pub(super) async fn recover(
    engine: &Engine,
    store: &Store,
    epoch: Epoch,
    previous: &Previous,
) -> Result<(usize, usize), StoreError> {
    let sys = store.system();
    let mut after = None;
    let (mut requeued, mut doubted) = (0, 0);
    loop {
        let open = store.open_attempts(&sys, after, RECONCILE_BATCH_MAX).await?;
        let Some(last) = open.last() else { return Ok((requeued, doubted)) };
        after = Some(last.item.attempt_id());
        let now = engine.now();
        let settled: Vec<(OpenAttempt, Settle)> = open
            .into_iter()
            .map(|attempt| {
                let settle = decide(engine, &attempt, previous, now);
                (attempt, settle)
            })
            .collect();
        requeued += settled.iter().filter(|(_, settle)| *settle == Settle::Requeue).count();
        doubted += settled.iter().filter(|(_, settle)| matches!(settle, Settle::Doubt { .. })).count();
        store.settle(&sys, epoch, settled, now).await?;
    }
}

fn decide(
    engine: &Engine,
    attempt: &OpenAttempt,
    previous: &Previous,
    now: tidings_domain::time::Timestamp,
) -> Settle {
    let until = now.plus(engine.0.config.doubt_for(attempt.item.category));
    if attempt.state == AttemptState::InDoubt {
        // Receipts could not reach us while we were down; the time to wait begins again.
        return Settle::Extend { until };
    }
    match previous {
        Previous::Exact(left) if !left.contains(&attempt.item.attempt_id()) => Settle::Requeue,
        _ => Settle::Doubt { reason: "crash", until },
    }
}

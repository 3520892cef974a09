//! What was under way in a slot before it was ours, or what nobody here remembers. Claims that certainly
//! stayed are queued again; the others are in doubt.

use std::collections::{BTreeMap, BTreeSet};

use tidings_domain::id::AttemptId;
use tidings_domain::lifecycle::AttemptState;
use tidings_domain::time::Timestamp;
use tidings_store::Store;
use tidings_store::error::StoreError;
use tidings_store::model::{Epoch, OpenAttempt, Settle};

use super::journal::Previous;
use super::keeper::UnderWay;
use crate::limits::RECONCILE_BATCH_MAX;
use crate::pipeline::Engine;

/// What we know about claims that were made before.
pub(super) struct Proof<'a> {
    /// The journal of the process before us. It speaks of the epochs it names and of no others.
    pub previous: &'a Previous,
    /// Epochs of this process: what is not under way under one of them never left.
    pub mine: &'a BTreeSet<Epoch>,
    pub under_way: &'a BTreeMap<AttemptId, UnderWay>,
    /// Nobody received callbacks while we were away: the time to wait for receipts begins again.
    pub was_deaf: bool,
    /// Claims that are younger are left alone.
    pub older_than_us: i64,
}

/// Settles every open attempt in these slots; says how many were queued again and how many are in doubt.
pub(super) async fn recover(
    engine: &Engine,
    store: &Store,
    epochs: &[Epoch],
    proof: &Proof<'_>,
) -> Result<(usize, usize), StoreError> {
    let sys = store.system();
    let slots = epochs.iter().map(|epoch| epoch.slot).collect();
    let mut after = None;
    let (mut requeued, mut doubted) = (0, 0);
    loop {
        let open = store.open_attempts(&sys, slots, after, RECONCILE_BATCH_MAX).await?;
        let Some(last) = open.last() else { return Ok((requeued, doubted)) };
        after = Some(last.item.attempt_id());
        let now = engine.now();
        let settled: Vec<(OpenAttempt, Settle)> = open
            .into_iter()
            .filter_map(|attempt| {
                let settle = decide(engine, &attempt, proof, now)?;
                Some((attempt, settle))
            })
            .collect();
        requeued += settled.iter().filter(|(_, settle)| *settle == Settle::Requeue).count();
        doubted += settled.iter().filter(|(_, settle)| matches!(settle, Settle::Doubt { .. })).count();
        settle_by_slot(store, epochs, settled, now).await?;
    }
}

fn decide(engine: &Engine, attempt: &OpenAttempt, proof: &Proof<'_>, now: Timestamp) -> Option<Settle> {
    let id = attempt.item.attempt_id();
    let until = now.plus(engine.0.config.doubt_for(attempt.item.category));
    if attempt.state == AttemptState::InDoubt {
        return proof.was_deaf.then_some(Settle::Extend { until });
    }
    // Whichever way the clock has been set since.
    if now.since(attempt.claimed_at).abs() < proof.older_than_us {
        return None;
    }
    if proof.mine.contains(&attempt.epoch) {
        // Under way here: its answer will come, or it will be given back.
        return (!proof.under_way.contains_key(&id)).then_some(Settle::Requeue);
    }
    Some(match proof.previous {
        Previous::Exact { left, epochs } if epochs.contains(&attempt.epoch) && !left.contains(&id) => {
            Settle::Requeue
        }
        _ => Settle::Doubt { reason: "crash", until },
    })
}

/// Each slot under its own epoch: losing one of them takes nothing from the others.
pub(crate) async fn settle_by_slot(
    store: &Store,
    epochs: &[Epoch],
    settled: Vec<(OpenAttempt, Settle)>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut by_slot: BTreeMap<u8, Vec<(OpenAttempt, Settle)>> = BTreeMap::new();
    for each in settled {
        by_slot.entry(each.0.epoch.slot).or_default().push(each);
    }
    let sys = store.system();
    for epoch in epochs {
        let Some(items) = by_slot.remove(&epoch.slot) else { continue };
        match store.settle(&sys, *epoch, items, now).await {
            Err(StoreError::Conflict(_)) => tracing::info!(slot = epoch.slot, "a slot was lost meanwhile"),
            other => other?,
        }
    }
    Ok(())
}

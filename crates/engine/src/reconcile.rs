//! Reconcile: receipts, timeouts and unknown outcomes back to truth.
//!
//! Callbacks are facts: any node takes them. What to do about a doubt is a decision: only the holder of
//! the slot takes it. The loop accepts no input but the store, so a restart and a normal run are one path.

pub(crate) mod attend;
mod callback;
mod complaints;
mod confirm;
mod effects;
mod keywords;
pub(crate) mod retention;

use tokio_util::sync::CancellationToken;

use tidings_domain::limits::ATTEMPTS_PER_MESSAGE_MAX;
use tidings_domain::time::Timestamp;
use tidings_store::Store;
use tidings_store::error::StoreError;
use tidings_store::model::{Epoch, OpenAttempt, Review, Settle};

use crate::dispatch::settle_by_slot;
use crate::limits::{
    CLAIM_LOOK_US, CLAIM_STALE_US, FORGET_EVERY_US, IDEMPOTENCY_KEPT_US, LEASE_RENEW_US, NODE_FORGOTTEN_US,
    RECONCILE_BATCH_MAX, RECONCILE_US, REFUSED_LINES_KEPT_US,
};
use crate::metrics::Counter;
use crate::office::Office;
use crate::pipeline::Engine;

/// Decides the doubts of the slots of this node as they fall due, until stopped.
pub(crate) async fn run(engine: Engine, region: String, store: Store, stop: CancellationToken) {
    let mut claims_us = engine.0.clock.monotonic_us();
    while stop.run_until_cancelled(engine.0.clock.sleep(RECONCILE_US)).await.is_some() {
        let epochs = engine.0.wakes.mailbox(&region).holdings.open();
        if epochs.is_empty() {
            continue;
        }
        if let Err(error) = settle_due(&engine, &region, &store, &epochs).await {
            tracing::warn!(error = %error, region, "doubts could not be decided; trying again");
            engine.0.metrics.add(Counter::store_errors, 1);
        }
        if let Err(error) = take_other_ways(&engine, &region, &store, &epochs).await {
            tracing::warn!(error = %error, region, "plans could not be looked at; trying again");
            engine.0.metrics.add(Counter::store_errors, 1);
        }
        let now_us = engine.0.clock.monotonic_us();
        if now_us - claims_us >= CLAIM_LOOK_US {
            claims_us = now_us;
            if let Err(error) = doubt_stale_claims(&engine, &store, &epochs).await {
                tracing::warn!(error = %error, region, "old claims could not be looked at; trying again");
                engine.0.metrics.add(Counter::store_errors, 1);
            }
        }
    }
}

/// Takes the indexes behind the log further, on one node at a time, until stopped.
pub(crate) async fn follow_log(engine: Engine, region: String, store: Store, stop: CancellationToken) {
    let mut office = Office::new("log");
    while stop.run_until_cancelled(engine.0.clock.sleep(RECONCILE_US)).await.is_some() {
        if !office.holds(&engine, &store).await {
            continue;
        }
        if let Err(error) = index(&store).await {
            tracing::warn!(error = %error, region, "the indexes behind the log could not be written; trying again");
            engine.0.metrics.add(Counter::store_errors, 1);
        }
    }
    office.release(&engine, &store).await;
}

/// Forgets what has had its time, on one node at a time, until stopped.
pub(crate) async fn keep_house(engine: Engine, region: String, store: Store, stop: CancellationToken) {
    let mut office = Office::new("house");
    let mut tidied_us = engine.0.clock.monotonic_us();
    while stop.run_until_cancelled(engine.0.clock.sleep(LEASE_RENEW_US)).await.is_some() {
        if !office.holds(&engine, &store).await {
            continue;
        }
        let now_us = engine.0.clock.monotonic_us();
        if now_us - tidied_us >= FORGET_EVERY_US {
            tidied_us = now_us;
            if let Err(error) = forget(&store, engine.now()).await {
                tracing::warn!(error = %error, region, "what is past its time could not be forgotten; trying again");
                engine.0.metrics.add(Counter::store_errors, 1);
            }
        }
    }
    office.release(&engine, &store).await;
}

/// Takes the indexes that follow the log a portion further.
async fn index(store: &Store) -> Result<(), StoreError> {
    let sys = store.system();
    store.index_subjects(&sys).await?;
    store.index_recipients(&sys).await?;
    Ok(())
}

/// Messages whose way has had its time go another one.
async fn take_other_ways(
    engine: &Engine,
    region: &str,
    store: &Store,
    epochs: &[Epoch],
) -> Result<(), StoreError> {
    let (sys, now) = (store.system(), engine.now());
    if !store.fall_back(&sys, epochs, now).await?.is_empty() {
        // Another way may be another account's, and that another node's.
        engine.0.wakes.everything(region);
        engine.tick();
    }
    Ok(())
}

/// A claim that is older than any request and its record was forgotten by whoever made it. Nobody can say
/// any more whether it left.
async fn doubt_stale_claims(engine: &Engine, store: &Store, epochs: &[Epoch]) -> Result<(), StoreError> {
    let slots = epochs.iter().map(|epoch| epoch.slot).collect();
    let sys = store.system();
    let now = engine.now();
    let stale = store.claims_before(&sys, slots, now.plus(-CLAIM_STALE_US), RECONCILE_BATCH_MAX).await?;
    if stale.is_empty() {
        return Ok(());
    }
    let doubt = |open: OpenAttempt| {
        let until = now.plus(engine.0.config.doubt_for(open.item.category));
        (open, Settle::Doubt { reason: "no_answer", until })
    };
    settle_by_slot(store, epochs, stale.into_iter().map(doubt).collect(), now).await?;
    engine.tick();
    Ok(())
}

/// Answers of idempotency keys, links, sessions and files that are past their time; a bounded number a round.
async fn forget(store: &Store, now: Timestamp) -> Result<(), StoreError> {
    let sys = store.system();
    store.prune_idempotency(&sys, now.plus(-IDEMPOTENCY_KEPT_US)).await?;
    store.prune_sessions(&sys, now).await?;
    store.prune_media(&sys, now).await?;
    store.prune_policy(&sys, now).await?;
    store.prune_nodes(&sys, NODE_FORGOTTEN_US, now).await?;
    store.prune_refused_lines(&sys, now.plus(-REFUSED_LINES_KEPT_US)).await?;
    store.expire_verifications(&sys, now).await?;
    store.prune_verifications(&sys, now).await?;
    Ok(())
}

async fn settle_due(
    engine: &Engine,
    region: &str,
    store: &Store,
    epochs: &[Epoch],
) -> Result<(), StoreError> {
    let sys = store.system();
    let now = engine.now();
    let slots = epochs.iter().map(|epoch| epoch.slot).collect();
    let due = store.doubts_due(&sys, slots, now, RECONCILE_BATCH_MAX).await?;
    if due.is_empty() {
        return Ok(());
    }
    let settled: Vec<(OpenAttempt, Settle)> = due
        .into_iter()
        .map(|open| {
            let settle = decide(&open, now);
            (open, settle)
        })
        .collect();
    for (open, settle) in &settled {
        let resent = matches!(settle, Settle::Resend { .. });
        let counter = if resent { Counter::doubts_resent } else { Counter::doubts_unknown };
        engine.0.metrics.add(counter, 1);
        tracing::debug!(trace = %open.item.trace, msg = %open.item.message, resent, "a doubt was decided");
    }
    let lanes: Vec<_> = settled
        .iter()
        .filter(|(_, settle)| matches!(settle, Settle::Resend { .. }))
        .map(|(open, _)| (open.epoch.slot, open.item.sender, open.item.category))
        .collect();
    settle_by_slot(store, epochs, settled, now).await?;
    for (slot, sender, category) in lanes {
        engine.0.wakes.work(region, slot, sender, category, now);
    }
    engine.tick();
    Ok(())
}

/// No receipt came in time: the category says whether to send again or to give up knowing.
fn decide(open: &OpenAttempt, now: Timestamp) -> Settle {
    let spent = open.item.attempt >= ATTEMPTS_PER_MESSAGE_MAX - 1;
    let again = match open.review {
        // An operator decided, in place of the category.
        Some(Review::Resend) => true,
        Some(Review::Held | Review::GiveUp) => false,
        None => open.item.category.resends_after_doubt(),
    };
    if again && open.item.expires_at > now && !spent { Settle::Resend { at: now } } else { Settle::Unknown }
}

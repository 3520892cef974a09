//! Drops what is past its time, kind by kind and tenant by tenant: small steps, with a breath between them.

use std::collections::BTreeMap;

use tidings_domain::id::TenantId;
use tidings_domain::time::{DAY, Timestamp};
use tidings_store::Store;
use tidings_store::error::StoreError;
use tidings_store::model::Retention;
use tidings_store::scope::TenantScope;
use tokio_util::sync::CancellationToken;

use crate::limits::{LEASE_RENEW_US, RETENTION_BREATH_US, RETENTION_EVERY_US, RETENTION_FIRST_US};
use crate::metrics::Counter;
use crate::office::Office;
use crate::pipeline::Engine;

/// What is remembered from pass to pass: messages outlive their content, so a pass over contents goes on where
/// the last one ended.
#[derive(Default)]
struct Done(BTreeMap<TenantId, [u8; 16]>);

/// Runs until stopped, on one node at a time.
pub(crate) async fn run(engine: Engine, region: String, store: Store, stop: CancellationToken) {
    let mut done = Done::default();
    let mut office = Office::new("retention");
    let mut due_us = engine.0.clock.monotonic_us() + RETENTION_FIRST_US;
    while stop.run_until_cancelled(engine.0.clock.sleep(LEASE_RENEW_US)).await.is_some() {
        if !office.holds(&engine, &store).await || engine.0.clock.monotonic_us() < due_us {
            continue;
        }
        due_us = engine.0.clock.monotonic_us() + RETENTION_EVERY_US;
        match stop.run_until_cancelled(pass(&engine, &store, &mut done)).await {
            None => break,
            Some(Ok(0)) => {}
            Some(Ok(rows)) => tracing::info!(region, rows, "what was past its time is dropped"),
            Some(Err(error)) => {
                tracing::warn!(error = %error, region, "what is past its time could not be dropped; trying again");
                engine.0.metrics.add(Counter::store_errors, 1);
            }
        }
    }
    office.release(&engine, &store).await;
}

async fn pass(engine: &Engine, store: &Store, done: &mut Done) -> Result<u64, StoreError> {
    let sys = store.system();
    let now = engine.now();
    let (mut rows, mut events, mut callbacks) = (0, BTreeMap::new(), None);
    for tenant in store.list_tenants(&sys).await? {
        let kept = tenant.retention.unwrap_or_default().or(engine.0.config.retention);
        let scope = store.scope_for_work(&sys, tenant.id).await?;
        rows += of_tenant(engine, store, &scope, kept, now, done).await?;
        if let Some(before) = before(kept.events_days, now) {
            events.insert(tenant.id, before);
        }
        callbacks = callbacks.max(kept.callbacks_days);
    }
    if let Some(before) = before(callbacks, now) {
        rows += store.drop_waiting(&sys, before).await?;
    }
    let mut after = None;
    loop {
        let (dropped, next) = store.drop_events(&sys, after, events.clone(), now).await?;
        rows += dropped;
        if next.is_none() {
            return Ok(rows);
        }
        after = next;
        breathe(engine).await;
    }
}

/// Zero days keep for good.
fn before(days: Option<u32>, now: Timestamp) -> Option<Timestamp> {
    days.filter(|days| *days > 0).map(|days| now.plus(-i64::from(days) * DAY))
}

async fn breathe(engine: &Engine) {
    engine.0.clock.sleep(RETENTION_BREATH_US).await;
}

async fn of_tenant(
    engine: &Engine,
    store: &Store,
    scope: &TenantScope,
    kept: Retention,
    now: Timestamp,
    done: &mut Done,
) -> Result<u64, StoreError> {
    let mut rows = 0;
    if let Some(before) = before(kept.messages_days, now) {
        let mut after = None;
        loop {
            let step = store.drop_messages(scope, after, before).await?;
            rows += step.rows;
            if step.next.is_none() {
                break;
            }
            after = step.next;
            breathe(engine).await;
        }
    }
    if let Some(before) = before(kept.content_days, now) {
        loop {
            let step = store.drop_content(scope, done.0.get(&scope.tenant()).copied(), before).await?;
            rows += step.rows;
            let Some(next) = step.next else { break };
            done.0.insert(scope.tenant(), next);
            breathe(engine).await;
        }
    }
    if let Some(before) = before(kept.inbound_days, now) {
        loop {
            let step = store.drop_inbound(scope, before).await?;
            rows += step.rows;
            if step.next.is_none() {
                break;
            }
            breathe(engine).await;
        }
    }
    if let Some(before) = before(kept.callbacks_days, now) {
        loop {
            let step = store.drop_kept(scope, before).await?;
            rows += step.rows;
            if step.next.is_none() {
                break;
            }
            breathe(engine).await;
        }
    }
    Ok(rows)
}

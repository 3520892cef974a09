//! The node's place among the others: its sign of life, the renewal of its slots, and its share of them.

use tokio_util::sync::CancellationToken;

use tidings_store::Store;
use tidings_store::model::{Beat, Heard};

use super::holdings::Holdings;
use super::share;
use crate::limits::{
    DRAIN_CLAIMS_US, LEASE_HURRY_US, LEASE_RENEW_US, LEASE_RETRY_US, LEASE_TTL_US, LEAVE_US,
};
use crate::pipeline::Engine;

/// Gives signs of life until stopped; then gives the slots back within the second.
pub(crate) async fn run(engine: Engine, region: String, store: Store, stop: CancellationToken) {
    let holdings = &engine.0.wakes.mailbox(&region).holdings;
    let mut first = true;
    while !stop.is_cancelled() {
        let wait_us = match beat(&engine, &store, holdings, first).await {
            Pulse::Replaced => {
                holdings.lose_all();
                tracing::error!(
                    region,
                    node = engine.0.config.node,
                    "another process with this node's id came later; this one sends nothing any more"
                );
                stop.cancelled().await;
                break;
            }
            Pulse::Missed => LEASE_RETRY_US,
            Pulse::Heard(wait_us) => {
                first = false;
                wait_us
            }
        };
        if stop.run_until_cancelled(engine.0.clock.sleep(wait_us)).await.is_none() {
            break;
        }
    }
    leave(&engine, &store, holdings).await;
}

enum Pulse {
    Replaced,
    /// The store did not answer.
    Missed,
    /// Microseconds until the next one.
    Heard(i64),
}

async fn beat(engine: &Engine, store: &Store, holdings: &Holdings, first: bool) -> Pulse {
    let asked_us = engine.0.clock.monotonic_us();
    let sys = store.system();
    let heard = match store.beat(&sys, &sign(engine, first), engine.now()).await {
        Ok(heard) if heard.replaced => return Pulse::Replaced,
        Ok(heard) => heard,
        Err(error) => {
            // The deadline decides; until then a store that stutters costs nothing.
            tracing::warn!(error = %error, "the slots could not be renewed; trying again");
            return Pulse::Missed;
        }
    };
    let node = &engine.0.config.node;
    let others =
        heard.nodes.iter().any(|each| each.id != *node && share::is_alive(each, heard.now, LEASE_TTL_US));
    holdings.set_alone(!others);
    if !engine.0.config.roles.dispatch {
        return Pulse::Heard(LEASE_RENEW_US);
    }
    holdings.renewed(asked_us, &heard.held);
    let plan = share::plan(node, &heard, LEASE_TTL_US);
    if !plan.shed.is_empty() {
        tracing::info!(slots = plan.shed.len(), "slots go to other nodes");
        holdings.shed(plan.shed);
    }
    let mut missing = plan.missing;
    if !plan.take.is_empty() {
        match store.take_slots(&sys, node, plan.take, LEASE_TTL_US, engine.now()).await {
            Ok(taken) => {
                tracing::info!(slots = taken.len(), "slots were taken");
                missing += plan.take.len() - taken.len();
                holdings.taken(&taken);
            }
            Err(error) => {
                tracing::warn!(error = %error, "slots could not be taken; trying again");
                missing += plan.take.len();
            }
        }
    }
    Pulse::Heard(next(node, &heard, missing))
}

/// Sooner than usual when slots that should be ours are about to be free.
fn next(node: &str, heard: &Heard, missing: usize) -> i64 {
    if missing > 0 {
        return LEASE_RETRY_US;
    }
    let others = heard.slots.iter().filter(|slot| slot.owner != node && slot.expires_at > heard.now);
    let soonest = others.map(|slot| slot.expires_at.since(heard.now)).min().unwrap_or(LEASE_RENEW_US);
    soonest.clamp(LEASE_HURRY_US, LEASE_RENEW_US)
}

fn sign(engine: &Engine, first: bool) -> Beat {
    let config = &engine.0.config;
    Beat {
        id: config.node.clone(),
        name: config.node_name.clone(),
        incarnation: engine.0.incarnation,
        roles: config.roles.to_string(),
        version: config.version.clone(),
        address: engine.0.address.lock().clone(),
        started_at: engine.0.started_at,
        first,
        ttl_us: LEASE_TTL_US,
    }
}

/// Gives everything back once nothing is about to leave, which takes no longer than its bound.
async fn leave(engine: &Engine, store: &Store, holdings: &Holdings) {
    holdings.close();
    if engine.0.config.roles.dispatch {
        tokio::select! {
            biased;
            () = holdings.quiet.notified() => {}
            () = engine.0.clock.sleep(DRAIN_CLAIMS_US) => {}
        }
    }
    let sys = store.system();
    tokio::select! {
        biased;
        left = store.leave(&sys, &engine.0.config.node, engine.0.incarnation) => {
            if let Err(error) = left {
                tracing::warn!(error = %error, "the slots could not be given back; their leases run out");
            }
        }
        () = engine.0.clock.sleep(LEAVE_US) => {
            tracing::warn!("the store does not answer; the leases run out by themselves");
        }
    }
    holdings.lose_all();
}

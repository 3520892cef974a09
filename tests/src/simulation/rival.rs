//! Another node that takes all slots away, as if their owner had been asleep for longer than its leases hold.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use tidings_domain::clock::Clock;
use tidings_domain::id::AttemptId;
use tidings_engine::limits::LEASE_TTL_US;
use tidings_engine::report::ledger;
use tidings_store::model::{Audited, SlotSet};
use tidings_store::{Store, StoreError};

use super::planted::Planted;
use super::world::World;

const NAME: &str = "rival";

/// A theft: whatever is claimed after it under an older epoch was claimed by somebody who had no right.
#[derive(Debug, Clone)]
pub struct Theft {
    /// The least of the epochs of the slots that were taken.
    pub epoch: i64,
    /// What had been claimed before it.
    pub claimed: BTreeSet<AttemptId>,
}

/// Takes the slots, keeps them for a while, gives them back.
pub(super) async fn steal(world: &World, store: &Store, for_us: i64) -> Result<(), StoreError> {
    let sys = store.system();
    let now = world.clock.now();
    let late = now.plus(10 * LEASE_TTL_US);
    if world.plan.planted == Some(Planted::IgnoreEpoch) {
        world.false_fence.store(true, Ordering::Relaxed);
    }
    let epochs = store.take_slots(&sys, NAME, SlotSet::ALL, LEASE_TTL_US, late).await?;
    let Some(epoch) = epochs.iter().map(|epoch| epoch.number).min() else { return Ok(()) };
    let claimed = ledger::all_messages(store).await.map_or_else(|_| BTreeSet::new(), |all| claims(&all));
    world.notebook.lock().thefts.push(Theft { epoch, claimed });
    world.tally.add("stolen leases", 1);
    world.clock.sleep(for_us).await;
    store.release_slots(&sys, NAME, epochs).await
}

fn claims(messages: &[Audited]) -> BTreeSet<AttemptId> {
    let of = |m: &Audited| m.attempts.iter().map(|a| AttemptId::of(m.id, a.number)).collect::<Vec<_>>();
    messages.iter().flat_map(of).collect()
}

/// Claims that an owner made after it had lost the lease.
pub(super) fn usurped(thefts: &[Theft], messages: &[Audited]) -> Vec<String> {
    let mut broken = Vec::new();
    for message in messages {
        for attempt in message.attempts.iter().filter(|attempt| attempt.epoch > 0) {
            let id = AttemptId::of(message.id, attempt.number);
            let stale = |theft: &&Theft| attempt.epoch < theft.epoch && !theft.claimed.contains(&id);
            if let Some(theft) = thefts.iter().find(stale) {
                broken.push(format!(
                    "epoch: {} was claimed under epoch {} after another owner had taken {}",
                    message.id, attempt.epoch, theft.epoch
                ));
            }
        }
    }
    broken
}

//! How slots are shared: every node aims at the same number. Slots with tenants and empty ones are counted
//! apart, so that few tenants are spread as evenly as many.

use tidings_domain::time::Timestamp;
use tidings_store::model::{Heard, Node, Slot, SlotSet};

use crate::config::Roles;

/// What a node should do about its share.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    pub take: SlotSet,
    pub shed: SlotSet,
    /// Slots that are ours by right and still with somebody else.
    pub missing: usize,
}

/// Whether a node has given a sign of life within the time of a lease.
pub(crate) fn is_alive(node: &Node, now: Timestamp, ttl_us: i64) -> bool {
    node.heartbeat_at.plus(ttl_us) > now
}

/// What the node `id` should take and shed, from what the store showed it.
pub(super) fn plan(id: &str, heard: &Heard, ttl_us: i64) -> Plan {
    let dispatches = |node: &&Node| {
        Roles::parse(&node.roles).is_ok_and(|roles| roles.dispatch)
            && (node.id == id || is_alive(node, heard.now, ttl_us))
    };
    let nodes = heard.nodes.iter().filter(dispatches).count().max(1);
    let mut plan = Plan::default();
    for used in [true, false] {
        let class: Vec<&Slot> = heard.slots.iter().filter(|slot| (slot.tenants > 0) == used).collect();
        let target = class.len().div_ceil(nodes);
        let free = |slot: &&&Slot| slot.expires_at <= heard.now;
        let mine: Vec<u8> = class
            .iter()
            .filter(|slot| slot.owner == id && slot.expires_at > heard.now)
            .map(|slot| slot.slot)
            .collect();
        mine.iter().skip(target).for_each(|slot| plan.shed.insert(*slot));
        let wanted = target.saturating_sub(mine.len());
        let before = plan.take.len();
        class.iter().filter(free).take(wanted).for_each(|slot| plan.take.insert(slot.slot));
        plan.missing += wanted - (plan.take.len() - before);
    }
    plan
}

#[cfg(test)]
#[path = "share_tests.rs"]
mod tests;

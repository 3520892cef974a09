use std::collections::BTreeMap;

use proptest::prelude::*;
use tidings_store::model::SLOTS;

use super::*;

const TTL: i64 = 8_000_000;
const NOW: Timestamp = Timestamp(1_000_000_000);

fn node(id: &str, roles: &str, age_us: i64) -> Node {
    Node {
        id: id.to_owned(),
        name: id.to_owned(),
        roles: roles.to_owned(),
        version: String::new(),
        address: String::new(),
        started_at: NOW,
        heartbeat_at: NOW.plus(-age_us),
    }
}

fn heard(nodes: Vec<Node>, used: u8) -> Heard {
    let slot = |slot| Slot {
        slot,
        owner: String::new(),
        epoch: 0,
        expires_at: Timestamp(0),
        tenants: u32::from(slot < used),
    };
    Heard { now: NOW, replaced: false, held: Vec::new(), nodes, slots: (0..SLOTS).map(slot).collect() }
}

/// Carries out a plan as if nobody else moved meanwhile.
fn follow(heard: &mut Heard, id: &str, plan: &Plan) {
    for slot in &mut heard.slots {
        if plan.take.contains(slot.slot) {
            (slot.owner, slot.expires_at) = (id.to_owned(), NOW.plus(TTL));
        } else if plan.shed.contains(slot.slot) {
            (slot.owner, slot.expires_at) = (String::new(), Timestamp(0));
        }
    }
}

fn owned(heard: &Heard, used: bool) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for slot in heard.slots.iter().filter(|slot| (slot.tenants > 0) == used) {
        *counts.entry(slot.owner.as_str()).or_default() += 1;
    }
    counts
}

#[test]
fn a_single_node_takes_everything() {
    let mut heard = heard(vec![node("a", "api,dispatch,readers", 0)], 3);
    let first = plan("a", &heard, TTL);
    assert_eq!((first.take.len(), first.missing), (64, 0));
    follow(&mut heard, "a", &first);
    assert_eq!(plan("a", &heard, TTL), Plan::default(), "and keeps it");
}

#[test]
fn the_dead_and_those_who_do_not_dispatch_have_no_share() {
    let nodes = vec![node("a", "dispatch", 0), node("b", "dispatch", TTL), node("c", "api,readers", 0)];
    assert_eq!(plan("a", &heard(nodes, 0), TTL).take.len(), 64);
}

#[test]
fn a_newcomer_gets_its_share_of_few_tenants_too() {
    let mut heard = heard(vec![node("a", "dispatch", 0)], 4);
    let all = plan("a", &heard, TTL);
    follow(&mut heard, "a", &all);
    heard.nodes.push(node("b", "dispatch", 0));
    let waiting = plan("b", &heard, TTL);
    assert_eq!((waiting.take.len(), waiting.missing), (0, 32));
    let shed = plan("a", &heard, TTL);
    assert_eq!(shed.shed.len(), 32);
    follow(&mut heard, "a", &shed);
    let took = plan("b", &heard, TTL);
    follow(&mut heard, "b", &took);
    assert_eq!(owned(&heard, true), BTreeMap::from([("a", 2), ("b", 2)]));
    assert_eq!(owned(&heard, false), BTreeMap::from([("a", 30), ("b", 30)]));
}

proptest! {
    #[test]
    fn whoever_comes_and_goes_shares_are_even_and_come_to_rest(used in 0u8..=64, lives in proptest::collection::vec(any::<[bool; 5]>(), 1..6)) {
        let names = ["a", "b", "c", "d", "e"];
        let mut heard = heard(Vec::new(), used);
        for alive in lives {
            heard.nodes = names.iter().zip(alive).filter(|(_, alive)| *alive).map(|(id, _)| node(id, "dispatch", 0)).collect();
            if heard.nodes.is_empty() {
                continue;
            }
            let ids: Vec<String> = heard.nodes.iter().map(|node| node.id.clone()).collect();
            // The leases of those who died run out.
            for slot in heard.slots.iter_mut().filter(|slot| !ids.contains(&slot.owner)) {
                slot.expires_at = NOW;
            }
            for id in ids.iter().chain(&ids).chain(&ids) {
                let next = plan(id, &heard, TTL);
                follow(&mut heard, id, &next);
            }
            for used in [true, false] {
                let counts = owned(&heard, used);
                let total: usize = counts.values().sum();
                prop_assert!(counts.values().all(|n| *n <= total.div_ceil(ids.len())), "{counts:?}");
                prop_assert!(counts.keys().all(|owner| ids.iter().any(|id| id == owner)), "{counts:?}");
            }
            for id in &ids {
                let next = plan(id, &heard, TTL);
                prop_assert!(next.take.is_empty() && next.shed.is_empty(), "{next:?}");
            }
        }
    }
}

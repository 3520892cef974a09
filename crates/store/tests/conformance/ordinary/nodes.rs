//! Nodes, slots, and what nodes tell one another.

use tidings_domain::id::SenderId;
use tidings_domain::time::{MINUTE, SECOND, Timestamp};
use tidings_store::model::*;

use super::account;
use crate::bed::{Bed, Kind};
use crate::conformance;
use crate::scene::{Scene, allow};

conformance!(
    a_beat_renews_what_is_held,
    a_slot_that_ran_out_is_taken_under_a_new_epoch,
    a_slot_that_ran_out_and_that_nobody_took_is_kept,
    the_later_process_of_a_node_replaces_the_earlier,
    whoever_leaves_leaves_nothing,
    a_slot_is_taken_once,
    a_tenant_has_one_slot,
    only_lanes_of_the_slots_are_read,
    signals_reach_the_owner_once,
    lanes_are_shown_and_hidden,
    hints_are_heard,
    nodes_that_died_long_ago_are_forgotten,
);

const TTL: i64 = 8 * SECOND;

fn beat(id: &str, incarnation: i64, first: bool) -> Beat {
    Beat {
        id: id.to_owned(),
        name: id.to_owned(),
        incarnation,
        roles: "dispatch".to_owned(),
        version: "1".to_owned(),
        address: "http://127.0.0.1:1".to_owned(),
        started_at: Timestamp(0),
        first,
        ttl_us: TTL,
    }
}

async fn hear(bed: &Bed, id: &str, incarnation: i64, first: bool) -> Heard {
    let (system, now) = (bed.store.system(), bed.now());
    bed.store.beat(&system, &beat(id, incarnation, first), now).await.expect("a beat is heard")
}

async fn take(bed: &Bed, id: &str, slots: &[u8]) -> Vec<Epoch> {
    let wanted = slots.iter().copied().collect();
    bed.store.take_slots(&bed.store.system(), id, wanted, TTL, bed.now()).await.expect("leases work")
}

/// Lets every lease run out, whichever clock the store goes by.
async fn run_out(bed: &Bed) {
    bed.advance(TTL);
    if bed.kind == Kind::Postgres {
        bed.rows(&format!("UPDATE slots SET expires_at = expires_at - {TTL}")).await;
    }
}

fn numbers(epochs: &[Epoch]) -> Vec<(u8, i64)> {
    epochs.iter().map(|epoch| (epoch.slot, epoch.number)).collect()
}

async fn a_beat_renews_what_is_held(bed: Bed) -> Bed {
    let first = hear(&bed, "a", 1, true).await;
    assert_eq!(first.slots.len(), usize::from(SLOTS));
    assert!(first.held.is_empty() && first.slots.iter().all(|slot| slot.owner.is_empty()));
    assert_eq!(numbers(&take(&bed, "a", &[0, 5, 63]).await), [(0, 1), (5, 1), (63, 1)]);
    bed.advance(TTL / 2);
    let mut heard = hear(&bed, "a", 1, false).await;
    heard.held.sort_unstable();
    assert_eq!(numbers(&heard.held), [(0, 1), (5, 1), (63, 1)]);
    let five = &heard.slots[5];
    assert_eq!((five.slot, five.owner.as_str(), five.epoch), (5, "a", 1));
    assert!(five.expires_at >= heard.now.plus(TTL - SECOND) && five.expires_at <= heard.now.plus(TTL));
    assert_eq!(heard.nodes.iter().map(|node| node.id.as_str()).collect::<Vec<_>>(), ["a"]);
    bed
}

async fn a_slot_that_ran_out_is_taken_under_a_new_epoch(bed: Bed) -> Bed {
    hear(&bed, "a", 1, true).await;
    hear(&bed, "b", 1, true).await;
    take(&bed, "a", &[3]).await;
    assert!(take(&bed, "b", &[3]).await.is_empty(), "it is held");
    run_out(&bed).await;
    assert_eq!(numbers(&take(&bed, "b", &[3]).await), [(3, 2)]);
    assert!(hear(&bed, "a", 1, false).await.held.is_empty(), "what was lost is not renewed");
    let stale = vec![Epoch { slot: 3, number: 1 }];
    bed.store.release_slots(&bed.store.system(), "a", stale).await.expect("nothing happens");
    assert_eq!(hear(&bed, "b", 1, false).await.held.len(), 1, "nobody gives back what is another's");
    bed
}

async fn a_slot_that_ran_out_and_that_nobody_took_is_kept(bed: Bed) -> Bed {
    hear(&bed, "a", 1, true).await;
    take(&bed, "a", &[3]).await;
    run_out(&bed).await;
    assert_eq!(numbers(&hear(&bed, "a", 1, false).await.held), [(3, 1)]);
    hear(&bed, "b", 1, true).await;
    assert!(take(&bed, "b", &[3]).await.is_empty(), "it is held again");
    bed
}

async fn the_later_process_of_a_node_replaces_the_earlier(bed: Bed) -> Bed {
    hear(&bed, "a", 1, true).await;
    take(&bed, "a", &[7]).await;
    let later = hear(&bed, "a", 2, true).await;
    assert!(later.held.is_empty() && !later.replaced);
    assert_eq!(numbers(&take(&bed, "a", &[7]).await), [(7, 2)], "its slots are free at once");
    assert!(hear(&bed, "a", 1, false).await.replaced);
    assert!(!hear(&bed, "a", 2, false).await.replaced);
    bed
}

async fn whoever_leaves_leaves_nothing(bed: Bed) -> Bed {
    hear(&bed, "a", 1, true).await;
    let system = bed.store.system();
    take(&bed, "a", &[1, 2]).await;
    bed.store.leave(&system, "a", 99).await.expect("nothing happens: another process");
    assert_eq!(hear(&bed, "a", 1, false).await.held.len(), 2);
    bed.store.leave(&system, "a", 1).await.expect("it goes");
    let (nodes, slots, _) = bed.store.nodes(&system, bed.now()).await.expect("a read");
    assert!(nodes.is_empty() && slots.iter().all(|slot| slot.owner.is_empty()));
    assert_eq!(take(&bed, "b", &[1, 2]).await.len(), 2);
    bed
}

async fn a_slot_is_taken_once(bed: Bed) -> Bed {
    let names: Vec<String> = (0..6).map(|n| format!("node {n}")).collect();
    let all: Vec<u8> = (0..SLOTS).collect();
    let taken = futures_util::future::join_all(names.iter().map(|name| take(&bed, name, &all))).await;
    let mut slots: Vec<u8> = taken.iter().flatten().map(|epoch| epoch.slot).collect();
    slots.sort_unstable();
    slots.dedup();
    assert_eq!(slots.len(), taken.iter().map(Vec::len).sum::<usize>(), "no slot has two owners");
    assert!(take(&bed, "late", &all).await.len() + slots.len() <= usize::from(SLOTS));
    bed
}

async fn a_tenant_has_one_slot(bed: Bed) -> Bed {
    let (one, two) = (Scene::new(&bed).await, Scene::new(&bed).await);
    let first = account(&bed, &one.scope, "1").await;
    let second = account(&bed, &one.scope, "2").await;
    let other = account(&bed, &two.scope, "3").await;
    assert_eq!(first.slot, second.slot);
    assert_ne!(first.slot, other.slot, "tenants are spread");
    let read = bed.store.account(&one.scope, second.id).await.expect("a read").expect("it is there");
    assert_eq!(read.slot, second.slot);
    let (_, slots, _) = bed.store.nodes(&bed.store.system(), bed.now()).await.expect("a read");
    assert_eq!(slots.iter().map(|slot| slot.tenants).sum::<u32>(), 2);
    bed
}

async fn only_lanes_of_the_slots_are_read(bed: Bed) -> Bed {
    let mut scene = Scene::new(&bed).await;
    account(&bed, &scene.scope, "1").await;
    let other = Scene::new(&bed).await;
    let account = account(&bed, &other.scope, "2").await;
    assert_ne!(account.slot, 0);
    let (store, system) = (&bed.store, bed.store.system());
    (scene.scope, scene.account) = (other.scope.clone(), account.id);
    scene.accept(&bed, vec![scene.message(&bed)], allow()).await;
    let (ours, others) = (SlotSet::from_iter([account.slot]), SlotSet::from_iter([0, 63]));
    let lanes = store.lanes_with_work(&system, ours).await.expect("a read");
    assert_eq!((lanes.len(), lanes[0].slot), (1, account.slot));
    assert!(store.lanes_with_work(&system, others).await.expect("a read").is_empty());
    scene.epoch = take(&bed, "node", &[account.slot]).await[0];
    let items = scene.due(&bed).await;
    scene.claim(&bed, items, allow()).await;
    let open = store.open_attempts(&system, ours, None, 10).await.expect("a read");
    assert_eq!((open.len(), open[0].epoch), (1, scene.epoch));
    assert!(store.open_attempts(&system, others, None, 10).await.expect("a read").is_empty());
    bed
}

async fn signals_reach_the_owner_once(bed: Bed) -> Bed {
    let (store, system, at) = (&bed.store, bed.store.system(), bed.now());
    let sender: SenderId = bed.ids.next(at);
    let signal = LaneSignal { slot: 63, sender, code: 130_429, at };
    let other = LaneSignal { slot: 2, ..signal };
    store.post_signals(&system, vec![signal, signal]).await.expect("it is left");
    store.post_signals(&system, vec![LaneSignal { at: at.plus(5), ..signal }]).await.expect("it is left");
    assert!(store.take_signals(&system, SlotSet::from_iter([2])).await.expect("a look").is_empty());
    let taken = store.take_signals(&system, SlotSet::from_iter([2, 63])).await.expect("a look");
    assert_eq!(taken, [LaneSignal { at: at.plus(5), ..signal }]);
    assert!(store.take_signals(&system, SlotSet::ALL).await.expect("a look").is_empty());
    store.post_signals(&system, vec![other]).await.expect("it is left");
    assert_eq!(store.take_signals(&system, SlotSet::ALL).await.expect("a look"), [other]);
    bed
}

async fn lanes_are_shown_and_hidden(bed: Bed) -> Bed {
    let (store, system, at) = (&bed.store, bed.store.system(), bed.now());
    let (one, two): (SenderId, SenderId) = (bed.ids.next(at), bed.ids.next(at));
    let view = |text: &str| format!("{{\"phase\":\"{text}\"}}");
    store
        .show_lanes(&system, "a", vec![(one, view("idle")), (two, view("held"))], vec![], at)
        .await
        .expect("shown");
    store.show_lanes(&system, "b", vec![(one, view("pacing"))], vec![two], at.plus(1)).await.expect("shown");
    let shown = store.shown_lane(&system, one).await.expect("a read").expect("it is shown");
    assert_eq!(shown, ShownLane { sender: one, node: "b".into(), at: at.plus(1), view: view("pacing") });
    let all = store.shown_lanes(&system, 10).await.expect("a read");
    assert_eq!(
        all.iter().map(|lane| lane.node.as_str()).collect::<Vec<_>>(),
        ["a", "b"],
        "only one's own is hidden"
    );
    store.show_lanes(&system, "a", vec![], vec![two], at).await.expect("hidden");
    assert!(store.shown_lane(&system, two).await.expect("a read").is_none());
    bed
}

async fn hints_are_heard(bed: Bed) -> Bed {
    let (store, system) = (&bed.store, bed.store.system());
    let Some(mut hints) = store.hints(&system).await.expect("it listens") else {
        assert_ne!(bed.kind, Kind::Postgres);
        store.hint(&system, "work 1").await.expect("nobody listens");
        return bed;
    };
    // Whether the connection listens yet is not told: the first hints may go unheard.
    let again = async {
        loop {
            store.hint(&system, "work 1").await.expect("it is said");
        }
    };
    let heard = tokio::select! {
        heard = hints.recv() => heard,
        () = again => unreachable!("it never ends"),
    };
    assert_eq!(heard.as_deref(), Some("work 1"));
    bed
}

async fn nodes_that_died_long_ago_are_forgotten(bed: Bed) -> Bed {
    hear(&bed, "a", 1, true).await;
    let system = bed.store.system();
    assert_eq!(bed.store.prune_nodes(&system, MINUTE, bed.now()).await.expect("a look"), 0);
    bed.advance(2 * MINUTE);
    if bed.kind == Kind::Postgres {
        bed.rows(&format!("UPDATE nodes SET heartbeat_at = heartbeat_at - {}", 2 * MINUTE)).await;
    }
    assert_eq!(bed.store.prune_nodes(&system, MINUTE, bed.now()).await.expect("a look"), 1);
    assert!(!hear(&bed, "a", 1, false).await.replaced, "it is simply there again");
    bed
}

//! The event log: feeds, timelines, counts.

use std::collections::BTreeMap;

use tidings_domain::event::Kind;
use tidings_domain::id::Id as _;
use tidings_store::cursor::Cursor as _;
use tidings_store::model::*;

use super::{ACTOR, log_settled};
use crate::bed::Bed;
use crate::conformance;
use crate::scene::{Scene, accepted, allow};

conformance!(
    a_feed_continues_where_it_stopped,
    the_log_of_all_tenants_is_one,
    a_position_of_another_past_starts_anew,
    a_timeline_is_in_order,
    counts_add_up,
    every_change_leaves_an_event,
);

async fn feed(bed: &Bed, scene: &Scene, limit: usize) -> Vec<LoggedEvent> {
    log_settled(bed).await;
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = bed.store.events(&scene.scope, after, limit).await.expect("a feed");
        assert!(page.len() <= limit);
        let Some(last) = page.last() else { return all };
        let text = last.position.encode();
        after = Some(LogPosition::decode(&text).expect("a cursor reads back"));
        all.extend(page);
    }
}

async fn a_feed_continues_where_it_stopped(bed: Bed) -> Bed {
    let (scene, other) = (Scene::new(&bed).await, Scene::new(&bed).await);
    for _ in 0..5 {
        scene.accept(&bed, vec![scene.message(&bed)], allow()).await;
        other.accept(&bed, vec![other.message(&bed)], allow()).await;
    }
    let whole = feed(&bed, &scene, 100).await;
    assert_eq!(whole.len(), 7, "the tenant, its key and five messages");
    assert!(whole.iter().all(|event| event.tenant == scene.scope.tenant()));
    for limit in [1, 2, 6, 7] {
        let positions = |all: &[LoggedEvent]| all.iter().map(|event| event.position).collect::<Vec<_>>();
        assert_eq!(positions(&feed(&bed, &scene, limit).await), positions(&whole), "pages of {limit}");
    }
    log_settled(&bed).await;
    let end = bed.store.log_end(&scene.scope).await.expect("a position");
    assert_eq!(Some(end), whole.last().map(|event| event.position));
    assert!(bed.store.events(&scene.scope, Some(end), 10).await.expect("a feed").is_empty());
    scene.accept(&bed, vec![scene.message(&bed)], allow()).await;
    log_settled(&bed).await;
    assert_eq!(bed.store.events(&scene.scope, Some(end), 10).await.expect("a feed").len(), 1);
    bed
}

async fn the_log_of_all_tenants_is_one(bed: Bed) -> Bed {
    let (one, two) = (Scene::new(&bed).await, Scene::new(&bed).await);
    let system = bed.store.system();
    log_settled(&bed).await;
    let first = bed.store.read_log(&system, None, 3).await.expect("the log");
    let rest =
        bed.store.read_log(&system, first.last().map(|event| event.position), 10).await.expect("the log");
    let tenants: Vec<_> = first.iter().chain(&rest).map(|event| event.tenant).collect();
    let (one, two) = (one.scope.tenant(), two.scope.tenant());
    assert_eq!(tenants, [one, one, two, two]);
    bed
}

async fn a_position_of_another_past_starts_anew(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    log_settled(&bed).await;
    let end = bed.store.log_end(&scene.scope).await.expect("a position");
    let foreign = LogPosition { generation: end.generation + 1, ..end };
    assert_eq!(bed.store.events(&scene.scope, Some(foreign), 10).await.expect("a feed").len(), 2);
    let (counts, position) = bed.store.event_counts(&scene.scope, foreign).await.expect("counts");
    assert_eq!((counts.len(), position), (2, end));
    bed
}

async fn a_timeline_is_in_order(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let items = scene.claimed(&bed, 2).await;
    scene.record(&bed, &items[0], accepted(&items[0]), Next::Done).await;
    let events = bed.store.message_events(&scene.scope, items[0].message).await.expect("a timeline");
    let kinds: Vec<_> = events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [Kind::MessageAccepted, Kind::MessageSubmitting, Kind::MessageSubmitted]);
    assert!(events.iter().all(|event| event.subject == items[0].message.bytes() && event.trace.is_some()));
    assert_eq!(events[0].actor, ACTOR.to_string());
    let unknown = bed.ids.next(bed.now());
    assert!(bed.store.message_events(&scene.scope, unknown).await.expect("works").is_empty());
    bed
}

async fn counts_add_up(bed: Bed) -> Bed {
    let (scene, other) = (Scene::new(&bed).await, Scene::new(&bed).await);
    let mut folded: BTreeMap<Kind, u64> = BTreeMap::new();
    let mut at = LogPosition::default();
    for n in 0..4 {
        scene.accept(&bed, (0..n).map(|_| scene.message(&bed)).collect(), allow()).await;
        other.accept(&bed, vec![other.message(&bed)], allow()).await;
        log_settled(&bed).await;
        let (counts, position) = bed.store.event_counts(&scene.scope, at).await.expect("counts");
        for (kind, count) in counts {
            *folded.entry(kind).or_default() += count;
        }
        at = position;
    }
    let (whole, position) =
        bed.store.event_counts(&scene.scope, LogPosition::default()).await.expect("counts");
    assert_eq!((folded, position), (whole.into_iter().collect(), at), "step by step and at once");
    let (nothing, same) = bed.store.event_counts(&scene.scope, at).await.expect("counts");
    assert!(nothing.is_empty() && same == at);
    let system = bed.store.system();
    let (all, _) = bed.store.event_counts_by_tenant(&system, LogPosition::default()).await.expect("counts");
    let accepted = |tenant| all.iter().find(|(t, kind, _)| *t == tenant && *kind == Kind::MessageAccepted);
    assert_eq!(accepted(scene.scope.tenant()).map(|(_, _, count)| *count), Some(6));
    assert_eq!(accepted(other.scope.tenant()).map(|(_, _, count)| *count), Some(4));
    bed
}

async fn every_change_leaves_an_event(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let account = super::account(&bed, &scene.scope, "1").await;
    let now = bed.now();
    let store = &bed.store;
    store
        .update_account(&scene.scope, account.id, &account.provider_ref, super::credentials("2"), ACTOR, now)
        .await
        .expect("works");
    let channel = tidings_domain::category::Channel::Whatsapp;
    let sender =
        store.create_sender(&scene.scope, account.id, channel, "+15550100", "7", 80.0, ACTOR, now).await;
    store.set_sender_rate(&scene.scope, sender.expect("works").id, 8.0, ACTOR, now).await.expect("works");
    store.replace_templates(&scene.scope, account.id, Vec::new(), ACTOR, now).await.expect("works");
    let pause =
        store.set_pause(&scene.scope, PauseScope::Tenant, "x", "why", None, ACTOR, now).await.expect("works");
    store.lift_pause(&scene.scope, pause.id, ACTOR, now).await.expect("works");
    store.set_tenant_rate(&scene.scope, None, ACTOR, now).await.expect("works");
    let phone = super::phone(crate::scene::PHONE);
    store.add_consent(&scene.scope, super::consent(&bed, phone.clone(), true)).await.expect("works");
    store
        .add_consent(&scene.scope, NewConsent { at: now.plus(1), ..super::consent(&bed, phone, false) })
        .await
        .expect("works");
    let kinds: Vec<_> = feed(&bed, &scene, 100).await.iter().map(|event| event.kind.as_str()).collect();
    let want = [
        "tenant.created",
        "key.created",
        "account.created",
        "account.updated",
        "sender.created",
        "sender.changed",
        "templates.synced",
        "pause.set",
        "pause.lifted",
        "tenant.changed",
        "consent.granted",
        "consent.revoked",
    ];
    assert_eq!(kinds, want);
    bed
}

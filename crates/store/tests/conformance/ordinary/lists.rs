//! Reading messages: one, lists, what needs attention.

use std::sync::Arc;

use tidings_domain::event::Kind;
use tidings_domain::lifecycle::{AttemptState, Status, Terminal};
use tidings_domain::time::{HOUR, SECOND};
use tidings_domain::trace::TraceId;
use tidings_store::limits::{MESSAGES_SIFTED_MAX, RUN_EVENTS_MIN, SUBJECT_EVENTS_MIN};
use tidings_store::model::*;

use super::{ACTOR, log_settled};
use crate::bed::Bed;
use crate::conformance;
use crate::scene::{Scene, accepted, allow, intake, receipt};

conformance!(
    a_message_tells_its_state,
    lists_come_in_pages,
    lists_are_filtered,
    a_sifted_list_goes_on,
    a_recipients_messages_are_found_in_runs_and_behind_them,
    a_timeline_is_whole_whatever_was_written_down_of_it,
    attention_comes_in_pages,
    an_answer_is_found_again,
);

fn deny() -> Judgement {
    Judgement::Deny { code: "consent.suppressed".to_owned(), decisions: "[]".to_owned() }
}

async fn status(bed: &Bed, scene: &Scene, id: tidings_domain::id::MessageId) -> Status {
    bed.store.message(&scene.scope, id).await.expect("works").expect("it is there").head.status
}

async fn a_message_tells_its_state(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let mut later = scene.message(&bed);
    later.due_at = bed.now().plus(HOUR / 2);
    let (first, denied) = (scene.message(&bed), scene.message(&bed));
    let (first_id, later_id, denied_id) = (first.id, later.id, denied.id);
    scene.accept(&bed, vec![first, later], allow()).await;
    scene.accept(&bed, vec![denied], deny()).await;
    assert_eq!(status(&bed, &scene, first_id).await, Status::Queued);
    assert_eq!(status(&bed, &scene, later_id).await, Status::Scheduled);
    assert_eq!(status(&bed, &scene, denied_id).await, Status::Denied);
    let items = scene.due(&bed).await;
    assert_eq!(items.len(), 1);
    scene.claim(&bed, items.clone(), allow()).await;
    assert_eq!(status(&bed, &scene, first_id).await, Status::Submitting);
    scene.record(&bed, &items[0], accepted(&items[0]), Next::Done).await;
    assert_eq!(status(&bed, &scene, first_id).await, Status::Submitted);
    scene.merge(&bed, vec![receipt(&items[0], AttemptState::Read, bed.now())]).await;
    let view = bed.store.message(&scene.scope, first_id).await.expect("works").expect("it is there");
    assert_eq!(
        (view.head.status, view.head.terminal, view.head.attempts.len()),
        (Status::Read, Terminal::None, 1)
    );
    assert_eq!(view.content.as_deref(), Some(r#"{"to":"somebody"}"#));
    let denied = bed.store.message(&scene.scope, denied_id).await.expect("works").expect("it is there").head;
    assert_eq!(denied.reason.as_deref(), Some("consent.suppressed"));
    let unknown = bed.ids.next(bed.now());
    assert!(bed.store.message(&scene.scope, unknown).await.expect("works").is_none());
    bed
}

async fn pages(
    bed: &Bed,
    scene: &Scene,
    filter: &MessageFilter,
    limit: usize,
) -> Vec<tidings_domain::id::MessageId> {
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let page = bed.store.messages(&scene.scope, filter, cursor, limit).await.expect("a list");
        assert!(page.items.len() <= limit);
        all.extend(page.items.iter().map(|head| head.id));
        match page.next {
            Some(next) => cursor = Some(next),
            None => return all,
        }
    }
}

async fn lists_come_in_pages(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let mut ids = Vec::new();
    for _ in 0..7 {
        bed.advance(SECOND);
        let message = scene.message(&bed);
        ids.push(message.id);
        scene.accept(&bed, vec![message], allow()).await;
    }
    ids.reverse();
    for limit in [1, 3, 6, 7, 8] {
        assert_eq!(pages(&bed, &scene, &MessageFilter::default(), limit).await, ids, "pages of {limit}");
    }
    bed
}

async fn lists_are_filtered(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let given = TraceId::from_bytes([3; 16]).expect("not zero");
    let mut all = Vec::new();
    for n in 0..6u8 {
        bed.advance(SECOND);
        let mut message = scene.message(&bed);
        message.trace = TraceId::from_bytes(*message.id.as_bytes()).expect("not zero");
        if n % 2 == 0 {
            message.recipient = scene.scope.hash("phone:+4930123456");
            message.reference = Some(scene.scope.hash("reference:A-1"));
        }
        if n == 3 {
            message.sender = bed.ids.next(bed.now());
            (message.trace, message.trace_given) = (given, true);
        }
        all.push(message.clone());
        scene.accept(&bed, vec![message], if n == 5 { deny() } else { allow() }).await;
    }
    let ids = |wanted: &[usize]| wanted.iter().map(|n| all[*n].id).collect::<Vec<_>>();
    let none = MessageFilter::default;
    for (name, filter, want) in [
        ("recipient", MessageFilter { recipient: Some(all[0].recipient), ..none() }, ids(&[4, 2, 0])),
        ("reference", MessageFilter { reference: all[0].reference, ..none() }, ids(&[4, 2, 0])),
        ("sender", MessageFilter { sender: Some(all[3].sender), ..none() }, ids(&[3])),
        ("trace given", MessageFilter { trace: Some(given), ..none() }, ids(&[3])),
        ("trace of its own", MessageFilter { trace: Some(all[2].trace), ..none() }, ids(&[2])),
        ("status", MessageFilter { status: Some(Status::Queued), ..none() }, ids(&[4, 3, 2, 1, 0])),
        ("denied", MessageFilter { status: Some(Status::Denied), ..none() }, ids(&[5])),
        (
            "two at once",
            MessageFilter { status: Some(Status::Denied), recipient: Some(all[0].recipient), ..none() },
            ids(&[]),
        ),
    ] {
        for limit in [1, 2, 10] {
            assert_eq!(pages(&bed, &scene, &filter, limit).await, want, "{name}, pages of {limit}");
        }
    }
    bed
}

/// A rare status behind more messages than one page looks at.
async fn a_sifted_list_goes_on(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let denied = scene.message(&bed);
    let id = denied.id;
    scene.accept(&bed, vec![denied], deny()).await;
    bed.advance(SECOND);
    for _ in 0..=MESSAGES_SIFTED_MAX / 1_000 {
        let messages = (0..1_000).map(|_| scene.message(&bed)).collect();
        scene.accept(&bed, messages, allow()).await;
    }
    let filter = MessageFilter { status: Some(Status::Denied), ..MessageFilter::default() };
    let page = bed.store.messages(&scene.scope, &filter, None, 10).await.expect("a list");
    assert!(page.items.is_empty() && page.next.is_some(), "it stops after so many");
    assert_eq!(pages(&bed, &scene, &filter, 10).await, [id]);
    bed
}

/// Some messages are in a run, some in the end of the log, and a run that is written again changes nothing.
async fn a_recipients_messages_are_found_in_runs_and_behind_them(bed: Bed) -> Bed {
    const RECIPIENTS: usize = 300;
    let scene = Scene::new(&bed).await;
    let recipients: Vec<Hash16> =
        (0..RECIPIENTS).map(|n| scene.scope.hash(&format!("phone:+4930{n:06}"))).collect();
    let mut wanted = Vec::new();
    let mut send = async |count: usize| {
        let messages: Vec<NewMessage> = (0..count)
            .map(|n| NewMessage { recipient: recipients[n % RECIPIENTS], ..scene.message(&bed) })
            .collect();
        let of_first = messages.iter().filter(|message| message.recipient == recipients[0]);
        wanted.extend(of_first.map(|message| message.id));
        scene.accept(&bed, messages, allow()).await;
        bed.advance(SECOND);
    };
    for _ in 0..RUN_EVENTS_MIN / 1_000 {
        send(1_000).await;
    }
    let filter = MessageFilter { recipient: Some(recipients[0]), ..Default::default() };
    log_settled(&bed).await;
    let indexed = bed.store.index_recipients(&bed.store.system()).await.expect("works");
    assert_eq!(indexed as i64, RUN_EVENTS_MIN);
    assert_eq!(bed.store.index_recipients(&bed.store.system()).await.expect("works"), 0, "too little is new");
    send(700).await;
    wanted.sort_unstable();
    wanted.reverse();
    assert_eq!(wanted.len(), 20 * 4 + 3);
    for limit in [7, 100] {
        assert_eq!(pages(&bed, &scene, &filter, limit).await, wanted, "pages of {limit}");
    }
    let nobody = MessageFilter { recipient: Some(scene.scope.hash("phone:+1")), ..Default::default() };
    assert_eq!(pages(&bed, &scene, &nobody, 10).await, []);
    bed
}

/// One part of the timeline is found by the index behind the log, the other in the end of the log.
async fn a_timeline_is_whole_whatever_was_written_down_of_it(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let message = scene.message(&bed);
    let id = message.id;
    scene.accept(&bed, vec![message], allow()).await;
    let items = scene.due(&bed).await;
    scene.claim(&bed, items.clone(), allow()).await;
    let kinds = async || -> Vec<Kind> {
        let events = bed.store.message_events(&scene.scope, id).await.expect("a timeline");
        events.into_iter().map(|event| event.kind).collect()
    };
    let index = async || {
        log_settled(&bed).await;
        bed.store.index_subjects(&bed.store.system()).await.expect("works")
    };
    let early = [Kind::MessageAccepted, Kind::MessageSubmitting];
    assert_eq!((index().await, kinds().await), (0, early.to_vec()), "too little to write down");
    for _ in 0..SUBJECT_EVENTS_MIN / 1_000 {
        scene.accept(&bed, (0..1_000).map(|_| scene.message(&bed)).collect(), allow()).await;
    }
    assert!(index().await as i64 >= SUBJECT_EVENTS_MIN);
    assert_eq!((index().await, kinds().await), (0, early.to_vec()), "all from the index");
    scene.record(&bed, &items[0], accepted(&items[0]), Next::Done).await;
    scene.merge(&bed, vec![receipt(&items[0], AttemptState::Read, bed.now())]).await;
    let whole = [early.to_vec(), vec![Kind::MessageSubmitted, Kind::MessageRead]].concat();
    assert_eq!(kinds().await, whole, "from both");
    bed
}

async fn attention_comes_in_pages(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let mut denied = Vec::new();
    for n in 0..5 {
        if n % 2 == 0 {
            bed.advance(SECOND);
        }
        let message = scene.message(&bed);
        denied.push(message.id);
        scene.accept(&bed, vec![message], deny()).await;
    }
    bed.advance(SECOND);
    let item = scene.claimed(&bed, 1).await.remove(0);
    let dead = Next::Dead { reason: "retries.exhausted".to_owned() };
    scene.record(&bed, &item, AttemptResult::Failed { code: 130_429 }, dead).await;
    assert_eq!(bed.store.attention_count(&scene.scope).await.expect("a count"), 6);
    for (kinds, want) in [
        (vec![], 6),
        (vec![AttentionKind::Denied], 5),
        (vec![AttentionKind::Dead, AttentionKind::Failed], 1),
        (vec![AttentionKind::Unknown], 0),
    ] {
        for limit in [1, 2, 10] {
            let (mut all, mut cursor) = (Vec::new(), None);
            loop {
                let page = bed.store.attention(&scene.scope, &kinds, cursor, limit).await.expect("a list");
                all.extend(page.items.into_iter().map(|entry| (entry.at, entry.message)));
                cursor = page.next;
                if cursor.is_none() {
                    break;
                }
            }
            assert_eq!(all.len(), want, "{kinds:?} in pages of {limit}");
            assert!(all.windows(2).all(|pair| pair[0].0 >= pair[1].0), "newest first");
        }
    }
    let newest = bed.store.attention(&scene.scope, &[], None, 1).await.expect("a list").items.remove(0);
    assert_eq!(
        (newest.message, newest.kind, newest.reason.as_str()),
        (item.message, AttentionKind::Dead, "retries.exhausted")
    );
    bed
}

async fn an_answer_is_found_again(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let respond: Respond = Arc::new(|_| (202, b"taken".to_vec()));
    let idempotent = Some(Idempotent { key: [1; 32], fingerprint: [2; 32], respond });
    let messages = vec![scene.message(&bed)];
    let accept = Accept { messages, judge: intake(allow()), actor: ACTOR, idempotent };
    bed.store.accept(&scene.scope, accept).await.expect("intake works");
    let find = async || bed.store.idempotent_answer(&scene.scope, [1; 32]).await.expect("works");
    assert_eq!(find().await, Some(([2; 32], 202, b"taken".to_vec())));
    assert!(bed.store.idempotent_answer(&scene.scope, [9; 32]).await.expect("works").is_none());
    let system = bed.store.system();
    assert_eq!(bed.store.prune_idempotency(&system, bed.now()).await.expect("housekeeping"), 0);
    assert_eq!(bed.store.prune_idempotency(&system, bed.now().plus(1)).await.expect("housekeeping"), 1);
    assert_eq!(find().await, None);
    bed
}

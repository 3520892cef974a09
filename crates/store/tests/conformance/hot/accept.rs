//! Intake.

use std::sync::Arc;

use tidings_domain::actor::Actor;
use tidings_domain::time::{HOUR, SECOND};
use tidings_store::StoreError;
use tidings_store::model::*;

use crate::bed::Bed;
use crate::conformance;
use crate::scene::{Scene, allow, intake};

conformance!(
    verdicts_are_stored,
    content_is_sealed,
    a_key_replays_its_answer,
    a_key_used_twice_at_once_stores_once,
    one_mistake_is_one_callers,
);

async fn verdicts_are_stored(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let later = bed.now().plus(HOUR);
    let deny = Judgement::Deny { code: "consent.suppressed".into(), decisions: "[1]".into() };
    let defer = Judgement::Defer { until: later, code: "hours.quiet".into(), decisions: "[2]".into() };
    for (verdict, kinds, terminal, due) in [
        (allow(), vec!["message.accepted"], "0|-", 1),
        (deny, vec!["message.denied"], "2|consent.suppressed", 1),
        (defer, vec!["message.accepted", "message.deferred"], "0|-", 1),
        (Judgement::Expire, vec!["message.expired"], "3|-", 1),
    ] {
        let message = scene.message(&bed);
        let id = message.id;
        assert_eq!(scene.accept(&bed, vec![message], verdict.clone()).await, vec![verdict.clone()]);
        assert_eq!(scene.kinds(&bed, id).await, kinds);
        let hex = hex::encode(id.as_bytes());
        let stored = bed.rows("SELECT id, terminal, reason FROM messages ORDER BY id").await;
        assert!(stored.contains(&format!("\\x{hex}|{terminal}")), "{stored:?}");
        assert_eq!(scene.due(&bed).await.len(), due, "only the first is due now: {verdict:?}");
    }
    bed.advance(HOUR);
    assert_eq!(scene.due(&bed).await.len(), 2, "the deferred one is due later");
    assert_eq!(bed.rows("SELECT kind, reason FROM attention").await, ["3|consent.suppressed"]);
    let body = bed.rows("SELECT body FROM events WHERE kind = 1 ORDER BY seq LIMIT 1").await;
    let body: serde_json::Value = serde_json::from_str(&body[0]).expect("bodies are JSON");
    assert_eq!(body["template"], "order \"shipped\"");
    assert_eq!(body["status"], "queued");
    assert_eq!(body["sender"], scene.sender.to_string());
    bed
}

async fn content_is_sealed(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    scene.accept(&bed, vec![scene.message(&bed)], allow()).await;
    let data = bed.rows("SELECT data FROM sealed").await;
    assert_eq!(data.len(), 1);
    assert!(!data[0].contains(&hex::encode("somebody")));
    bed
}

fn keyed(scene: &Scene, bed: &Bed, key: u8, fingerprint: u8) -> Accept {
    Accept {
        messages: vec![scene.message(bed)],
        judge: intake(allow()),
        actor: Actor::Installation,
        idempotent: Some(Idempotent {
            key: [key; 32],
            fingerprint: [fingerprint; 32],
            respond: Arc::new(|verdicts| (202, format!("{} accepted", verdicts.len()).into_bytes())),
        }),
    }
}

async fn a_key_replays_its_answer(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let first = bed.store.accept(&scene.scope, keyed(&scene, &bed, 1, 1)).await.expect("intake works");
    assert_eq!(first, Accepted::Stored(vec![allow()]));
    let again = bed.store.accept(&scene.scope, keyed(&scene, &bed, 1, 2)).await.expect("intake works");
    let replay = Accepted::Replay { fingerprint: [1; 32], status: 202, body: b"1 accepted".to_vec() };
    assert_eq!(again, replay);
    assert_eq!(bed.count("SELECT COUNT(*) FROM messages").await, 1);
    assert!(!bed.rows("SELECT body FROM idempotency").await[0].contains(&hex::encode("accepted")));
    bed
}

async fn a_key_used_twice_at_once_stores_once(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let calls = (0..8).map(|_| bed.store.accept(&scene.scope, keyed(&scene, &bed, 1, 1)));
    let answers = futures_util::future::join_all(calls).await;
    let stored = answers.iter().filter(|answer| matches!(answer, Ok(Accepted::Stored(_)))).count();
    let replayed =
        answers.iter().filter(|answer| matches!(answer, Ok(Accepted::Replay { status: 202, .. }))).count();
    assert_eq!((stored, replayed), (1, 7), "{answers:?}");
    assert_eq!(bed.count("SELECT COUNT(*) FROM messages").await, 1);
    bed
}

async fn one_mistake_is_one_callers(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let taken = scene.message(&bed);
    scene.accept(&bed, vec![taken.clone()], allow()).await;
    bed.advance(SECOND);
    let call = |message: NewMessage| Accept {
        messages: vec![message],
        judge: intake(allow()),
        actor: Actor::Installation,
        idempotent: None,
    };
    let accepts = [scene.message(&bed), taken, scene.message(&bed)].map(call);
    let calls = accepts.into_iter().map(|accept| bed.store.accept(&scene.scope, accept));
    let answers = futures_util::future::join_all(calls).await;
    assert!(answers[0].is_ok() && answers[2].is_ok(), "{answers:?}");
    assert!(matches!(answers[1], Err(StoreError::Conflict(_))), "{answers:?}");
    assert_eq!(bed.count("SELECT COUNT(*) FROM messages").await, 3);
    assert_eq!(bed.count("SELECT COUNT(*) FROM events WHERE kind = 1").await, 3);
    bed
}

//! Claiming, and the leases behind it.

use std::sync::Arc;

use tidings_domain::category::{Category, Channel};
use tidings_domain::time::{HOUR, SECOND};
use tidings_store::model::*;

use crate::bed::Bed;
use crate::conformance;
use crate::scene::{PHONE, Scene, allow};

conformance!(
    a_claim_opens_the_content,
    a_content_that_is_gone_or_forged_spoils_no_other,
    whoever_comes_second_gets_nothing,
    verdicts_at_claim,
    what_is_swapped_is_kept_only_by_what_is_won,
    an_old_epoch_claims_nothing,
    an_opt_out_before_the_claim_is_seen,
    leases_pass_from_hand_to_hand,
);

async fn a_claim_opens_the_content(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let message = scene.message(&bed);
    let id = message.id;
    scene.accept(&bed, vec![message], allow()).await;
    let claimed = scene.claim(&bed, scene.due(&bed).await, allow()).await;
    let [Claimed::Won { item, content }] = &claimed[..] else { panic!("{claimed:?}") };
    assert_eq!((item.message, &content[..]), (id, &b"{\"to\":\"somebody\"}"[..]));
    assert!(scene.due(&bed).await.is_empty());
    assert_eq!(scene.kinds(&bed, id).await, ["message.accepted", "message.submitting"]);
    let open = bed.store.open_attempts(&bed.store.system(), SlotSet::ALL, None, 10).await.expect("a read");
    assert_eq!(open.len(), 1);
    assert_eq!((&open[0].item, open[0].epoch), (item, scene.epoch));
    let after = Some(item.attempt_id());
    assert!(
        bed.store
            .open_attempts(&bed.store.system(), SlotSet::ALL, after, 10)
            .await
            .expect("a read")
            .is_empty()
    );
    bed
}

async fn a_content_that_is_gone_or_forged_spoils_no_other(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let messages: Vec<_> = (0..3).map(|_| scene.message(&bed)).collect();
    let [gone, forged, whole] = [0, 1, 2].map(|n: usize| messages[n].id);
    scene.accept(&bed, messages, allow()).await;
    bed.rows(&format!("DELETE FROM sealed WHERE owner = {} RETURNING 1", bed.bytes(gone.as_bytes()))).await;
    let other = format!("(SELECT data FROM sealed WHERE owner = {})", bed.bytes(whole.as_bytes()));
    let owner = bed.bytes(forged.as_bytes());
    bed.rows(&format!("UPDATE sealed SET data = {other} WHERE owner = {owner} RETURNING 1")).await;
    let claimed = scene.claim(&bed, scene.due(&bed).await, allow()).await;
    let content_of = |id| {
        claimed.iter().find_map(|each| match each {
            Claimed::Won { item, content } if item.message == id => Some(content.as_slice()),
            _ => None,
        })
    };
    assert_eq!(content_of(gone), Some(&b""[..]));
    assert_eq!(content_of(forged), Some(&b""[..]));
    assert_eq!(content_of(whole), Some(&b"{\"to\":\"somebody\"}"[..]));
    bed
}

async fn whoever_comes_second_gets_nothing(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    scene.accept(&bed, (0..20).map(|_| scene.message(&bed)).collect(), allow()).await;
    let items = scene.due(&bed).await;
    let calls = (0..4).map(|_| scene.claim(&bed, items.clone(), allow()));
    let claims = futures_util::future::join_all(calls).await;
    let won = claims.iter().flatten().filter(|claimed| matches!(claimed, Claimed::Won { .. })).count();
    let gone = claims.iter().flatten().filter(|claimed| matches!(claimed, Claimed::Gone { .. })).count();
    assert_eq!((won, gone), (20, 60));
    assert_eq!(bed.count("SELECT COUNT(*) FROM attempts").await, 20);
    bed
}

async fn verdicts_at_claim(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let later = bed.now().plus(60 * SECOND);
    let deny = Judgement::Deny { code: "window.closed".into(), decisions: "[]".into() };
    let defer = Judgement::Defer { until: later, code: "sender.paused".into(), decisions: "[]".into() };
    scene.accept(&bed, vec![scene.message(&bed)], allow()).await;
    let claimed = scene.claim(&bed, scene.due(&bed).await, defer).await;
    assert!(matches!(claimed[..], [Claimed::Deferred { until, .. }] if until == later), "{claimed:?}");
    assert!(scene.due(&bed).await.is_empty());
    bed.advance(60 * SECOND);
    let items = scene.due(&bed).await;
    assert_eq!(bed.rows("SELECT due_at FROM messages").await, [later.micros().to_string()]);
    let claimed = scene.claim(&bed, items, deny).await;
    assert!(matches!(&claimed[..], [Claimed::Denied { code, .. }] if code == "window.closed"), "{claimed:?}");
    assert_eq!(bed.rows("SELECT terminal, reason FROM messages").await, ["2|window.closed"]);
    scene.accept(&bed, vec![scene.message(&bed)], allow()).await;
    let items = scene.due(&bed).await;
    bed.advance(HOUR);
    let claimed = scene.claim(&bed, items, allow()).await;
    assert!(matches!(claimed[..], [Claimed::Expired { .. }]), "{claimed:?}");
    assert_eq!(bed.count("SELECT COUNT(*) FROM messages WHERE terminal = 3").await, 1);
    assert_eq!(bed.count("SELECT COUNT(*) FROM attempts").await, 0);
    bed
}

async fn what_is_swapped_is_kept_only_by_what_is_won(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let messages: Vec<_> = (0..3).map(|_| scene.message(&bed)).collect();
    let [won, deferred, other] = [0, 1, 2].map(|n: usize| messages[n].id);
    scene.accept(&bed, messages, allow()).await;
    let swap =
        Swap { template: "plain".into(), language: "de".into(), content: b"{\"to\":\"again\"}".to_vec() };
    let until = bed.now().plus(SECOND);
    let judge = ClaimJudge {
        swaps: Arc::new([(won, swap.clone()), (deferred, swap)].into()),
        ..ClaimJudge::new(move |item, _| match item.message == deferred {
            true => Judgement::Defer { until, code: "x".into(), decisions: "[]".into() },
            false => allow(),
        })
    };
    let (items, system, now) = (scene.due(&bed).await, bed.store.system(), bed.now());
    let claimed = bed.store.claim(&system, scene.epoch, items, judge, now).await.expect("claims work");
    for each in claimed {
        match each {
            Claimed::Won { item, content } if item.message == won => {
                assert_eq!((item.template.as_deref(), item.language.as_deref()), (Some("plain"), Some("de")));
                assert_eq!(content, b"{\"to\":\"again\"}");
                // A retry of it finds what was sent.
                scene
                    .record(
                        &bed,
                        &item,
                        AttemptResult::Failed { code: 130_429 },
                        Next::Retry { at: now, reason: "rate" },
                    )
                    .await;
                let again = scene.due(&bed).await.into_iter().find(|item| item.message == won);
                assert_eq!(again.expect("it is queued again").template.as_deref(), Some("plain"));
            }
            Claimed::Won { item, content } => {
                assert_eq!((item.message, item.language.as_deref()), (other, Some("en")));
                assert_eq!(content, b"{\"to\":\"somebody\"}");
            }
            Claimed::Deferred { item, .. } => assert_eq!(item.language.as_deref(), Some("en")),
            unexpected => panic!("{unexpected:?}"),
        }
    }
    for (message, template, content) in [
        (won, "plain", "{\"to\":\"again\"}"),
        (deferred, "order \"shipped\"", "{\"to\":\"somebody\"}"),
        (other, "order \"shipped\"", "{\"to\":\"somebody\"}"),
    ] {
        let view = bed.store.message(&scene.scope, message).await.expect("a read").expect("it is there");
        assert_eq!((view.head.template.as_deref(), view.content.as_deref()), (Some(template), Some(content)));
    }
    bed
}

async fn an_old_epoch_claims_nothing(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    scene.accept(&bed, vec![scene.message(&bed)], allow()).await;
    scene.lose_slot(&bed).await;
    let claimed = scene.claim(&bed, scene.due(&bed).await, allow()).await;
    assert!(matches!(claimed[..], [Claimed::Gone { .. }]), "{claimed:?}");
    assert_eq!(scene.due(&bed).await.len(), 1, "it waits for the new owner");
    bed
}

async fn an_opt_out_before_the_claim_is_seen(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    scene.accept(&bed, vec![scene.message(&bed)], allow()).await;
    let at = bed.advance(SECOND);
    let consent = NewConsent {
        id: bed.ids.next(at),
        address: tidings_domain::address::Address::parse("phone", PHONE).expect("a number"),
        channel: Channel::Whatsapp.into(),
        purpose: Category::Marketing.into(),
        granted: false,
        source: tidings_domain::consent::Source::Keyword,
        about: About { evidence: None, ..About::default() },
        counting: Counting::AsStated,
        at,
        actor: tidings_domain::actor::Actor::Provider,
    };
    let recipient = scene.scope.hash(&consent.address.canonical());
    let write = CallbackWrite { consents: vec![consent], received_at: at, ..CallbackWrite::default() };
    bed.store.merge(&scene.scope, scene.account, write).await.expect("a consent is stored");
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let judge: ClaimJudge = {
        let seen = Arc::clone(&seen);
        ClaimJudge::new(move |_, facts| {
            seen.lock().expect("one thread at a time").push(facts.revoked_at);
            allow()
        })
    };
    let mut items = scene.due(&bed).await;
    items[0].recipient = recipient;
    bed.store.claim(&bed.store.system(), scene.epoch, items, judge, at).await.expect("claims work");
    assert_eq!(seen.lock().expect("done").last(), Some(&[None, None, None, Some(at)]));
    bed
}

async fn leases_pass_from_hand_to_hand(bed: Bed) -> Bed {
    let (store, system) = (&bed.store, bed.store.system());
    let now = bed.now();
    let (first, until) =
        store.acquire_lease(&system, "post", "a", HOUR, now).await.expect("leases work").expect("it is free");
    assert!(store.acquire_lease(&system, "post", "b", HOUR, now).await.expect("leases work").is_none());
    let renewed = store.renew_lease(&system, "post", "a", first, 2 * HOUR, now).await.expect("leases work");
    assert!(renewed > Some(until));
    assert!(store.renew_lease(&system, "post", "a", 77, HOUR, now).await.expect("leases work").is_none());
    store.release_lease(&system, "post", "a", first).await.expect("leases work");
    let (second, _) = store
        .acquire_lease(&system, "post", "b", HOUR, now)
        .await
        .expect("leases work")
        .expect("it is free again");
    assert!(second > first);
    assert!(store.renew_lease(&system, "post", "a", first, HOUR, now).await.expect("leases work").is_none());
    bed
}

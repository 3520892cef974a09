//! Whatever belongs to one tenant does not exist for another.

use tidings_domain::actor::{Actor, Role};
use tidings_domain::category::Channel;
use tidings_domain::fact::Identities;
use tidings_domain::id::MessageId;
use tidings_domain::time::DAY;
use tidings_store::TenantScope;
use tidings_store::model::*;

use super::{ACTOR, account, call_back, consent, credentials, inbound, log_settled, phone};
use crate::bed::Bed;
use crate::conformance;
use crate::scene::{PHONE, Scene, accepted, allow};

conformance!(nothing_is_read_from_outside, nothing_is_changed_from_outside, hashes_differ);

/// One of everything.
struct Estate {
    scene: Scene,
    account: Account,
    sender: Sender,
    pause: Pause,
    key: MintedKey,
    message: MessageId,
    dead: MessageId,
    inbound: tidings_domain::id::InboundId,
    media: tidings_domain::id::MediaId,
    contact: tidings_domain::id::ContactId,
}

async fn estate(bed: &Bed) -> Estate {
    let scene = Scene::new(bed).await;
    let (scope, now) = (&scene.scope, bed.now());
    let account = account(bed, scope, "1").await;
    let channel = Channel::Whatsapp;
    let sender =
        bed.store.create_sender(scope, account.id, channel, "+15550100", "7", 80.0, ACTOR, now).await;
    let pause = bed.store.set_pause(scope, PauseScope::Tenant, "all", "night", None, ACTOR, now).await;
    let key = bed.store.mint_key(scope, "own", Role::Developer, 1, ACTOR, now).await.expect("a key");
    let template =
        tidings_domain::whatsapp::TemplateDefinition { name: "parcel".to_owned(), ..Default::default() };
    bed.store.replace_templates(scope, account.id, vec![template], ACTOR, now).await.expect("a sync");
    bed.store.add_consent(scope, consent(bed, phone(PHONE), false)).await.expect("a consent");
    let from =
        Identities { phone: tidings_domain::address::Phone::parse(PHONE).ok(), ..Identities::default() };
    let received = inbound(bed, &scene, from, "wamid.in");
    let kept = NewKept {
        id: bed.ids.next(now),
        account: Some(scene.account),
        field: "new".to_owned(),
        object: "{}".to_owned(),
        received_at: now,
    };
    let id = received.id;
    let write = CallbackWrite { inbound: vec![received], kept: vec![kept], ..CallbackWrite::default() };
    call_back(bed, &scene, write).await;
    let media = MediaRow {
        id: bed.ids.next(now),
        account: account.id,
        sender: scene.sender,
        provider_id: "1".to_owned(),
        mime_type: "image/png".to_owned(),
        bytes: 1,
        created_at: now,
        expires_at: now.plus(DAY),
    };
    bed.store.add_media(scope, media.clone()).await.expect("a file");
    let mut messages = vec![scene.message(bed), scene.message(bed)];
    messages[0].recipient = scope.hash(&phone(PHONE).canonical());
    scene.accept(bed, messages, allow()).await;
    let items = scene.due(bed).await;
    scene.claim(bed, items.clone(), allow()).await;
    scene.record(bed, &items[0], accepted(&items[0]), Next::Done).await;
    let recorded = Recorded {
        item: items[1].clone(),
        at: now,
        result: AttemptResult::Failed { code: 131_026 },
        next: Next::Fail { reason: "provider.131026".to_owned() },
        recipient_invalid: Some(131_026),
        recipient_cool_until: None,
    };
    bed.store.record(&bed.store.system(), vec![recorded]).await.expect("recorded");
    let waiting = scene.message(bed);
    let message = waiting.id;
    scene.accept(bed, vec![waiting], allow()).await;
    let contact = bed.store.contact_of(scope, &phone(PHONE)).await.expect("works").expect("a contact");
    Estate {
        account,
        sender: sender.expect("a sender"),
        pause: pause.expect("a pause"),
        key,
        message,
        dead: items[1].message,
        inbound: id,
        media: media.id,
        contact,
        scene,
    }
}

async fn stranger(bed: &Bed) -> TenantScope {
    bed.store.create_tenant("Stranger", None, ACTOR, bed.now()).await.expect("a tenant is made").0
}

/// How many things each call shows; the same questions for whoever asks.
async fn seen(bed: &Bed, scope: &TenantScope, estate: &Estate) -> Vec<(&'static str, usize)> {
    let store = &bed.store;
    let person = phone(PHONE);
    let recipient = estate.scene.scope.hash(&person.canonical());
    let mine = MessageFilter { recipient: Some(recipient), ..Default::default() };
    let all = MessageFilter::default();
    let catalog = store.catalog(scope).await.expect("works");
    let facts = store.recipient_facts(scope, recipient, estate.scene.sender).await;
    vec![
        ("account", store.account(scope, estate.account.id).await.expect("works").iter().count()),
        ("accounts", store.accounts(scope).await.expect("works").len()),
        ("sender", store.sender(scope, estate.sender.id).await.expect("works").iter().count()),
        ("senders", store.senders(scope).await.expect("works").len()),
        ("templates", store.templates(scope).await.expect("works").len()),
        ("pauses", store.pauses(scope).await.expect("works").len()),
        (
            "catalog",
            catalog.accounts.len() + catalog.senders.len() + catalog.templates.len() + catalog.pauses.len(),
        ),
        ("consents", store.list_consents(scope, None, None, 10).await.expect("works").items.len()),
        (
            "consents of",
            store.list_consents(scope, Some(&person), None, 10).await.expect("works").items.len(),
        ),
        ("contact", store.contact_addresses(scope, estate.contact).await.expect("works").len()),
        ("contact of", store.contact_of(scope, &person).await.expect("works").iter().count()),
        ("facts", usize::from(facts.expect("works") != RecipientFacts::default())),
        ("invalid", store.invalid_recipients(scope, None, 10).await.expect("works").items.len()),
        ("inbound list", store.list_inbound(scope, None, None, 10).await.expect("works").items.len()),
        ("inbound of", store.list_inbound(scope, Some(&person), None, 10).await.expect("works").items.len()),
        ("inbound", store.inbound(scope, estate.inbound).await.expect("works").iter().count()),
        ("kept", store.list_kept(scope, None, 10).await.expect("works").items.len()),
        ("media", store.media(scope, estate.media).await.expect("works").iter().count()),
        ("message", store.message(scope, estate.message).await.expect("works").iter().count()),
        ("messages", store.messages(scope, &all, None, 10).await.expect("works").items.len()),
        ("messages to", store.messages(scope, &mine, None, 10).await.expect("works").items.len()),
        ("attention", store.attention(scope, &[], None, 10).await.expect("works").items.len()),
        ("attention count", store.attention_count(scope).await.expect("works") as usize),
        ("timeline", store.message_events(scope, estate.message).await.expect("works").len()),
    ]
}

async fn nothing_is_read_from_outside(bed: Bed) -> Bed {
    let estate = estate(&bed).await;
    for (call, count) in seen(&bed, &estate.scene.scope, &estate).await {
        assert!(count > 0, "the owner sees something by {call}");
    }
    let other = stranger(&bed).await;
    log_settled(&bed).await;
    for (call, count) in seen(&bed, &other, &estate).await {
        assert_eq!(count, 0, "a stranger sees nothing by {call}");
    }
    let own: Vec<_> = bed.store.events(&other, None, 100).await.expect("a feed");
    assert!(own.iter().all(|event| event.tenant == other.tenant()));
    let (counts, _) = bed.store.event_counts(&other, LogPosition::default()).await.expect("counts");
    assert_eq!(counts.iter().map(|(_, count)| count).sum::<u64>(), own.len() as u64);
    assert_eq!(bed.store.list_keys(&other).await.expect("a list").len(), 1, "its own first key");
    bed
}

async fn nothing_is_changed_from_outside(bed: Bed) -> Bed {
    let estate = estate(&bed).await;
    let (other, now) = (stranger(&bed).await, bed.now());
    let before = seen(&bed, &estate.scene.scope, &estate).await;
    let store = &bed.store;
    assert!(!store.revoke_key(&other, estate.key.key.id, ACTOR, now).await.expect("works"));
    assert!(!store.lift_pause(&other, estate.pause.id, ACTOR, now).await.expect("works"));
    assert!(!store.lift_invalid(&other, &phone(PHONE), ACTOR, now).await.expect("works"));
    assert_eq!(store.cancel(&other, estate.message, ACTOR, now).await.expect("works"), Canceled::NotFound);
    assert_eq!(store.redrive(&other, estate.dead, ACTOR, now).await.expect("works"), Redriven::NotFound);
    // These answer nothing; what counts is that nothing changed.
    let _ = store
        .update_account(
            &other,
            estate.account.id,
            &estate.account.provider_ref,
            credentials("stolen"),
            ACTOR,
            now,
        )
        .await;
    let _ = store.set_sender_rate(&other, estate.sender.id, 1.0, ACTOR, now).await;
    let _ = store.replace_templates(&other, estate.account.id, Vec::new(), ACTOR, now).await;
    store.set_tenant_rate(&other, Some(1.0), ACTOR, now).await.expect("its own");
    store.add_consent(&other, consent(&bed, phone(PHONE), true)).await.expect("its own");
    assert_eq!(seen(&bed, &estate.scene.scope, &estate).await, before);
    let scope = &estate.scene.scope;
    let account = store.account(scope, estate.account.id).await.expect("works").expect("it is there");
    assert_eq!(account.credentials, credentials("token one"));
    let sender = store.sender(scope, estate.sender.id).await.expect("works").expect("it is there");
    assert_eq!(sender.messages_per_s, 80.0);
    assert_eq!(store.tenant(scope).await.expect("works").expect("it is there").messages_per_s, None);
    let hash = scope.hash(&phone(PHONE).canonical());
    let facts = store.recipient_facts(scope, hash, estate.scene.sender).await.expect("facts");
    assert!(facts.revoked_at[3].is_some(), "the revocation stands");
    assert!(store.verify_key(estate.key.token.expose()).await.expect("works").is_some());
    bed
}

async fn hashes_differ(bed: Bed) -> Bed {
    let (one, two) = (stranger(&bed).await, stranger(&bed).await);
    assert_ne!(one.hash("phone:+491701234567"), two.hash("phone:+491701234567"));
    assert_ne!(one.digest(&[b"a", b"b"]), two.digest(&[b"a", b"b"]));
    assert_ne!(one.digest(&[b"ab", b""]), one.digest(&[b"a", b"b"]));
    assert_eq!(format!("{one:?}"), format!("TenantScope({})", one.tenant()));
    assert_eq!(Actor::parse(&ACTOR.to_string()), Some(ACTOR));
    bed
}

//! Consents, contacts, inbound messages, invalid recipients, kept callbacks, files.

use tidings_domain::actor::Actor;
use tidings_domain::address::{Bsuid, Phone};
use tidings_domain::category::Category;
use tidings_domain::fact::Identities;
use tidings_domain::time::{DAY, SECOND};
use tidings_store::model::*;

use super::{ACTOR, BSUID, bsuid, call_back, consent, inbound, phone};
use crate::bed::Bed;
use crate::conformance;
use crate::scene::{PHONE, Scene, accepted, provider_id};

conformance!(
    the_newest_consent_counts,
    the_ledger_lists_a_person,
    one_contact_has_many_identities,
    inbound_messages_open_the_window,
    an_invalid_recipient_is_lifted,
    kept_callbacks_open,
    files_open,
);

fn both() -> Identities {
    Identities {
        phone: Phone::parse(PHONE).ok(),
        bsuid: Bsuid::from_platform(BSUID),
        profile_name: Some("Ada".to_owned()),
        ..Identities::default()
    }
}

async fn facts(bed: &Bed, scene: &Scene, address: &tidings_domain::address::Address) -> RecipientFacts {
    let hash = scene.scope.hash(&address.canonical());
    bed.store.recipient_facts(&scene.scope, hash, scene.sender).await.expect("facts")
}

async fn the_newest_consent_counts(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let marketing = usize::from(Category::Marketing.priority());
    let (early, late) = (bed.now(), bed.now().plus(SECOND));
    let (actor, counting) = (Actor::Provider, Counting::AsStated);
    let revoked = NewConsent { at: late, actor, counting, ..consent(&bed, phone(PHONE), false) };
    let granted = NewConsent { at: early, actor, counting, ..consent(&bed, phone(PHONE), true) };
    // Callbacks arrive in the wrong order; what a client says counts after all that is known.
    for each in [revoked, granted] {
        let stored = bed.store.add_consent(&scene.scope, each.clone()).await.expect("it is appended");
        assert_eq!((stored.id, stored.granted, stored.actor), (each.id, each.granted, actor.to_string()));
    }
    assert_eq!(facts(&bed, &scene, &phone(PHONE)).await.revoked_at[marketing], Some(late));
    assert_eq!(facts(&bed, &scene, &phone(PHONE)).await.revoked_at[0], None, "only for that purpose");
    let again = NewConsent { at: late.plus(SECOND), ..consent(&bed, phone(PHONE), true) };
    bed.store.add_consent(&scene.scope, again).await.expect("it is appended");
    assert_eq!(facts(&bed, &scene, &phone(PHONE)).await.revoked_at, [None; 4]);
    bed
}

async fn the_ledger_lists_a_person(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let mut ids = Vec::new();
    for (address, granted) in [(phone(PHONE), true), (phone("+491701234568"), true), (phone(PHONE), false)] {
        bed.advance(SECOND);
        let new = consent(&bed, address, granted);
        ids.push(bed.store.add_consent(&scene.scope, new).await.expect("it is appended").id);
    }
    let all = bed.store.list_consents(&scene.scope, None, None, 10).await.expect("a list");
    assert_eq!(all.items.iter().map(|each| each.id).collect::<Vec<_>>(), [ids[2], ids[1], ids[0]]);
    assert!(all.next.is_none());
    assert_eq!(all.items[1].about.evidence.as_deref(), Some(r#"{"page":"/offers"}"#));
    let person = phone(PHONE);
    let first = bed.store.list_consents(&scene.scope, Some(&person), None, 1).await.expect("a list");
    assert_eq!(first.items[0].id, ids[2]);
    let rest = bed.store.list_consents(&scene.scope, Some(&person), first.next, 1).await.expect("a list");
    assert_eq!((rest.items[0].id, rest.items[0].granted, rest.next), (ids[0], true, None));
    let stranger = bed.store.list_consents(&scene.scope, Some(&phone("+4930123456")), None, 10).await;
    assert!(stranger.expect("a list").items.is_empty());
    bed
}

async fn one_contact_has_many_identities(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    bed.store.add_consent(&scene.scope, consent(&bed, bsuid(BSUID), false)).await.expect("it is appended");
    let message = inbound(&bed, &scene, both(), "wamid.in.1");
    call_back(&bed, &scene, CallbackWrite { inbound: vec![message], ..CallbackWrite::default() }).await;
    let contact = bed.store.contact_of(&scene.scope, &phone(PHONE)).await.expect("works").expect("a contact");
    assert_eq!(bed.store.contact_of(&scene.scope, &bsuid(BSUID)).await.expect("works"), Some(contact));
    let addresses = bed.store.contact_addresses(&scene.scope, contact).await.expect("addresses");
    assert_eq!(addresses, [phone(PHONE), bsuid(BSUID)], "the phone first");
    let known = facts(&bed, &scene, &phone(PHONE)).await;
    assert!(known.revoked_at[3].is_some(), "what the user id revoked counts for the phone");
    let by_phone =
        bed.store.list_consents(&scene.scope, Some(&phone(PHONE)), None, 10).await.expect("a list");
    assert_eq!(by_phone.items.len(), 1);
    let unknown = bed.ids.next(bed.now());
    assert!(bed.store.contact_addresses(&scene.scope, unknown).await.expect("works").is_empty());
    bed
}

async fn inbound_messages_open_the_window(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let mut ids = Vec::new();
    for n in 0..3 {
        bed.advance(SECOND);
        let mut message = inbound(&bed, &scene, both(), &format!("wamid.in.{n}"));
        if n == 1 {
            message.from = Identities { phone: Phone::parse("+4930123456").ok(), ..Identities::default() };
            message.context = Some("wamid.out".to_owned());
        }
        ids.push(message.id);
        call_back(&bed, &scene, CallbackWrite { inbound: vec![message], ..CallbackWrite::default() }).await;
    }
    assert_eq!(facts(&bed, &scene, &bsuid(BSUID)).await.last_inbound_at, Some(bed.now()));
    let page = bed.store.list_inbound(&scene.scope, None, None, 2).await.expect("a list");
    assert_eq!(page.items.iter().map(|each| each.id).collect::<Vec<_>>(), [ids[2], ids[1]]);
    let rest = bed.store.list_inbound(&scene.scope, None, page.next, 2).await.expect("a list");
    assert_eq!(rest.items.iter().map(|each| each.id).collect::<Vec<_>>(), [ids[0]]);
    let mine = bed.store.list_inbound(&scene.scope, Some(&bsuid(BSUID)), None, 10).await.expect("a list");
    assert_eq!(mine.items.iter().map(|each| each.id).collect::<Vec<_>>(), [ids[2], ids[0]]);
    let one = bed.store.inbound(&scene.scope, ids[1]).await.expect("works").expect("it is there");
    assert_eq!(
        (one.text.as_deref(), one.context.as_deref()),
        (Some("Where is my parcel?"), Some("wamid.out"))
    );
    assert_eq!(mine.items[0].from, both());
    assert_eq!(mine.items[0].contact, mine.items[1].contact);
    assert!(bed.store.inbound(&scene.scope, bed.ids.next(bed.now())).await.expect("works").is_none());
    bed
}

async fn an_invalid_recipient_is_lifted(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    bed.store.add_consent(&scene.scope, consent(&bed, phone(PHONE), true)).await.expect("it is appended");
    let (mut somebody, mut nobody) = (scene.message(&bed), scene.message(&bed));
    somebody.recipient = scene.scope.hash(&phone(PHONE).canonical());
    nobody.recipient = scene.scope.hash("phone:+4930999999");
    scene.accept(&bed, vec![somebody, nobody], crate::scene::allow()).await;
    let items = scene.due(&bed).await;
    scene.claim(&bed, items.clone(), crate::scene::allow()).await;
    for item in &items {
        let recorded = Recorded {
            item: item.clone(),
            at: bed.now(),
            result: AttemptResult::Failed { code: 131_026 },
            next: Next::Fail { reason: "provider.131026".to_owned() },
            recipient_invalid: Some(131_026),
            recipient_cool_until: None,
        };
        bed.store.record(&bed.store.system(), vec![recorded]).await.expect("recorded");
    }
    let page = bed.store.invalid_recipients(&scene.scope, None, 1).await.expect("a list");
    let rest = bed.store.invalid_recipients(&scene.scope, page.next, 1).await.expect("a list");
    assert!(page.next.is_some() && rest.next.is_none());
    let all: Vec<_> = [page.items, rest.items].concat();
    assert!(all.iter().all(|each| each.code == 131_026 && each.at == bed.now()));
    let known: Vec<_> = all.iter().filter_map(|each| each.address.clone()).collect();
    assert_eq!(known, [phone(PHONE)], "the other never was a contact");
    let lift = async |text: &str| {
        bed.store.lift_invalid(&scene.scope, &phone(text), ACTOR, bed.now()).await.expect("works")
    };
    assert!(lift(PHONE).await && !lift(PHONE).await && lift("+4930999999").await);
    assert_eq!(facts(&bed, &scene, &phone(PHONE)).await.invalid, None);
    assert!(bed.store.invalid_recipients(&scene.scope, None, 9).await.expect("a list").items.is_empty());
    bed
}

async fn kept_callbacks_open(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let kept = ["first", "second"].map(|field| NewKept {
        id: bed.ids.next(bed.advance(SECOND)),
        account: Some(scene.account),
        field: field.to_owned(),
        object: format!(r#"{{"field":"{field}"}}"#),
        received_at: bed.now(),
    });
    call_back(&bed, &scene, CallbackWrite { kept: kept.to_vec(), ..CallbackWrite::default() }).await;
    let page = bed.store.list_kept(&scene.scope, None, 1).await.expect("a list");
    assert_eq!(
        (page.items[0].field.as_str(), page.items[0].object.as_str()),
        ("second", r#"{"field":"second"}"#)
    );
    let rest = bed.store.list_kept(&scene.scope, page.next, 1).await.expect("a list");
    assert_eq!((rest.items[0].id, rest.next), (kept[0].id, None));
    bed
}

async fn files_open(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let now = bed.now();
    let row = MediaRow {
        id: bed.ids.next(now),
        account: scene.account,
        sender: scene.sender,
        provider_id: "1037543291543636".to_owned(),
        mime_type: "image/png".to_owned(),
        bytes: 4_096,
        created_at: now,
        expires_at: now.plus(DAY),
    };
    bed.store.add_media(&scene.scope, row.clone()).await.expect("it is kept");
    let found = bed.store.media(&scene.scope, row.id).await.expect("works").expect("it is there");
    assert_eq!((found.provider_id, found.mime_type, found.bytes), (row.provider_id, row.mime_type, 4_096));
    let system = bed.store.system();
    assert_eq!(bed.store.prune_media(&system, now).await.expect("housekeeping"), 0);
    assert_eq!(bed.store.prune_media(&system, now.plus(2 * DAY)).await.expect("housekeeping"), 1);
    assert!(bed.store.media(&scene.scope, row.id).await.expect("works").is_none());
    let item = scene.claimed(&bed, 1).await.remove(0);
    scene.record(&bed, &item, accepted(&item), Next::Done).await;
    let view = bed.store.message(&scene.scope, item.message).await.expect("works").expect("it is there");
    assert_eq!(view.head.attempts[0].provider_id, Some(provider_id(&item)));
    bed
}

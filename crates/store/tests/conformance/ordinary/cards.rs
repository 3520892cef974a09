//! Contacts as records, and imports: profiles, merges, splits, erasure, portions that are done once.

use serde_json::json;

use tidings_domain::address::Phone;
use tidings_domain::fact::Identities;
use tidings_domain::time::SECOND;
use tidings_store::model::*;

use super::{ACTOR, BSUID, bsuid, call_back, consent, inbound, phone};
use crate::bed::Bed;
use crate::conformance;
use crate::scene::{PHONE, Scene};

conformance!(
    profiles_go_over_in_a_merge,
    a_split_takes_its_own_facts_along,
    a_moved_person_keeps_what_was_said,
    erasure_keeps_hashes_and_facts,
    attributes_keep_their_type,
    a_time_zone_is_known_when_messages_are_judged,
    a_portion_is_done_once,
    contacts_come_by_the_page,
    a_line_about_a_person_merges_nobody,
    tags_are_the_attributes_that_are_true,
);

const OTHER: &str = "+491701234568";

fn profile(language: Option<&str>, tier: Option<&str>) -> Profile {
    let attributes = tier.map(|tier| ("tier".to_owned(), json!(tier)));
    Profile {
        language: language.map(str::to_owned),
        attributes: attributes.into_iter().collect(),
        ..Profile::default()
    }
}

async fn contact(bed: &Bed, scene: &Scene, text: &str, profile: Profile) -> tidings_domain::id::ContactId {
    let now = bed.advance(SECOND);
    let id = bed.store.contact_for(&scene.scope, &phone(text), now).await.expect("a contact");
    bed.store.set_profile(&scene.scope, id, profile, ACTOR, now).await.expect("it is set");
    id
}

async fn revoked(bed: &Bed, scene: &Scene, text: &str) -> bool {
    let hash = scene.scope.hash(&phone(text).canonical());
    let facts = bed.store.recipient_facts(&scene.scope, hash, scene.sender).await.expect("facts");
    facts.revoked_at[3].is_some()
}

async fn profiles_go_over_in_a_merge(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let one = contact(&bed, &scene, PHONE, profile(Some("de"), None)).await;
    let two = contact(&bed, &scene, OTHER, profile(Some("fr"), Some("gold"))).await;
    let now = bed.advance(SECOND);
    let left = bed.store.merge_contacts(&scene.scope, (two, one), ACTOR, now).await.expect("merged");
    assert_eq!(left, one, "the older one");
    for id in [one, two] {
        let card = bed.store.contact_card(&scene.scope, id).await.expect("works").expect("it is there");
        assert_eq!((card.id, card.addresses.len()), (one, 2));
        assert_eq!(card.profile, profile(Some("de"), Some("gold")));
    }
    let history = bed.store.contact_history(&scene.scope, one).await.expect("a history");
    assert_eq!((history[0].what.as_str(), &history[0].detail["contact"]), ("merged", &json!(two)));
    assert_eq!(bed.count("SELECT COUNT(*) FROM contacts WHERE profile IS NOT NULL").await, 1);
    bed
}

async fn a_split_takes_its_own_facts_along(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let one = contact(&bed, &scene, PHONE, Profile::default()).await;
    let two = contact(&bed, &scene, OTHER, Profile::default()).await;
    bed.store.add_consent(&scene.scope, consent(&bed, phone(OTHER), false)).await.expect("it is appended");
    assert!(!revoked(&bed, &scene, PHONE).await);
    bed.store.merge_contacts(&scene.scope, (one, two), ACTOR, bed.now()).await.expect("merged");
    assert!(revoked(&bed, &scene, PHONE).await, "one person");
    let split = async |id, text: &str| {
        bed.store.split_contact(&scene.scope, id, &phone(text), ACTOR, bed.now()).await.expect("works")
    };
    let new = split(one, OTHER).await.expect("it was theirs");
    assert!(!revoked(&bed, &scene, PHONE).await && revoked(&bed, &scene, OTHER).await);
    let owner = bed.store.contact_of(&scene.scope, &phone(OTHER)).await.expect("works");
    assert_eq!(owner, Some(new));
    assert!(split(one, OTHER).await.is_none(), "it is theirs no more");
    assert!(split(one, PHONE).await.is_none(), "the last one stays");
    bed
}

async fn a_moved_person_keeps_what_was_said(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let one = contact(&bed, &scene, PHONE, Profile::default()).await;
    bed.store.add_consent(&scene.scope, consent(&bed, phone(PHONE), false)).await.expect("it is appended");
    let who = |text: &str| Identities { phone: Phone::parse(text).ok(), ..Identities::default() };
    let moves = vec![(who(OTHER), who(PHONE))];
    call_back(&bed, &scene, CallbackWrite { moves, ..CallbackWrite::default() }).await;
    assert!(revoked(&bed, &scene, OTHER).await && revoked(&bed, &scene, PHONE).await);
    let card = bed.store.contact_card(&scene.scope, one).await.expect("works").expect("it is there");
    assert_eq!(card.addresses, [phone(OTHER)], "the old one is given up");
    // Somebody else has the old number by now.
    bed.advance(SECOND);
    let message = inbound(&bed, &scene, who(PHONE), "wamid.new");
    call_back(&bed, &scene, CallbackWrite { inbound: vec![message], ..CallbackWrite::default() }).await;
    assert_ne!(bed.store.contact_of(&scene.scope, &phone(PHONE)).await.expect("works"), Some(one));
    bed
}

async fn erasure_keeps_hashes_and_facts(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let one = contact(&bed, &scene, PHONE, profile(Some("de"), Some("gold"))).await;
    bed.store.add_consent(&scene.scope, consent(&bed, phone(PHONE), false)).await.expect("it is appended");
    let both = Identities {
        phone: Phone::parse(PHONE).ok(),
        bsuid: tidings_domain::address::Bsuid::from_platform(BSUID),
        ..Identities::default()
    };
    let message = inbound(&bed, &scene, both, "wamid.in.1");
    call_back(&bed, &scene, CallbackWrite { inbound: vec![message], ..CallbackWrite::default() }).await;
    let erased = bed.store.erase_contact(&scene.scope, one, ACTOR, bed.now()).await.expect("it is done");
    assert_eq!(erased, Erased { identities: 2, inbound: 1, consents: 1 });
    assert!(revoked(&bed, &scene, PHONE).await, "the opt-out is honoured");
    assert_eq!(bed.count("SELECT COUNT(*) FROM identities").await, 0);
    assert_eq!(bed.count("SELECT COUNT(*) FROM inbound").await, 0);
    assert_eq!(bed.count("SELECT COUNT(*) FROM consents").await, 1);
    for address in [phone(PHONE), bsuid(BSUID)] {
        assert!(bed.store.contact_of(&scene.scope, &address).await.expect("works").is_none());
    }
    let entry = bed.store.ledger_of(&scene.scope, &phone(PHONE)).await.expect("a ledger").remove(0);
    assert_eq!((entry.address, entry.about.evidence, entry.granted), (None, None, false));
    let card = bed.store.contact_card(&scene.scope, one).await.expect("works").expect("its id stays");
    assert_eq!(
        (card.erased_at, card.profile, card.addresses.len()),
        (Some(bed.now()), Profile::default(), 0)
    );
    let again = bed.store.erase_contact(&scene.scope, one, ACTOR, bed.now()).await.expect("it is done");
    assert_eq!(again, Erased::default());
    // The person may come back: a stranger with an opt-out.
    bed.store.add_consent(&scene.scope, consent(&bed, phone(PHONE), true)).await.expect("it is appended");
    assert!(!revoked(&bed, &scene, PHONE).await);
    bed
}

async fn a_time_zone_is_known_when_messages_are_judged(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let place = |zone: Option<&str>| Profile { time_zone: zone.map(str::to_owned), ..Profile::default() };
    let one = contact(&bed, &scene, PHONE, place(Some("Europe/Berlin"))).await;
    let zone = async |address: tidings_domain::address::Address| {
        let hash = scene.scope.hash(&address.canonical());
        let facts = bed.store.recipient_facts(&scene.scope, hash, scene.sender).await.expect("facts");
        facts.zone.map(String::from)
    };
    assert_eq!(zone(phone(PHONE)).await.as_deref(), Some("Europe/Berlin"));
    let both = Identities {
        phone: Phone::parse(PHONE).ok(),
        bsuid: tidings_domain::address::Bsuid::from_platform(BSUID),
        ..Identities::default()
    };
    let message = inbound(&bed, &scene, both, "wamid.in.1");
    call_back(&bed, &scene, CallbackWrite { inbound: vec![message], ..CallbackWrite::default() }).await;
    assert_eq!(zone(bsuid(BSUID)).await.as_deref(), Some("Europe/Berlin"), "by every name");
    bed.store.set_profile(&scene.scope, one, place(None), ACTOR, bed.now()).await.expect("it is set");
    assert_eq!((zone(phone(PHONE)).await, zone(bsuid(BSUID)).await), (None, None));
    bed
}

async fn attributes_keep_their_type(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let declared =
        |kind: &str| AttributeType { name: "tier".to_owned(), kind: kind.to_owned(), created_at: bed.now() };
    assert!(bed.store.add_attribute_type(&scene.scope, declared("text")).await.expect("works"));
    assert!(!bed.store.add_attribute_type(&scene.scope, declared("number")).await.expect("works"));
    assert_eq!(bed.store.attribute_types(&scene.scope).await.expect("a list"), [declared("text")]);
    bed
}

async fn a_portion_is_done_once(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let id = bed.ids.next(bed.now());
    let new = NewImport {
        id,
        kind: ImportKind::Consents,
        options: "{}".to_owned(),
        actor: ACTOR,
        created_at: bed.now(),
    };
    bed.store.begin_import(&scene.scope, new).await.expect("it begins");
    let system = bed.store.system();
    assert!(bed.store.running_import(&system).await.expect("works").is_none(), "it is not here whole");
    let part = ImportPart { first_line: 2, lines: 3, data: b"three lines".to_vec() };
    bed.store.add_import_part(&scene.scope, id, part).await.expect("it is kept");
    bed.store.start_import(&scene.scope, id, 3, ACTOR, bed.now()).await.expect("it starts");
    let (_, running) = bed.store.running_import(&system).await.expect("works").expect("it runs");
    assert_eq!(running, id);
    let part = bed.store.next_import_part(&scene.scope, id).await.expect("works").expect("it waits");
    assert_eq!((part.first_line, part.lines, part.data.as_slice()), (2, 3, &b"three lines"[..]));
    bed.store.add_consent(&scene.scope, consent(&bed, phone(OTHER), false)).await.expect("it is appended");
    for first in [true, false] {
        let line = |line: u64, text: &str| ImportLine {
            line,
            entry: ImportEntry::Consent(NewConsent {
                counting: Counting::UnlessRevoked,
                ..consent(&bed, phone(text), true)
            }),
            fields: vec![text.to_owned()],
        };
        let refused = Refusal {
            line: 4,
            code: "csv.line".to_owned(),
            detail: "No line.".to_owned(),
            fields: Vec::new(),
        };
        let good = vec![line(2, PHONE), line(3, OTHER)];
        let done = bed
            .store
            .finish_import_part(&scene.scope, id, (2, 3), good, vec![refused], bed.now())
            .await
            .expect("works");
        assert_eq!(done, first);
    }
    let import = bed.store.import(&scene.scope, id).await.expect("works").expect("it is there");
    assert_eq!((import.lines, import.done, import.good, import.bad), (3, 3, 1, 2));
    let refused = bed.store.import_refusals(&scene.scope, id, 0, 10).await.expect("a list");
    let codes: Vec<_> = refused.iter().map(|each| (each.line, each.code.as_str())).collect();
    assert_eq!(codes, [(3, "consent.opted_out"), (4, "csv.line")]);
    assert!(bed.store.next_import_part(&scene.scope, id).await.expect("works").is_none());
    bed.store.finish_import(&scene.scope, id, ACTOR, bed.now()).await.expect("it ends");
    bed.store.finish_import(&scene.scope, id, ACTOR, bed.now()).await.expect("once");
    assert_eq!(bed.count("SELECT COUNT(*) FROM events WHERE kind = 112").await, 1);
    let page = bed.store.list_imports(&scene.scope, None, 5).await.expect("a list");
    assert_eq!(page.items[0].state, ImportState::Finished);
    assert_eq!(bed.store.prune_refused_lines(&system, bed.now()).await.expect("a look"), 0);
    assert_eq!(bed.store.prune_refused_lines(&system, bed.now().plus(1)).await.expect("they go"), 2);
    assert!(bed.store.import_refusals(&scene.scope, id, 0, 10).await.expect("a list").is_empty());
    bed
}

async fn contacts_come_by_the_page(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.push(contact(&bed, &scene, &format!("+4917012345{n:02}"), profile(Some("de"), None)).await);
    }
    let both = Identities {
        phone: Phone::parse("+491701234504").ok(),
        bsuid: tidings_domain::address::Bsuid::from_platform(BSUID),
        ..Identities::default()
    };
    let message = inbound(&bed, &scene, both, "wamid.in.1");
    call_back(&bed, &scene, CallbackWrite { inbound: vec![message], ..CallbackWrite::default() }).await;
    bed.store.erase_contact(&scene.scope, ids[1], ACTOR, bed.now()).await.expect("it is done");
    bed.store.merge_contacts(&scene.scope, (ids[2], ids[3]), ACTOR, bed.now()).await.expect("merged");
    let first = bed.store.contacts(&scene.scope, None, 2).await.expect("a page");
    let second = bed.store.contacts(&scene.scope, first.next, 2).await.expect("a page");
    let found: Vec<_> =
        first.items.iter().chain(&second.items).map(|card| (card.id, card.addresses.len())).collect();
    assert_eq!(
        found,
        [(ids[4], 2), (ids[2], 2), (ids[0], 1)],
        "newest first, nobody who was erased or merged away"
    );
    assert_eq!(second.next, None);
    assert!(first.items.iter().all(|card| card.profile.language.as_deref() == Some("de")));
    assert_eq!(first.items[0].addresses[0], phone("+491701234504"), "numbers first");
    bed.store.note_export(&scene.scope, ACTOR, bed.now()).await.expect("it is written down");
    assert_eq!(bed.count("SELECT COUNT(*) FROM events WHERE kind = 118").await, 1);
    bed
}

async fn a_line_about_a_person_merges_nobody(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let one = contact(&bed, &scene, PHONE, profile(Some("de"), Some("gold"))).await;
    let two = contact(&bed, &scene, OTHER, Profile::default()).await;
    bed.store.add_consent(&scene.scope, consent(&bed, phone(PHONE), false)).await.expect("it is appended");
    let id = bed.ids.next(bed.now());
    let new = NewImport {
        id,
        kind: ImportKind::Contacts,
        options: "{}".to_owned(),
        actor: ACTOR,
        created_at: bed.now(),
    };
    bed.store.begin_import(&scene.scope, new).await.expect("it begins");
    let part = ImportPart { first_line: 2, lines: 3, data: b"three lines".to_vec() };
    bed.store.add_import_part(&scene.scope, id, part).await.expect("it is kept");
    bed.store.start_import(&scene.scope, id, 3, ACTOR, bed.now()).await.expect("it starts");
    let line = |line: u64, addresses: Vec<tidings_domain::address::Address>, profile: Profile| ImportLine {
        line,
        entry: ImportEntry::Contact(NewContact { addresses, profile, actor: ACTOR }),
        fields: Vec::new(),
    };
    let named = |name: &str| Profile { name: Some(name.to_owned()), ..Profile::default() };
    let good = vec![
        line(2, vec![phone(PHONE), phone(OTHER)], named("Both")),
        line(3, vec![phone(PHONE), bsuid(BSUID)], named("Ada")),
        line(4, vec![phone(OTHER)], profile(Some("fr"), None)),
    ];
    let done = bed.store.finish_import_part(&scene.scope, id, (2, 3), good, Vec::new(), bed.now()).await;
    assert!(done.expect("works"));
    let import = bed.store.import(&scene.scope, id).await.expect("works").expect("it is there");
    assert_eq!((import.kind, import.good, import.bad), (ImportKind::Contacts, 2, 1));
    let refused = bed.store.import_refusals(&scene.scope, id, 0, 10).await.expect("a list");
    assert_eq!((refused.len(), refused[0].line, refused[0].code.as_str()), (1, 2, "contact.two"));
    let card = bed.store.contact_card(&scene.scope, one).await.expect("works").expect("it is there");
    assert_eq!(card.profile, Profile { name: Some("Ada".to_owned()), ..profile(Some("de"), Some("gold")) });
    assert_eq!(card.addresses, [phone(PHONE), bsuid(BSUID)]);
    let hash = scene.scope.hash(&bsuid(BSUID).canonical());
    let facts = bed.store.recipient_facts(&scene.scope, hash, scene.sender).await.expect("facts");
    assert!(facts.revoked_at[3].is_some(), "the new name is the person's: what they said counts for it");
    let card = bed.store.contact_card(&scene.scope, two).await.expect("works").expect("it is there");
    assert_eq!(card.profile, profile(Some("fr"), None));
    bed
}

async fn tags_are_the_attributes_that_are_true(bed: Bed) -> Bed {
    let (scene, stranger) = (Scene::new(&bed).await, Scene::new(&bed).await);
    let attributes =
        [("vip", json!(true)), ("lapsed", json!(false)), ("tier", json!("gold")), ("beta", json!(true))];
    let tagged = Profile {
        attributes: attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        ..Profile::default()
    };
    contact(&bed, &scene, PHONE, tagged).await;
    contact(&bed, &scene, OTHER, profile(None, Some("gold"))).await;
    let hash = |scene: &Scene, text: &str| scene.scope.hash(&phone(text).canonical());
    let people = vec![hash(&scene, OTHER), hash(&scene, PHONE), hash(&scene, "+491709999999")];
    let tags = bed.store.contact_tags(&scene.scope, people).await.expect("a read");
    assert_eq!(tags, [vec![], vec!["beta".to_owned(), "vip".to_owned()], vec![]]);
    let theirs = bed.store.contact_tags(&stranger.scope, vec![hash(&stranger, PHONE)]).await.expect("a read");
    assert_eq!(theirs, [Vec::<String>::new()]);
    bed
}

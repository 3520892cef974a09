//! The ledger in full: topics, channels, the platform's own layer, settings, what a claim sees of a topic.

use std::sync::{Arc, Mutex};

use tidings_domain::actor::Actor;
use tidings_domain::category::{Category, Channel};
use tidings_domain::consent::*;
use tidings_domain::time::{DAY, SECOND};
use tidings_store::model::*;

use super::{ACTOR, BSUID, bsuid, call_back, consent, phone};
use crate::bed::Bed;
use crate::conformance;
use crate::scene::{PHONE, Scene, allow};

conformance!(
    topics_and_settings_are_part_of_the_catalog,
    an_entry_comes_back_whole,
    a_topic_is_known_where_it_matters,
    the_platforms_stop_is_a_layer_of_its_own,
    a_start_counts_only_for_those_who_stopped,
    links_are_found_by_their_token_alone,
    a_link_is_used_up_with_its_entries,
    forms_have_versions,
    channels_stand_for_themselves,
    entries_that_are_written_at_once_both_count,
);

fn topic(bed: &Bed, code: &str) -> Topic {
    let titles = [("en".to_owned(), "Offers".to_owned())].into();
    Topic {
        id: bed.ids.next(bed.now()),
        code: code.to_owned(),
        category: Category::Marketing,
        titles,
        archived: false,
    }
}

async fn facts(bed: &Bed, scene: &Scene) -> RecipientFacts {
    let hash = scene.scope.hash(&phone(PHONE).canonical());
    bed.store.recipient_facts(&scene.scope, hash, scene.sender).await.expect("facts")
}

async fn topics_and_settings_are_part_of_the_catalog(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let empty = bed.store.catalog(&scene.scope).await.expect("a catalog").consent;
    assert_eq!(empty, ConsentSetup::default());
    let before = bed.store.catalog_version(&scene.scope).await.expect("a version");
    let mut news = topic(&bed, "news");
    bed.store.put_topic(&scene.scope, news.clone(), ACTOR, bed.now()).await.expect("it is made");
    news.archived = true;
    news.titles.insert("de".to_owned(), "Neues".to_owned());
    bed.store.put_topic(&scene.scope, news.clone(), ACTOR, bed.now()).await.expect("it is changed");
    let twin = Topic { id: bed.ids.next(bed.now()), ..news.clone() };
    let refused = bed.store.put_topic(&scene.scope, twin, ACTOR, bed.now()).await;
    assert!(refused.is_err(), "a code names one topic");
    let settings = ConsentSettings {
        marketing: MarketingRule::OptIn,
        stop_words: vec!["genug".to_owned()],
        ..ConsentSettings::default()
    };
    bed.store
        .set_consent_settings(&scene.scope, settings.clone(), ACTOR, bed.now())
        .await
        .expect("they are set");
    let catalog = bed.store.catalog(&scene.scope).await.expect("a catalog");
    assert_eq!(catalog.consent, ConsentSetup { settings, topics: vec![news], forms: Vec::new() });
    assert!(bed.store.catalog_version(&scene.scope).await.expect("a version") > before);
    assert_eq!(bed.count("SELECT COUNT(*) FROM events WHERE kind IN (45, 46)").await, 3);
    bed
}

async fn an_entry_comes_back_whole(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let offers = topic(&bed, "offers");
    bed.store.put_topic(&scene.scope, offers.clone(), ACTOR, bed.now()).await.expect("it is made");
    let proof = Proof {
        text: Some("Yes, Acme may write to me.".to_owned()),
        ip: Some("192.0.2.7".to_owned()),
        ..Proof::default()
    };
    let about = About {
        source_detail: Some("checkout".to_owned()),
        basis: Some(Basis::SoftOptIn),
        proof,
        evidence: Some("{}".to_owned()),
    };
    let new = NewConsent {
        purpose: Purpose::Topic(offers.id),
        channel: Reach::Any,
        about: about.clone(),
        at: bed.now().plus(-DAY),
        counting: Counting::AsStated,
        ..consent(&bed, phone(PHONE), true)
    };
    bed.store.add_consent(&scene.scope, new.clone()).await.expect("it is appended");
    let all = bed.store.ledger_of(&scene.scope, &phone(PHONE)).await.expect("a ledger");
    let [found] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((found.purpose, found.channel, found.granted), (new.purpose, Reach::Any, true));
    assert_eq!((found.at, found.recorded_at), (new.at, bed.now()));
    assert_eq!((found.source, &found.about), (Source::WebForm, &about));
    assert_eq!(found.address, Some(phone(PHONE)));
    // Nothing of the proof stands in the clear.
    assert!(bed.rows("SELECT source_detail FROM consents").await == ["checkout"]);
    let standing = facts(&bed, &scene).await.choices.standing(new.purpose, Channel::Sms);
    assert_eq!(standing, Standing::Granted(new.at));
    let unknown = Purpose::Topic(bed.ids.next(bed.now()));
    let lost = NewConsent { purpose: unknown, ..consent(&bed, phone(PHONE), true) };
    assert!(bed.store.add_consent(&scene.scope, lost).await.is_err());
    bed
}

async fn a_topic_is_known_where_it_matters(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let offers = topic(&bed, "offers");
    bed.store.put_topic(&scene.scope, offers.clone(), ACTOR, bed.now()).await.expect("it is made");
    let mut message = scene.message(&bed);
    message.topic = Some(offers.id);
    message.recipient = scene.scope.hash(&phone(PHONE).canonical());
    scene.accept(&bed, vec![message], allow()).await;
    let new = NewConsent { purpose: Purpose::Topic(offers.id), ..consent(&bed, phone(PHONE), false) };
    bed.store.add_consent(&scene.scope, new).await.expect("it is appended");
    let seen = Arc::new(Mutex::new(Vec::new()));
    let judge: ClaimJudge = {
        let seen = Arc::clone(&seen);
        ClaimJudge::new(move |_, facts| {
            let standing =
                facts.topic.map(|topic| facts.choices.standing(Purpose::Topic(topic), Channel::Whatsapp));
            seen.lock().expect("one thread at a time").push((facts.topic, standing));
            allow()
        })
    };
    let items = scene.due(&bed).await;
    bed.store.claim(&bed.store.system(), scene.epoch, items, judge, bed.now()).await.expect("claims work");
    let seen = seen.lock().expect("done").clone();
    let (topic, standing) = seen.last().expect("it was judged");
    assert_eq!(*topic, Some(offers.id));
    assert!(standing.expect("something was said").revoked().is_some());
    bed
}

async fn the_platforms_stop_is_a_layer_of_its_own(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let platform = |granted: bool| NewConsent {
        source: Source::ProviderWebhook,
        actor: Actor::Provider,
        counting: Counting::AsStated,
        ..consent(&bed, phone(PHONE), granted)
    };
    let revoked = async || facts(&bed, &scene).await.revoked_at[3].is_some();
    let say = async |new: NewConsent| {
        bed.store.add_consents(&scene.scope, vec![new]).await.expect("it is appended");
        bed.advance(SECOND);
        revoked().await
    };
    assert!(say(platform(false)).await, "the platform's stop");
    assert!(!say(platform(true)).await, "and its resume");
    assert!(say(consent(&bed, phone(PHONE), false)).await, "the person's own stop");
    assert!(say(platform(false)).await);
    assert!(say(platform(true)).await, "stays when the platform's is lifted");
    assert!(!say(consent(&bed, phone(PHONE), true)).await, "until the person says otherwise");
    // What a callback repeats is not written twice.
    let again = platform(false);
    for _ in 0..3 {
        let repeated = NewConsent { id: bed.ids.next(bed.now()), ..again.clone() };
        bed.store.add_consents(&scene.scope, vec![repeated]).await.expect("works");
    }
    assert_eq!(bed.count("SELECT COUNT(*) FROM consents").await, 7);
    bed
}

async fn a_start_counts_only_for_those_who_stopped(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let start = || NewConsent {
        counting: Counting::IfRevoked,
        source: Source::Keyword,
        actor: Actor::Provider,
        ..consent(&bed, phone(PHONE), true)
    };
    let appended = async |new: NewConsent| {
        bed.advance(SECOND);
        let new = NewConsent { at: bed.now(), ..new };
        bed.store.add_consents(&scene.scope, vec![new]).await.expect("works")[0]
    };
    assert_eq!(appended(start()).await, Appended::Unneeded, "a word in a conversation");
    assert!(matches!(appended(consent(&bed, phone(PHONE), false)).await, Appended::At(_)));
    assert!(matches!(appended(start()).await, Appended::At(_)));
    assert_eq!(appended(start()).await, Appended::Unneeded);
    assert_eq!(facts(&bed, &scene).await.revoked_at[3], None);
    bed
}

async fn channels_stand_for_themselves(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let on = |channel: Reach, granted: bool| NewConsent { channel, ..consent(&bed, phone(PHONE), granted) };
    let say = async |new: NewConsent| {
        bed.store.add_consent(&scene.scope, new).await.expect("it is appended");
        let choices = facts(&bed, &scene).await.choices;
        Channel::ALL.map(|channel| choices.standing(Category::Marketing, channel).revoked().is_some())
    };
    assert_eq!(say(on(Channel::Sms.into(), false)).await, [false, true, false]);
    assert_eq!(facts(&bed, &scene).await.revoked_at, [None; 4], "WhatsApp is another matter");
    assert_eq!(say(on(Reach::Any, false)).await, [true, true, true]);
    assert_eq!(say(on(Channel::Whatsapp.into(), true)).await, [false, true, true]);
    bed
}

/// Of two transactions on the same person neither may derive the facts without the other's entry.
async fn entries_that_are_written_at_once_both_count(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    bed.store.add_consent(&scene.scope, consent(&bed, phone(PHONE), true)).await.expect("it is appended");
    let message = super::inbound(
        &bed,
        &scene,
        tidings_domain::fact::Identities {
            phone: tidings_domain::address::Phone::parse(PHONE).ok(),
            bsuid: tidings_domain::address::Bsuid::from_platform(BSUID),
            ..Default::default()
        },
        "wamid.in.1",
    );
    call_back(&bed, &scene, CallbackWrite { inbound: vec![message], ..CallbackWrite::default() }).await;
    for round in 0..20 {
        let purposes = [Category::Utility, Category::Marketing, Category::Service, Category::Authentication];
        let granted = round % 2 == 1;
        let writes = purposes.iter().enumerate().map(|(n, purpose)| {
            let address = if n % 2 == 0 { phone(PHONE) } else { bsuid(BSUID) };
            let new = NewConsent { purpose: (*purpose).into(), ..consent(&bed, address, granted) };
            bed.store.add_consent(&scene.scope, new)
        });
        let done = futures_util::future::join_all(writes).await;
        assert!(done.iter().all(Result::is_ok), "{done:?}");
        let known = facts(&bed, &scene).await;
        assert!(known.revoked_at.iter().all(|at| at.is_none() == granted), "round {round}: {known:?}");
        bed.advance(SECOND);
    }
    bed
}

fn new_link(bed: &Bed, kind: LinkKind) -> NewLink {
    let expires_at = bed.now().plus(DAY);
    NewLink { kind, address: phone(PHONE), data: r#"{"who":"Ada"}"#.to_owned(), expires_at }
}

async fn links_are_found_by_their_token_alone(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let new = new_link(&bed, LinkKind::Preferences);
    let token = bed.store.mint_link(&scene.scope, new.clone(), ACTOR, bed.now()).await.expect("it is made");
    let found = bed.store.link(token.expose(), LinkKind::Preferences).await.expect("works");
    let (scope, found) = found.expect("it is there");
    assert_eq!(
        (scope.tenant(), found.data, found.expires_at),
        (scene.scope.tenant(), new.data, new.expires_at)
    );
    assert_eq!(found.recipient, scene.scope.hash(&phone(PHONE).canonical()));
    for (token, kind) in [(token.expose(), LinkKind::Confirmation), ("forged", LinkKind::Preferences)] {
        assert!(bed.store.link(token, kind).await.expect("works").is_none());
    }
    let made = async |kind| {
        let since = bed.now().plus(-DAY);
        bed.store.links_since(&scene.scope, &phone(PHONE), kind, since).await.expect("a count")
    };
    assert_eq!((made(LinkKind::Preferences).await, made(LinkKind::Confirmation).await), (1, 0));
    assert!(bed.store.contact_of(&scene.scope, &phone(PHONE)).await.expect("works").is_some());
    bed
}

async fn a_link_is_used_up_with_its_entries(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let new = new_link(&bed, LinkKind::Confirmation);
    let token = bed.store.mint_link(&scene.scope, new, ACTOR, bed.now()).await.expect("it is made");
    for first in [true, false] {
        let entries = vec![consent(&bed, phone(PHONE), true)];
        let used = bed.store.use_link(&scene.scope, token.expose(), entries, bed.now()).await.expect("works");
        assert_eq!(used, first);
    }
    assert_eq!(bed.count("SELECT COUNT(*) FROM consents").await, 1);
    let found =
        bed.store.link(token.expose(), LinkKind::Confirmation).await.expect("works").expect("it is there");
    assert_eq!(found.1.used_at, Some(bed.now()));
    // What anybody may have said lifts nothing that the person said.
    bed.advance(SECOND);
    bed.store.add_consent(&scene.scope, consent(&bed, phone(PHONE), false)).await.expect("it is appended");
    let anybody = NewConsent { counting: Counting::UnlessRevoked, ..consent(&bed, phone(PHONE), true) };
    let done = bed.store.add_consents(&scene.scope, vec![anybody]).await.expect("works");
    assert_eq!(done, [Appended::Unneeded]);
    bed
}

async fn forms_have_versions(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let definition = |text: &str| FormDefinition {
        name: "Counter".to_owned(),
        language: "en".to_owned(),
        business_name: "Acme".to_owned(),
        text: text.to_owned(),
        purposes: vec!["marketing".to_owned()],
        channel: Reach::Any,
        embed_origins: Vec::new(),
        double_opt_in: false,
        confirmation: None,
        join_text: None,
    };
    let first = Form {
        id: bed.ids.next(bed.now()),
        version: 1,
        definition: definition("Acme may write."),
        created_at: bed.now(),
        closed: false,
    };
    let second = Form { version: 2, definition: definition("Acme may write more."), ..first.clone() };
    for form in [&first, &second] {
        bed.store.add_form_version(&scene.scope, form.clone(), ACTOR).await.expect("it is made");
    }
    assert!(
        bed.store.add_form_version(&scene.scope, second.clone(), ACTOR).await.is_err(),
        "a version is one text"
    );
    let setup = bed.store.consent_setup(&scene.scope).await.expect("a setup");
    assert_eq!(setup.forms, [second, first.clone()], "the newest first");
    let scope = bed.store.scope_of_form(first.id).await.expect("works").expect("a scope");
    assert_eq!(scope.tenant(), scene.scope.tenant());
    assert!(bed.store.scope_of_form(bed.ids.next(bed.now())).await.expect("works").is_none());
    assert!(bed.store.close_form(&scene.scope, first.id, ACTOR, bed.now()).await.expect("works"));
    assert!(!bed.store.close_form(&scene.scope, first.id, ACTOR, bed.now()).await.expect("works"));
    let setup = bed.store.consent_setup(&scene.scope).await.expect("a setup");
    assert!(setup.forms.iter().all(|form| form.closed));
    bed
}

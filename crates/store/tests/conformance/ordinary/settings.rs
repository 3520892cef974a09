//! Accounts, senders, templates, pauses, and the catalog made of them.

use tidings_domain::category::{Category, Channel};
use tidings_domain::credentials::ProviderKind;
use tidings_domain::secret::Secret;
use tidings_domain::time::{HOUR, SECOND};
use tidings_domain::whatsapp::TemplateDefinition;
use tidings_store::StoreError;
use tidings_store::model::*;

use super::{ACTOR, account, credentials};
use crate::bed::Bed;
use crate::conformance;
use crate::scene::Scene;

conformance!(
    an_account_is_kept_sealed,
    an_account_comes_once,
    credentials_change,
    a_sender_comes_once,
    a_sync_replaces,
    a_pause_stands_until_it_is_lifted,
    the_catalog_has_it_all,
);

async fn an_account_is_kept_sealed(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let made = account(&bed, &scene.scope, "102290129340398").await;
    let found = bed.store.account(&scene.scope, made.id).await.expect("works").expect("it is there");
    assert_eq!(found.credentials, credentials("token one"));
    assert_eq!((found.provider, found.provider_ref.as_str()), (ProviderKind::Cloud, "102290129340398"));
    let (scope, by_id) = bed.store.scope_of_account(made.id).await.expect("works").expect("it is there");
    assert_eq!((scope.tenant(), by_id.id), (scene.scope.tenant(), made.id));
    let unknown = bed.ids.next(bed.now());
    assert!(bed.store.scope_of_account(unknown).await.expect("works").is_none());
    let plain = hex::encode("token one");
    assert!(!bed.rows("SELECT credentials FROM accounts").await.join("").contains(&plain));
    bed
}

async fn an_account_comes_once(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    account(&bed, &scene.scope, "1").await;
    let again = bed
        .store
        .create_account(&scene.scope, ProviderKind::Cloud, "1", credentials("other"), ACTOR, bed.now())
        .await;
    assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
    let other = Scene::new(&bed).await;
    account(&bed, &other.scope, "1").await;
    assert_eq!(bed.store.accounts(&scene.scope).await.expect("a list").len(), 1);
    bed
}

async fn credentials_change(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let made = account(&bed, &scene.scope, "1").await;
    let mut changed = credentials("token two");
    changed.app_secrets.insert(0, Secret::new("next secret"));
    bed.store
        .update_account(&scene.scope, made.id, &made.provider_ref, changed.clone(), ACTOR, bed.now())
        .await
        .expect("they change");
    let found = bed.store.account(&scene.scope, made.id).await.expect("works").expect("it is there");
    assert_eq!(found.credentials, changed);
    let other = account(&bed, &scene.scope, "2").await;
    let rename = async |name: &'static str| {
        bed.store.update_account(&scene.scope, other.id, name, credentials("two"), ACTOR, bed.now()).await
    };
    let taken = rename("1").await;
    assert!(matches!(taken, Err(StoreError::Conflict(_))), "{taken:?}");
    rename("3").await.expect("a free name");
    let found = bed.store.account(&scene.scope, other.id).await.expect("works").expect("it is there");
    assert_eq!(found.provider_ref, "3");
    let elsewhere = bed
        .store
        .create_account(&scene.scope, ProviderKind::Smpp, "4", credentials("four"), ACTOR, bed.now())
        .await
        .expect("another provider");
    let system = bed.store.system();
    let slots = |slot: u8| [slot].into_iter().collect();
    let found = bed.store.accounts_elsewhere(&system, slots(elsewhere.slot)).await.expect("a list");
    assert_eq!(found, [elsewhere.id], "those at the Cloud API are not among them");
    let found =
        bed.store.accounts_elsewhere(&system, slots((elsewhere.slot + 1) % 64)).await.expect("a list");
    assert!(found.is_empty());
    bed
}

async fn a_sender_comes_once(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let first = account(&bed, &scene.scope, "1").await;
    let second = account(&bed, &scene.scope, "2").await;
    let make = async |account: &Account| {
        let (channel, now) = (Channel::Whatsapp, bed.now());
        bed.store
            .create_sender(
                &scene.scope,
                account.id,
                channel,
                "+15550100",
                "106540352242922",
                80.0,
                ACTOR,
                now,
            )
            .await
    };
    let made = make(&first).await.expect("a sender is made");
    assert!(matches!(make(&first).await, Err(StoreError::Conflict(_))));
    make(&second).await.expect("another account may have it");
    bed.store.set_sender_rate(&scene.scope, made.id, 12.5, ACTOR, bed.now()).await.expect("a rate");
    let found = bed.store.sender(&scene.scope, made.id).await.expect("works").expect("it is there");
    assert_eq!((found.messages_per_s, found.address.as_str(), found.account), (12.5, "+15550100", first.id));
    assert_eq!(bed.store.senders(&scene.scope).await.expect("a list").len(), 2);
    bed
}

fn template(name: &str, status: &str) -> TemplateDefinition {
    TemplateDefinition {
        name: name.to_owned(),
        language: "en_US".to_owned(),
        category: "UTILITY".to_owned(),
        status: status.to_owned(),
        ..TemplateDefinition::default()
    }
}

async fn a_sync_replaces(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let (one, two) = (account(&bed, &scene.scope, "1").await, account(&bed, &scene.scope, "2").await);
    let sync = async |account: &Account, found: Vec<TemplateDefinition>| {
        bed.store.replace_templates(&scene.scope, account.id, found, ACTOR, bed.now()).await.expect("a sync");
        bed.advance(SECOND);
        bed.store.templates(&scene.scope).await.expect("a list")
    };
    sync(&two, vec![template("parcel", "APPROVED")]).await;
    let before = sync(&one, vec![template("parcel", "APPROVED"), template("refund", "PENDING")]).await;
    assert_eq!(before.len(), 3);
    let after = sync(&one, vec![template("parcel", "PAUSED"), template("offer", "APPROVED")]).await;
    let found: Vec<_> = after
        .iter()
        .map(|each| {
            (each.definition.name.as_str(), each.status.as_str(), each.account == one.id, each.category)
        })
        .collect();
    let utility = Some(Category::Utility);
    assert!(found.contains(&("parcel", "PAUSED", true, utility)), "{found:?}");
    assert!(found.contains(&("parcel", "APPROVED", false, utility)), "the other account's stays: {found:?}");
    assert!(found.contains(&("offer", "APPROVED", true, utility)) && found.len() == 3, "{found:?}");
    let id_of = |all: &[StoredTemplate]| {
        all.iter().find(|each| each.account == one.id && each.definition.name == "parcel").map(|each| each.id)
    };
    assert_eq!(id_of(&before), id_of(&after), "what stays keeps its id");
    bed
}

async fn a_pause_stands_until_it_is_lifted(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let until = Some(bed.now().plus(HOUR));
    let set = async |what: PauseScope, until| {
        let now = bed.now();
        bed.store
            .set_pause(&scene.scope, what, "marketing", "wrong price", until, ACTOR, now)
            .await
            .expect("a pause")
    };
    let pause = set(PauseScope::Category, until).await;
    bed.advance(SECOND);
    set(PauseScope::Tenant, None).await;
    let all = bed.store.pauses(&scene.scope).await.expect("a list");
    assert_eq!(all.len(), 2);
    assert_eq!(all[0].until, until);
    assert!(bed.store.lift_pause(&scene.scope, pause.id, ACTOR, bed.now()).await.expect("works"));
    assert!(!bed.store.lift_pause(&scene.scope, pause.id, ACTOR, bed.now()).await.expect("works"), "once");
    let left = bed.store.pauses(&scene.scope).await.expect("a list");
    assert_eq!(left.iter().map(|each| each.scope).collect::<Vec<_>>(), [PauseScope::Tenant]);
    bed
}

async fn the_catalog_has_it_all(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let version = async || bed.store.catalog_version(&scene.scope).await.expect("a number");
    let mut last = version().await;
    let mut moved = async || {
        let now = version().await;
        let moved = now > last;
        last = now;
        moved
    };
    assert!(!moved().await);
    let made = account(&bed, &scene.scope, "1").await;
    assert!(moved().await);
    let (channel, now) = (Channel::Whatsapp, bed.now());
    let sender =
        bed.store.create_sender(&scene.scope, made.id, channel, "+15550100", "1", 80.0, ACTOR, now).await;
    assert!(sender.is_ok() && moved().await);
    let found = vec![template("parcel", "APPROVED")];
    bed.store.replace_templates(&scene.scope, made.id, found, ACTOR, now).await.expect("a sync");
    assert!(moved().await);
    let pause = bed.store.set_pause(&scene.scope, PauseScope::Tenant, "all", "night", None, ACTOR, now).await;
    assert!(moved().await);
    let catalog = bed.store.catalog(&scene.scope).await.expect("a catalog");
    let counts =
        (catalog.accounts.len(), catalog.senders.len(), catalog.templates.len(), catalog.pauses.len());
    assert_eq!(counts, (1, 1, 1, 1));
    bed.store.lift_pause(&scene.scope, pause.expect("a pause").id, ACTOR, now).await.expect("lifted");
    assert!(moved().await);
    bed.store
        .update_account(&scene.scope, made.id, &made.provider_ref, credentials("two"), ACTOR, now)
        .await
        .expect("changed");
    assert!(moved().await);
    bed.store.ping().await.expect("the store answers");
    bed
}

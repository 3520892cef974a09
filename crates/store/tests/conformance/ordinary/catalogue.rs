//! The tenant's catalogue of templates: versions, their steps, and what the platform says of them.

use serde_json::{Value, json};
use tidings_domain::category::Category;
use tidings_domain::id::VersionId;
use tidings_domain::template::{Settings, TemplateRules, VersionState};
use tidings_domain::time::{MINUTE, SECOND};
use tidings_domain::whatsapp::TemplateDefinition;
use tidings_store::model::*;

use super::{ACTOR, account, call_back};
use crate::bed::Bed;
use crate::conformance;
use crate::scene::Scene;

conformance!(
    a_name_is_taken_once,
    versions_count_within_language_and_variant,
    a_step_counts_only_from_where_it_was_seen,
    the_platforms_word_moves_the_newest_version_of_its_name,
    tasks_come_again_until_they_are_done,
    quality_holds_and_releases,
    another_category_is_told_with_its_price,
    rules_are_kept_by_tenant,
    what_the_platform_has_is_adopted_once,
);

struct Shop {
    scene: Scene,
    template: LogicalTemplate,
}

async fn shop(bed: &Bed) -> Shop {
    let mut scene = Scene::new(bed).await;
    scene.account = account(bed, &scene.scope, "1").await.id;
    let template = logical(bed, &scene, "parcel_left").await.expect("a new name");
    Shop { scene, template }
}

async fn logical(bed: &Bed, scene: &Scene, name: &str) -> Option<LogicalTemplate> {
    let settings = Settings { owner: "Shipping".to_owned(), ..Settings::default() };
    let (category, now) = (Category::Utility, bed.now());
    bed.store
        .add_logical_template(&scene.scope, scene.account, name, category, settings, ACTOR, now)
        .await
        .expect("works")
}

async fn version(bed: &Bed, shop: &Shop, language: &str, variant: &str) -> TemplateVersion {
    let definition = json!({"name": shop.template.name, "language": language, "category": "UTILITY",
        "components": [{"type": "BODY", "text": "Your parcel has left."}]});
    let new = NewVersion {
        id: bed.ids.next(bed.now()),
        template: shop.template.id,
        language: language.to_owned(),
        variant: variant.to_owned(),
        definition,
        note: "first".to_owned(),
        based_on: None,
        automatic: false,
        findings: json!([]),
        overridden_by: None,
        state: VersionState::Draft,
        actor: ACTOR,
        at: bed.now(),
    };
    bed.store.add_template_version(&shop.scene.scope, new, false).await.expect("a version")
}

async fn go(bed: &Bed, shop: &Shop, id: VersionId, states: &[VersionState]) -> bool {
    let mut moved = true;
    for pair in states.windows(2) {
        let mut step = VersionMove::new(id, pair[0], pair[1], ACTOR, bed.now());
        if pair[1] == VersionState::Submitted {
            step.provider_name = Some("parcel_left".to_owned());
        }
        moved &= bed.store.move_template_version(&shop.scene.scope, step).await.expect("works");
    }
    moved
}

use VersionState as S;
const TO_PENDING: [S; 5] = [S::Draft, S::InReview, S::SignedOff, S::Submitted, S::Pending];

async fn found(bed: &Bed, shop: &Shop, id: VersionId) -> TemplateVersion {
    bed.store.template_version(&shop.scene.scope, id).await.expect("works").expect("it is there")
}

fn patch(bed: &Bed, set: impl FnOnce(&mut TemplatePatch)) -> CallbackWrite {
    let mut patch = TemplatePatch {
        name: "parcel_left".to_owned(),
        language: "en".to_owned(),
        status: None,
        reason: None,
        category: None,
        quality: None,
        at: bed.now(),
    };
    set(&mut patch);
    CallbackWrite { templates: vec![patch], ..CallbackWrite::default() }
}

async fn kinds(bed: &Bed, like: &str) -> i64 {
    let code =
        tidings_domain::event::Kind::ALL.iter().find(|kind| kind.as_str() == like).expect("a kind").code();
    bed.count(&format!("SELECT COUNT(*) FROM events WHERE kind = {code}")).await
}

async fn a_name_is_taken_once(bed: Bed) -> Bed {
    let shop = shop(&bed).await;
    assert!(logical(&bed, &shop.scene, "parcel_left").await.is_none());
    let other = Scene::new(&bed).await;
    let seen = bed.store.logical_template(&other.scope, shop.template.id).await.expect("works");
    assert!(seen.is_none(), "another tenant's template");
    let settings = Settings { owner: "Sales".to_owned(), ..Settings::default() };
    let set = async |scope: &tidings_store::TenantScope, archive| {
        let (id, settings, now) = (shop.template.id, settings.clone(), bed.now());
        bed.store.set_logical_template(scope, id, settings, archive, ACTOR, now).await.expect("works")
    };
    assert!(!set(&other.scope, true).await);
    assert!(set(&shop.scene.scope, false).await);
    let found = bed.store.logical_templates(&shop.scene.scope).await.expect("a list");
    assert_eq!((found.len(), found[0].settings.owner.as_str(), found[0].archived_at), (1, "Sales", None));
    assert!(set(&shop.scene.scope, true).await);
    let catalog = bed.store.catalog(&shop.scene.scope).await.expect("a catalog");
    assert!(catalog.shelf.logical.is_empty(), "what is archived is not sent");
    bed
}

async fn versions_count_within_language_and_variant(bed: Bed) -> Bed {
    let shop = shop(&bed).await;
    let mut numbers = Vec::new();
    for (language, variant) in [("en", "main"), ("en", "main"), ("en", "b"), ("de", "main"), ("en", "main")] {
        numbers.push(version(&bed, &shop, language, variant).await.n);
    }
    assert_eq!(numbers, [1, 2, 1, 1, 3]);
    let all = bed.store.template_versions(&shop.scene.scope, shop.template.id).await.expect("a list");
    let order: Vec<(&str, &str, u32)> =
        all.iter().map(|each| (each.language.as_str(), each.variant.as_str(), each.n)).collect();
    assert_eq!(
        order,
        [("de", "main", 1), ("en", "b", 1), ("en", "main", 3), ("en", "main", 2), ("en", "main", 1)]
    );
    assert_eq!(all[0].definition["language"], "de");
    let other = Scene::new(&bed).await;
    assert!(bed.store.template_version(&other.scope, all[0].id).await.expect("works").is_none());
    assert!(bed.store.template_versions(&other.scope, shop.template.id).await.expect("works").is_empty());
    bed
}

async fn a_step_counts_only_from_where_it_was_seen(bed: Bed) -> Bed {
    let shop = shop(&bed).await;
    let made = version(&bed, &shop, "en", "main").await;
    assert!(go(&bed, &shop, made.id, &[S::Draft, S::InReview]).await);
    assert!(!go(&bed, &shop, made.id, &[S::Draft, S::InReview]).await, "it has moved already");
    let other = Scene::new(&bed).await;
    let step = VersionMove::new(made.id, S::InReview, S::SignedOff, ACTOR, bed.now());
    assert!(!bed.store.move_template_version(&other.scope, step).await.expect("works"), "another tenant's");
    bed.advance(SECOND);
    assert!(go(&bed, &shop, made.id, &TO_PENDING[1..]).await);
    let history = bed.store.template_steps(&shop.scene.scope, made.id).await.expect("a history");
    let states: Vec<S> = history.iter().map(|step| step.state).collect();
    assert_eq!(states, TO_PENDING);
    assert!(history.is_sorted_by_key(|step| step.at));
    let listed = bed.store.templates(&shop.scene.scope).await.expect("a list");
    assert_eq!(
        (listed.len(), listed[0].status.as_str(), listed[0].category),
        (1, "PENDING", Some(Category::Utility))
    );
    bed
}

async fn the_platforms_word_moves_the_newest_version_of_its_name(bed: Bed) -> Bed {
    let shop = shop(&bed).await;
    let first = version(&bed, &shop, "en", "main").await;
    go(&bed, &shop, first.id, &TO_PENDING).await;
    bed.advance(MINUTE);
    let said = |status: &str, reason: Option<&str>| {
        patch(&bed, |patch| {
            patch.status = Some(status.to_owned());
            patch.reason = reason.map(str::to_owned);
        })
    };
    call_back(&bed, &shop.scene, said("REJECTED", Some("SCAM"))).await;
    let rejected = found(&bed, &shop, first.id).await;
    assert_eq!(
        (rejected.state, rejected.reason.as_deref(), rejected.verdict.as_deref()),
        (S::Rejected, Some("SCAM"), Some("rejected"))
    );
    let second = version(&bed, &shop, "en", "main").await;
    go(&bed, &shop, second.id, &TO_PENDING).await;
    bed.advance(MINUTE);
    for status in ["APPROVED", "PENDING", "APPROVED"] {
        call_back(&bed, &shop.scene, said(status, None)).await;
    }
    assert_eq!(found(&bed, &shop, second.id).await.state, S::Approved, "a late word undoes nothing");
    call_back(&bed, &shop.scene, said("PENDING", None)).await;
    assert_eq!(found(&bed, &shop, first.id).await.state, S::Rejected);
    let catalog = bed.store.catalog(&shop.scene.scope).await.expect("a catalog");
    // The rejected one stands under the same name; what is sent is chosen among the others.
    assert_eq!(catalog.shelf.live.iter().filter(|each| each.state.is_live()).count(), 1);
    assert_eq!((catalog.shelf.live[0].n, catalog.templates[0].status.as_str()), (2, "APPROVED"));
    // A sync that no longer lists it as approved says so too.
    let listed = TemplateDefinition {
        name: "parcel_left".to_owned(),
        language: "en".to_owned(),
        category: "UTILITY".to_owned(),
        status: "PAUSED".to_owned(),
        id: Some("7001".to_owned()),
        ..TemplateDefinition::default()
    };
    bed.store
        .replace_templates(&shop.scene.scope, shop.scene.account, vec![listed], ACTOR, bed.now())
        .await
        .expect("a sync");
    let paused = found(&bed, &shop, second.id).await;
    assert_eq!(
        (paused.state, paused.provider_id.as_deref(), paused.verdict.as_deref()),
        (S::Paused, Some("7001"), Some("approved"))
    );
    let decided = bed
        .store
        .template_decisions(&shop.scene.scope, bed.now().plus(-10 * MINUTE), 10)
        .await
        .expect("a list");
    let told: Vec<(&str, i64)> = decided
        .iter()
        .map(|each| (each.verdict.as_str(), each.decided_at.since(each.submitted_at) / MINUTE))
        .collect();
    assert_eq!(told, [("rejected", 1), ("approved", 1)]);
    bed
}

async fn tasks_come_again_until_they_are_done(bed: Bed) -> Bed {
    let shop = shop(&bed).await;
    let made = version(&bed, &shop, "en", "main").await;
    let sys = bed.store.system();
    let mut step = VersionMove::new(made.id, S::Draft, S::SignedOff, ACTOR, bed.now());
    step.task = Some((TemplateTask::Submit, bed.now()));
    assert!(bed.store.move_template_version(&shop.scene.scope, step).await.expect("works"));
    let take = async || {
        let now = bed.now();
        bed.store.take_template_tasks(&sys, now, now.plus(MINUTE), 10).await.expect("works")
    };
    let taken = take().await;
    assert_eq!(
        (taken.len(), taken[0].task, taken[0].version, taken[0].tries),
        (1, TemplateTask::Submit, made.id, 0)
    );
    assert!(take().await.is_empty(), "somebody is at it");
    bed.advance(MINUTE);
    let again = take().await;
    assert_eq!(again[0].tries, 1, "whoever was at it is gone");
    bed.store.drop_template_task(&sys, &again[0]).await.expect("works");
    bed.advance(MINUTE);
    assert!(take().await.is_empty());
    bed
}

async fn quality_holds_and_releases(bed: Bed) -> Bed {
    let shop = shop(&bed).await;
    let said = |score: &str| patch(&bed, |patch| patch.quality = Some(score.to_owned()));
    for score in ["YELLOW", "RED", "RED"] {
        call_back(&bed, &shop.scene, said(score)).await;
    }
    let pauses = bed.store.pauses(&shop.scene.scope).await.expect("a list");
    assert_eq!(
        (pauses.len(), pauses[0].scope, pauses[0].target.as_str()),
        (1, PauseScope::Template, "parcel_left")
    );
    call_back(&bed, &shop.scene, said("GREEN")).await;
    assert!(bed.store.pauses(&shop.scene.scope).await.expect("a list").is_empty());
    assert_eq!((kinds(&bed, "template.held").await, kinds(&bed, "template.released").await), (1, 1));
    let rules = TemplateRules { hold_on_red: false, ..TemplateRules::default() };
    bed.store.set_template_rules(&shop.scene.scope, rules, ACTOR, bed.now()).await.expect("works");
    call_back(&bed, &shop.scene, said("RED")).await;
    assert!(
        bed.store.pauses(&shop.scene.scope).await.expect("a list").is_empty(),
        "not where the tenant says no"
    );
    bed
}

async fn another_category_is_told_with_its_price(bed: Bed) -> Bed {
    let shop = shop(&bed).await;
    let made = version(&bed, &shop, "en", "main").await;
    go(&bed, &shop, made.id, &TO_PENDING).await;
    bed.advance(SECOND);
    let said = |category: &str| patch(&bed, |patch| patch.category = Some(category.to_owned()));
    call_back(&bed, &shop.scene, said("UTILITY")).await;
    assert_eq!(kinds(&bed, "template.category_drifted").await, 0);
    for _ in 0..2 {
        call_back(&bed, &shop.scene, said("MARKETING")).await;
    }
    assert_eq!(kinds(&bed, "template.category_drifted").await, 1, "told once");
    let code = tidings_domain::event::Kind::CategoryDrifted.code();
    let body = bed.rows(&format!("SELECT body FROM events WHERE kind = {code}")).await;
    let body: Value = serde_json::from_str(&body[0]).expect("an object");
    assert_eq!((&body["from"], &body["to"]), (&json!("utility"), &json!("marketing")));
    assert!(body["rates"].as_array().is_some_and(|rates| !rates.is_empty()), "{body}");
    bed
}

async fn rules_are_kept_by_tenant(bed: Bed) -> Bed {
    let (one, two) = (Scene::new(&bed).await, Scene::new(&bed).await);
    assert_eq!(bed.store.template_rules(&one.scope).await.expect("works"), TemplateRules::default());
    let rules = TemplateRules { naming: vec!["ship_*".to_owned()], ..TemplateRules::default() };
    for _ in 0..2 {
        bed.store.set_template_rules(&one.scope, rules.clone(), ACTOR, bed.now()).await.expect("works");
    }
    assert_eq!(bed.store.template_rules(&one.scope).await.expect("works"), rules);
    assert_eq!(bed.store.template_rules(&two.scope).await.expect("works"), TemplateRules::default());
    bed
}

async fn what_the_platform_has_is_adopted_once(bed: Bed) -> Bed {
    let shop = shop(&bed).await;
    let (scope, account) = (&shop.scene.scope, shop.scene.account);
    let version = |language: &str, state| AdoptedVersion {
        language: language.to_owned(),
        definition: json!({"name": "found", "language": language, "category": "UTILITY"}),
        findings: json!([]),
        state,
        provider_id: Some(format!("id-{language}")),
    };
    let adoption = |name: &str| Adoption {
        account,
        name: name.to_owned(),
        category: Category::Utility,
        settings: Settings::default(),
        versions: vec![version("en", VersionState::Approved), version("de", VersionState::Paused)],
    };
    let adopt =
        async |name| bed.store.adopt_template(scope, adoption(name), ACTOR, bed.now()).await.expect("works");
    let made = adopt("found").await.expect("nobody knows it");
    assert!(adopt("found").await.is_none(), "adopted already");
    assert!(adopt(&shop.template.name).await.is_none(), "the name is taken");
    let versions = bed.store.template_versions(scope, made.id).await.expect("a read");
    let seen: Vec<_> = versions
        .iter()
        .map(|each| {
            (
                each.language.as_str(),
                each.n,
                each.state,
                each.provider_name.as_deref(),
                each.provider_id.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("de", 1, VersionState::Paused, Some("found"), Some("id-de")),
            ("en", 1, VersionState::Approved, Some("found"), Some("id-en")),
        ]
    );
    assert_eq!(bed.store.template_steps(scope, versions[0].id).await.expect("a read").len(), 1);
    let names = bed.store.catalogued_names(scope).await.expect("a read");
    assert_eq!(names.into_iter().collect::<Vec<_>>(), [(account, "found".to_owned())]);
    let shelf = bed.store.catalog(scope).await.expect("a read").shelf;
    assert_eq!(shelf.live.len(), 2, "it can be sent at once");
    // The platform's word moves it like any other; nobody here submitted it, so it counts for no statistics.
    assert!(
        bed.store.template_decisions(scope, bed.now().plus(-MINUTE), 10).await.expect("a read").is_empty()
    );
    let stranger = Scene::new(&bed).await;
    assert!(bed.store.catalogued_names(&stranger.scope).await.expect("a read").is_empty());
    bed
}

//! Settings, rules and the limit of a portfolio.

use tidings_domain::actor::Actor;
use tidings_domain::category::Category;
use tidings_domain::id::RuleId;
use tidings_domain::time::{DAY, SECOND};
use tidings_store::model::*;

use crate::bed::Bed;
use crate::conformance;
use crate::scene::Scene;

const POOL: Hash16 = Hash16([7; 16]);

conformance!(
    settings_have_versions,
    rules_come_and_go,
    a_limit_is_learned,
    a_tenant_has_its_own,
    an_audience_is_read_in_order,
);

async fn settings_have_versions(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let set = async |body: &str| {
        let now = bed.advance(SECOND);
        bed.store.set_policy(&scene.scope, body.to_owned(), Actor::Installation, now).await.expect("a write")
    };
    let version = bed.store.catalog_version(&scene.scope).await.expect("a read");
    assert_eq!(bed.store.catalog(&scene.scope).await.expect("a read").policy.settings, None);
    assert_eq!((set("{}").await, set("{}").await, set(r#"{"a":1}"#).await), (Some(1), None, Some(2)));
    assert_eq!(bed.store.catalog_version(&scene.scope).await.expect("a read"), version + 2);
    let stored = bed.store.catalog(&scene.scope).await.expect("a read").policy.settings.expect("settings");
    assert_eq!((stored.version, stored.body.as_str()), (2, r#"{"a":1}"#));
    let history = bed.store.policy_history(&scene.scope).await.expect("a read");
    let told: Vec<_> = history.iter().map(|each| (each.version, each.actor.as_str())).collect();
    assert_eq!(told, [(2, "installation"), (1, "installation")]);
    let kind = tidings_domain::event::Kind::PolicyChanged.code();
    assert_eq!(bed.count(&format!("SELECT COUNT(*) FROM events WHERE kind = {kind}")).await, 2);
    bed
}

async fn rules_come_and_go(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let add = async |name: &str| {
        let (body, now) = ("{}".to_owned(), bed.advance(SECOND));
        bed.store
            .add_policy_rule(&scene.scope, name, body, 2, Actor::Installation, now)
            .await
            .expect("a write")
    };
    let first = add("night").await.expect("the first");
    assert_eq!(add("night").await, None, "the name is taken");
    let second = add("gifts").await.expect("the second");
    assert_eq!(add("third").await, None, "there are enough");
    assert_eq!((first.version, second.version), (1, 2));
    let remove = async |id: RuleId| {
        let now = bed.advance(SECOND);
        bed.store.remove_policy_rule(&scene.scope, id, Actor::Installation, now).await.expect("a write")
    };
    assert_eq!((remove(first.id).await, remove(first.id).await), (true, false));
    let again = add("night").await.expect("its name is free again");
    let policy = bed.store.catalog(&scene.scope).await.expect("a read").policy;
    assert_eq!((again.version, policy.rules_version), (4, 4));
    assert_eq!(policy.rules, [second, again]);
    bed
}

async fn a_limit_is_learned(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let learn = async |recipients, tier: &str, ago: i64| {
        let at = bed.now().plus(-ago);
        bed.store.learn_portfolio_limit(&scene.scope, POOL, recipients, tier, at).await.expect("a write")
    };
    assert!(learn(Some(250), "TIER_250", 0).await);
    assert!(!learn(Some(250), "TIER_250", 0).await, "said again");
    assert!(!learn(None, "TIER_UNLIMITED", SECOND).await, "older than what is known");
    bed.advance(SECOND);
    assert!(learn(None, "TIER_UNLIMITED", 0).await);
    let portfolio = bed.store.catalog(&scene.scope).await.expect("a read").policy.portfolios.pop().expect("known");
    assert_eq!((portfolio.recipients, portfolio.tier.as_str()), (None, "TIER_UNLIMITED"));
    bed
}

async fn a_tenant_has_its_own(bed: Bed) -> Bed {
    let (owner, other) = (Scene::new(&bed).await, Scene::new(&bed).await);
    let now = bed.now();
    bed.store.set_policy(&owner.scope, "{}".to_owned(), Actor::Installation, now).await.expect("a write");
    let rule = bed
        .store
        .add_policy_rule(&owner.scope, "night", "{}".to_owned(), 9, Actor::Installation, now)
        .await
        .expect("a write")
        .expect("the first");
    bed.store.learn_portfolio_limit(&owner.scope, POOL, Some(1), "TIER_1", now).await.expect("a write");
    let theirs = bed.store.catalog(&other.scope).await.expect("a read").policy;
    assert!(theirs.settings.is_none() && theirs.rules.is_empty() && theirs.portfolios.is_empty());
    let removed = bed.store.remove_policy_rule(&other.scope, rule.id, Actor::Installation, now).await;
    assert!(!removed.expect("a write"));
    bed
}

async fn an_audience_is_read_in_order(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let item = scene.claimed(&bed, 1).await.remove(0);
    let strangers = ["phone:1", "phone:2"].map(|text| scene.scope.hash(text));
    let people =
        vec![(strangers[0], scene.sender), (item.recipient, scene.sender), (strangers[1], scene.sender)];
    let watch = Watch { caps_us: [0, 0, DAY, 0], pool: Some(POOL) };
    let ask = async || {
        let facts = bed
            .store
            .audience_facts(&scene.scope, people.clone(), Category::Utility, watch, bed.now())
            .await
            .expect("a read");
        let told =
            facts.iter().map(|each| (each.touched_at.len(), each.reach.expect("it is watched").counted));
        told.collect::<Vec<_>>()
    };
    assert_eq!(ask().await, [(0, false); 3]);
    // Counted as a claim counts it: the message is queued again, and claimed with a watch.
    scene.accept(&bed, vec![scene.message(&bed)], crate::scene::allow()).await;
    let judge = ClaimJudge { watch, ..crate::scene::at_claim(crate::scene::allow()) };
    let due = scene.due(&bed).await;
    bed.store.claim(&bed.store.system(), scene.epoch, due, judge, bed.now()).await.expect("claims work");
    assert_eq!(ask().await, [(0, false), (1, true), (0, false)]);
    assert!(bed.store.reachable(&scene.scope, None).await.expect("a read").is_empty(), "no contact was made");
    bed
}

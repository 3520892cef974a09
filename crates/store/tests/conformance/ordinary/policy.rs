//! Settings, rules and the limit of a portfolio.

use tidings_domain::actor::Actor;
use tidings_domain::category::Category;
use tidings_domain::id::RuleId;
use tidings_domain::time::{DAY, SECOND};
use tidings_store::model::*;

use super::{ACTOR, account};
use crate::bed::Bed;
use crate::conformance;
use crate::scene::{Scene, allow};

const POOL: Hash16 = Hash16([7; 16]);

conformance!(
    settings_have_versions,
    rules_come_and_go,
    a_limit_is_learned,
    a_tenant_has_its_own,
    an_audience_is_read_in_order,
    an_account_joins_a_portfolio_with_what_it_counted,
    what_was_decided_is_found_with_its_messages,
    traffic_is_counted_by_template_and_place,
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
    let portfolio =
        bed.store.catalog(&scene.scope).await.expect("a read").policy.portfolios.pop().expect("known");
    assert_eq!((portfolio.recipients, portfolio.tier.as_str()), (None, "TIER_UNLIMITED"));
    bed
}

async fn an_account_joins_a_portfolio_with_what_it_counted(bed: Bed) -> Bed {
    let mut scene = Scene::new(&bed).await;
    let (first, second) = (account(&bed, &scene.scope, "1").await, account(&bed, &scene.scope, "2").await);
    assert_ne!(first.pool, second.pool, "of unknown portfolios each is one of its own");
    scene.account = first.id;
    let learn = async |pool, recipients, tier: &str| {
        let now = bed.now();
        bed.store
            .learn_portfolio_limit(&scene.scope, pool, Some(recipients), tier, now)
            .await
            .expect("a write");
    };
    learn(first.pool, 250, "TIER_250").await;
    let to =
        |n: usize| NewMessage { recipient: scene.scope.hash(&format!("phone:{n}")), ..scene.message(&bed) };
    scene.accept(&bed, (0..3).map(to).collect(), allow()).await;
    let judge = |pool| ClaimJudge {
        watch: Watch { pool: Some(pool), ..Watch::default() },
        ..crate::scene::at_claim(allow())
    };
    let (system, items) = (bed.store.system(), scene.due(&bed).await);
    bed.store.claim(&system, scene.epoch, items, judge(first.pool), bed.now()).await.expect("claims work");
    let join = async |id, portfolio: Option<&str>| {
        let portfolio = portfolio.map(str::to_owned);
        bed.store
            .set_account_portfolio(&scene.scope, id, portfolio, ACTOR, bed.now())
            .await
            .expect("a write");
        bed.store.account(&scene.scope, id).await.expect("a read").expect("it is there")
    };
    let (joined, other) = (join(first.id, Some("77")).await, join(second.id, Some("77")).await);
    assert_eq!((joined.portfolio.as_deref(), joined.pool), (Some("77"), other.pool));
    let reach = |pool, who: usize| {
        let hash = Some(scene.scope.hash(&format!("phone:{who}")));
        let (bed, scene) = (&bed, &scene);
        async move { bed.store.reach(&scene.scope, pool, hash, bed.now()).await.expect("a read") }
    };
    let (known, new) = (reach(joined.pool, 0).await, reach(joined.pool, 9).await);
    assert_eq!((known.recipients, known.counted, new.counted), (3, true, false));
    let limits = bed.store.catalog(&scene.scope).await.expect("a read").policy.portfolios;
    let limit = limits.iter().find(|limit| limit.pool == joined.pool).expect("it came along");
    assert_eq!(limit.recipients, Some(250));
    let alone = join(second.id, None).await;
    assert_eq!((alone.pool, alone.portfolio), (second.pool, None));
    bed
}

async fn what_was_decided_is_found_with_its_messages(bed: Bed) -> Bed {
    let (scene, other) = (Scene::new(&bed).await, Scene::new(&bed).await);
    let (denied, deferred, shadowed) = (scene.message(&bed), scene.message(&bed), scene.message(&bed));
    let ids = [denied.id, deferred.id, shadowed.id];
    let long_ago = bed.now();
    bed.advance(8 * DAY);
    let renew = |message: NewMessage| NewMessage {
        created_at: bed.now(),
        due_at: bed.now(),
        expires_at: bed.now().plus(DAY),
        ..message
    };
    let since = bed.now().plus(-7 * DAY);
    let old = NewMessage { created_at: long_ago, ..scene.message(&bed) };
    let deny = Judgement::Deny { code: "consent.suppressed".into(), decisions: "[]".into() };
    scene.accept(&bed, vec![old, renew(denied)], deny).await;
    let until = bed.now().plus(DAY);
    let defer = Judgement::Defer { until, code: "quiet_hours.closed".into(), decisions: "[]".into() };
    scene.accept(&bed, vec![renew(deferred)], defer).await;
    let shadow = r#"[{"rule":"tenant.x","version":1,"verdict":"deny","shadow":true,"reason":""}]"#;
    scene.accept(&bed, vec![renew(shadowed)], Judgement::Allow { decisions: shadow.to_owned() }).await;
    let found = bed.store.decided(&scene.scope, since).await.expect("a read");
    let denials: Vec<_> = found.denials.iter().map(|denial| (denial.message, denial.rule.as_str())).collect();
    assert_eq!(denials, [(ids[0], "consent.suppressed")]);
    let mut events: Vec<_> = found.events.iter().map(|event| (event.message, event.kind.as_str())).collect();
    events.sort_unstable();
    let mut want = [(ids[1], "message.deferred"), (ids[2], "message.accepted")];
    want.sort_unstable();
    assert_eq!(events, want);
    assert!(!found.is_denials_cut && found.events_since.is_none());
    let theirs = bed.store.decided(&other.scope, since).await.expect("a read");
    assert!(theirs.denials.is_empty() && theirs.events.is_empty());
    bed
}

async fn traffic_is_counted_by_template_and_place(bed: Bed) -> Bed {
    let (scene, other) = (Scene::new(&bed).await, Scene::new(&bed).await);
    let place = |text: &str| tidings_domain::policy::Place::from_text(text);
    let to = |text: &str, template: &str| NewMessage {
        place: place(text),
        template: Some(template.to_owned()),
        ..scene.message(&bed)
    };
    scene.accept(&bed, vec![to("DE", "a"), to("DE", "a"), to("FR", "a"), to("DE", "b")], allow()).await;
    let found = bed.store.recent_traffic(&scene.scope).await.expect("a read");
    let rows: Vec<_> =
        found.iter().map(|each| (each.template.as_deref(), each.place.to_text(), each.messages)).collect();
    let germany = place("DE");
    assert_eq!(rows[0], (Some("a"), germany.to_text(), 2));
    assert_eq!((rows.len(), found[0].sender), (3, scene.sender));
    assert!(bed.store.recent_traffic(&other.scope).await.expect("a read").is_empty());
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

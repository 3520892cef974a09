//! What is past its time goes, kind by kind; what is open stays.

use std::collections::BTreeMap;

use tidings_domain::lifecycle::AttemptState;
use tidings_domain::time::DAY;
use tidings_store::model::*;

use super::ACTOR;
use crate::bed::Bed;
use crate::conformance;
use crate::scene::{Scene, accepted, allow, bare_receipt, receipt};

conformance!(
    messages_go_with_all_that_is_theirs,
    what_is_open_is_never_dropped,
    contents_go_before_their_messages,
    receipts_that_nobody_claims_go,
    the_log_keeps_what_is_not_indexed,
    a_tenant_has_figures_of_its_own,
);

const TABLES: [&str; 5] = ["messages", "attempts", "sealed", "provider_ids", "attention"];

async fn counts(bed: &Bed) -> Vec<i64> {
    let mut all = Vec::new();
    for table in TABLES {
        all.push(bed.count(&format!("SELECT COUNT(*) FROM {table}")).await);
    }
    all
}

/// Messages that were submitted and delivered.
async fn delivered(bed: &Bed, scene: &Scene, count: usize) -> Vec<DueItem> {
    let items = scene.claimed(bed, count).await;
    for item in &items {
        scene.record(bed, item, accepted(item), Next::Done).await;
        scene.merge(bed, vec![receipt(item, AttemptState::Delivered, bed.now())]).await;
    }
    items
}

async fn messages_go_with_all_that_is_theirs(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    delivered(&bed, &scene, 3).await;
    let other = Scene::new(&bed).await;
    delivered(&bed, &other, 1).await;
    // Both under the lease that was taken last.
    let scene = Scene { epoch: other.epoch, ..scene };
    let later = bed.advance(100 * DAY);
    delivered(&bed, &scene, 2).await;
    assert_eq!(counts(&bed).await, [6, 6, 6, 6, 0]);
    let dropped = bed.store.drop_messages(&scene.scope, None, later.plus(-DAY)).await.expect("a step");
    assert_eq!(dropped, Dropped { rows: 3, next: None });
    assert_eq!(counts(&bed).await, [3, 3, 3, 3, 0], "of this tenant, and the old ones");
    let again = bed.store.drop_messages(&scene.scope, None, later.plus(-DAY)).await.expect("a step");
    assert_eq!(again.rows, 0);
    bed
}

async fn what_is_open_is_never_dropped(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let claimed = scene.claimed(&bed, 2).await;
    let until = bed.now().plus(1_000 * DAY);
    let doubt = AttemptResult::InDoubt { reason: "timeout", code: None };
    scene.record(&bed, &claimed[0], doubt, Next::AwaitReceipt { until }).await;
    let failed = AttemptResult::Failed { code: 131_026 };
    scene.record(&bed, &claimed[1], failed, Next::Retry { at: until, reason: "x" }).await;
    scene.accept(&bed, vec![scene.message(&bed)], allow()).await;
    let late = bed.advance(500 * DAY);
    for _ in 0..2 {
        let dropped = bed.store.drop_messages(&scene.scope, None, late).await.expect("a step");
        assert_eq!(dropped.rows, 0, "in doubt, waiting for a retry, queued");
        assert_eq!(bed.store.drop_content(&scene.scope, None, late).await.expect("a step").rows, 0);
    }
    assert_eq!(bed.count("SELECT COUNT(*) FROM messages").await, 3);
    bed
}

async fn contents_go_before_their_messages(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let items = delivered(&bed, &scene, 2).await;
    let late = bed.advance(100 * DAY);
    let dropped = bed.store.drop_content(&scene.scope, None, late).await.expect("a step");
    assert_eq!(dropped.rows, 2);
    assert_eq!(counts(&bed).await, [2, 2, 0, 2, 0]);
    let shown = bed.store.message(&scene.scope, items[0].message).await.expect("it is read");
    assert!(shown.is_some_and(|message| message.content.is_none()), "it is there, without its content");
    bed
}

async fn receipts_that_nobody_claims_go(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let item = &scene.claimed(&bed, 1).await[0];
    scene.merge(&bed, vec![bare_receipt(item, AttemptState::Sent, bed.now())]).await;
    assert_eq!(bed.count("SELECT COUNT(*) FROM orphans").await, 1);
    let late = bed.advance(31 * DAY);
    let system = bed.store.system();
    assert_eq!(bed.store.drop_waiting(&system, late.plus(-40 * DAY)).await.expect("a step"), 0);
    assert!(bed.store.drop_waiting(&system, late.plus(-DAY)).await.expect("a step") >= 1);
    assert_eq!(bed.count("SELECT COUNT(*) FROM orphans").await, 0);
    bed
}

async fn the_log_keeps_what_is_not_indexed(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    delivered(&bed, &scene, 3).await;
    let late = bed.advance(500 * DAY);
    let before = BTreeMap::from([(scene.scope.tenant(), late.plus(-DAY))]);
    let events = bed.count("SELECT COUNT(*) FROM events").await;
    let system = bed.store.system();
    let (dropped, next) = bed.store.drop_events(&system, None, before.clone(), late).await.expect("a step");
    assert_eq!((dropped, next), (0, None), "the indexes behind the log have not come this far");
    // As if they had.
    let last = bed.rows("SELECT MAX(seq) FROM events").await.remove(0);
    for index in ["subjects", "recipients"] {
        for (key, number) in
            [("transaction", "9000000000000"), ("sequence", last.as_str()), ("generation", "1")]
        {
            let number =
                if bed.kind != crate::bed::Kind::Postgres && key == "transaction" { "0" } else { number };
            bed.rows(&format!(
                "INSERT INTO meta (key, number) VALUES ('{index}.{key}', {number})
                 ON CONFLICT (key) DO UPDATE SET number = excluded.number"
            ))
            .await;
        }
    }
    let (dropped, _) = bed.store.drop_events(&system, None, before, late).await.expect("a step");
    assert_eq!(dropped.cast_signed(), events);
    assert_eq!(bed.count("SELECT COUNT(*) FROM messages").await, 3, "messages have a time of their own");
    bed
}

async fn a_tenant_has_figures_of_its_own(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let own = Retention { content_days: Some(7), events_days: Some(0), ..Retention::default() };
    let patch = TenantPatch { retention: Some(Some(own)), ..TenantPatch::default() };
    let tenant = bed.store.patch_tenant(&scene.scope, patch, ACTOR, bed.now()).await.expect("it is changed");
    let kept = tenant.and_then(|tenant| tenant.retention).expect("it has figures");
    assert_eq!(kept, own);
    let all = kept.or(Retention::STANDARD);
    assert_eq!((all.content_days, all.events_days, all.messages_days), (Some(7), Some(0), Some(400)));
    let lifted = TenantPatch { retention: Some(None), ..TenantPatch::default() };
    let tenant = bed.store.patch_tenant(&scene.scope, lifted, ACTOR, bed.now()).await.expect("it is changed");
    assert_eq!(tenant.and_then(|tenant| tenant.retention), None);
    bed
}

//! Receipts: any order, any number of them, one end state.

use tidings_domain::lifecycle::AttemptState::{self, Delivered, Failed, Played, Read, Sent};
use tidings_domain::time::{MINUTE, SECOND};
use tidings_store::model::*;

use crate::bed::Bed;
use crate::conformance;
use crate::scene::{Scene, accepted, allow, receipt};

conformance!(
    every_order_ends_the_same,
    a_callback_with_many_receipts,
    another_accounts_receipt_touches_nothing,
    a_late_receipt_takes_back_the_resend,
    a_failed_receipt_ends_the_message,
);

fn permutations(of: &[AttemptState]) -> Vec<Vec<AttemptState>> {
    if of.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (n, first) in of.iter().enumerate() {
        let mut rest = of.to_vec();
        rest.remove(n);
        for mut tail in permutations(&rest) {
            tail.insert(0, *first);
            all.push(tail);
        }
    }
    all
}

/// The answer comes at any place among the receipts, and everything comes twice.
async fn every_order_ends_the_same(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let sets: [&[AttemptState]; 3] = [&[Sent, Failed], &[Sent, Failed, Delivered], &[Sent, Delivered, Read]];
    for set in sets {
        let orders = permutations(set);
        let items = scene.claimed(&bed, orders.len() * (set.len() + 1)).await;
        let mut cases = orders.iter().flat_map(|order| (0..=set.len()).map(move |place| (order, place)));
        for item in &items {
            let (order, place) = cases.next().expect("as many cases as items");
            for (n, state) in order.iter().enumerate() {
                if n == place {
                    scene.record(&bed, item, accepted(item), Next::Done).await;
                }
                let at = bed.now().plus(state.code());
                let mut twice = receipt(item, *state, at);
                twice.pricing = Some(format!("{{\"seen\":\"{}\"}}", state.as_str()));
                scene.merge(&bed, vec![twice.clone(), twice]).await;
            }
            if place == set.len() {
                scene.record(&bed, item, accepted(item), Next::Done).await;
            }
        }
        let columns =
            "a.state, a.code, a.pricing, a.doubt_until, a.retry_at, m.terminal, m.reason, t.kind, t.reason";
        let ends = bed
            .rows(&format!(
                "SELECT DISTINCT {columns} FROM attempts a
                 JOIN messages m ON m.tenant_id = a.tenant_id AND m.id = a.message_id
                 LEFT JOIN attention t ON t.tenant_id = a.tenant_id AND t.message_id = a.message_id"
            ))
            .await;
        assert_eq!(ends.len(), 1, "{set:?} ends in {ends:?}");
        for table in ["attempts", "messages", "attention"] {
            bed.rows(&format!("DELETE FROM {table}")).await;
        }
    }
    bed
}

async fn a_callback_with_many_receipts(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let items = scene.claimed(&bed, 30).await;
    let now = bed.now();
    let states = [Sent, Delivered, Read, Played, Delivered];
    let receipts =
        states.iter().flat_map(|state| items.iter().map(|item| receipt(item, *state, now))).collect();
    let merged = scene.merge(&bed, receipts).await;
    let moved = merged.iter().filter(|each| matches!(each, Merged::Moved { .. })).count();
    assert_eq!((merged.len(), moved), (150, 120));
    assert_eq!(merged[149], Merged::Same);
    let kinds = scene.kinds(&bed, items[7].message).await;
    assert_eq!(kinds[2..], ["message.sent", "message.delivered", "message.read", "message.played"]);
    bed
}

async fn another_accounts_receipt_touches_nothing(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let item = scene.claimed(&bed, 1).await.remove(0);
    let other = Scene::new(&bed).await;
    assert_eq!(other.merge(&bed, vec![receipt(&item, Delivered, bed.now())]).await, [Merged::Kept]);
    let foreign = Scene { scope: scene.scope.clone(), ..other };
    assert_eq!(foreign.merge(&bed, vec![receipt(&item, Delivered, bed.now())]).await, [Merged::Kept]);
    assert_eq!(bed.rows("SELECT state FROM attempts").await, ["0"]);
    bed
}

async fn a_late_receipt_takes_back_the_resend(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    for deferred in [false, true] {
        let item = scene.claimed(&bed, 1).await.remove(0);
        let doubt = AttemptResult::InDoubt { reason: "timeout", code: None };
        let until = bed.now().plus(MINUTE);
        scene.record(&bed, &item, doubt, Next::AwaitReceipt { until }).await;
        let system = bed.store.system();
        let open = bed.store.doubts_due(&system, SlotSet::ALL, until, 1).await.expect("a read").remove(0);
        let at = bed.advance(MINUTE);
        let resend = vec![(open, Settle::Resend { at })];
        bed.store.settle(&system, scene.epoch, resend, at).await.expect("decisions are stored");
        let waiting = scene.due(&bed).await;
        assert_eq!((waiting.len(), waiting[0].attempt), (1, 2));
        if deferred {
            let defer = Judgement::Defer { until: at.plus(SECOND), code: "x".into(), decisions: "[]".into() };
            scene.claim(&bed, waiting, defer).await;
            bed.advance(SECOND);
            assert_eq!(scene.due(&bed).await.len(), 1);
        }
        scene.merge(&bed, vec![receipt(&item, Sent, bed.now())]).await;
        assert!(scene.due(&bed).await.is_empty(), "nothing is sent twice");
        let kinds = scene.kinds(&bed, item.message).await;
        assert_eq!(kinds[kinds.len() - 2..], ["message.doubt_resolved", "message.sent"]);
    }
    assert_eq!(bed.rows("SELECT state, retry_at FROM attempts").await, ["4|-", "4|-"]);
    assert!(bed.rows("SELECT 1 FROM attention").await.is_empty());
    bed
}

async fn a_failed_receipt_ends_the_message(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let item = scene.claimed(&bed, 1).await.remove(0);
    scene.record(&bed, &item, accepted(&item), Next::Done).await;
    scene.merge(&bed, vec![receipt(&item, Failed, bed.now())]).await;
    assert_eq!(scene.end_state(&bed).await, ["1|5|131026|-|-|-", "1|provider.131026", "1|provider.131026"]);
    // With a retry pending, one failed attempt ends nothing.
    let item = scene.claimed(&bed, 1).await.remove(0);
    let next = Next::Retry { at: bed.now().plus(MINUTE), reason: "throughput" };
    scene.record(&bed, &item, AttemptResult::Failed { code: 4 }, next).await;
    scene.merge(&bed, vec![receipt(&item, Failed, bed.now())]).await;
    assert_eq!(bed.count("SELECT COUNT(*) FROM messages WHERE terminal = 0").await, 1);
    bed.advance(MINUTE);
    let again = scene.due(&bed).await;
    scene.claim(&bed, again.clone(), allow()).await;
    scene.merge(&bed, vec![receipt(&again[0], Failed, bed.now())]).await;
    assert_eq!(bed.count("SELECT COUNT(*) FROM messages WHERE terminal = 0").await, 0);
    bed
}

//! What caps and limits count, as the judge of a claim sees it.

use std::sync::{Arc, Mutex};

use tidings_domain::time::{DAY, HOUR, MINUTE};
use tidings_store::model::*;

use crate::bed::Bed;
use crate::conformance;
use crate::scene::{Scene, allow};

conformance!(
    nothing_is_counted_unasked,
    a_cap_counts_what_was_claimed_of_the_category,
    one_claim_sees_what_it_takes_itself,
    people_count_once_a_day,
    a_limit_holds_within_one_claim,
    an_open_window_reaches_nobody_anew,
    each_portfolio_counts_its_own,
    what_no_cap_counts_is_forgotten,
);

const CAPPED: Watch = Watch { caps_us: [0, 0, DAY, 0], pool: None };
const POOL: Hash16 = Hash16([7; 16]);
const LIMITED: Watch = Watch { caps_us: [0; 4], pool: Some(POOL) };

/// Claims all that is due and returns what the judge saw of each, in its order.
async fn claim(bed: &Bed, scene: &Scene, watch: Watch) -> Vec<(usize, Option<Reached>)> {
    claim_of(bed, scene, watch, scene.due(bed).await, u32::MAX).await
}

/// The judge defers what is past `limit` people.
async fn claim_of(
    bed: &Bed,
    scene: &Scene,
    watch: Watch,
    items: Vec<DueItem>,
    limit: u32,
) -> Vec<(usize, Option<Reached>)> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&seen);
    let now = bed.now();
    let judge = move |_: &DueItem, facts: &RecipientFacts| {
        told.lock().expect("one at a time").push((facts.touched_at.len(), facts.reach));
        match facts.reach {
            Some(reach) if !reach.counted && reach.recipients >= limit => Judgement::Defer {
                until: now.plus(HOUR),
                code: "limit.reached".to_owned(),
                decisions: "[]".to_owned(),
            },
            _ => allow(),
        }
    };
    let judge = ClaimJudge { watch, ..ClaimJudge::new(judge) };
    bed.store.claim(&bed.store.system(), scene.epoch, items, judge, now).await.expect("claims work");
    seen.lock().expect("done").clone()
}

/// Messages to so many people.
async fn accept(bed: &Bed, scene: &Scene, people: std::ops::Range<usize>) {
    let to = |n: usize| NewMessage {
        recipient: scene.scope.hash(&format!("phone:{n}")),
        expires_at: bed.now().plus(40 * DAY),
        ..scene.message(bed)
    };
    scene.accept(bed, people.map(to).collect(), allow()).await;
}

async fn nothing_is_counted_unasked(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    accept(&bed, &scene, 0..3).await;
    assert_eq!(claim(&bed, &scene, Watch::default()).await, [(0, None); 3]);
    for table in ["touches", "reached", "reach_counts"] {
        assert_eq!(bed.count(&format!("SELECT COUNT(*) FROM {table}")).await, 0, "{table}");
    }
    bed
}

async fn a_cap_counts_what_was_claimed_of_the_category(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    for before in 0..3 {
        accept(&bed, &scene, 0..2).await;
        assert_eq!(claim(&bed, &scene, CAPPED).await, [(before, None); 2]);
        bed.advance(MINUTE);
    }
    let recipient = scene.scope.hash("phone:0");
    let category = tidings_domain::category::Category::Utility;
    let since = bed.now().plus(-DAY);
    let touched = bed.store.touched(&scene.scope, recipient, category, since).await.expect("a read");
    assert_eq!(touched.len(), 3);
    assert!(touched.is_sorted());
    // Rolling: a day after the first one, two are left, and its row is gone with the next claim.
    bed.advance(DAY - 3 * MINUTE);
    accept(&bed, &scene, 0..1).await;
    assert_eq!(claim(&bed, &scene, CAPPED).await, [(2, None)]);
    assert_eq!(bed.count("SELECT COUNT(*) FROM touches").await, 6);
    bed
}

async fn one_claim_sees_what_it_takes_itself(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    for _ in 0..3 {
        accept(&bed, &scene, 7..8).await;
    }
    assert_eq!(claim(&bed, &scene, CAPPED).await, [(0, None), (1, None), (2, None)]);
    bed
}

async fn people_count_once_a_day(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let reached = async |recipient: usize| {
        let hash = Some(scene.scope.hash(&format!("phone:{recipient}")));
        let reach = bed.store.reach(&scene.scope, POOL, hash, bed.now()).await.expect("a read");
        (reach.recipients, reach.counted)
    };
    accept(&bed, &scene, 0..3).await;
    claim(&bed, &scene, LIMITED).await;
    assert_eq!((reached(0).await, reached(99).await), ((3, true), (3, false)));
    // Twelve hours later one of them is written to again: nobody new, but a day from now on.
    bed.advance(12 * HOUR);
    accept(&bed, &scene, 0..1).await;
    claim(&bed, &scene, LIMITED).await;
    assert_eq!(bed.count("SELECT SUM(recipients) FROM reach_counts").await, 3);
    // The others count until the whole of their quarter of an hour is a day old.
    bed.advance(12 * HOUR - MINUTE);
    assert_eq!(reached(1).await.0, 3);
    bed.advance(17 * MINUTE);
    assert_eq!((reached(0).await, reached(1).await), ((1, true), (1, false)));
    bed
}

async fn each_portfolio_counts_its_own(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let other = Hash16([8; 16]);
    accept(&bed, &scene, 0..3).await;
    claim(&bed, &scene, LIMITED).await;
    accept(&bed, &scene, 0..1).await;
    let seen = claim(&bed, &scene, Watch { pool: Some(other), ..LIMITED }).await;
    let reach = seen[0].1.expect("it is watched");
    assert_eq!(
        (reach.recipients, reach.counted),
        (0, false),
        "reached by the one is not reached by the other"
    );
    let reached =
        async |pool| bed.store.reach(&scene.scope, pool, None, bed.now()).await.expect("a read").recipients;
    assert_eq!((reached(POOL).await, reached(other).await), (3, 1));
    bed
}

async fn a_limit_holds_within_one_claim(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    accept(&bed, &scene, 0..5).await;
    let items = scene.due(&bed).await;
    let seen = claim_of(&bed, &scene, LIMITED, items, 3).await;
    let counts: Vec<u32> = seen.iter().filter_map(|(_, reach)| reach.map(|reach| reach.recipients)).collect();
    assert_eq!(counts, [0, 1, 2, 3, 3]);
    assert_eq!(bed.count("SELECT COUNT(*) FROM reached").await, 3);
    bed
}

async fn an_open_window_reaches_nobody_anew(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    accept(&bed, &scene, 0..1).await;
    let tenant = bed.bytes(&tidings_domain::id::Id::bytes(&scene.scope.tenant()));
    let (sender, hash) = (bed.bytes(scene.sender.as_bytes()), bed.bytes(&scene.scope.hash("phone:0").0));
    let at = bed.now().plus(-HOUR).micros();
    bed.rows(&format!("INSERT INTO windows VALUES ({tenant}, {sender}, {hash}, {at}) RETURNING 1")).await;
    claim(&bed, &scene, LIMITED).await;
    assert_eq!(bed.count("SELECT COUNT(*) FROM reached").await, 0);
    bed
}

async fn what_no_cap_counts_is_forgotten(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    accept(&bed, &scene, 0..4).await;
    claim(&bed, &scene, Watch { pool: Some(POOL), ..CAPPED }).await;
    bed.store.prune_policy(&bed.store.system(), bed.now()).await.expect("pruning works");
    assert_eq!(bed.count("SELECT COUNT(*) FROM touches").await, 4);
    let now = bed.advance(31 * DAY);
    bed.store.prune_policy(&bed.store.system(), now).await.expect("pruning works");
    for table in ["touches", "reached", "reach_counts"] {
        assert_eq!(bed.count(&format!("SELECT COUNT(*) FROM {table}")).await, 0, "{table}");
    }
    bed
}

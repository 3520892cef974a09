//! Messages that may be an opt-out: asked once, decided once, gone with their message.

use tidings_domain::address::Phone;
use tidings_domain::fact::Identities;
use tidings_domain::time::{DAY, SECOND};
use tidings_store::model::*;

use super::{ACTOR, call_back, consent, inbound, phone};
use crate::bed::Bed;
use crate::conformance;
use crate::scene::{PHONE, Scene};

conformance!(a_possible_opt_out_is_asked_and_decided_once, a_review_goes_with_its_message,);

const OTHER: &str = "+491701234568";

/// Somebody writes what may be an opt-out.
async fn hears(bed: &Bed, scene: &Scene, from: &str, provider_id: &str) -> NewInbound {
    bed.advance(SECOND);
    let from = Identities { phone: Phone::parse(from).ok(), ..Identities::default() };
    let message = NewInbound {
        text: Some("please no more of this".to_owned()),
        possible_opt_out: Some("no more".to_owned()),
        ..inbound(bed, scene, from, provider_id)
    };
    let write = CallbackWrite { inbound: vec![message.clone()], ..CallbackWrite::default() };
    call_back(bed, scene, write).await;
    message
}

async fn reviews(bed: &Bed, scene: &Scene, state: ReviewState) -> Vec<OptOutReview> {
    bed.store.opt_out_reviews(&scene.scope, state, None, 10).await.expect("a list").items
}

async fn a_possible_opt_out_is_asked_and_decided_once(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let first = hears(&bed, &scene, PHONE, "wamid.1").await;
    hears(&bed, &scene, PHONE, "wamid.1").await;
    let second = hears(&bed, &scene, OTHER, "wamid.2").await;
    assert_eq!(
        bed.count("SELECT COUNT(*) FROM events WHERE kind = 47").await,
        2,
        "a repeated callback asks once"
    );
    let open = reviews(&bed, &scene, ReviewState::Open).await;
    let ids: Vec<_> = open.iter().map(|review| review.inbound.id).collect();
    assert_eq!(ids, [second.id, first.id], "newest first");
    assert_eq!(
        (open[1].word.as_str(), open[1].inbound.text.as_deref()),
        ("no more", Some("please no more of this"))
    );
    let page = bed.store.opt_out_reviews(&scene.scope, ReviewState::Open, None, 1).await.expect("a page");
    let rest =
        bed.store.opt_out_reviews(&scene.scope, ReviewState::Open, page.next, 1).await.expect("a page");
    assert_eq!((rest.items[0].inbound.id, rest.next), (first.id, None));
    let decide = async |id, state, said| {
        let now = bed.now();
        bed.store.decide_opt_out(&scene.scope, (id, state), said, ACTOR, now).await.expect("it is decided")
    };
    let said = vec![consent(&bed, phone(PHONE), false)];
    assert!(decide(first.id, ReviewState::Confirmed, said.clone()).await);
    assert!(!decide(first.id, ReviewState::Dismissed, Vec::new()).await, "once");
    assert!(!decide(first.id, ReviewState::Confirmed, said).await, "and nothing is said again");
    assert!(decide(second.id, ReviewState::Dismissed, Vec::new()).await);
    assert_eq!(bed.count("SELECT COUNT(*) FROM consents").await, 1);
    assert_eq!(bed.count("SELECT COUNT(*) FROM events WHERE kind = 119").await, 2);
    let hash = scene.scope.hash(&phone(PHONE).canonical());
    let facts = bed.store.recipient_facts(&scene.scope, hash, scene.sender).await.expect("facts");
    assert!(facts.revoked_at[3].is_some());
    let one = bed.store.opt_out_review(&scene.scope, first.id).await.expect("works").expect("it is there");
    assert_eq!(
        (one.state, one.decided_by, one.decided_at),
        (ReviewState::Confirmed, Some(ACTOR.to_string()), Some(bed.now()))
    );
    assert!(reviews(&bed, &scene, ReviewState::Open).await.is_empty());
    let other = Scene::new(&bed).await;
    assert!(bed.store.opt_out_review(&other.scope, first.id).await.expect("works").is_none());
    bed
}

async fn a_review_goes_with_its_message(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    hears(&bed, &scene, PHONE, "wamid.1").await;
    hears(&bed, &scene, OTHER, "wamid.2").await;
    let contact =
        bed.store.contact_of(&scene.scope, &phone(PHONE)).await.expect("works").expect("it is known");
    bed.store.erase_contact(&scene.scope, contact, ACTOR, bed.now()).await.expect("it is done");
    assert_eq!(bed.count("SELECT COUNT(*) FROM opt_out_reviews").await, 1);
    let dropped = bed.store.drop_inbound(&scene.scope, bed.now().plus(DAY)).await.expect("they go");
    assert_eq!(dropped.rows, 1);
    assert_eq!(bed.count("SELECT COUNT(*) FROM opt_out_reviews").await, 0);
    bed
}

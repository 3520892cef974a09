//! One-time passwords: one transaction decides about one request.

use std::sync::Arc;

use tidings_domain::address::{Address, Phone};
use tidings_domain::id::VerificationId;
use tidings_domain::time::{DAY, HOUR, MINUTE};
use tidings_domain::verification::{Scope, Settings, Status, Tally};
use tidings_store::model::*;

use super::ACTOR;
use crate::bed::Bed;
use crate::conformance;
use crate::scene::{PHONE, Scene, allow};

conformance!(
    a_code_is_compared_and_counted,
    of_many_requests_at_once_one_begins,
    of_many_guesses_at_once_each_counts,
    what_was_counted_is_told,
    people_are_told_once_an_hour,
    figures_are_added_up,
    lists_name_by_hash,
    settings_are_kept,
    what_has_expired_is_erased_and_forgotten,
);

const GOOD: [u8; 32] = [1; 32];
const BAD: [u8; 32] = [2; 32];

fn ask(bed: &Bed, scene: &Scene, judge: CodeJudge) -> AskForCode {
    let key = |scope| CountedKey { scope, key: scene.scope.hash(&format!("{scope:?}")) };
    AskForCode {
        phone: Phone::parse(PHONE).expect("a number"),
        pending: None,
        id: bed.ids.next(bed.now()),
        code: GOOD,
        expires_at: bed.now().plus(10 * MINUTE),
        attempts: 3,
        keys: vec![key(Scope::Phone), key(Scope::Country)],
        neighbours: Vec::new(),
        listed_as: vec![scene.scope.hash("listed")],
        actor: ACTOR,
        at: bed.now(),
        judge,
    }
}

fn verdict(refusal: Option<CodeRefusal>) -> CodeJudge {
    Arc::new(move |_| CodeVerdict { refusal: refusal.clone(), alerts: Vec::new() })
}

fn yes() -> CodeJudge {
    verdict(None)
}

async fn begin(bed: &Bed, scene: &Scene) -> Verification {
    match bed.store.ask_for_code(&scene.scope, ask(bed, scene, yes())).await.expect("it is decided") {
        Asked::Send(verification) => verification,
        other => panic!("{other:?}"),
    }
}

async fn check(bed: &Bed, scene: &Scene, id: VerificationId, code: [u8; 32]) -> CodeChecked {
    bed.store.check_code(&scene.scope, id, code, ACTOR, bed.now()).await.expect("it is compared")
}

/// What a judge sees now.
async fn facts(bed: &Bed, scene: &Scene, pending: Option<VerificationId>) -> AskedFacts {
    let seen = Arc::new(std::sync::Mutex::new(AskedFacts::default()));
    let into = seen.clone();
    let judge: CodeJudge = Arc::new(move |facts| {
        let AskedFacts { pending, histories, neighbours, allowed, blocked } = facts;
        *into.lock().expect("nobody panicked") = AskedFacts {
            pending: pending.clone(),
            histories: histories.clone(),
            neighbours: *neighbours,
            allowed: *allowed,
            blocked: *blocked,
        };
        let refusal =
            CodeRefusal { code: "no", rule: "test", scope: None, retry_after_us: None, counts: false };
        CodeVerdict { refusal: Some(refusal), alerts: Vec::new() }
    });
    let mut request = ask(bed, scene, judge);
    request.pending = pending;
    let asked = bed.store.ask_for_code(&scene.scope, request).await.expect("it is decided");
    assert!(matches!(asked, Asked::Refused(_)), "{asked:?}");
    std::mem::take(&mut seen.lock().expect("nobody panicked"))
}

async fn a_code_is_compared_and_counted(bed: Bed) -> Bed {
    let (scene, other) = (Scene::new(&bed).await, Scene::new(&bed).await);
    let begun = begin(&bed, &scene).await;
    assert_eq!((begun.status, begun.sends, begun.country.as_str()), (Status::Pending, 1, "DE"));
    assert_eq!(check(&bed, &other, begun.id, GOOD).await, CodeChecked::NotFound, "it is another tenant's");
    let CodeChecked::Wrong(found) = check(&bed, &scene, begun.id, BAD).await else { panic!("it is wrong") };
    assert_eq!(found.wrong, 1);
    // A second code joins the first.
    let mut again = ask(&bed, &scene, yes());
    (again.pending, again.id, again.code) = (Some(begun.id), begun.id, [3; 32]);
    let asked = bed.store.ask_for_code(&scene.scope, again).await.expect("it is decided");
    assert!(matches!(&asked, Asked::Send(v) if v.id == begun.id && v.sends == 2), "{asked:?}");
    let CodeChecked::Approved(found) = check(&bed, &scene, begun.id, GOOD).await else {
        panic!("it is right")
    };
    assert_eq!((found.status, found.ended_at), (Status::Approved, Some(bed.now())));
    assert!(matches!(check(&bed, &scene, begun.id, [3; 32]).await, CodeChecked::Over(_)), "said once");
    let recipient = scene.scope.hash(&Address::from(Phone::parse(PHONE).expect("a number")).canonical());
    let newest = bed.store.newest_verification(&scene.scope, recipient, bed.now()).await.expect("a read");
    assert_eq!(newest.map(|each| each.id), Some(begun.id));
    bed
}

async fn of_many_requests_at_once_one_begins(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let asks = (0..8).map(|_| bed.store.ask_for_code(&scene.scope, ask(&bed, &scene, yes())));
    let all = futures_util::future::join_all(asks).await;
    let begun = all.iter().filter(|asked| matches!(asked, Ok(Asked::Send(_)))).count();
    let changed = all.iter().filter(|asked| matches!(asked, Ok(Asked::Changed))).count();
    assert_eq!((begun, changed), (1, 7), "{all:?}");
    bed
}

async fn of_many_guesses_at_once_each_counts(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let begun = begin(&bed, &scene).await;
    let all = futures_util::future::join_all((0..8).map(|_| check(&bed, &scene, begun.id, BAD))).await;
    let wrong = all.iter().filter(|checked| matches!(checked, CodeChecked::Wrong(_))).count();
    assert_eq!(wrong, 2, "the third ends it");
    let CodeChecked::Over(over) = check(&bed, &scene, begun.id, GOOD).await else { panic!("it is over") };
    assert_eq!(over.status, Status::Failed);
    bed
}

async fn what_was_counted_is_told(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let begun = begin(&bed, &scene).await;
    check(&bed, &scene, begun.id, GOOD).await;
    bed.advance(20 * MINUTE);
    begin(&bed, &scene).await;
    bed.advance(11 * MINUTE);
    let found = facts(&bed, &scene, None).await;
    let phone = found.history(Scope::Phone).expect("it was asked for");
    assert_eq!(phone.over(HOUR, bed.now()), Tally { started: 2, approved: 1, refused: 0 });
    assert_eq!(phone.over(15 * MINUTE, bed.now()), Tally { started: 1, approved: 0, refused: 0 });
    assert_eq!((phone.last_sent_at, phone.month), (Some(bed.now().plus(-11 * MINUTE)), Tally::default()));
    assert!(found.pending.is_none(), "it has expired");
    let refusal = CodeRefusal { code: "no", rule: "test", scope: None, retry_after_us: None, counts: true };
    let refused = ask(&bed, &scene, verdict(Some(refusal)));
    bed.store.ask_for_code(&scene.scope, refused).await.expect("it is decided");
    bed.advance(2 * DAY);
    let found = facts(&bed, &scene, None).await;
    let country = found.history(Scope::Country).expect("it was asked for");
    assert_eq!(country.over(DAY, bed.now()), Tally::default());
    assert_eq!(country.month, Tally { started: 2, approved: 1, refused: 1 });
    // Who lives next door was asked for within the hour, or not.
    let mut near = ask(&bed, &scene, yes());
    near.neighbours = vec![scene.scope.hash("Phone"), scene.scope.hash("nobody")];
    begin(&bed, &scene).await;
    let seen = Arc::new(std::sync::atomic::AtomicU32::new(99));
    let into = seen.clone();
    near.judge = Arc::new(move |facts| {
        into.store(facts.neighbours, std::sync::atomic::Ordering::SeqCst);
        CodeVerdict { refusal: None, alerts: Vec::new() }
    });
    near.pending = Some(newest(&bed, &scene).await);
    near.id = newest(&bed, &scene).await;
    bed.store.ask_for_code(&scene.scope, near).await.expect("it is decided");
    assert_eq!(seen.load(std::sync::atomic::Ordering::SeqCst), 1);
    bed
}

async fn newest(bed: &Bed, scene: &Scene) -> VerificationId {
    let recipient = scene.scope.hash(&Address::from(Phone::parse(PHONE).expect("a number")).canonical());
    let newest = bed.store.newest_verification(&scene.scope, recipient, bed.now()).await.expect("a read");
    newest.expect("there is one").id
}

async fn people_are_told_once_an_hour(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let loud = || {
        let refusal = CodeRefusal { code: "no", rule: "r", scope: None, retry_after_us: None, counts: false };
        let alerts = vec![(Scope::Country, "country.new")];
        let verdict = CodeVerdict { refusal: Some(refusal), alerts };
        let judge: CodeJudge = Arc::new(move |_| verdict.clone());
        judge
    };
    let told = "SELECT COUNT(*) FROM events WHERE kind = 125";
    for (wait_us, expected) in [(0, 1), (MINUTE, 1), (50 * MINUTE, 1), (10 * MINUTE, 2)] {
        bed.advance(wait_us);
        bed.store.ask_for_code(&scene.scope, ask(&bed, &scene, loud())).await.expect("it is decided");
        assert_eq!(bed.count(told).await, expected);
    }
    bed
}

async fn figures_are_added_up(bed: Bed) -> Bed {
    let (scene, other) = (Scene::new(&bed).await, Scene::new(&bed).await);
    let since = bed.now();
    let begun = begin(&bed, &scene).await;
    check(&bed, &scene, begun.id, GOOD).await;
    bed.advance(HOUR);
    begin(&bed, &scene).await;
    begin(&bed, &other).await;
    let found = bed.store.code_figures(&scene.scope, since).await.expect("a read");
    let counts = |started, approved| CodeCounts { started, approved, sends: started };
    assert_eq!(found.countries, [(begun.country, counts(2, 1))]);
    assert_eq!(found.hours, [(since, counts(1, 1)), (since.plus(HOUR), counts(1, 0))]);
    let later = bed.store.code_figures(&scene.scope, bed.now()).await.expect("a read");
    assert_eq!(later.countries, [(begun.country, counts(1, 0))]);
    bed
}

async fn lists_name_by_hash(bed: Bed) -> Bed {
    let (scene, other) = (Scene::new(&bed).await, Scene::new(&bed).await);
    let entry = Listed {
        id: bed.ids.next(bed.now()),
        blocked: true,
        kind: "prefix".to_owned(),
        value: "88216".to_owned(),
        reason: "satellites".to_owned(),
        created_at: bed.now(),
    };
    let key = scene.scope.hash("listed");
    bed.store.list_for_codes(&scene.scope, key, entry.clone()).await.expect("it is written");
    assert_eq!(
        bed.store.listed_for_codes(&scene.scope, 10).await.expect("a read"),
        std::slice::from_ref(&entry)
    );
    assert!(bed.store.listed_for_codes(&other.scope, 10).await.expect("a read").is_empty());
    let found = facts(&bed, &scene, None).await;
    assert_eq!((found.blocked, found.allowed), (true, false));
    let lifted = Listed { blocked: false, ..entry.clone() };
    bed.store.list_for_codes(&scene.scope, key, lifted).await.expect("it is replaced");
    let found = facts(&bed, &scene, None).await;
    assert_eq!((found.blocked, found.allowed), (false, true));
    assert!(!bed.store.unlist_for_codes(&other.scope, entry.id).await.expect("a look"));
    assert!(bed.store.unlist_for_codes(&scene.scope, entry.id).await.expect("it is gone"));
    bed
}

async fn settings_are_kept(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let (store, scope) = (&bed.store, &scene.scope);
    assert_eq!(store.verification_settings(scope).await.expect("a read"), Settings::default());
    let settings = Settings { code_length: 8, guard: false, ..Settings::default() };
    for _ in 0..2 {
        store.set_verification_settings(scope, &settings, ACTOR, bed.now()).await.expect("it is written");
    }
    assert_eq!(store.verification_settings(scope).await.expect("a read"), settings);
    bed
}

async fn what_has_expired_is_erased_and_forgotten(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let message = scene.message(&bed);
    let (id, system) = (message.id, bed.store.system());
    scene.accept(&bed, vec![message], allow()).await;
    let begun = begin(&bed, &scene).await;
    bed.store.note_code_message(&scene.scope, begun.id, id).await.expect("it is noted");
    assert_eq!(bed.store.expire_verifications(&system, bed.now()).await.expect("a look"), 0);
    bed.advance(11 * MINUTE);
    assert_eq!(bed.store.expire_verifications(&system, bed.now()).await.expect("it is over"), 1);
    let content = bed.store.message(&scene.scope, id).await.expect("a read").expect("it stays").content;
    assert!(content.is_none(), "its code is erased");
    let found = bed.store.verification(&scene.scope, begun.id, bed.now()).await.expect("a read");
    assert_eq!(found.map(|each| (each.status, each.messages)), Some((Status::Expired, vec![id])));
    assert_eq!(bed.store.prune_verifications(&system, bed.now()).await.expect("a look"), 0);
    bed.advance(40 * DAY);
    assert!(bed.store.prune_verifications(&system, bed.now()).await.expect("it is old") >= 5);
    for table in ["verifications", "verification_counts"] {
        assert_eq!(bed.count(&format!("SELECT COUNT(*) FROM {table}")).await, 0, "{table}");
    }
    bed
}

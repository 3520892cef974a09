//! Each predicate sees what it is for: a book that fits is whole, one change breaks exactly one promise.

use super::*;
use tidings_simulator::DeliveredReceipt;

fn submission(attempt: &str, answer: &str, receipts: &[Status]) -> Submission {
    Submission {
        n: 0,
        at_us: 0,
        phone_number_id: "1".into(),
        to: "1".into(),
        kind: "template".into(),
        template: None,
        callback_data: Some(attempt.into()),
        wamid: (answer == "accepted" || answer.ends_with("after")).then(|| "wamid.1".into()),
        answer: answer.into(),
        receipts: receipts
            .iter()
            .map(|status| DeliveredReceipt { status: *status, at_us: 0, http_status: 200 })
            .collect(),
    }
}

fn attempt(id: &str, state: &str, was_in_doubt: bool) -> AttemptFacts {
    AttemptFacts { id: id.into(), number: 1, state: state.into(), was_in_doubt }
}

fn message(status: &str, attempts: Vec<AttemptFacts>) -> MessageFacts {
    MessageFacts {
        id: "msg_1".into(),
        status: status.into(),
        reason: None,
        category: "utility".into(),
        attempts,
    }
}

fn verdict(submissions: Vec<Submission>, message: MessageFacts) -> Vec<String> {
    let ledger = Ledger { submissions, ..Ledger::default() };
    let acknowledged = BTreeSet::from([message.id.clone()]);
    let broken = check(&ledger, &[message], &acknowledged);
    broken.iter().map(|text| text.split(':').next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn what_fits_breaks_nothing() {
    use Status::{Delivered, Read, Sent};
    let plain = verdict(
        vec![submission("a1", "accepted", &[Sent, Read, Delivered])],
        message("read", vec![attempt("a1", "read", false)]),
    );
    let resent = verdict(
        vec![submission("a1", "timeout_before", &[]), submission("a2", "accepted", &[Sent])],
        message("sent", vec![attempt("a1", "unknown", true), attempt("a2", "sent", false)]),
    );
    let retried = verdict(
        vec![submission("a1", "rate_limited", &[]), submission("a2", "accepted", &[])],
        message("submitted", vec![attempt("a1", "failed", false), attempt("a2", "submitted", false)]),
    );
    assert_eq!([plain, resent, retried], [(); 3].map(|()| Vec::<String>::new()));
}

#[test]
fn each_broken_promise_is_named() {
    use Status::{Delivered, Sent};
    let open = message("queued", vec![]);
    assert_eq!(verdict(vec![], open), ["open"]);
    let never_seen = message("sent", vec![attempt("a1", "sent", false)]);
    assert_eq!(verdict(vec![], never_seen), ["lost", "join"]);
    let no_reason = message("failed", vec![]);
    assert_eq!(verdict(vec![], no_reason), ["lost"]);
    let blind = verdict(
        vec![submission("a1", "timeout_after", &[]), submission("a2", "accepted", &[])],
        message("submitted", vec![attempt("a1", "submitted", false), attempt("a2", "submitted", false)]),
    );
    assert_eq!(blind, ["twice"]);
    let same_attempt = verdict(
        vec![submission("a1", "accepted", &[]), submission("a1", "accepted", &[])],
        message("submitted", vec![attempt("a1", "submitted", false)]),
    );
    assert_eq!(same_attempt, ["twice"]);
    let behind = verdict(
        vec![submission("a1", "accepted", &[Sent, Delivered])],
        message("sent", vec![attempt("a1", "sent", false)]),
    );
    assert_eq!(behind, ["join"]);
    let status_apart = verdict(
        vec![submission("a1", "accepted", &[Sent])],
        message("delivered", vec![attempt("a1", "sent", false)]),
    );
    assert_eq!(status_apart, ["join"]);
    let foreign = verdict(
        vec![submission("a1", "accepted", &[]), submission("b1", "accepted", &[])],
        message("submitted", vec![attempt("a1", "submitted", false)]),
    );
    assert_eq!(foreign, ["foreign"]);
    let lost = check(&Ledger::default(), &[], &BTreeSet::from(["msg_1".to_owned()]));
    assert_eq!(lost, ["lost: msg_1 was acknowledged and is not in the store"]);
}

#[test]
fn an_opt_out_counts_from_its_place_in_the_log() {
    let event = |kind: &str, subject: &str| {
        let data = serde_json::json!({ "consent": subject });
        EventFacts { kind: kind.into(), subject: subject.into(), data }
    };
    let consent =
        |granted, at_s| ConsentFacts { person: "ann".to_owned(), granted, at: Timestamp::from_secs(at_s) };
    let consents = BTreeMap::from([
        ("c1".to_owned(), consent(false, 1)),
        ("c2".to_owned(), consent(true, 2)),
        ("c3".to_owned(), consent(false, 2)),
    ]);
    let marketing =
        BTreeMap::from([("m1".to_owned(), "ann".to_owned()), ("m2".to_owned(), "bob".to_owned())]);
    let revoke = |id| event("consent.revoked", id);
    let grant = event("consent.granted", "c2");
    let (ann, bob) = (event("message.submitting", "m1"), event("message.submitting", "m2"));
    for (log, want) in [
        (vec![&ann, &revoke("c1"), &bob], 0),
        (vec![&revoke("c1"), &ann], 1),
        (vec![&revoke("c1"), &grant, &ann], 0),
        // The callback that brought the older opt-out came late.
        (vec![&grant, &revoke("c1"), &ann], 0),
        (vec![&grant, &revoke("c3"), &ann], 1),
        (vec![&revoke("c1"), &bob], 0),
        (vec![&revoke("c9")], 1),
    ] {
        let log: Vec<EventFacts> = log.into_iter().cloned().collect();
        assert_eq!(opt_outs(&log, &consents, &marketing).len(), want, "{log:?}");
    }
}

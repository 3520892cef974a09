use http::{Method, Response};
use tidings_domain::address::{Address, Email, Phone};
use tidings_domain::id::{AttemptId, Id, MessageId};
use tidings_domain::provider::{Doubt, Outcome, Provider, Submission};
use tidings_domain::trace::TraceId;
use tidings_domain::transport::TransportError;
use tidings_domain::whatsapp;

use super::{Answer, Script, answer, credentials};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn attempt() -> AttemptId {
    AttemptId::of(MessageId::from_bytes([7; 16]), 1)
}

async fn submit_to(
    to: &Address,
    sender_ref: &str,
    answers: Vec<Answer>,
) -> (Outcome, std::sync::Arc<Script>) {
    let script = Script::new(answers);
    let content = whatsapp::Outgoing::text("Your parcel has left.", false).into();
    let submission = Submission {
        attempt: attempt(),
        account: tidings_domain::id::Id::from_bytes([9; 16]),
        sender_ref,
        to,
        content: &content,
        trace: TraceId::parse(TRACE),
    };
    let outcome = script.provider().submit(&credentials(), submission).await;
    (outcome, script)
}

fn phone() -> Address {
    Address::Phone(Phone::parse("+4915112345678").unwrap())
}

async fn submit(given: Answer) -> Outcome {
    submit_to(&phone(), "10650", vec![given]).await.0
}

/// A short word for an outcome: what matters of it.
fn word(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Accepted { provider_id, held } => {
            format!("accepted {provider_id}{}", if *held { " held" } else { "" })
        }
        Outcome::Rejected(no) => {
            format!("rejected {} http {} after {:?}", no.error.code, no.http_status, no.retry_after_s)
        }
        Outcome::NotSent(_) => "not sent".to_owned(),
        Outcome::InDoubt(Doubt::Failure(no)) => format!("doubt {} http {}", no.error.code, no.http_status),
        Outcome::InDoubt(doubt) => format!("doubt {}", doubt.as_str()),
    }
}

fn error(code: &str) -> String {
    format!(
        r#"{{"error":{{"message":"(#130429) no","type":"OAuthException","code":{code},"error_data":{{"details":"because"}}}}}}"#
    )
}

#[tokio::test]
async fn answers_become_outcomes() {
    let accepted =
        |rest: &str| format!(r#"{{"contacts":[{{"input":"x"}}],"messages":[{{"id":"wamid.A"{rest}}}]}}"#);
    for (status, body, want) in [
        (200, accepted(""), "accepted wamid.A"),
        (200, accepted(r#","message_status":"accepted""#), "accepted wamid.A"),
        (200, accepted(r#","message_status":"held_for_quality_assessment""#), "accepted wamid.A held"),
        (200, accepted(r#","message_status":"something_new","more":[{}]"#), "accepted wamid.A"),
        // A success that names no message says nothing.
        (200, String::new(), "doubt unreadable_answer"),
        (200, "<html>".to_owned(), "doubt unreadable_answer"),
        (200, "[]".to_owned(), "doubt unreadable_answer"),
        (200, r#"{"messages":[]}"#.to_owned(), "doubt unreadable_answer"),
        (200, r#"{"messages":[{"id":""}]}"#.to_owned(), "doubt unreadable_answer"),
        (200, r#"{"messages":{"id":"wamid.A"}}"#.to_owned(), "doubt unreadable_answer"),
        (200, accepted("")[..30].to_owned(), "doubt unreadable_answer"),
        (200, format!(r#"{{"messages":[{{"id":"{}"}}]}}"#, "x".repeat(513)), "doubt unreadable_answer"),
        (200, error("131026"), "doubt unreadable_answer"),
        // Readable refusals are certain but for the codes that say "something went wrong".
        (400, error("131026"), "rejected 131026 http 400 after None"),
        (400, error("\"131026\""), "rejected 131026 http 400 after None"),
        (404, error("132001"), "rejected 132001 http 404 after None"),
        (429, error("130429"), "rejected 130429 http 429 after None"),
        (403, error("131056"), "rejected 131056 http 403 after None"),
        (400, error("1"), "doubt 1 http 400"),
        (400, error("2"), "doubt 2 http 400"),
        (400, error("131000"), "doubt 131000 http 400"),
        (400, error("131016"), "doubt 131016 http 400"),
        (400, error("133004"), "doubt 133004 http 400"),
        // A failing server never is.
        (500, error("131000"), "doubt 131000 http 500"),
        (500, error("131026"), "doubt 131026 http 500"),
        (502, "<html>Bad Gateway</html>".to_owned(), "doubt -502 http 502"),
        (503, String::new(), "doubt -503 http 503"),
        // Without words only the status speaks.
        (400, "<html>".to_owned(), "rejected -400 http 400 after None"),
        (404, String::new(), "rejected -404 http 404 after None"),
        (401, r#"{"error":"nope"}"#.to_owned(), "rejected -401 http 401 after None"),
        (400, r#"{"error":{"message":"no code"}}"#.to_owned(), "rejected -400 http 400 after None"),
        (408, String::new(), "doubt -408 http 408"),
        (425, String::new(), "doubt -425 http 425"),
        (429, "slow down".to_owned(), "doubt -429 http 429"),
        (302, String::new(), "doubt -302 http 302"),
    ] {
        assert_eq!(word(&submit(answer(status, body.clone())).await), want, "{status} {body}");
    }
}

#[tokio::test]
async fn broken_exchanges_are_doubts_unless_nothing_left() {
    for (broken, want) in [
        (TransportError::Connect, "not sent"),
        (TransportError::Timeout, "doubt timeout"),
        (TransportError::Broken, "doubt connection_broken"),
        (TransportError::TooLarge, "doubt connection_broken"),
    ] {
        assert_eq!(word(&submit(Err(broken)).await), want);
    }
}

#[tokio::test]
async fn retry_after_is_read_in_seconds_and_bounded() {
    for (header, want) in [
        ("30", Some(30)),
        (" 5 ", Some(5)),
        ("0", Some(0)),
        ("999999999999", Some(86_400)),
        ("-1", None),
        ("1.5", None),
        ("", None),
        ("Sat, 21 Nov 2026 10:00:00 GMT", None),
    ] {
        let given = Response::builder()
            .status(429)
            .header("retry-after", header)
            .body(error("130429").into())
            .unwrap();
        let Outcome::Rejected(rejection) = submit(Ok(given)).await else { panic!("a refusal") };
        assert_eq!(rejection.retry_after_s, want, "{header}");
        assert_eq!(
            (rejection.error.title.as_str(), rejection.error.detail.as_str()),
            ("(#130429) no", "because")
        );
    }
}

#[tokio::test]
async fn the_request_carries_the_attempt_and_the_token() {
    let (_, script) = submit_to(&phone(), "10650", vec![answer(200, "{}")]).await;
    script.with_last(|request| {
        assert_eq!(request.method(), Method::POST);
        assert_eq!(request.uri(), "https://graph.example.com/v24.0/10650/messages");
        assert_eq!(request.headers()["authorization"], "Bearer EAAtoken");
        assert!(request.headers()["authorization"].is_sensitive());
        assert_eq!(request.headers()["content-type"], "application/json");
        let traceparent = request.headers()["traceparent"].to_str().unwrap();
        assert_eq!(TraceId::from_traceparent(traceparent).unwrap().to_string(), TRACE);
        let body: serde_json::Value = serde_json::from_slice(request.body()).unwrap();
        assert_eq!(body["biz_opaque_callback_data"], attempt().to_string());
        assert_eq!(body["text"]["body"], "Your parcel has left.");
    });
}

#[tokio::test]
async fn what_cannot_be_written_is_refused_without_a_request() {
    let email = Address::Email(Email::parse("a@example.com").unwrap());
    for (to, sender_ref) in
        [(&email, "10650"), (&phone(), "10650/messages?x="), (&phone(), ""), (&phone(), "..")]
    {
        let (outcome, script) = submit_to(to, sender_ref, vec![]).await;
        assert_eq!(word(&outcome), "rejected -1 http 0 after None");
        assert!(script.paths().is_empty());
    }
}

proptest::proptest! {
    /// Whatever comes back, it is read, and nothing but a readable message id counts as accepted.
    #[test]
    fn no_answer_is_mistaken(status in 200u16..600, body in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..60)) {
        let given = answer(status, body).unwrap();
        match crate::cloud::outcome::read(&given) {
            Outcome::InDoubt(_) => {}
            Outcome::Rejected(_) => proptest::prop_assert!((400..500).contains(&status)),
            other => proptest::prop_assert!(false, "{other:?}"),
        }
    }

    #[test]
    fn codes_are_read_whatever_they_are(code in proptest::prelude::any::<i64>(), status in 400u16..500) {
        let body = format!(r#"{{"error":{{"code":{code}}}}}"#);
        let definite = tidings_domain::failure::cloud(code).definite;
        match crate::cloud::outcome::read(&answer(status, body).unwrap()) {
            Outcome::Rejected(rejection) => proptest::prop_assert!(definite && rejection.error.code == code),
            Outcome::InDoubt(Doubt::Failure(rejection)) => proptest::prop_assert!(!definite && rejection.error.code == code),
            other => proptest::prop_assert!(false, "{other:?}"),
        }
    }
}

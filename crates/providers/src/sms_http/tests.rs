use http::{HeaderMap, HeaderValue, Response};
use tidings_domain::fact::Fact;
use tidings_domain::id::Id;
use tidings_domain::lifecycle::AttemptState;
use tidings_domain::provider::{Callback, Doubt, Outcome};
use tidings_domain::secret::Secret;
use tidings_domain::time::Timestamp;

use super::*;

fn credentials(token: &str) -> Credentials {
    let api = SmsHttp::new("https://api.example/", "AC1");
    Credentials {
        access_token: Secret::new(token),
        connection: Some(Connection::SmsHttp(api)),
        ..Credentials::default()
    }
}

fn signed(token: &str, url: &str, body: &str, signature: &str) -> bool {
    let mut headers = HeaderMap::new();
    headers.insert("x-twilio-signature", HeaderValue::from_str(signature).unwrap());
    let callback = Callback { url, headers: &headers, body: body.as_bytes() };
    signature::verify(&credentials(token), callback).is_ok()
}

#[test]
fn signatures_are_those_of_the_published_examples() {
    let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
    let body =
        "To=%2B18005551212&CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309";
    let signature = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
    assert!(signed("12345", url, body, signature));
    assert!(
        signed("12345", "https://mycompany.com:443/myapp.php?foo=1&bar=2", body, signature),
        "behind a proxy"
    );
    assert!(!signed("12346", url, body, signature));
    assert!(!signed("12345", "https://mycompany.com/myapp.php?foo=1", body, signature));
    assert!(!signed("12345", url, &format!("{body}&More=1"), signature));
    assert!(!signed("12345", url, body, "nonsense"));
    let url = "https://hooks.example.test/sms/twilio/status";
    let body = "AccountSid=AC0123456789abcdef0123456789abcdef&From=%2B15005550006&MessageSid=SM0123456789abcdef0123456789abcdef&MessageStatus=delivered&To=%2B33600000000";
    assert!(signed("0123456789abcdef0123456789abcdef", url, body, "I5V4gvpINK2MoXONIZGiAubcHxc="));
    let none = Callback { url, headers: &HeaderMap::new(), body: body.as_bytes() };
    assert!(signature::verify(&credentials("x"), none).is_err());
}

#[test]
fn answers_prove_what_they_say_and_no_more() {
    let answer = |status: u16, body: &'static str| {
        let answer = Response::builder().status(status).body(Bytes::from(body)).unwrap();
        match outcome::read(&answer) {
            Outcome::Accepted { provider_id, .. } => format!("accepted {provider_id}"),
            Outcome::Rejected(rejection) => format!("rejected {}", rejection.error.code),
            Outcome::NotSent(_) => "not sent".to_owned(),
            Outcome::InDoubt(Doubt::Failure(rejection)) => format!("doubt {}", rejection.error.code),
            Outcome::InDoubt(doubt) => format!("doubt {}", doubt.as_str()),
        }
    };
    for (status, body, want) in [
        (201, r#"{"sid":"SM1","status":"queued"}"#, "accepted SM1"),
        (201, r#"{"sid":""}"#, "doubt unreadable_answer"),
        (200, "<html>", "doubt unreadable_answer"),
        (400, r#"{"code":21211,"message":"x","status":400}"#, "rejected 21211"),
        (400, "<html>", "rejected -400"),
        (401, "", "rejected -401"),
        (408, "", "doubt -408"),
        (429, r#"{"code":20429}"#, "rejected 20429"),
        (500, r#"{"code":20500}"#, "doubt 20500"),
        (503, "", "doubt -503"),
    ] {
        assert_eq!(answer(status, body), want, "{status} {body}");
    }
}

#[test]
fn callbacks_become_facts() {
    let now = Timestamp::from_secs(1_700_000_000);
    let attempt = tidings_domain::id::AttemptId::from_bytes([7; 16]);
    let url = format!("https://t.example/callbacks/main/acc?attempt={attempt}");
    let read = |body: &str| {
        let callback = Callback { url: &url, headers: &HeaderMap::new(), body: body.as_bytes() };
        callback::parse(callback, now)
    };
    for (rest, want) in [
        ("MessageStatus=queued", None),
        ("MessageStatus=sent", Some((AttemptState::Sent, None))),
        ("MessageStatus=delivered", Some((AttemptState::Delivered, None))),
        ("MessageStatus=read", Some((AttemptState::Read, None))),
        ("MessageStatus=undelivered&ErrorCode=30005", Some((AttemptState::Failed, Some(30_005)))),
        ("MessageStatus=failed", Some((AttemptState::Failed, Some(30_008)))),
    ] {
        let entries = read(&format!("AccountSid=AC1&MessageSid=SM1&To=%2B4915112345678&{rest}")).expect(rest);
        assert_eq!(entries[0].account_ref, "AC1");
        let found = entries[0].facts.first().map(|fact| match fact {
            Fact::Receipt(receipt) => {
                assert_eq!((receipt.attempt, receipt.provider_id.as_str()), (Some(attempt), "SM1"));
                (receipt.state, receipt.error.as_ref().map(|error| error.code))
            }
            other => panic!("{other:?}"),
        });
        assert_eq!(found, want, "{rest}");
    }
    let entries = read("AccountSid=AC1&SmsSid=SM2&SmsStatus=received&From=%2B4915112345678&To=%2B12025550100&Body=STOP&NumMedia=0")
        .expect("a message");
    assert_eq!(entries[0].sender_ref.as_deref(), Some("+12025550100"));
    let Fact::Inbound(inbound) = &entries[0].facts[0] else { panic!("{entries:?}") };
    assert_eq!((inbound.text.as_deref(), inbound.kind.as_str()), (Some("STOP"), "text"));
    assert!(inbound.from.phone.is_some());
    for body in ["", "AccountSid=AC1", "MessageSid=SM1", "{}"] {
        assert!(read(body).is_err(), "{body}");
    }
}

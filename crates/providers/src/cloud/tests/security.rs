use http::{HeaderMap, HeaderName, HeaderValue};
use tidings_domain::credentials::Credentials;
use tidings_domain::provider::{Callback, CallbackError, Provider};
use tidings_domain::secret::Secret;

use super::{Script, credentials};

const BODY: &[u8] = br#"{"object":"whatsapp_business_account"}"#;
/// Published example: the secret is `app_secret`.
const SIGNED: &str = "e790291ff924369c1f80c8b2cc24fb9ccd37600d883a729059d4bbfa632c882b";

fn check(secrets: &[&str], headers: &[String], body: &[u8]) -> bool {
    let app_secrets = secrets.iter().map(|secret| Secret::new(*secret)).collect();
    let credentials = Credentials { app_secrets, ..credentials() };
    let mut map = HeaderMap::new();
    for value in headers {
        map.append(HeaderName::from_static("x-hub-signature-256"), HeaderValue::from_str(value).unwrap());
    }
    let verified = Script::new([]).provider().verify(&credentials, Callback { url: "", headers: &map, body });
    assert!(matches!(verified, Ok(()) | Err(CallbackError::Signature)));
    verified.is_ok()
}

#[test]
fn only_the_exact_signature_passes() {
    let good = format!("sha256={SIGNED}");
    assert!(check(&["app_secret"], std::slice::from_ref(&good), BODY));
    assert!(
        check(&["app_secret"], &[format!("sha256={}", SIGNED.to_uppercase())], BODY),
        "digits of either case"
    );
    for (what, header) in [
        ("empty", String::new()),
        ("no prefix", SIGNED.to_owned()),
        ("upper prefix", format!("SHA256={SIGNED}")),
        ("other digest", format!("sha1={SIGNED}")),
        ("prefix alone", "sha256=".to_owned()),
        ("truncated", good[..good.len() - 2].to_owned()),
        ("odd length", good[..good.len() - 1].to_owned()),
        ("longer", format!("{good}00")),
        ("space in front", format!("sha256= {SIGNED}")),
        ("two in one", format!("{good},{good}")),
        ("no hex", format!("sha256={}", "g".repeat(64))),
        ("zeros", format!("sha256={}", "0".repeat(64))),
        ("one digit off", good.replace("e790", "e791")),
    ] {
        assert!(!check(&["app_secret"], &[header], BODY), "{what}");
    }
}

#[test]
fn one_header_and_the_raw_bytes() {
    let good = format!("sha256={SIGNED}");
    assert!(!check(&["app_secret"], &[], BODY), "missing");
    assert!(!check(&["app_secret"], &[good.clone(), good.clone()], BODY), "twice the same");
    assert!(!check(&["app_secret"], &["sha256=00".to_owned(), good.clone()], BODY), "a stranger first");
    for other in [
        &br#"{"object": "whatsapp_business_account"}"#[..],
        br#"{"object":"whatsapp_business_accoun\u0074"}"#,
        b"",
    ] {
        assert!(!check(&["app_secret"], std::slice::from_ref(&good), other), "same meaning, other bytes");
    }
}

#[test]
fn any_secret_that_is_valid_now_will_do() {
    let good = [format!("sha256={SIGNED}")];
    for (secrets, want) in [
        (&["app_secret", "newer"][..], true),
        (&["newer", "app_secret"], true),
        (&["newer", "older"], false),
        (&[], false),
        (&[""], false),
        (&["1", "2", "3", "4", "app_secret"], false),
    ] {
        assert_eq!(check(secrets, &good, BODY), want, "{secrets:?}");
    }
}

#[test]
fn the_handshake_echoes_only_a_plain_challenge_to_the_holder_of_the_token() {
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let ask = |mode: &str, token: &str, challenge: &str| {
        vec![pair("hub.mode", mode), pair("hub.verify_token", token), pair("hub.challenge", challenge)]
    };
    let provider = Script::new([]).provider();
    for (query, want) in [
        (ask("subscribe", "let-me-in", "1158201444"), Some("1158201444")),
        (ask("unsubscribe", "let-me-in", "1"), None),
        (ask("subscribe", "let-me-on", "1"), None),
        (ask("subscribe", "", "1"), None),
        (ask("subscribe", "let-me-in", ""), None),
        (ask("subscribe", "let-me-in", "<script>"), None),
        (ask("subscribe", "let-me-in", &"1".repeat(257)), None),
        (ask("subscribe", "let-me-in", "1")[..2].to_vec(), None),
        ([ask("subscribe", "let-me-in", "1"), vec![pair("hub.verify_token", "x")]].concat(), None),
    ] {
        assert_eq!(provider.handshake(&credentials(), &query).as_deref(), want, "{query:?}");
    }
    let unset = Credentials { verify_token: Secret::default(), ..credentials() };
    assert_eq!(provider.handshake(&unset, &ask("subscribe", "", "1")), None, "no token, no handshake");
}

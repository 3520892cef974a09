//! The callback door: signature first, then the body.

use std::sync::LazyLock;

use aws_lc_rs::hmac;
use http::{HeaderMap, HeaderName, HeaderValue};
use tidings_domain::credentials::Credentials;
use tidings_domain::provider::{Callback, Provider};
use tidings_domain::secret::Secret;
use tidings_providers::cloud::CloudProvider;

use crate::graph::provider;

const HEADER: HeaderName = HeaderName::from_static("x-hub-signature-256");

static PROVIDER: LazyLock<CloudProvider> = LazyLock::new(|| provider(200, b"{}"));

/// Any JSON object is a callback, each entry of which holds facts; nothing else is one.
pub fn webhook(bytes: &[u8]) {
    let headers = HeaderMap::new();
    let parse = |body| PROVIDER.parse(Callback { url: "", headers: &headers, body });
    let parsed = parse(bytes);
    let object = serde_json::from_slice::<serde_json::Value>(bytes).is_ok_and(|value| value.is_object());
    match parsed {
        Ok(entries) => {
            assert!(!entries.is_empty(), "a callback without an entry");
            assert!(entries.iter().all(|entry| !entry.facts.is_empty()), "an entry without a fact");
            let again = parse(bytes).expect("what was read can be read again");
            assert_eq!(format!("{entries:?}"), format!("{again:?}"), "two readings differ");
        }
        Err(_) => assert!(!object, "a JSON object was refused"),
    }
}

/// The first line is the header's value, the rest is the body. Only what a secret made passes, and it always does.
pub fn signature(bytes: &[u8]) {
    let line = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (given, body) = (&bytes[..line], bytes.get(line + 1..).unwrap_or_default());
    let credentials = Credentials {
        access_token: Secret::new("token"),
        app_secrets: vec![Secret::new("newer"), Secret::new(""), Secret::new("older")],
        verify_token: Secret::new("verify"),
        connection: None,
    };
    let passes =
        |headers: &HeaderMap| PROVIDER.verify(&credentials, Callback { url: "", headers, body }).is_ok();
    let mut headers = HeaderMap::new();
    assert!(!passes(&headers), "passed without a signature");
    for secret in ["newer", "older"] {
        let made = HeaderValue::from_str(&sign(secret, body)).expect("hex is a header's value");
        headers.insert(HEADER, made);
        assert!(passes(&headers), "refused its own signature");
    }
    let Ok(value) = HeaderValue::from_bytes(given) else { return };
    headers.append(HEADER, value.clone());
    assert!(!passes(&headers), "passed with two signatures");
    headers.insert(HEADER, value);
    let honest = ["newer", "older"].iter().any(|secret| {
        let made = sign(secret, body);
        given.strip_prefix(b"sha256=").is_some_and(|hex| hex.eq_ignore_ascii_case(&made.as_bytes()[7..]))
    });
    assert_eq!(passes(&headers), honest, "the signature and the verdict disagree");
}

fn sign(secret: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    format!("sha256={}", hex::encode(hmac::sign(&key, body)))
}

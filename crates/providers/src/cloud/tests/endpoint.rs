use http::Method;
use tidings_domain::secret::Secret;

use super::super::endpoint::{Endpoint, Payload};
use super::super::{BaseUrlError, CloudProvider};
use super::Script;

#[test]
fn base_urls_are_checked_once() {
    for (base, version, want) in [
        ("https://graph.facebook.com", "v24.0", Ok("https://graph.facebook.com/v24.0/")),
        ("http://127.0.0.1:9000/", "v24.0", Ok("http://127.0.0.1:9000/v24.0/")),
        ("http://sim:9000/graph/", "v9.1", Ok("http://sim:9000/graph/v9.1/")),
        ("graph.facebook.com", "v24.0", Err(BaseUrlError::Url)),
        ("ftp://graph.facebook.com", "v24.0", Err(BaseUrlError::Url)),
        ("https://user@graph.facebook.com", "v24.0", Err(BaseUrlError::Url)),
        ("https://graph.facebook.com?x=1", "v24.0", Err(BaseUrlError::Url)),
        ("", "v24.0", Err(BaseUrlError::Url)),
        ("https://graph.facebook.com", "24.0", Err(BaseUrlError::Version)),
        ("https://graph.facebook.com", "v24", Err(BaseUrlError::Version)),
        ("https://graph.facebook.com", "v24.0/..", Err(BaseUrlError::Version)),
    ] {
        let made = Endpoint::new(base, version).map(|endpoint| format!("{endpoint:?}"));
        assert_eq!(made, want.map(str::to_owned), "{base} {version}");
    }
}

#[test]
fn debug_names_the_endpoint_and_nothing_secret() {
    let script = Script::new([]);
    let provider: CloudProvider = script.provider();
    assert_eq!(format!("{provider:?}"), "CloudProvider { endpoint: https://graph.example.com/v24.0/, .. }");
}

#[test]
fn tokens_that_no_header_may_hold_are_refused() {
    let endpoint = Endpoint::new("https://graph.example.com", "v24.0").unwrap();
    for token in ["a\r\nX-Evil: 1", "a\0b"] {
        let made = endpoint.request(Method::GET, "1", "", &Secret::new(token), Payload::None);
        assert!(made.is_err());
    }
}

#[test]
fn the_token_goes_only_to_the_platforms_hosts() {
    let endpoint = Endpoint::new("http://127.0.0.1:9000", "v24.0").unwrap();
    let token = Secret::new("t");
    for (url, want) in [
        ("https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1&hash=x", true),
        ("https://LOOKASIDE.FBSBX.COM/x", true),
        ("http://127.0.0.1:9000/media/1", true),
        ("http://lookaside.fbsbx.com/x", false),
        ("https://lookaside.fbsbx.com:8443/x", false),
        ("https://evilfbsbx.com/x", false),
        ("https://fbsbx.com.evil.example/x", false),
        ("https://fbsbx.com@evil.example/x", false),
        ("http://127.0.0.1:9001/media/1", false),
        ("http://169.254.169.254/latest", false),
        ("/relative", false),
        ("", false),
    ] {
        assert_eq!(endpoint.download(url, &token).is_ok(), want, "{url}");
    }
}

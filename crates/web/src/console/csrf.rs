//! A form counts only if our own page sent it: the browser's word about where it came from, and a token
//! that only our page could know.

use aws_lc_rs::{constant_time, hmac};
use http::HeaderMap;

/// Bytes of the token that are shown, of the 32 that are made.
const TOKEN_BYTES: usize = 16;

/// The token of a session's forms. It is made from the session's secret and does not reveal it.
pub fn token(session: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, session.as_bytes());
    let tag = hmac::sign(&key, b"tidings console form");
    hex::encode(&tag.as_ref()[..TOKEN_BYTES])
}

pub fn token_fits(session: &str, given: &str) -> bool {
    constant_time::verify_slices_are_equal(token(session).as_bytes(), given.as_bytes()).is_ok()
}

/// Whether a request that changes something came from a page of ours.
///
/// `Sec-Fetch-Site` is the browser's own word and no page can forge it. A browser that does not send it
/// sends `Origin`, which must name the host that was asked. Neither means: not one of our pages.
pub fn from_our_page(headers: &HeaderMap, authority: Option<&str>) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    let host = authority.or_else(|| headers.get(http::header::HOST).and_then(|host| host.to_str().ok()));
    let origin = headers.get(http::header::ORIGIN).and_then(|origin| origin.to_str().ok());
    match (origin, host) {
        (Some(origin), Some(host)) => origin
            .strip_prefix("https://")
            .or_else(|| origin.strip_prefix("http://"))
            .is_some_and(|rest| rest.eq_ignore_ascii_case(host)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_may_change_something() {
        let host = "tidings.example:8443";
        for (site, origin, want) in [
            (Some("same-origin"), None, true),
            (Some("same-origin"), Some("https://tidings.example:8443"), true),
            (Some("same-site"), Some("https://tidings.example:8443"), false),
            (Some("cross-site"), Some("https://tidings.example:8443"), false),
            (Some("none"), None, false),
            (None, Some("https://tidings.example:8443"), true),
            (None, Some("HTTPS://tidings.example:8443"), false),
            (None, Some("https://Tidings.example:8443"), true),
            (None, Some("https://tidings.example"), false),
            (None, Some("https://tidings.example:8443.evil.example"), false),
            (None, Some("null"), false),
            (None, None, false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(http::header::HOST, host.parse().expect("a host"));
            for (name, value) in [("sec-fetch-site", site), ("origin", origin)] {
                if let Some(value) = value {
                    headers.insert(name, value.parse().expect("a header value"));
                }
            }
            assert_eq!(from_our_page(&headers, None), want, "{site:?} {origin:?}");
        }
    }

    #[test]
    fn a_token_belongs_to_one_session() {
        let mine = token("session-one");
        assert_eq!(mine.len(), TOKEN_BYTES * 2);
        assert!(token_fits("session-one", &mine));
        for (session, given) in
            [("session-two", mine.as_str()), ("session-one", ""), ("session-one", &mine[1..])]
        {
            assert!(!token_fits(session, given));
        }
    }
}

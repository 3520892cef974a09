//! What goes with every page for recipients.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderName, HeaderValue, header};

/// Nothing runs at all; styles and forms are this server's own.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; \
    frame-ancestors 'none'; base-uri 'none'";

const HEADERS: [(HeaderName, &str); 6] = [
    // The address is what opens the page: it goes to nobody.
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()"),
    (header::VARY, "Accept-Language"),
];

pub async fn policy(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    // A page that may be embedded says by whom.
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    }
    response
}

/// The policy of a page that these origins may embed.
pub fn embeddable(origins: &[String]) -> Option<HeaderValue> {
    let ancestors = if origins.is_empty() { "'none'".to_owned() } else { origins.join(" ") };
    HeaderValue::from_str(&POLICY.replace("frame-ancestors 'none'", &format!("frame-ancestors {ancestors}")))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_is_strict() {
        assert!(POLICY.starts_with("default-src 'none';") && !POLICY.contains("script-src"));
        for word in ["unsafe-inline", "unsafe-eval", "http:", "https:", "*"] {
            assert!(!POLICY.contains(word), "{word}");
        }
        let open = embeddable(&["https://shop.example".to_owned()]).unwrap();
        assert!(open.to_str().unwrap().contains("frame-ancestors https://shop.example;"));
        assert_eq!(embeddable(&[]).unwrap(), POLICY);
    }
}

//! What goes with every page, and what every change must bring.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};

use super::csrf;
use crate::state::AppState;

/// Nothing runs, loads, frames or submits but what this server serves itself.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

const HEADERS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_FRAME_OPTIONS, "DENY"),
    // Same-origin and not none: without it browsers write `Origin: null` on our own forms.
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()"),
];

pub async fn policy(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Pages show personal data; assets say themselves how long they last.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Turns away what would change something and was not sent by a page of ours.
pub async fn ours(State(_): State<AppState>, request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let authority = request.uri().authority().map(http::uri::Authority::as_str);
    if !reads && !csrf::from_our_page(request.headers(), authority) {
        return (StatusCode::FORBIDDEN, "This form was not sent by a page of this console.\n")
            .into_response();
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_is_strict() {
        assert!(POLICY.starts_with("default-src 'none';"));
        for word in ["unsafe-inline", "unsafe-eval", "http:", "https:", "*"] {
            assert!(!POLICY.contains(word), "{word}");
        }
    }
}

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, FromRequest, Request};
use axum::routing::post;
use axum::{Router, body};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use serde::Deserialize;
use tidings_domain::id::{MessageId, SenderId};
use tower::ServiceExt;

use super::*;

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Thing {
    name: String,
    #[serde(default)]
    inner: Option<Inner>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Inner {
    count: u32,
}

#[test]
fn json_says_which_field_does_not_fit() {
    for (text, code, field, rule) in [
        ("{\"name\":\"a\"", "malformed_json", "", ""),
        ("", "malformed_json", "", ""),
        ("{\"name\":\"a\"} x", "malformed_json", "", ""),
        ("{\"name\":\"a\",\"nmae\":1}", "invalid_request", "nmae", "field.unknown"),
        ("{}", "invalid_request", "name", "field.missing"),
        ("{\"name\":1}", "invalid_request", "name", "field.invalid"),
        ("{\"name\":\"a\",\"inner\":{}}", "invalid_request", "inner.count", "field.missing"),
        ("{\"name\":\"a\",\"inner\":{\"count\":1,\"x\":2}}", "invalid_request", "inner.x", "field.unknown"),
        ("{\"name\":\"a\",\"inner\":{\"count\":-1}}", "invalid_request", "inner.count", "field.invalid"),
        ("{\"name\":\"a\",\"name\":\"b\"}", "invalid_request", "name", "field.duplicate"),
        ("[]", "invalid_request", "name", "field.missing"),
    ] {
        let problem = parse_json::<Thing>(text.as_bytes()).unwrap_err();
        if text == "[]" {
            assert_eq!(problem.code, "invalid_request");
            continue;
        }
        assert_eq!(problem.code, code, "{text}");
        let found = problem.errors.first().map_or(("", ""), |each| (each.field.as_str(), each.code));
        assert_eq!(found, (field, rule), "{text}: {problem:?}");
    }
    let fits = parse_json::<Thing>(br#"{"name":"a","inner":{"count":3}}"#).unwrap();
    assert_eq!(fits, Thing { name: "a".to_owned(), inner: Some(Inner { count: 3 }) });
}

#[test]
fn malformed_json_names_the_position() {
    let problem = parse_json::<Thing>(b"{\n \"name\": tru }").unwrap_err();
    assert!(problem.detail.contains("line 2 column"), "{}", problem.detail);
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Wish {
    limit: Option<usize>,
    status: Option<String>,
}

#[test]
fn queries_refuse_what_they_do_not_know() {
    let read = |text: &str| query::parse::<Wish>(&format!("/x{text}").parse().unwrap());
    assert_eq!(read("").unwrap(), Wish { limit: None, status: None });
    assert_eq!(
        read("?limit=5&status=a%20b").unwrap(),
        Wish { limit: Some(5), status: Some("a b".to_owned()) }
    );
    for (text, field, rule) in [
        ("?limti=5", "limti", "field.unknown"),
        ("?limit=five", "limit", "field.invalid"),
        ("?limit=-1", "limit", "field.invalid"),
        ("?limit=1&limit=2", "limit", "field.duplicate"),
    ] {
        let problem = read(text).unwrap_err();
        let found = problem.errors.first().map(|each| (each.field.as_str(), each.code));
        assert_eq!(found, Some((field, rule)), "{text}: {problem:?}");
    }
}

#[test]
fn pairs_keep_order_and_repetition() {
    let uri = "/x?hub.mode=subscribe&a=1&a=2&b=".parse().unwrap();
    let pairs = query::parse::<Vec<(String, String)>>(&uri).unwrap();
    let shown: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(shown, ["hub.mode=subscribe", "a=1", "a=2", "b="]);
}

#[test]
fn a_key_is_a_bearer_token() {
    for (header, want) in [
        (Some("Bearer tdk_main_abc"), Some("tdk_main_abc")),
        (Some("bearer  tdk_main_abc "), Some("tdk_main_abc")),
        (Some("Basic abc"), None),
        (Some("tdk_main_abc"), None),
        (None, None),
    ] {
        let mut headers = HeaderMap::new();
        if let Some(header) = header {
            headers.insert(AUTHORIZATION, HeaderValue::from_static(header));
        }
        assert_eq!(bearer(&headers).ok(), want, "{header:?}");
    }
}

#[test]
fn an_id_of_another_kind_names_nothing() {
    let sender = SenderId::from_bytes([7; 16]);
    let problem = path_id::<MessageId>(&sender.to_string(), "message").unwrap_err();
    assert_eq!((problem.status, problem.code), (404, "not_found"));
    assert_eq!(path_id::<SenderId>(&sender.to_string(), "sender").unwrap(), sender);
    assert_eq!(field_id::<SenderId>("snd_", "sender").unwrap_err().errors[0].field, "sender");
}

#[tokio::test]
async fn only_json_is_taken_as_json() {
    for (kind, status) in [
        (Some("application/json"), None),
        (Some("Application/JSON; charset=utf-8"), None),
        (Some("application/cloudevents+json"), None),
        (None, None),
        (Some("application/x-www-form-urlencoded"), Some(415)),
        (Some("text/json"), Some(415)),
    ] {
        let mut request = Request::new(Body::from("{}"));
        if let Some(kind) = kind {
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        let read = Raw::from_request(request, &()).await;
        assert_eq!(read.err().map(|problem| problem.status), status, "{kind:?}");
    }
}

#[tokio::test]
async fn the_limit_of_the_route_holds_and_the_inner_one_wins() {
    async fn length(Raw(body): Raw) -> String {
        body.len().to_string()
    }
    let wide = Router::new().route("/wide", post(length)).layer(DefaultBodyLimit::max(20));
    let app: Router =
        Router::new().route("/narrow", post(length)).merge(wide).layer(DefaultBodyLimit::max(10));
    for (path, bytes, want) in
        [("/narrow", 10, 200), ("/narrow", 11, 413), ("/wide", 20, 200), ("/wide", 21, 413)]
    {
        let request = Request::post(path).body(Body::from("x".repeat(bytes))).unwrap();
        let response = app.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status().as_u16(), want, "{path} {bytes}");
        if want == 413 {
            let body = body::to_bytes(response.into_body(), 4096).await.unwrap();
            assert!(body.windows(11).any(|part| part == b"\"too_large\""), "{path}");
        }
    }
}

#[test]
fn a_listing_is_named_after_what_it_lists() {
    let listing = Listing { name: "things", items: vec![1, 2], next_cursor: Some("c".to_owned()) };
    assert_eq!(serde_json::to_string(&listing).unwrap(), r#"{"things":[1,2],"next_cursor":"c"}"#);
    let last = Listing::<u8> { name: "things", items: vec![], next_cursor: None };
    assert_eq!(serde_json::to_string(&last).unwrap(), r#"{"things":[],"next_cursor":null}"#);
}

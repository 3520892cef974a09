use axum::body::to_bytes;
use serde_json::{Value, json};

use super::*;

async fn read(problem: Problem) -> (StatusCode, http::HeaderMap, Value) {
    let response = problem.into_response();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, 64 * 1024).await.unwrap();
    (parts.status, parts.headers, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn fields_are_named_and_the_first_is_the_detail() {
    let problem = Problem::fields(vec![
        FieldError { field: "to.phone".into(), code: "phone_invalid", detail: "Write it as +49…".into() },
        FieldError { field: "text".into(), code: "content.one", detail: "Give one.".into() },
    ]);
    let (status, headers, body) = read(problem).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(headers[CONTENT_TYPE], PROBLEM_JSON);
    assert_eq!(
        body,
        json!({
            "type": "urn:tidings:problem:invalid_request", "title": "The request does not fit", "status": 400,
            "code": "invalid_request", "detail": "to.phone: Write it as +49…",
            "errors": [
                {"field": "to.phone", "code": "phone_invalid", "detail": "Write it as +49…"},
                {"field": "text", "code": "content.one", "detail": "Give one."},
            ],
        })
    );
}

#[tokio::test]
async fn without_fields_there_is_no_list_of_errors() {
    let (_, _, body) = read(Problem::not_found("message")).await;
    assert_eq!(body.get("errors"), None);
    assert_eq!(body["detail"], "there is no message with this id");
}

#[tokio::test]
async fn headers_say_when_to_come_back_and_what_to_bring() {
    for (problem, status, retry_after, authenticate) in [
        (Problem::busy(), 503, Some("1"), false),
        (Problem::out_of_time(), 503, Some("1"), false),
        (Problem::busy().retry_after(0), 503, Some("1"), false),
        (Problem::busy().retry_after(17), 503, Some("17"), false),
        (Problem::unauthorized("no"), 401, None, true),
        (Problem::internal(), 500, None, false),
        (Problem::too_large("x"), 413, None, false),
        (Problem::media_type("x"), 415, None, false),
    ] {
        let (got, headers, body) = read(problem.clone()).await;
        assert_eq!(got.as_u16(), status, "{problem:?}");
        assert_eq!(body["status"], status);
        assert_eq!(headers.get(RETRY_AFTER).map(|value| value.to_str().unwrap()), retry_after, "{problem:?}");
        assert_eq!(headers.contains_key(WWW_AUTHENTICATE), authenticate, "{problem:?}");
    }
}

#[tokio::test]
async fn an_address_that_is_none_says_so() {
    let (status, _, body) = read(unknown_route(Uri::from_static("/v2/messages?x=1")).await).await;
    assert_eq!((status, &body["code"]), (StatusCode::NOT_FOUND, &json!("unknown_route")));
    assert_eq!(body["detail"], "there is nothing at /v2/messages");
    let (status, _, body) =
        read(wrong_method(http::Method::PUT, Uri::from_static("/v1/messages")).await).await;
    assert_eq!((status, &body["code"]), (StatusCode::METHOD_NOT_ALLOWED, &json!("method_not_allowed")));
}

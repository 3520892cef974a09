use std::sync::Mutex;

use http::Response;
use serde_json::json;
use tidings_domain::clock::BoxFuture;

use super::*;

/// Answers each call with the same, and keeps what it was asked.
struct Canned {
    status: u16,
    body: &'static str,
    asked: Mutex<Vec<String>>,
}

impl Transport for Canned {
    fn exchange(
        &self,
        request: Request<Bytes>,
        _: Bounds,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        let line = format!("{} {}", request.method(), request.uri());
        self.asked.lock().expect("no other test holds it").push(line);
        let answer = Response::builder().status(self.status).body(Bytes::from_static(self.body.as_bytes()));
        Box::pin(async move { answer.map_err(|_| TransportError::Broken) })
    }
}

struct Unreachable;

impl Transport for Unreachable {
    fn exchange(
        &self,
        _: Request<Bytes>,
        _: Bounds,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        Box::pin(async { Err(TransportError::Connect) })
    }
}

fn canned(status: u16, body: &'static str) -> Arc<Canned> {
    Arc::new(Canned { status, body, asked: Mutex::default() })
}

#[tokio::test]
async fn asks_the_api_and_reads_its_answer() {
    let wire = canned(200, r#"{"id":"msg_1"}"#);
    let api = Api::new(wire.clone(), "http://server:1/", "tdk_main_x");
    assert_eq!(api.get("/v1/messages/msg_1").await.expect("answered"), json!({"id": "msg_1"}));
    assert_eq!(*wire.asked.lock().expect("free"), ["GET http://server:1/v1/messages/msg_1"]);
    let empty = Api::new(canned(204, ""), "http://server:1", "k");
    assert_eq!(empty.delete("/v1/pauses/pau_1").await.expect("answered"), Value::Null);
}

#[tokio::test]
async fn a_refusal_is_told_in_words() {
    let body = r#"{"title":"Invalid","detail":"the request does not fit","code":"invalid",
        "errors":[{"field":"to.phone","code":"phone","detail":"this is no phone number"}]}"#;
    for (status, body, want) in [
        (422, body, "the request does not fit\n  to.phone: this is no phone number (422, invalid)"),
        (502, "<html>", "the server answered 502 Bad Gateway"),
        (200, "<html>", "http://server:1 did not answer with JSON; is it a Tidings server?"),
    ] {
        let error =
            Api::new(canned(status, body), "http://server:1", "k").get("/v1/x").await.expect_err("refused");
        assert_eq!(error.to_string(), want);
    }
    let error =
        Api::new(Arc::new(Unreachable), "http://server:1", "k").get("/").await.expect_err("unreachable");
    assert!(error.to_string().contains("tidings serve"), "{error}");
    let error = Api::new(Arc::new(Unreachable), "http://server:1", "").get("/").await.expect_err("no key");
    assert!(error.to_string().contains("TIDINGS_KEY"), "{error}");
}

#[test]
fn queries_are_escaped() {
    assert_eq!(query(&[("a", None)]), "");
    assert_eq!(query(&[("to", Some("+49 30&x=1")), ("limit", Some("5"))]), "?to=%2B49+30%26x%3D1&limit=5");
}

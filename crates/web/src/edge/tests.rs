use std::future::pending;

use axum::Router;
use axum::body::Body;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use http::StatusCode;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use tidings_domain::clock::BoxFuture;
use tidings_domain::time::Timestamp;
use tower::ServiceExt;

use super::*;

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(1)
    }
    fn monotonic_us(&self) -> i64 {
        0
    }
    fn sleep(&self, _micros: i64) -> BoxFuture<'static, ()> {
        Box::pin(pending())
    }
}

async fn panics() -> &'static str {
    panic!("on purpose")
}

fn app() -> (Edge, Router) {
    let edge_state = Edge { shared: Arc::default(), clock: Arc::new(Still) };
    let app = Router::new()
        .route("/fine/{id}", get(|| async { "fine" }))
        .route("/panics", get(panics))
        .route("/hangs", get(pending::<String>))
        .fallback(crate::problem::unknown_route)
        .layer(from_fn_with_state(edge_state.clone(), edge));
    (edge_state, app)
}

async fn ask(app: &Router, path: &str) -> Response {
    app.clone().oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_goes_wrong_is_a_problem() {
    let (_, app) = app();
    for (path, status) in [("/fine/1", 200), ("/panics", 500), ("/hangs", 503), ("/nowhere", 404)] {
        assert_eq!(ask(&app, path).await.status().as_u16(), status, "{path}");
    }
}

async fn length(body: axum::body::Bytes) -> String {
    body.len().to_string()
}

fn uploads() -> (Edge, Router) {
    let edge_state = Edge { shared: Arc::default(), clock: Arc::new(Still) };
    let app = Router::new()
        .route("/length", axum::routing::post(length))
        .layer(from_fn_with_state(edge_state.clone(), edge));
    (edge_state, app)
}

/// Pieces of 16 KiB, one after each pause.
fn drip(pieces: usize, pause: Duration) -> Request {
    let stream = futures_util::stream::unfold(0, move |n| async move {
        tokio::time::sleep(pause).await; // sleep: the pace of the client, on virtual time
        (n < pieces).then(|| (Ok::<_, std::io::Error>(vec![0u8; 16 * 1024]), n + 1))
    });
    Request::post("/length").body(Body::from_stream(stream)).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_large_body_keeps_coming_or_is_given_up() {
    let (edge, app) = uploads();
    for (pause_ms, status) in [(100, 200), (240, 200), (1_000, 400), (60_000, 400)] {
        let answer = app.clone().oneshot(drip(40, Duration::from_millis(pause_ms))).await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "one piece every {pause_ms} ms");
    }
    assert_eq!(edge.shared.large_bodies.available_permits(), limits::LARGE_BODIES_AT_ONCE_MAX);
}

#[tokio::test(start_paused = true)]
async fn a_large_body_without_a_place_is_refused_soon() {
    let (edge, app) = uploads();
    let all = u32::try_from(limits::LARGE_BODIES_AT_ONCE_MAX).unwrap();
    let places = edge.shared.large_bodies.acquire_many(all).await.unwrap();
    let answer = app.clone().oneshot(drip(1, Duration::ZERO)).await.unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers().contains_key(http::header::RETRY_AFTER));
    drop(places);
    assert_eq!(app.oneshot(drip(1, Duration::ZERO)).await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn requests_are_bounded() {
    let (edge, app) = app();
    let all = u32::try_from(limits::REQUESTS_AT_ONCE_MAX).unwrap();
    let taken = edge.shared.requests.try_acquire_many(all).unwrap();
    let response = ask(&app, "/fine/1").await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()[http::header::RETRY_AFTER], "1");
    assert_eq!(response.headers()[http::header::CONTENT_TYPE], "application/problem+json");
    drop(taken);
    assert_eq!(ask(&app, "/fine/1").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_trace_comes_back() {
    let (_, app) = app();
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let request = Request::get("/fine/1").header(TRACEPARENT, trace).body(Body::empty()).unwrap();
    let response = app.oneshot(request).await.unwrap();
    assert_eq!(response.headers()[TRACEPARENT], trace);
    assert_eq!(response.headers()[http::header::X_CONTENT_TYPE_OPTIONS], "nosniff");
}

#[tokio::test]
async fn counts_name_templates_and_never_what_a_stranger_wrote() {
    let (edge, app) = app();
    for path in ["/fine/1", "/fine/2", "/made-up", "/made-up-too"] {
        ask(&app, path).await;
    }
    let mut registry = Registry::default();
    edge.shared.metrics.register(&mut registry);
    let mut text = String::new();
    encode(&mut text, &registry).unwrap();
    assert!(
        text.contains(r#"http_requests_total{route="/fine/{id}",method="GET",status="2xx"} 2"#),
        "{text}"
    );
    assert!(text.contains(r#"http_requests_total{route="unmatched",method="GET",status="4xx"} 2"#), "{text}");
    assert!(!text.contains("made-up"), "{text}");
}

#[test]
fn files_may_take_longer() {
    assert_eq!(time_for("/v1/media/{id}/content"), limits::SLOW_REQUEST_TIME);
    assert_eq!(time_for("/v1/messages"), limits::REQUEST_TIME);
}

#[tokio::test(start_paused = true)]
async fn large_bodies_wait_for_a_place_and_small_ones_do_not() {
    let (edge, app) = app();
    let app = app
        .route("/take", axum::routing::post(|body: axum::body::Bytes| async move { body.len().to_string() }));
    let app = app.layer(from_fn_with_state(edge.clone(), super::edge));
    let all = u32::try_from(limits::LARGE_BODIES_AT_ONCE_MAX).unwrap();
    let taken = edge.shared.large_bodies.try_acquire_many(all).unwrap();
    let ask = |bytes: u64| {
        let body = Body::from("x".repeat(usize::try_from(bytes).unwrap()));
        app.clone().oneshot(Request::post("/take").body(body).unwrap())
    };
    assert_eq!(ask(limits::LARGE_BODY_BYTES).await.unwrap().status(), StatusCode::OK);
    let waited = ask(limits::LARGE_BODY_BYTES + 1).await.unwrap();
    assert_eq!(waited.status(), StatusCode::SERVICE_UNAVAILABLE);
    drop(taken);
    assert_eq!(ask(limits::LARGE_BODY_BYTES + 1).await.unwrap().status(), StatusCode::OK);
}

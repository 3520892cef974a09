//! What operators and their tools ask: is it alive, is it ready, what does it do.

pub mod engine_metrics;
pub mod http_metrics;
pub mod level_metrics;
pub mod process_metrics;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::CONTENT_TYPE;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use crate::problem::Problem;
use crate::state::AppState;
use engine_metrics::EngineMetrics;
use level_metrics::LevelMetrics;
use process_metrics::ProcessMetrics;

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
}

async fn ready(State(state): State<AppState>) -> Response {
    if !state.shutdown.is_cancelled() && state.engine.ready().await {
        return "ready\n".into_response();
    }
    Problem::new(
        http::StatusCode::SERVICE_UNAVAILABLE,
        "not_ready",
        "The service is not ready",
        "it is starting, stopping, or cannot reach its store",
    )
    .retry_after(crate::limits::RETRY_AFTER_S)
    .into_response()
}

async fn metrics(State(state): State<AppState>) -> Response {
    let mut registry = Registry::with_prefix("tidings");
    state.shared.metrics.register(&mut registry);
    registry.register_collector(Box::new(EngineMetrics(state.engine.clone())));
    registry.register_collector(Box::new(LevelMetrics(state.engine.levels().await)));
    if let Some(figures) = state.process.and_then(|look| look()) {
        registry.register_collector(Box::new(ProcessMetrics(figures)));
    }
    let mut text = String::new();
    match encode(&mut text, &registry) {
        Ok(()) => ([(CONTENT_TYPE, OPENMETRICS)], text).into_response(),
        Err(_) => Problem::internal().into_response(),
    }
}

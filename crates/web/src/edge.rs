//! What every request passes through: a place among those being answered, a time limit, a counter.
//!
//! One function instead of a stack of layers: the path of a message is measured in microseconds.

mod paced;

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use http::{HeaderName, HeaderValue};
use http_body::Body as _;
use tidings_domain::clock::Clock;
use tokio::time::timeout;

use crate::limits;
use crate::problem::Problem;
use crate::state::{AppState, Shared};
use paced::Paced;

pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Counted as the route of what no route matches, so that strangers cannot make labels.
const UNMATCHED: &str = "unmatched";

/// What the edge itself needs.
#[derive(Clone)]
pub struct Edge {
    shared: Arc<Shared>,
    clock: Arc<dyn Clock>,
}

impl Edge {
    pub fn of(state: &AppState) -> Self {
        Self { shared: Arc::clone(&state.shared), clock: Arc::clone(&state.clock) }
    }
}

pub async fn edge(State(edge): State<Edge>, request: Request, next: Next) -> Response {
    let started = edge.clock.monotonic_us();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let template = route.as_ref().map_or(UNMATCHED, MatchedPath::as_str);
    let trace = request.headers().get(TRACEPARENT).cloned();
    let mut response = match edge.shared.requests.try_acquire() {
        Err(_) => Problem::busy().into_response(),
        Ok(_permit) => {
            let large = has_large_body(&request);
            let answering = AssertUnwindSafe(async {
                if !large {
                    return next.run(request).await;
                }
                let place = edge.shared.large_bodies.acquire();
                match timeout(limits::LARGE_BODY_WAIT, place).await {
                    Ok(_place) => next.run(request.map(|body| Body::new(Paced::new(body)))).await,
                    Err(_) => Problem::busy().into_response(),
                }
            })
            .catch_unwind();
            match timeout(time_for(template), answering).await {
                Ok(Ok(response)) => response,
                Ok(Err(panic)) => panicked(panic.as_ref(), template),
                Err(_) => Problem::out_of_time().into_response(),
            }
        }
    };
    let headers = response.headers_mut();
    if let Some(trace) = trace
        && !headers.contains_key(TRACEPARENT)
    {
        headers.insert(TRACEPARENT, trace);
    }
    headers.insert(http::header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let elapsed_us = edge.clock.monotonic_us() - started;
    edge.shared.metrics.observe(template, &method, response.status(), elapsed_us);
    response
}

/// Small bodies are bounded by the number of requests; large ones by a number of their own.
fn has_large_body(request: &Request) -> bool {
    // The most that may come, as the protocol's own framing tells it; `None` is unknown.
    request.body().size_hint().upper().is_none_or(|bytes| bytes > limits::LARGE_BODY_BYTES)
}

/// Files and the provider's slow pages take longer than the rest.
fn time_for(route: &str) -> Duration {
    if route.starts_with("/v1/media") || matches!(route, "/v1/inbound/{id}/media" | "/v1/templates/sync") {
        limits::SLOW_REQUEST_TIME
    } else {
        limits::REQUEST_TIME
    }
}

fn panicked(panic: &(dyn Any + Send), route: &str) -> Response {
    let message = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    tracing::error!(route, message, "a handler panicked");
    Problem::internal().into_response()
}

#[cfg(test)]
mod tests;

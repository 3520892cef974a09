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
use http::{HeaderName, HeaderValue, Method};
use tidings_domain::clock::Clock;
use tokio::time::timeout;

use crate::limits;
use crate::problem::Problem;
use crate::state::{AppState, Shared};
pub(crate) use paced::Paced;

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

/// What is known of a request before it is answered.
pub(crate) struct Seen<'a> {
    method: Method,
    template: &'a str,
    trace: Option<HeaderValue>,
    large: bool,
}

impl<'a> Seen<'a> {
    pub(crate) fn of<B: http_body::Body>(request: &http::Request<B>, template: &'a str) -> Self {
        Self {
            method: request.method().clone(),
            template,
            trace: request.headers().get(TRACEPARENT).cloned(),
            large: has_large_body(request.body()),
        }
    }
}

impl Edge {
    /// Answers within the bounds, and counts.
    pub(crate) async fn pass(&self, seen: Seen<'_>, answer: impl Future<Output = Response>) -> Response {
        let started = self.clock.monotonic_us();
        let mut response = match self.shared.requests.try_acquire() {
            Err(_) => Problem::busy().into_response(),
            Ok(_permit) => {
                let answering = AssertUnwindSafe(async {
                    if !seen.large {
                        return answer.await;
                    }
                    match timeout(limits::LARGE_BODY_WAIT, self.shared.large_bodies.acquire()).await {
                        Ok(_place) => answer.await,
                        Err(_) => Problem::busy().into_response(),
                    }
                })
                .catch_unwind();
                match timeout(time_for(seen.template), answering).await {
                    Ok(Ok(response)) => response,
                    Ok(Err(panic)) => panicked(panic.as_ref(), seen.template),
                    Err(_) => Problem::out_of_time().into_response(),
                }
            }
        };
        let headers = response.headers_mut();
        if let Some(trace) = seen.trace
            && !headers.contains_key(TRACEPARENT)
        {
            headers.insert(TRACEPARENT, trace);
        }
        headers.insert(http::header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        let elapsed_us = self.clock.monotonic_us() - started;
        self.shared.metrics.observe(seen.template, &seen.method, response.status(), elapsed_us);
        response
    }
}

pub async fn edge(State(edge): State<Edge>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let seen = Seen::of(&request, route.as_ref().map_or(UNMATCHED, MatchedPath::as_str));
    let request = if seen.large { request.map(|body| Body::new(Paced::new(body))) } else { request };
    edge.pass(seen, next.run(request)).await
}

/// Small bodies are bounded by the number of requests; large ones by a number of their own.
pub(crate) fn has_large_body(body: &impl http_body::Body) -> bool {
    // The most that may come, as the protocol's own framing tells it; `None` is unknown.
    body.size_hint().upper().is_none_or(|bytes| bytes > limits::LARGE_BODY_BYTES)
}

/// Files and the provider's slow pages take longer than the rest.
fn time_for(route: &str) -> Duration {
    if route.starts_with("/v1/media")
        || matches!(
            route,
            "/v1/consent-imports"
                | "/v1/contact-imports"
                | "/console/consent/imports"
                | "/v1/inbound/{id}/media"
                | "/v1/templates/sync"
        )
    {
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

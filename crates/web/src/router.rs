//! The whole tree of routes.

use axum::Router;
use axum::middleware;
use axum::response::Redirect;
use axum::routing::get;

use crate::edge::Edge;
use crate::state::AppState;
use crate::{api, callbacks, console, docs, edge, ops, problem, public};

/// Every route of the process. What must answer when everything is busy (`/livez` …) stands outside the edge.
pub fn router(state: AppState) -> Router {
    let (api, openapi) = api::router();
    Router::new()
        .route("/", get(|| async { Redirect::temporary("/console") }))
        .nest("/console", console::router(state.clone()))
        .merge(api)
        .merge(callbacks::router())
        .merge(public::router(state.clone()))
        .merge(docs::router(openapi))
        .fallback(problem::unknown_route)
        .method_not_allowed_fallback(problem::wrong_method)
        .layer(middleware::from_fn_with_state(Edge::of(&state), edge::edge))
        .merge(ops::router().method_not_allowed_fallback(problem::wrong_method))
        .with_state(state)
}

/// What a node without the `api` role answers: whether it lives, is ready, and what it does.
pub fn bare_router(state: AppState) -> Router {
    Router::new()
        .merge(ops::router())
        .fallback(problem::unknown_route)
        .method_not_allowed_fallback(problem::wrong_method)
        .with_state(state)
}

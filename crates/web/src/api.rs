//! The REST API, and its description generated from the same code.

pub mod v1;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::docs;
use crate::limits;
use crate::state::AppState;

/// The routes and their OpenAPI description.
pub fn router() -> (Router<AppState>, OpenApi) {
    let (router, mut openapi) = OpenApiRouter::with_openapi(docs::base())
        .merge(v1::router())
        .layer(DefaultBodyLimit::max(limits::API_BODY_BYTES_MAX))
        .split_for_parts();
    docs::complete(&mut openapi);
    (router, openapi)
}

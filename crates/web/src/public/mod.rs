//! Pages for recipients: without sign-in, behind links of their own, without script, in their language.

mod forms;
mod headers;
mod page;
mod preferences;
pub(crate) mod qr;
mod unsubscribe;
mod visitor;
pub(crate) mod visits;
pub(crate) mod words;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::extract::Path;
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderValue, StatusCode, header};

use crate::limits;
use crate::state::AppState;

/// Everything stands under `/p`.
pub fn router(state: AppState) -> Router<AppState> {
    Router::new()
        .route("/p/{region}/{token}", get(preferences::show).post(preferences::save))
        .route("/p/{region}/f/{form}", get(forms::show).post(forms::submit))
        .route("/p/{region}/f/{form}/{what}", get(forms::done))
        .route("/p/{region}/c/{token}", get(forms::ask).post(forms::confirm))
        .route("/p/{region}/u/{token}", get(unsubscribe::show).post(unsubscribe::end))
        .layer(DefaultBodyLimit::max(limits::FORM_BYTES_MAX))
        .layer(middleware::from_fn_with_state(state, visits::paced))
        .layer(middleware::from_fn(headers::policy))
        .route("/p/{file}", get(style))
}

async fn style(Path(file): Path<String>) -> Response {
    if file != page::CSS_NAME {
        return StatusCode::NOT_FOUND.into_response();
    }
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400")),
    ];
    (headers, page::CSS).into_response()
}

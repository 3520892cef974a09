//! One-time links, minted with the installation key.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;
use tidings_domain::secret::Secret;

use crate::error::Result;
use crate::extract::{Json, OperatorKey};
use crate::state::AppState;

/// Where a link leads on this server.
pub fn path(token: &Secret) -> String {
    format!("/console/sign-in?token={}", token.expose())
}

pub async fn mint(State(state): State<AppState>, OperatorKey(operator): OperatorKey) -> Result<Response> {
    let token = state.engine.mint_login(&operator, None).await?;
    Ok((StatusCode::CREATED, Json(json!({ "path": path(&token) }))).into_response())
}

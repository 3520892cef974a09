//! The dry run of policy.

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use crate::api::v1::schema::{Evaluation, Intent};
use crate::error::Result;
use crate::extract::{Json, Key, Raw};
use crate::state::AppState;

/// Ask what policy would decide
///
/// The same checks as sending, with nothing stored.
#[utoipa::path(
    post, path = "/v1/policy/evaluate", operation_id = "evaluatePolicy", tag = "policy", request_body = Intent,
    responses((status = 200, description = "The verdict and the decisions behind it", body = Evaluation)),
)]
pub async fn evaluate_policy(
    State(state): State<AppState>,
    Key(caller): Key,
    Raw(body): Raw,
) -> Result<Response> {
    Ok(Json(state.engine.evaluate(&caller, &body).await?).into_response())
}

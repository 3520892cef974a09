//! The counts behind the console's first page.

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use crate::api::v1::schema::Overview;
use crate::error::Result;
use crate::extract::{Json, Key};
use crate::state::AppState;

/// Count what happened, waits and needs attention
#[utoipa::path(
    get, path = "/v1/overview", operation_id = "getOverview", tag = "events",
    responses((status = 200, description = "The counts of the tenant", body = Overview)),
)]
pub async fn get_overview(State(state): State<AppState>, Key(caller): Key) -> Result<Response> {
    Ok(Json(state.engine.overview(&caller).await?).into_response())
}

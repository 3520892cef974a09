//! The nodes of the installation, for the installation key only.

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::schema;
use crate::error::Result;
use crate::extract::{Json, OperatorKey};
use crate::state::AppState;

/// List the nodes
///
/// Who is there, who decides for which slots, and what the lanes with something to do are doing.
#[utoipa::path(
    get, path = "/v1/nodes", operation_id = "listNodes", tag = "nodes",
    security(("installation_key" = [])),
    responses((status = 200, description = "Every node that has not left", body = schema::Nodes)),
)]
pub async fn list_nodes(
    State(state): State<AppState>,
    OperatorKey(operator): OperatorKey,
) -> Result<Response> {
    Ok(Json(state.engine.nodes(&operator).await?).into_response())
}

//! Pauses: the switch one needs at three in the morning.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use tidings_domain::id::PauseId;
use tidings_domain::time::Timestamp;
use tidings_engine::store_model::{Pause, PauseScope};
use utoipa::ToSchema;

use crate::api::v1::schema;
use crate::error::Result;
use crate::extract::{Json, Key, path_id};
use crate::problem::Problem;
use crate::state::AppState;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"scope": "category", "id": "marketing", "reason": "wrong price in the offer"}))]
pub struct SetPause {
    #[schema(value_type = schema::PauseScope)]
    scope: PauseScope,
    /// An id (tenant, account, sender), a template's name or a category. Not needed for `tenant`.
    id: Option<String>,
    reason: String,
    /// Lifts itself then; lasts until it is lifted unless given.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PauseView {
    #[schema(value_type = String, example = "pau_01k9h3c4v8e2xt7m5q0w6r1yza")]
    id: PauseId,
    #[schema(value_type = schema::PauseScope)]
    scope: PauseScope,
    target: String,
    reason: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PauseList {
    pauses: Vec<PauseView>,
}

impl From<Pause> for PauseView {
    fn from(pause: Pause) -> Self {
        let Pause { id, scope, target, reason, until, created_at } = pause;
        Self { id, scope, target, reason, until, created_at }
    }
}

/// Pause a tenant, account, sender, template or category
#[utoipa::path(
    post, path = "/v1/pauses", operation_id = "setPause", tag = "pauses", request_body = SetPause,
    responses((status = 201, description = "Nothing of it is submitted from now on", body = PauseView)),
)]
pub async fn set_pause(
    State(state): State<AppState>,
    Key(caller): Key,
    Json(new): Json<SetPause>,
) -> Result<Response> {
    let target = match (new.scope, new.id) {
        (_, Some(id)) => id,
        (PauseScope::Tenant, None) => caller.tenant.to_string(),
        (_, None) => return Err(Problem::field("id", "field.missing", "Name what is to be paused.")),
    };
    let pause = state.engine.pause(&caller, new.scope, &target, &new.reason, new.until).await?;
    Ok((StatusCode::CREATED, Json(PauseView::from(pause))).into_response())
}

/// List the pauses in force
#[utoipa::path(
    get, path = "/v1/pauses", operation_id = "listPauses", tag = "pauses",
    responses((status = 200, description = "Every pause", body = PauseList)),
)]
pub async fn list_pauses(State(state): State<AppState>, Key(caller): Key) -> Result<Json<PauseList>> {
    let pauses = state.engine.pauses(&caller).await?;
    Ok(Json(PauseList { pauses: pauses.into_iter().map(Into::into).collect() }))
}

/// Lift a pause
#[utoipa::path(
    delete, path = "/v1/pauses/{id}", operation_id = "liftPause", tag = "pauses",
    params(("id" = String, Path, description = "`pau_…`")),
    responses((status = 204, description = "What waited goes on")),
)]
pub async fn lift_pause(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
) -> Result<StatusCode> {
    state.engine.lift_pause(&caller, path_id(&id, "pause")?).await?;
    Ok(StatusCode::NO_CONTENT)
}

//! Messages that people sent to us.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Deserialize;
use tidings_domain::id::InboundId;
use utoipa::{IntoParams, ToSchema};

use crate::api::v1::recipients::address_of_text;
use crate::api::v1::schema;
use crate::error::Result;
use crate::extract::{Json, Key, Listing, Query, Raw, parse_json, path_id};
use crate::state::AppState;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListInbound {
    /// Only from this phone number, BSUID or e-mail address.
    from: Option<String>,
    cursor: Option<String>,
    /// 1 to 500; 50 unless given.
    limit: Option<usize>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"typing": true}))]
pub struct MarkRead {
    /// Also show that an answer is being written.
    #[serde(default)]
    typing: bool,
}

/// List received messages, newest first
#[utoipa::path(
    get, path = "/v1/inbound", operation_id = "listInbound", tag = "inbound", params(ListInbound),
    responses((status = 200, description = "A page of received messages", body = schema::InboundList)),
)]
pub async fn list_inbound(
    State(state): State<AppState>,
    Key(caller): Key,
    Query(list): Query<ListInbound>,
) -> Result<Response> {
    let from = list.from.as_deref().map(|text| address_of_text("from", text)).transpose()?;
    let page = state.engine.inbound(&caller, from.as_ref(), list.cursor.as_deref(), list.limit).await?;
    Ok(Listing { name: "inbound", items: page.items, next_cursor: page.next_cursor }.into_response())
}

/// Get a received message
#[utoipa::path(
    get, path = "/v1/inbound/{id}", operation_id = "getInbound", tag = "inbound",
    params(("id" = String, Path, description = "`inb_…`")),
    responses((status = 200, description = "The message as it came", body = schema::InboundMessage)),
)]
pub async fn get_inbound(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
) -> Result<Response> {
    let id: InboundId = path_id(&id, "received message")?;
    Ok(Json(state.engine.inbound_message(&caller, id).await?).into_response())
}

/// Mark a received message as read
///
/// The body may be left out.
#[utoipa::path(
    post, path = "/v1/inbound/{id}/read", operation_id = "markInboundRead", tag = "inbound",
    params(("id" = String, Path, description = "`inb_…`")), request_body = MarkRead,
    responses((status = 204, description = "The provider was told")),
)]
pub async fn mark_inbound_read(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
    Raw(body): Raw,
) -> Result<StatusCode> {
    let id: InboundId = path_id(&id, "received message")?;
    let mark: MarkRead = if body.is_empty() { MarkRead::default() } else { parse_json(&body)? };
    state.engine.mark_read(&caller, id, mark.typing).await?;
    Ok(StatusCode::NO_CONTENT)
}

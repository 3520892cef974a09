//! Reading messages, and taking them back.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use tidings_domain::id::MessageId;
use tidings_domain::lifecycle::Status;
use tidings_domain::trace::TraceId;
use tidings_engine::report::MessageQuery;
use utoipa::IntoParams;

use crate::api::v1::recipients::address_of_text;
use crate::api::v1::schema::{self, MessageList, StatusAnswer, Timeline};
use crate::error::Result;
use crate::extract::{Json, Key, Listing, Query, field_id, path_id};
use crate::problem::Problem;
use crate::state::AppState;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListMessages {
    /// Only messages in this status.
    #[param(inline, value_type = Option<schema::Status>)]
    status: Option<String>,
    /// Only messages with this reference of yours.
    reference: Option<String>,
    /// Only messages to this phone number, BSUID or e-mail address.
    to: Option<String>,
    /// Only messages from this sender.
    sender: Option<String>,
    /// Only messages of this trace (32 hex digits).
    trace: Option<String>,
    cursor: Option<String>,
    /// 1 to 500; 50 unless given.
    limit: Option<usize>,
}

impl ListMessages {
    fn query(self) -> Result<MessageQuery> {
        let status = self.status.as_deref().map(|text| {
            Status::parse(text)
                .ok_or_else(|| Problem::field("status", "field.invalid", "There is no such status."))
        });
        let trace = self.trace.as_deref().map(|text| {
            TraceId::parse(text).ok_or_else(|| {
                Problem::field(
                    "trace",
                    "trace.malformed",
                    "A trace is 32 lower-case hex digits, not all zero.",
                )
            })
        });
        Ok(MessageQuery {
            status: status.transpose()?,
            reference: self.reference,
            to: self.to.as_deref().map(|text| address_of_text("to", text)).transpose()?,
            sender: self.sender.as_deref().map(|text| field_id(text, "sender")).transpose()?,
            trace: trace.transpose()?,
            cursor: self.cursor,
            limit: self.limit,
        })
    }
}

/// List messages, newest first
#[utoipa::path(
    get, path = "/v1/messages", operation_id = "listMessages", tag = "messages", params(ListMessages),
    responses((status = 200, description = "A page of messages", body = MessageList)),
)]
pub async fn list_messages(
    State(state): State<AppState>,
    Key(caller): Key,
    Query(list): Query<ListMessages>,
) -> Result<Response> {
    let page = state.engine.messages(&caller, &list.query()?).await?;
    Ok(Listing { name: "messages", items: page.items, next_cursor: page.next_cursor }.into_response())
}

/// Get a message
///
/// Its state, attempts, decisions and cost.
#[utoipa::path(
    get, path = "/v1/messages/{id}", operation_id = "getMessage", tag = "messages",
    params(("id" = String, Path, description = "`msg_…`")),
    responses((status = 200, description = "The message", body = schema::Message)),
)]
pub async fn get_message(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
) -> Result<Response> {
    let id: MessageId = path_id(&id, "message")?;
    Ok(Json(state.engine.message(&caller, id).await?).into_response())
}

/// The timeline of a message
#[utoipa::path(
    get, path = "/v1/messages/{id}/events", operation_id = "listMessageEvents", tag = "messages",
    params(("id" = String, Path, description = "`msg_…`")),
    responses((status = 200, description = "Everything that happened, oldest first", body = Timeline)),
)]
pub async fn message_events(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
) -> Result<Response> {
    let id: MessageId = path_id(&id, "message")?;
    let events = state.engine.timeline(&caller, id).await?;
    Ok(Json(json!({ "events": events })).into_response())
}

/// Explain a message
///
/// Eight questions answered in plain sentences, from stored facts, then the timeline.
#[utoipa::path(
    get, path = "/v1/messages/{id}/explain", operation_id = "explainMessage", tag = "messages",
    params(("id" = String, Path, description = "`msg_…`")),
    responses((status = 200, description = "The answers", body = schema::Explanation)),
)]
pub async fn explain_message(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
) -> Result<Response> {
    let id: MessageId = path_id(&id, "message")?;
    Ok(Json(state.engine.explain(&caller, id).await?).into_response())
}

/// Cancel a message
///
/// Works until the message is being submitted; after that the answer is `409`.
#[utoipa::path(
    post, path = "/v1/messages/{id}/cancel", operation_id = "cancelMessage", tag = "messages",
    params(("id" = String, Path, description = "`msg_…`")),
    responses(
        (status = 200, description = "It will not be sent", body = StatusAnswer),
        (status = 409, description = "Too late", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn cancel_message(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
) -> Result<Response> {
    let id: MessageId = path_id(&id, "message")?;
    let status = state.engine.cancel(&caller, id).await?;
    Ok(Json(json!({ "id": id, "status": status })).into_response())
}

/// Send a failed message again
///
/// Queued as a new attempt of the same message, due now, with a fresh expiry.
#[utoipa::path(
    post, path = "/v1/messages/{id}/redrive", operation_id = "redriveMessage", tag = "messages",
    params(("id" = String, Path, description = "`msg_…`")),
    responses(
        (status = 202, description = "It is queued", body = StatusAnswer),
        (status = 409, description = "It cannot be sent again", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn redrive_message(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
) -> Result<Response> {
    let id: MessageId = path_id(&id, "message")?;
    state.engine.redrive(&caller, id).await?;
    let answer = Json(json!({ "id": id, "status": Status::Queued }));
    Ok((http::StatusCode::ACCEPTED, answer).into_response())
}

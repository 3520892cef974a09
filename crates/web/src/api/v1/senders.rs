//! Senders, and the lane that each of them has.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use tidings_domain::category::Channel;
use tidings_domain::id::{AccountId, SenderId};
use tidings_domain::time::Timestamp;
use tidings_engine::admin::NewSender;
use tidings_engine::store_model::Sender;
use utoipa::ToSchema;

use crate::api::v1::schema;
use crate::error::Result;
use crate::extract::{Json, Key, path_id};
use crate::state::AppState;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "account": "acc_01k9h3c4v8e2xt7m5q0w6r1yza", "channel": "whatsapp", "address": "+15550100200",
    "provider_ref": "106540352242922", "messages_per_s": 80,
}))]
pub struct CreateSender {
    #[schema(value_type = String)]
    account: AccountId,
    /// That of the account's provider unless given.
    #[schema(value_type = Option<schema::Channel>)]
    channel: Option<Channel>,
    /// What people see: a phone number in E.164; for SMS a short code or a name of at most 11 letters as well; for
    /// e-mail an address.
    address: String,
    /// The provider's id of the sender; for Meta the phone number id. For SMS and e-mail it is the address unless given.
    provider_ref: Option<String>,
    /// The installation's default unless given.
    messages_per_s: Option<f64>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"messages_per_s": 250}))]
pub struct UpdateSender {
    messages_per_s: f64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SenderView {
    #[schema(value_type = String, example = "snd_01k9h3c4v8e2xt7m5q0w6r1yza")]
    id: SenderId,
    #[schema(value_type = String)]
    account: AccountId,
    #[schema(value_type = schema::Channel)]
    channel: Channel,
    address: String,
    provider_ref: String,
    messages_per_s: f64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SenderList {
    senders: Vec<SenderView>,
}

impl From<Sender> for SenderView {
    fn from(sender: Sender) -> Self {
        let Sender { id, account, channel, address, provider_ref, messages_per_s, created_at } = sender;
        Self { id, account, channel, address, provider_ref, messages_per_s, created_at }
    }
}

/// Create a sender
#[utoipa::path(
    post, path = "/v1/senders", operation_id = "createSender", tag = "senders", request_body = CreateSender,
    responses((status = 201, description = "The sender", body = SenderView)),
)]
pub async fn create_sender(
    State(state): State<AppState>,
    Key(caller): Key,
    Json(new): Json<CreateSender>,
) -> Result<Response> {
    let CreateSender { account, channel, address, provider_ref, messages_per_s } = new;
    let new = NewSender { account, channel, address, provider_ref, messages_per_s };
    let sender = state.engine.create_sender(&caller, new).await?;
    Ok((StatusCode::CREATED, Json(SenderView::from(sender))).into_response())
}

/// List the senders
#[utoipa::path(
    get, path = "/v1/senders", operation_id = "listSenders", tag = "senders",
    responses((status = 200, description = "Every sender", body = SenderList)),
)]
pub async fn list_senders(State(state): State<AppState>, Key(caller): Key) -> Result<Json<SenderList>> {
    let senders = state.engine.senders(&caller).await?;
    Ok(Json(SenderList { senders: senders.into_iter().map(Into::into).collect() }))
}

/// Change how fast a sender may go
#[utoipa::path(
    patch, path = "/v1/senders/{id}", operation_id = "updateSender", tag = "senders",
    request_body = UpdateSender, params(("id" = String, Path, description = "`snd_…`")),
    responses((status = 200, description = "In force within a second", body = SenderView)),
)]
pub async fn update_sender(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
    Json(patch): Json<UpdateSender>,
) -> Result<Json<SenderView>> {
    let id: SenderId = path_id(&id, "sender")?;
    Ok(Json(state.engine.patch_sender(&caller, id, patch.messages_per_s).await?.into()))
}

/// Get a sender
#[utoipa::path(
    get, path = "/v1/senders/{id}", operation_id = "getSender", tag = "senders",
    params(("id" = String, Path, description = "`snd_…`")),
    responses((status = 200, description = "The sender", body = SenderView)),
)]
pub async fn get_sender(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
) -> Result<Json<SenderView>> {
    let id: SenderId = path_id(&id, "sender")?;
    Ok(Json(state.engine.sender(&caller, id).await?.into()))
}

/// Look into a sender's lane
///
/// Its phase, its buckets, what waits by category, what is under way, and what holds it.
#[utoipa::path(
    get, path = "/v1/senders/{id}/lane", operation_id = "getLane", tag = "senders",
    params(("id" = String, Path, description = "`snd_…`")),
    responses((status = 200, description = "The lane as it is now", body = schema::Lane)),
)]
pub async fn sender_lane(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
) -> Result<Response> {
    let id: SenderId = path_id(&id, "sender")?;
    Ok(Json(state.engine.lane(&caller, id).await?).into_response())
}

/// Ask the provider how a sender fares
#[utoipa::path(
    get, path = "/v1/senders/{id}/health", operation_id = "getSenderHealth", tag = "senders",
    params(("id" = String, Path, description = "`snd_…`")),
    responses((status = 200, description = "As the provider shows it now", body = schema::SenderHealth)),
)]
pub async fn sender_health(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
) -> Result<Response> {
    let id: SenderId = path_id(&id, "sender")?;
    Ok(Json(state.engine.sender_health(&caller, id).await?).into_response())
}

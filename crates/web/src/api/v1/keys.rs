//! API keys. The token is shown once; then only its keyed hash exists.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use tidings_domain::actor::{Permission, Role};
use tidings_domain::id::KeyId;
use tidings_domain::time::Timestamp;
use tidings_engine::store_model::ApiKey;
use utoipa::ToSchema;

use crate::api::v1::schema;
use crate::error::Result;
use crate::extract::{Json, Key, path_id};
use crate::state::AppState;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "checkout", "role": "developer", "permissions": ["messages:write"]}))]
pub struct CreateKey {
    name: String,
    #[schema(value_type = schema::Role)]
    role: Role,
    /// Fewer than the role brings; all of the role's unless given.
    #[schema(value_type = Option<Vec<schema::Permission>>)]
    permissions: Option<Vec<Permission>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct KeyCreated {
    #[schema(value_type = String, example = "key_01k9h3c4v8e2xt7m5q0w6r1yza")]
    id: KeyId,
    /// It is shown only now.
    #[schema(example = "tdk_main_…")]
    key: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct KeyList {
    keys: Vec<KeyView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct KeyView {
    #[schema(value_type = String)]
    id: KeyId,
    name: String,
    #[schema(value_type = schema::Role)]
    role: Role,
    #[schema(value_type = Vec<schema::Permission>)]
    permissions: Vec<Permission>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Timestamp>,
}

impl From<ApiKey> for KeyView {
    fn from(key: ApiKey) -> Self {
        let permissions = Permission::ALL.into_iter().filter(|each| key.allows(*each)).collect();
        let ApiKey { id, name, role, created_at, revoked_at, .. } = key;
        Self { id, name, role, permissions, created_at, revoked_at }
    }
}

/// Create an API key
#[utoipa::path(
    post, path = "/v1/keys", operation_id = "createKey", tag = "keys", request_body = CreateKey,
    responses((status = 201, description = "The key, shown once", body = KeyCreated)),
)]
pub async fn create_key(
    State(state): State<AppState>,
    Key(caller): Key,
    Json(new): Json<CreateKey>,
) -> Result<Response> {
    let minted = state.engine.create_key(&caller, &new.name, new.role, new.permissions).await?;
    let created = KeyCreated { id: minted.key.id, key: minted.token.expose().to_owned() };
    Ok((StatusCode::CREATED, Json(created)).into_response())
}

/// List the API keys
#[utoipa::path(
    get, path = "/v1/keys", operation_id = "listKeys", tag = "keys",
    responses((status = 200, description = "Every key, without its token", body = KeyList)),
)]
pub async fn list_keys(State(state): State<AppState>, Key(caller): Key) -> Result<Json<KeyList>> {
    let keys = state.engine.keys(&caller).await?;
    Ok(Json(KeyList { keys: keys.into_iter().map(Into::into).collect() }))
}

/// Revoke an API key
#[utoipa::path(
    delete, path = "/v1/keys/{id}", operation_id = "revokeKey", tag = "keys",
    params(("id" = String, Path, description = "`key_…`")),
    responses((status = 204, description = "It is refused from now on")),
)]
pub async fn revoke_key(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
) -> Result<StatusCode> {
    state.engine.revoke_key(&caller, path_id(&id, "key")?).await?;
    Ok(StatusCode::NO_CONTENT)
}

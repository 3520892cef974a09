//! Tenants: the installation's own resource, for the installation key only.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::{Deserialize, Deserializer, Serialize};
use tidings_domain::id::TenantId;
use tidings_domain::time::Timestamp;
use tidings_engine::store_model::{Retention, Tenant, TenantLimits, TenantPatch};
use utoipa::ToSchema;

use crate::api::v1::schema;
use crate::error::Result;
use crate::extract::{Json, OperatorKey, path_id};
use crate::state::AppState;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Acme Parcels"}))]
pub struct CreateTenant {
    name: String,
    /// Where the tenant's data lives, for good; the first region unless given.
    region: Option<String>,
    /// Over all senders of the tenant; unlimited unless given.
    messages_per_s: Option<f64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TenantCreated {
    #[schema(value_type = String, example = "ten_01k9h3c4v8e2xt7m5q0w6r1yza")]
    id: TenantId,
    /// The first API key, with every permission of the tenant. It is shown only now.
    #[schema(example = "tdk_main_…")]
    key: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TenantList {
    tenants: Vec<TenantView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TenantView {
    #[schema(value_type = String)]
    id: TenantId,
    name: String,
    messages_per_s: Option<f64>,
    /// Nothing is taken and nothing is sent.
    suspended: bool,
    /// Intents per second that are taken; unlimited if absent.
    accepts_per_s: Option<f64>,
    /// Intents per day in UTC that are taken; unlimited if absent.
    accepts_per_day: Option<u32>,
    /// Days for which each kind of data is kept, where the tenant differs from the installation.
    #[schema(value_type = Option<schema::Retention>)]
    retention: Option<Retention>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// What is absent stays; `null` lifts a limit.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"suspended": true}))]
pub struct UpdateTenant {
    suspended: Option<bool>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<f64>)]
    messages_per_s: Option<Option<f64>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<f64>)]
    accepts_per_s: Option<Option<f64>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<u32>)]
    accepts_per_day: Option<Option<u32>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<schema::Retention>)]
    retention: Option<Option<Retention>>,
}

/// Tells a `null` from what is absent.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    value: D,
) -> std::result::Result<Option<T>, D::Error> {
    T::deserialize(value).map(Some)
}

impl From<Tenant> for TenantView {
    fn from(tenant: Tenant) -> Self {
        let Tenant { id, name, messages_per_s, limits, retention, created_at } = tenant;
        let TenantLimits { suspended, accepts_per_s, accepts_per_day } = limits;
        Self { id, name, messages_per_s, suspended, accepts_per_s, accepts_per_day, retention, created_at }
    }
}

/// Create a tenant
#[utoipa::path(
    post, path = "/v1/tenants", operation_id = "createTenant", tag = "tenants", request_body = CreateTenant,
    security(("installation_key" = [])),
    responses((status = 201, description = "The tenant and its first key", body = TenantCreated)),
)]
pub async fn create_tenant(
    State(state): State<AppState>,
    OperatorKey(operator): OperatorKey,
    Json(new): Json<CreateTenant>,
) -> Result<Response> {
    let (tenant, minted) =
        state.engine.create_tenant(&operator, &new.name, new.region.as_deref(), new.messages_per_s).await?;
    let created = TenantCreated { id: tenant.id, key: minted.token.expose().to_owned() };
    Ok((StatusCode::CREATED, Json(created)).into_response())
}

/// List the tenants
#[utoipa::path(
    get, path = "/v1/tenants", operation_id = "listTenants", tag = "tenants",
    security(("installation_key" = [])),
    responses((status = 200, description = "Every tenant", body = TenantList)),
)]
pub async fn list_tenants(
    State(state): State<AppState>,
    OperatorKey(operator): OperatorKey,
) -> Result<Json<TenantList>> {
    let tenants = state.engine.tenants(&operator).await?;
    Ok(Json(TenantList { tenants: tenants.into_iter().map(Into::into).collect() }))
}

/// Limit, suspend or free a tenant
#[utoipa::path(
    patch, path = "/v1/tenants/{id}", operation_id = "updateTenant", tag = "tenants", request_body = UpdateTenant,
    params(("id" = String, Path, description = "`ten_…`")),
    security(("installation_key" = [])),
    responses((status = 200, description = "In force within a second", body = TenantView)),
)]
pub async fn update_tenant(
    State(state): State<AppState>,
    OperatorKey(operator): OperatorKey,
    Path(id): Path<String>,
    Json(new): Json<UpdateTenant>,
) -> Result<Json<TenantView>> {
    let UpdateTenant { suspended, messages_per_s, accepts_per_s, accepts_per_day, retention } = new;
    let patch = TenantPatch { suspended, messages_per_s, accepts_per_s, accepts_per_day, retention };
    Ok(Json(state.engine.patch_tenant(&operator, path_id(&id, "tenant")?, patch).await?.into()))
}

//! Rotating the installation's keys, for the installation key only.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use tidings_domain::id::TenantId;
use utoipa::ToSchema;

use crate::error::Result;
use crate::extract::{Json, OperatorKey, path_id};
use crate::state::AppState;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RotatedKind {
    /// Wraps every key by the newest line of the master key file, which is read again.
    MasterKey,
    /// Seals what comes by a new key; what was sealed before still opens.
    DataKeys,
    /// Replaces the key that this request was made with.
    InstallationKey,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"what": "data_keys"}))]
pub struct Rotate {
    what: RotatedKind,
    /// Only this tenant's data key; every tenant's unless given.
    tenant: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Rotation {
    what: RotatedKind,
    /// Keys that were wrapped anew, or that are new.
    keys: u64,
    /// It is shown only now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "tdi_…")]
    installation_key: Option<String>,
}

/// Rotate the master key, data keys or the installation key
#[utoipa::path(
    post, path = "/v1/rotations", operation_id = "rotate", tag = "rotations", request_body = Rotate,
    security(("installation_key" = [])),
    responses((status = 200, description = "What was done", body = Rotation)),
)]
pub async fn rotate(
    State(state): State<AppState>,
    OperatorKey(operator): OperatorKey,
    Json(new): Json<Rotate>,
) -> Result<Json<Rotation>> {
    let tenant: Option<TenantId> = new.tenant.map(|id| path_id(&id, "tenant")).transpose()?;
    let (engine, what) = (&state.engine, new.what);
    let (keys, installation_key) = match what {
        RotatedKind::MasterKey => (engine.rotate_master_key(&operator).await?, None),
        RotatedKind::DataKeys => (engine.rotate_data_keys(&operator, tenant).await?, None),
        RotatedKind::InstallationKey => {
            let key = engine.rotate_installation_key(&operator).await?;
            (1, Some(key.expose().to_owned()))
        }
    };
    Ok(Json(Rotation { what, keys, installation_key }))
}

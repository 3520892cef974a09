//! What a tenant decides about its codes, as JSON.

use serde_json::json;

use tidings_domain::actor::Actor;
use tidings_domain::event::Kind;
use tidings_domain::id::Id as _;
use tidings_domain::time::Timestamp;
use tidings_domain::verification::Settings;

use super::log;
use crate::conn::vals;
use crate::error::{Result, StoreError};
use crate::scope::TenantScope;
use crate::store::Store;

impl Store {
    pub async fn verification_settings(&self, scope: &TenantScope) -> Result<Settings> {
        let tenant = scope.tenant();
        self.read(move |conn| {
            Box::pin(async move {
                let sql = "SELECT data FROM verification_settings WHERE tenant_id = $1";
                match conn.query_opt(sql, vals![&tenant]).await? {
                    None => Ok(Settings::default()),
                    Some(row) => serde_json::from_str(row.text(0)?)
                        .map_err(|_| StoreError::Corrupt("settings of verifications do not read")),
                }
            })
        })
        .await
    }

    pub async fn set_verification_settings(
        &self,
        scope: &TenantScope,
        settings: &Settings,
        actor: Actor,
        at: Timestamp,
    ) -> Result<()> {
        let (tenant, body) = (scope.tenant(), json!(settings));
        self.write(move |conn| {
            Box::pin(async move {
                let sql = "INSERT INTO verification_settings (tenant_id, data) VALUES ($1, $2)
                    ON CONFLICT (tenant_id) DO UPDATE SET data = excluded.data";
                conn.execute(sql, vals![&tenant, &body.to_string()]).await?;
                log(conn, tenant, Kind::VerificationSettings, tenant.bytes(), actor, at, body).await
            })
        })
        .await
    }
}

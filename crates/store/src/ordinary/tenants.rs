//! Tenants: each with keys of its own, made with its first API key.

use serde_json::json;

use tidings_domain::actor::{Actor, Role};
use tidings_domain::event::Kind;
use tidings_domain::id::{Id, TenantId};
use tidings_domain::time::Timestamp;

use super::log;
use crate::conn::{Row, vals};
use crate::error::{Result, StoreError};
use crate::model::{MintedKey, Tenant};
use crate::scope::{SystemScope, TenantScope};
use crate::seal::TenantKeys;
use crate::store::Store;

impl Store {
    pub async fn create_tenant(
        &self,
        name: &str,
        messages_per_s: Option<f64>,
        actor: Actor,
        at: Timestamp,
    ) -> Result<(TenantScope, Tenant, MintedKey)> {
        let id: TenantId = self.ids().next(at);
        let tenant = Tenant { id, name: name.to_owned(), messages_per_s, created_at: at };
        let keys = TenantKeys::mint_all(self.masters(), self.ids(), id);
        let (row, region) = (tenant.clone(), self.region().to_owned());
        self.write(move |conn| {
            Box::pin(async move {
                conn.execute(
                    "INSERT INTO tenants (id, name, messages_per_s, created_at) VALUES ($1, $2, $3, $4)",
                    vals![&row.id, &row.name, row.messages_per_s, row.created_at],
                )
                .await?;
                for key in &keys {
                    conn.execute(
                        "INSERT INTO tenant_keys (tenant_id, purpose, version, wrapped, created_at, active)
                         VALUES ($1, $2, $3, $4, $5, $6)",
                        vals![&row.id, key.purpose.as_str(), key.version, &key.wrapped, at, key.active],
                    )
                    .await?;
                }
                let body = json!({"region": region});
                log(conn, row.id, Kind::TenantCreated, row.id.bytes(), actor, at, body).await
            })
        })
        .await?;
        let scope = self.scope_of(id).await?.ok_or(StoreError::Corrupt("a new tenant has no keys"))?;
        let role = Role::TenantAdmin;
        let key = self.mint_key(&scope, "first key", role, role.permissions(), actor, at).await?;
        Ok((scope, tenant, key))
    }

    pub async fn list_tenants(&self, _system: &SystemScope) -> Result<Vec<Tenant>> {
        self.read(|conn| {
            Box::pin(async move {
                let sql = "SELECT id, name, messages_per_s, created_at FROM tenants ORDER BY id";
                conn.query(sql, &[]).await?.iter().map(tenant).collect()
            })
        })
        .await
    }
}

fn tenant(row: &Row) -> Result<Tenant> {
    Ok(Tenant { id: row.id(0)?, name: row.get(1)?, messages_per_s: row.get(2)?, created_at: row.get(3)? })
}

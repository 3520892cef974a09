//! Tenants: each with keys of its own, made with its first API key.

use serde_json::json;

use tidings_domain::actor::{Actor, Role};
use tidings_domain::event::Kind;
use tidings_domain::id::{Id, TenantId};
use tidings_domain::time::Timestamp;

use super::{bump, keyring, log};
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
                    keyring::insert_key(conn, row.id, key, at).await?;
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

    pub async fn tenant(&self, scope: &TenantScope) -> Result<Option<Tenant>> {
        let id = scope.tenant();
        self.read(move |conn| {
            Box::pin(async move {
                let sql = "SELECT id, name, messages_per_s, created_at FROM tenants WHERE id = $1";
                conn.query_opt(sql, vals![&id]).await?.map(|row| tenant(&row)).transpose()
            })
        })
        .await
    }

    pub async fn set_tenant_rate(
        &self,
        scope: &TenantScope,
        messages_per_s: Option<f64>,
        actor: Actor,
        at: Timestamp,
    ) -> Result<()> {
        let tenant = scope.tenant();
        self.write(move |conn| {
            Box::pin(async move {
                let sql = "UPDATE tenants SET messages_per_s = $2 WHERE id = $1";
                conn.execute(sql, vals![&tenant, messages_per_s]).await?;
                bump(conn, tenant).await?;
                let body = json!({"messages_per_s": messages_per_s});
                log(conn, tenant, Kind::TenantChanged, tenant.bytes(), actor, at, body).await
            })
        })
        .await
    }
}

fn tenant(row: &Row) -> Result<Tenant> {
    Ok(Tenant { id: row.id(0)?, name: row.get(1)?, messages_per_s: row.get(2)?, created_at: row.get(3)? })
}

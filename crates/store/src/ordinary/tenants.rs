//! Tenants: each with keys of its own, made with its first API key.

use serde_json::json;

use tidings_domain::actor::{Actor, Role};
use tidings_domain::event::Kind;
use tidings_domain::id::{Id, TenantId};
use tidings_domain::time::Timestamp;

use super::{bump, keyring, log};
use crate::conn::{Conn, Row, Val, vals};
use crate::error::{Result, StoreError};
use crate::model::{MintedKey, Tenant, TenantLimits, TenantPatch};
use crate::scope::{SystemScope, TenantScope};
use crate::seal::TenantKeys;
use crate::store::Store;

const COLUMNS: &str =
    "id, name, messages_per_s, created_at, suspended, accepts_per_s, accepts_per_day, retention";

impl Store {
    pub async fn create_tenant(
        &self,
        name: &str,
        messages_per_s: Option<f64>,
        actor: Actor,
        at: Timestamp,
    ) -> Result<(TenantScope, Tenant, MintedKey)> {
        let id: TenantId = self.ids().next(at);
        let tenant = Tenant {
            id,
            name: name.to_owned(),
            messages_per_s,
            limits: TenantLimits::default(),
            retention: None,
            created_at: at,
        };
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
                let sql = &format!("SELECT {COLUMNS} FROM tenants ORDER BY id");
                conn.query(sql, &[]).await?.iter().map(tenant).collect()
            })
        })
        .await
    }

    pub async fn tenant(&self, scope: &TenantScope) -> Result<Option<Tenant>> {
        let id = scope.tenant();
        self.read(move |conn| {
            Box::pin(async move {
                let sql = &format!("SELECT {COLUMNS} FROM tenants WHERE id = $1");
                conn.query_opt(sql, vals![&id]).await?.map(|row| tenant(&row)).transpose()
            })
        })
        .await
    }

    /// Changes what a tenant may do; the tenant as it is then.
    pub async fn patch_tenant(
        &self,
        scope: &TenantScope,
        patch: TenantPatch,
        actor: Actor,
        at: Timestamp,
    ) -> Result<Option<Tenant>> {
        let tenant = scope.tenant();
        self.write(move |conn| {
            Box::pin(async move {
                let mut body = serde_json::Map::new();
                if let Some(suspended) = patch.suspended {
                    set(conn, tenant, "suspended", Val::from(suspended)).await?;
                    body.insert("suspended".to_owned(), json!(suspended));
                }
                if let Some(rate) = patch.messages_per_s {
                    set(conn, tenant, "messages_per_s", Val::from(rate)).await?;
                    body.insert("messages_per_s".to_owned(), json!(rate));
                }
                if let Some(rate) = patch.accepts_per_s {
                    set(conn, tenant, "accepts_per_s", Val::from(rate)).await?;
                    body.insert("accepts_per_s".to_owned(), json!(rate));
                }
                if let Some(count) = patch.accepts_per_day {
                    set(conn, tenant, "accepts_per_day", Val::from(count)).await?;
                    body.insert("accepts_per_day".to_owned(), json!(count));
                }
                if let Some(retention) = patch.retention {
                    let text = retention.map(|kept| json!(kept).to_string());
                    set(conn, tenant, "retention", Val::from(text.as_deref())).await?;
                    body.insert("retention".to_owned(), json!(retention));
                }
                bump(conn, tenant).await?;
                log(conn, tenant, Kind::TenantChanged, tenant.bytes(), actor, at, json!(body)).await
            })
        })
        .await?;
        self.tenant(scope).await
    }

    /// Messages taken since a time, counted up to a limit.
    pub async fn accepted_since(&self, scope: &TenantScope, since: Timestamp, limit: u32) -> Result<u32> {
        let tenant = scope.tenant();
        // An id begins with its milliseconds.
        let mut from = [0; 16];
        from[..6].copy_from_slice(&since.millis().max(0).to_be_bytes()[2..]);
        self.read(move |conn| {
            Box::pin(async move {
                let sql = "SELECT COUNT(*) FROM
                    (SELECT 1 FROM messages WHERE tenant_id = $1 AND id >= $2 LIMIT $3) m";
                let row = conn.query_opt(sql, vals![&tenant, &from, limit]).await?;
                row.map_or(Ok(0), |row| row.get(0))
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

async fn set(conn: &Conn, tenant: TenantId, column: &'static str, value: Val<'_>) -> Result<()> {
    let sql = format!("UPDATE tenants SET {column} = $2 WHERE id = $1");
    conn.execute(&sql, &[Val::from(&tenant), value]).await.map(|_| ())
}

fn tenant(row: &Row) -> Result<Tenant> {
    let (messages_per_s, created_at) = (row.get(2)?, row.get(3)?);
    let retention: Option<String> = row.get(7)?;
    let retention = retention.as_deref().map(serde_json::from_str).transpose();
    let retention = retention.map_err(|_| StoreError::Corrupt("a tenant's retention cannot be read"))?;
    let (id, name, limits) = (row.id(0)?, row.get(1)?, limits(row, 4)?);
    Ok(Tenant { id, name, messages_per_s, limits, retention, created_at })
}

/// The columns of the limits, from `at`.
pub(super) fn limits(row: &Row, at: usize) -> Result<TenantLimits> {
    Ok(TenantLimits {
        suspended: row.get(at)?,
        accepts_per_s: row.get(at + 1)?,
        accepts_per_day: row.get(at + 2)?,
    })
}

//! Rotating the keys that seal a tenant's data.

use tidings_domain::id::TenantId;
use tidings_domain::time::Timestamp;

use crate::conn::{Conn, vals};
use crate::error::{Result, StoreError};
use crate::scope::{SystemScope, TenantScope};
use crate::seal::{Purpose, TenantKeys, Wrapped};
use crate::store::{Store, tenant_keys};

impl Store {
    /// Gives a tenant a new data key. What was sealed before still opens. Every process reads the new key within
    /// seconds, and seals with it once all have: [`KEY_GRACE_US`](crate::limits::KEY_GRACE_US) after `at`.
    pub async fn rotate_data_key(&self, scope: &TenantScope, at: Timestamp) -> Result<TenantScope> {
        let tenant = scope.tenant();
        let rows =
            self.read(move |conn| Box::pin(async move { tenant_keys(conn, tenant, at).await })).await?;
        let newest = rows.iter().filter(|row| row.purpose == Purpose::Data).map(|row| row.version).max();
        let version = newest.ok_or(StoreError::Corrupt("a tenant has no data key"))? + 1;
        let key = TenantKeys::mint(self.masters(), self.ids(), tenant, Purpose::Data, version);
        self.write(move |conn| {
            Box::pin(async move {
                let sql = "UPDATE tenant_keys SET active = 0 WHERE tenant_id = $1 AND purpose = $2";
                conn.execute(sql, vals![&tenant, Purpose::Data.as_str()]).await?;
                insert_key(conn, tenant, &key, at).await
            })
        })
        .await?;
        self.forget_scope(tenant);
        self.scope_of(tenant).await?.ok_or(StoreError::Corrupt("a tenant lost its keys"))
    }

    /// Wraps all keys of all tenants by the newest master key; how many were not yet.
    pub async fn rewrap_keys(&self, system: &SystemScope) -> Result<u64> {
        let (mut done, now) = (0, self.now());
        for tenant in self.list_tenants(system).await? {
            let id = tenant.id;
            let rows =
                self.read(move |conn| Box::pin(async move { tenant_keys(conn, id, now).await })).await?;
            let mut fresh = Vec::new();
            for row in &rows {
                fresh.extend(TenantKeys::rewrap(self.masters(), self.ids(), id, row)?);
            }
            done += fresh.len() as u64;
            self.write(move |conn| Box::pin(async move { rewrap(conn, id, &fresh).await })).await?;
        }
        Ok(done)
    }
}

async fn rewrap(conn: &Conn, tenant: TenantId, fresh: &[Wrapped]) -> Result<()> {
    for key in fresh {
        let sql =
            "UPDATE tenant_keys SET wrapped = $4 WHERE tenant_id = $1 AND purpose = $2 AND version = $3";
        conn.execute(sql, vals![&tenant, key.purpose.as_str(), key.version, &key.wrapped]).await?;
    }
    Ok(())
}

pub(super) async fn insert_key(conn: &Conn, tenant: TenantId, key: &Wrapped, at: Timestamp) -> Result<()> {
    let sql = "INSERT INTO tenant_keys (tenant_id, purpose, version, wrapped, created_at, active)
        VALUES ($1, $2, $3, $4, $5, $6)";
    let params = vals![&tenant, key.purpose.as_str(), key.version, &key.wrapped, at, key.active];
    conn.execute(sql, params).await.map(|_| ())
}

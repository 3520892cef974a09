//! Rotating the keys that seal a tenant's data, and the master key that wraps them.

use std::collections::BTreeMap;

use serde_json::json;

use tidings_domain::actor::Actor;
use tidings_domain::event::Kind;
use tidings_domain::id::{Id as _, TenantId};
use tidings_domain::time::Timestamp;

use super::log;
use crate::conn::{Conn, vals};
use crate::error::{Result, StoreError};
use crate::scope::{SystemScope, TenantScope};
use crate::seal::{Purpose, TenantKeys, Wrapped, version_of};
use crate::store::{INSTALLATION, Store, tenant_keys};

const INSTALLATION_SECRET: &str = "SELECT data FROM meta WHERE key = 'installation'";

impl Store {
    /// Gives a tenant a new data key. What was sealed before still opens. Every process reads the new key within
    /// seconds, and seals with it once all have: [`KEY_GRACE_US`](crate::limits::KEY_GRACE_US) after `at`.
    pub async fn rotate_data_key(
        &self,
        scope: &TenantScope,
        actor: Actor,
        at: Timestamp,
    ) -> Result<TenantScope> {
        self.masters().read_again();
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
                insert_key(conn, tenant, &key, at).await?;
                let body = json!({"version": key.version});
                log(conn, tenant, Kind::DataKeyRotated, tenant.bytes(), actor, at, body).await
            })
        })
        .await?;
        self.forget_scope(tenant);
        self.scope_of(tenant).await?.ok_or(StoreError::Corrupt("a tenant lost its keys"))
    }

    /// Wraps the installation's secret and all keys of all tenants by the newest master key, which is read
    /// again before; how many were not yet. What they wrap stays the same, so nobody has to be told.
    pub async fn rewrap_keys(&self, system: &SystemScope) -> Result<u64> {
        self.masters().read_again();
        let (mut done, now) = (self.rewrap_installation().await?, self.now());
        for tenant in self.list_tenants(system).await? {
            let id = tenant.id;
            let rows =
                self.read(move |conn| Box::pin(async move { tenant_keys(conn, id, now).await })).await?;
            let mut fresh = Vec::new();
            for row in &rows {
                fresh.extend(TenantKeys::rewrap(self.masters(), self.ids(), id, row)?);
            }
            done += fresh.len() as u64;
            if !fresh.is_empty() {
                self.write(move |conn| Box::pin(async move { rewrap(conn, id, &fresh).await })).await?;
            }
        }
        Ok(done)
    }

    async fn rewrap_installation(&self) -> Result<u64> {
        let stored = self
            .read(|conn| {
                Box::pin(async move {
                    let row = conn.query_opt(INSTALLATION_SECRET, &[]).await?;
                    row.ok_or(StoreError::Corrupt("the store has lost its own description"))?
                        .get::<Vec<u8>>(0)
                })
            })
            .await?;
        if self.masters().is_current(&stored) {
            return Ok(0);
        }
        let secret = self.masters().unwrap(INSTALLATION, &stored)?;
        let wrapped = self.masters().wrap(self.ids(), INSTALLATION, &secret);
        self.write(move |conn| {
            Box::pin(async move {
                let sql = "UPDATE meta SET data = $1 WHERE key = 'installation'";
                conn.execute(sql, vals![&wrapped]).await
            })
        })
        .await
    }

    /// How many keys each version of the master key wraps: one that wraps none is not needed any more.
    pub async fn wrapped_by(&self, _system: &SystemScope) -> Result<BTreeMap<u32, u64>> {
        self.read(|conn| Box::pin(wrapped_by(conn))).await
    }
}

pub(crate) async fn wrapped_by(conn: &Conn) -> Result<BTreeMap<u32, u64>> {
    let sql = format!("{INSTALLATION_SECRET} UNION ALL SELECT wrapped FROM tenant_keys");
    let mut counts = BTreeMap::new();
    for row in conn.query(&sql, &[]).await? {
        *counts.entry(version_of(row.blob(0)?)?).or_insert(0) += 1;
    }
    Ok(counts)
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

//! A tenant's catalog in one read, and a number that tells whether it changed.

use super::{accounts, catalogue, pauses, policy, senders, templates, tenants, topics};
use crate::conn::vals;
use crate::error::{Result, StoreError};
use crate::model::Catalog;
use crate::scope::TenantScope;
use crate::store::Store;

const NO_TENANT: StoreError = StoreError::Corrupt("a scope of no tenant");

impl Store {
    pub async fn catalog(&self, scope: &TenantScope) -> Result<Catalog> {
        let own = scope.clone();
        self.read(move |conn| {
            Box::pin(async move {
                let sql = "SELECT messages_per_s, suspended, accepts_per_s, accepts_per_day FROM tenants WHERE id = $1";
                let row = conn.query_opt(sql, vals![&own.tenant()]).await?.ok_or(NO_TENANT)?;
                Ok(Catalog {
                    accounts: accounts::accounts(conn, &own).await?,
                    senders: senders::senders(conn, &own).await?,
                    templates: templates::templates(conn, &own).await?,
                    pauses: pauses::pauses(conn, &own).await?,
                    tenant_messages_per_s: row.get(0)?,
                    limits: tenants::limits(&row, 1)?,
                    policy: policy::policy(conn, &own).await?,
                    shelf: catalogue::shelf(conn, &own).await?,
                    consent: topics::setup(conn, &own).await?,
                })
            })
        })
        .await
    }

    pub async fn catalog_version(&self, scope: &TenantScope) -> Result<i64> {
        let tenant = scope.tenant();
        self.read(move |conn| {
            Box::pin(async move {
                let sql = "SELECT catalog_version FROM tenants WHERE id = $1";
                conn.query_opt(sql, vals![&tenant]).await?.ok_or(NO_TENANT)?.get(0)
            })
        })
        .await
    }

    /// Whether the store answers.
    pub async fn ping(&self) -> Result<()> {
        self.read(|conn| Box::pin(async move { conn.query("SELECT 1", &[]).await.map(|_| ()) })).await
    }
}

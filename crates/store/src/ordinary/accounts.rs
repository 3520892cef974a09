//! Accounts; their credentials are sealed.

use serde_json::json;

use tidings_domain::actor::Actor;
use tidings_domain::credentials::{Credentials, ProviderKind};
use tidings_domain::event::Kind;
use tidings_domain::id::{AccountId, Id, TenantId};
use tidings_domain::time::Timestamp;

use super::{bump, log};
use crate::conn::{Conn, Row, vals};
use crate::error::{Result, StoreError};
use crate::model::{Account, Hash16, SlotSet};
use crate::scope::{SystemScope, TenantScope};
use crate::store::Store;

const TABLE: &str = "accounts";

/// What was counted for one portfolio is counted for another as well: rather twice for a day than not at all.
const JOIN: [&str; 3] = [
    "INSERT INTO reached (tenant_id, pool, hash, at)
     SELECT tenant_id, $3, hash, at FROM reached WHERE tenant_id = $1 AND pool = $2
     ON CONFLICT (tenant_id, pool, hash) DO UPDATE
     SET at = CASE WHEN excluded.at > reached.at THEN excluded.at ELSE reached.at END",
    "INSERT INTO reach_counts (tenant_id, pool, span, recipients)
     SELECT tenant_id, $3, span, recipients FROM reach_counts WHERE tenant_id = $1 AND pool = $2
     ON CONFLICT (tenant_id, pool, span) DO UPDATE SET recipients = reach_counts.recipients + excluded.recipients",
    "INSERT INTO portfolio_limits (tenant_id, pool, recipients, tier, at)
     SELECT tenant_id, $3, recipients, tier, at FROM portfolio_limits WHERE tenant_id = $1 AND pool = $2
     ON CONFLICT (tenant_id, pool) DO NOTHING",
];

impl Store {
    pub async fn create_account(
        &self,
        scope: &TenantScope,
        provider: ProviderKind,
        provider_ref: &str,
        credentials: Credentials,
        actor: Actor,
        at: Timestamp,
    ) -> Result<Account> {
        let id: AccountId = self.ids().next(at);
        let sealed = seal(scope, id, &credentials);
        let (tenant, reference) = (scope.tenant(), provider_ref.to_owned());
        let slot = self.write(move |conn| {
            Box::pin(async move {
                let known =
                    "SELECT id FROM accounts WHERE tenant_id = $1 AND provider = $2 AND provider_ref = $3";
                if conn.query_opt(known, vals![&tenant, provider.as_str(), &reference]).await?.is_some() {
                    return Err(StoreError::Conflict(
                        "there is an account with this id of the provider already",
                    ));
                }
                let slot = place(conn, tenant).await?;
                conn.execute(
                    "INSERT INTO accounts (tenant_id, id, provider, provider_ref, credentials, slot, created_at)
                     VALUES ($1, $2, $3, $4, $5, $6, $7)",
                    vals![&tenant, &id, provider.as_str(), &reference, &sealed, slot, at],
                )
                .await?;
                bump(conn, tenant).await?;
                let body = json!({"provider": provider.as_str()});
                log(conn, tenant, Kind::AccountCreated, id.bytes(), actor, at, body).await?;
                Ok(slot)
            })
        })
        .await?;
        let provider_ref = provider_ref.to_owned();
        let (portfolio, pool) = (None, pool(scope, id, None));
        Ok(Account { id, provider, provider_ref, credentials, slot, portfolio, pool, created_at: at })
    }

    /// Names the portfolio of an account. Whom the account has reached counts for the portfolio from now on, and its
    /// limit is what was known of the account's, until the platform says more.
    pub async fn set_account_portfolio(
        &self,
        scope: &TenantScope,
        id: AccountId,
        portfolio: Option<String>,
        actor: Actor,
        at: Timestamp,
    ) -> Result<()> {
        let own = scope.clone();
        self.write(move |conn| {
            Box::pin(async move {
                let tenant = own.tenant();
                let known = accounts(conn, &own).await?.into_iter().find(|account| account.id == id);
                let Some(known) = known.filter(|known| known.portfolio != portfolio) else { return Ok(()) };
                let sql = "UPDATE accounts SET portfolio = $3 WHERE tenant_id = $1 AND id = $2";
                conn.execute(sql, vals![&tenant, &id, portfolio.as_deref()]).await?;
                let (from, to) = (known.pool, pool(&own, id, portfolio.as_deref()));
                for sql in JOIN {
                    conn.execute(sql, vals![&tenant, &from, &to]).await?;
                }
                bump(conn, tenant).await?;
                let body = json!({"portfolio": portfolio});
                log(conn, tenant, Kind::AccountUpdated, id.bytes(), actor, at, body).await
            })
        })
        .await
    }

    /// Replaces what speaks for the account, and what the provider calls it.
    pub async fn update_account(
        &self,
        scope: &TenantScope,
        id: AccountId,
        provider_ref: &str,
        credentials: Credentials,
        actor: Actor,
        at: Timestamp,
    ) -> Result<()> {
        let (tenant, sealed) = (scope.tenant(), seal(scope, id, &credentials));
        let (secrets, reference) = (credentials.app_secrets.len(), provider_ref.to_owned());
        self.write(move |conn| {
            Box::pin(async move {
                let taken = "SELECT 1 FROM accounts a JOIN accounts b ON b.tenant_id = a.tenant_id
                     AND b.provider = a.provider AND b.provider_ref = $3 AND b.id <> a.id
                    WHERE a.tenant_id = $1 AND a.id = $2";
                if conn.query_opt(taken, vals![&tenant, &id, &reference]).await?.is_some() {
                    return Err(StoreError::Conflict(
                        "there is an account with this id of the provider already",
                    ));
                }
                let sql = "UPDATE accounts SET credentials = $3, provider_ref = $4
                    WHERE tenant_id = $1 AND id = $2";
                conn.execute(sql, vals![&tenant, &id, &sealed, &reference]).await?;
                bump(conn, tenant).await?;
                let body = json!({"app_secrets": secrets});
                log(conn, tenant, Kind::AccountUpdated, id.bytes(), actor, at, body).await
            })
        })
        .await
    }

    pub async fn accounts(&self, scope: &TenantScope) -> Result<Vec<Account>> {
        let own = scope.clone();
        self.read(move |conn| Box::pin(async move { accounts(conn, &own).await })).await
    }

    pub async fn account(&self, scope: &TenantScope, id: AccountId) -> Result<Option<Account>> {
        Ok(self.accounts(scope).await?.into_iter().find(|account| account.id == id))
    }

    /// The accounts of these slots that are at other providers than the Cloud API: what they need beside single calls is
    /// kept by the owner of the slot.
    pub async fn accounts_elsewhere(&self, _system: &SystemScope, slots: SlotSet) -> Result<Vec<AccountId>> {
        self.read(move |conn| {
            Box::pin(async move {
                let sql = "SELECT id, slot FROM accounts WHERE provider <> $1 ORDER BY id";
                let rows = conn.query(sql, vals![ProviderKind::Cloud.as_str()]).await?;
                let mut found = Vec::new();
                for row in &rows {
                    if slots.contains(row.get(1)?) {
                        found.push(row.id(0)?);
                    }
                }
                Ok(found)
            })
        })
        .await
    }

    /// The tenant that an account of a callback address belongs to.
    pub async fn scope_of_account(&self, id: AccountId) -> Result<Option<(TenantScope, Account)>> {
        let tenant: Option<TenantId> = self
            .read(move |conn| {
                Box::pin(async move {
                    let sql = "SELECT tenant_id FROM accounts WHERE id = $1";
                    conn.query_opt(sql, vals![&id]).await?.map(|row| row.id(0)).transpose()
                })
            })
            .await?;
        let Some(tenant) = tenant else { return Ok(None) };
        let scope = self.scope_of(tenant).await?.ok_or(StoreError::Corrupt("an account names no tenant"))?;
        Ok(self.account(&scope, id).await?.map(|account| (scope, account)))
    }
}

pub(super) async fn accounts(conn: &Conn, scope: &TenantScope) -> Result<Vec<Account>> {
    let sql = "SELECT id, provider, provider_ref, credentials, created_at, slot, portfolio FROM accounts
        WHERE tenant_id = $1 ORDER BY id";
    conn.query(sql, vals![&scope.tenant()]).await?.iter().map(|row| account(scope, row)).collect()
}

fn account(scope: &TenantScope, row: &Row) -> Result<Account> {
    let id: AccountId = row.id(0)?;
    let portfolio: Option<String> = row.get(6)?;
    let opened = scope.open(TABLE, &id.bytes(), row.blob(3)?)?;
    Ok(Account {
        id,
        provider: ProviderKind::parse(row.text(1)?)
            .ok_or(StoreError::Corrupt("an account at no provider"))?,
        provider_ref: row.get(2)?,
        credentials: serde_json::from_slice(&opened).map_err(|_| StoreError::Corrupt("credentials"))?,
        slot: row.get(5)?,
        pool: pool(scope, id, portfolio.as_deref()),
        portfolio,
        created_at: row.get(4)?,
    })
}

fn pool(scope: &TenantScope, id: AccountId, portfolio: Option<&str>) -> Hash16 {
    portfolio.map_or(Hash16(id.bytes()), |portfolio| scope.hash(&format!("portfolio:{portfolio}")))
}

/// The slot of a tenant: that of its accounts, or the one with the fewest tenants. The limits of a portfolio
/// and of the tenant are kept in one node's memory, so its accounts stay together.
async fn place(conn: &Conn, tenant: TenantId) -> Result<u8> {
    let known = "SELECT slot FROM accounts WHERE tenant_id = $1 ORDER BY id LIMIT 1";
    if let Some(row) = conn.query_opt(known, vals![&tenant]).await? {
        return row.get(0);
    }
    let sql = "UPDATE slots SET tenants = tenants + 1
        WHERE slot = (SELECT slot FROM slots ORDER BY tenants, slot LIMIT 1) RETURNING slot";
    let row = conn.query_opt(sql, &[]).await?;
    row.map_or(Err(StoreError::Corrupt("the store has no slots")), |row| row.get(0))
}

fn seal(scope: &TenantScope, id: AccountId, credentials: &Credentials) -> Vec<u8> {
    let plain =
        zeroize::Zeroizing::new(serde_json::to_vec(credentials).expect("credentials have only string keys"));
    scope.seal(TABLE, &id.bytes(), &plain)
}

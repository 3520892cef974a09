//! Settings and rules of tenants, and the limit of their portfolio.

use serde_json::json;

use tidings_domain::actor::Actor;
use tidings_domain::category::Category;
use tidings_domain::event::Kind;
use tidings_domain::id::{Id, RuleId, TenantId};
use tidings_domain::time::{DAY, HOUR, Timestamp};

use super::{bump, log};
use crate::conn::{Conn, Row, vals};
use crate::error::{Result, StoreError};
use crate::hot::tally;
use crate::limits::{POLICY_HISTORY_MAX, PRUNE_ROWS_MAX};
use crate::model::{Hash16, PortfolioLimit, Reached, StoredPolicy, StoredRule, StoredSettings};
use crate::scope::{SystemScope, TenantScope};
use crate::store::Store;

/// Microseconds of the longest cap: what is older is counted by none.
const TOUCHES_KEPT_US: i64 = tidings_domain::limits::CAP_HOURS_MAX as i64 * HOUR;

impl Store {
    /// Puts settings in force and keeps those before them; returns their version. `None` if they are in force.
    pub async fn set_policy(
        &self,
        scope: &TenantScope,
        body: String,
        actor: Actor,
        at: Timestamp,
    ) -> Result<Option<i64>> {
        let tenant = scope.tenant();
        self.write(move |conn| {
            Box::pin(async move {
                let known = settings(conn, tenant).await?;
                if known.as_ref().is_some_and(|known| known.body == body) {
                    return Ok(None);
                }
                let version = known.map_or(1, |known| known.version + 1);
                let sql = "INSERT INTO policy_settings (tenant_id, version, body, actor, at) VALUES ($1, $2, $3, $4, $5)";
                conn.execute(sql, vals![&tenant, version, &body, actor.to_string().as_str(), at]).await?;
                bump(conn, tenant).await?;
                let body = json!({"version": version});
                log(conn, tenant, Kind::PolicyChanged, tenant.bytes(), actor, at, body).await?;
                Ok(Some(version))
            })
        })
        .await
    }

    /// The versions of the settings, newest first, at most [`POLICY_HISTORY_MAX`].
    pub async fn policy_history(&self, scope: &TenantScope) -> Result<Vec<StoredSettings>> {
        let tenant = scope.tenant();
        self.read(move |conn| {
            Box::pin(async move {
                let sql = "SELECT version, body, actor, at FROM policy_settings WHERE tenant_id = $1
                    ORDER BY version DESC LIMIT $2";
                let rows = conn.query(sql, vals![&tenant, POLICY_HISTORY_MAX]).await?;
                rows.iter().map(stored_settings).collect()
            })
        })
        .await
    }

    /// Adds a rule; `None` if a rule that is in force has the name, or there are `at_most` already.
    pub async fn add_policy_rule(
        &self,
        scope: &TenantScope,
        name: &str,
        body: String,
        at_most: usize,
        actor: Actor,
        at: Timestamp,
    ) -> Result<Option<StoredRule>> {
        let (tenant, name) = (scope.tenant(), name.to_owned());
        let id: RuleId = self.ids().next(at);
        self.write(move |conn| {
            Box::pin(async move {
                let known = rules(conn, tenant).await?;
                if known.len() >= at_most || known.iter().any(|rule| rule.name == name) {
                    return Ok(None);
                }
                let version = rules_version(conn, tenant).await? + 1;
                let sql = "INSERT INTO policy_rules (tenant_id, id, name, version, body, actor, created_at)
                    VALUES ($1, $2, $3, $4, $5, $6, $7)";
                let by = actor.to_string();
                conn.execute(sql, vals![&tenant, &id, &name, version, &body, by.as_str(), at]).await?;
                bump(conn, tenant).await?;
                log(conn, tenant, Kind::PolicyRuleAdded, id.bytes(), actor, at, json!({"version": version}))
                    .await?;
                Ok(Some(StoredRule { id, name, version, body, created_at: at }))
            })
        })
        .await
    }

    /// Whether there was such a rule in force.
    pub async fn remove_policy_rule(
        &self,
        scope: &TenantScope,
        id: RuleId,
        actor: Actor,
        at: Timestamp,
    ) -> Result<bool> {
        let tenant = scope.tenant();
        self.write(move |conn| {
            Box::pin(async move {
                let sql = "UPDATE policy_rules SET removed_at = $3
                    WHERE tenant_id = $1 AND id = $2 AND removed_at IS NULL";
                if conn.execute(sql, vals![&tenant, &id, at]).await? == 0 {
                    return Ok(false);
                }
                bump(conn, tenant).await?;
                log(conn, tenant, Kind::PolicyRuleRemoved, id.bytes(), actor, at, json!({})).await?;
                Ok(true)
            })
        })
        .await
    }

    /// Keeps what the platform says of the portfolio; whether it is news.
    pub async fn learn_portfolio_limit(
        &self,
        scope: &TenantScope,
        pool: Hash16,
        recipients: Option<u32>,
        tier: &str,
        at: Timestamp,
    ) -> Result<bool> {
        let (tenant, tier) = (scope.tenant(), tier.to_owned());
        self.write(move |conn| {
            Box::pin(async move {
                let known = portfolios(conn, tenant).await?;
                let mut known = known.iter().filter(|known| known.pool == pool);
                if known.any(|known| known.tier == tier || known.at > at) {
                    return Ok(false);
                }
                let sql =
                    "INSERT INTO portfolio_limits (tenant_id, pool, recipients, tier, at) VALUES ($1, $2, $3, $4, $5)
                    ON CONFLICT (tenant_id, pool) DO UPDATE
                    SET recipients = excluded.recipients, tier = excluded.tier, at = excluded.at";
                conn.execute(sql, vals![&tenant, &pool, recipients.map(i64::from), &tier, at]).await?;
                bump(conn, tenant).await?;
                let body = json!({"recipients": recipients, "tier": tier});
                log(conn, tenant, Kind::PortfolioLimitLearned, tenant.bytes(), Actor::Provider, at, body)
                    .await?;
                Ok(true)
            })
        })
        .await
    }

    /// How much of its limit a portfolio has used, as the next claim would see it.
    pub async fn reach(
        &self,
        scope: &TenantScope,
        pool: Hash16,
        recipient: Option<Hash16>,
        at: Timestamp,
    ) -> Result<Reached> {
        let tenant = scope.tenant();
        self.read(move |conn| {
            Box::pin(async move {
                let counted = match recipient {
                    None => false,
                    Some(hash) => {
                        let sql = "SELECT at FROM reached WHERE tenant_id = $1 AND pool = $2 AND hash = $3";
                        let row = conn.query_opt(sql, vals![&tenant, &pool, &hash]).await?;
                        row.map(|row| row.get(0))
                            .transpose()?
                            .is_some_and(|then| tally::still_counts(then, at))
                    }
                };
                Ok(tally::reach_of(tally::spans(conn, tenant, pool, at).await?.into_iter(), counted, at))
            })
        })
        .await
    }

    /// When messages of a category were claimed for a recipient since a time, oldest first.
    pub async fn touched(
        &self,
        scope: &TenantScope,
        recipient: Hash16,
        category: Category,
        since: Timestamp,
    ) -> Result<Vec<Timestamp>> {
        let tenant = scope.tenant();
        self.read(move |conn| {
            Box::pin(async move {
                let sql =
                    "SELECT at FROM touches WHERE tenant_id = $1 AND hash = $2 AND category = $3 AND at > $4
                    ORDER BY at";
                let rows = conn.query(sql, vals![&tenant, &recipient, category, since]).await?;
                rows.iter().map(|row| row.get(0)).collect()
            })
        })
        .await
    }

    /// Forgets what no cap and no limit counts any more, up to [`PRUNE_ROWS_MAX`] rows of each kind.
    pub async fn prune_policy(&self, _system: &SystemScope, now: Timestamp) -> Result<u64> {
        self.write(move |conn| {
            Box::pin(async move {
                let touches = "DELETE FROM touches WHERE (tenant_id, hash, category, message_id) IN
                    (SELECT tenant_id, hash, category, message_id FROM touches WHERE at < $1 ORDER BY at LIMIT $2)";
                let reached = "DELETE FROM reached WHERE (tenant_id, pool, hash) IN
                    (SELECT tenant_id, pool, hash FROM reached WHERE at < $1 ORDER BY at LIMIT $2)";
                let mut gone = conn.execute(touches, vals![now.plus(-TOUCHES_KEPT_US), PRUNE_ROWS_MAX]).await?;
                gone += conn.execute(reached, vals![now.plus(-2 * DAY), PRUNE_ROWS_MAX]).await?;
                let spans = "DELETE FROM reach_counts WHERE span < $1";
                Ok(gone + conn.execute(spans, vals![tally::first_kept(now)]).await?)
            })
        })
        .await
    }
}

fn stored_settings(row: &Row) -> Result<StoredSettings> {
    Ok(StoredSettings { version: row.get(0)?, body: row.get(1)?, actor: row.get(2)?, at: row.get(3)? })
}

async fn settings(conn: &Conn, tenant: TenantId) -> Result<Option<StoredSettings>> {
    let sql = "SELECT version, body, actor, at FROM policy_settings WHERE tenant_id = $1
        ORDER BY version DESC LIMIT 1";
    conn.query_opt(sql, vals![&tenant]).await?.as_ref().map(stored_settings).transpose()
}

async fn rules(conn: &Conn, tenant: TenantId) -> Result<Vec<StoredRule>> {
    let sql = "SELECT id, name, version, body, created_at FROM policy_rules
        WHERE tenant_id = $1 AND removed_at IS NULL ORDER BY id";
    let rule = |row: &Row| {
        Ok(StoredRule {
            id: row.id(0)?,
            name: row.get(1)?,
            version: row.get(2)?,
            body: row.get(3)?,
            created_at: row.get(4)?,
        })
    };
    conn.query(sql, vals![&tenant]).await?.iter().map(rule).collect()
}

/// Each addition and each removal makes a new one.
async fn rules_version(conn: &Conn, tenant: TenantId) -> Result<i64> {
    let sql = "SELECT COUNT(*) + COUNT(removed_at) FROM policy_rules WHERE tenant_id = $1";
    let row = conn.query_opt(sql, vals![&tenant]).await?;
    row.ok_or(StoreError::Corrupt("a count has no row"))?.get(0)
}

async fn portfolios(conn: &Conn, tenant: TenantId) -> Result<Vec<PortfolioLimit>> {
    let sql = "SELECT recipients, tier, at, pool FROM portfolio_limits WHERE tenant_id = $1 ORDER BY pool";
    let limit = |row: &Row| {
        let recipients: Option<i64> = row.get(0)?;
        let recipients = recipients.map(|limit| u32::try_from(limit).unwrap_or(u32::MAX));
        Ok(PortfolioLimit { recipients, tier: row.get(1)?, at: row.get(2)?, pool: row.get(3)? })
    };
    conn.query(sql, vals![&tenant]).await?.iter().map(limit).collect()
}

/// What the catalog holds of policy.
pub(super) async fn policy(conn: &Conn, scope: &TenantScope) -> Result<StoredPolicy> {
    let tenant = scope.tenant();
    Ok(StoredPolicy {
        settings: settings(conn, tenant).await?,
        rules: rules(conn, tenant).await?,
        rules_version: rules_version(conn, tenant).await?,
        portfolios: portfolios(conn, tenant).await?,
    })
}

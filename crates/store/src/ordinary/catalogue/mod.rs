//! The tenant's catalogue of templates.

mod adopt;
mod follow;
mod tasks;
mod versions;

pub(crate) use follow::{News, follow};

use serde_json::json;
use tidings_domain::actor::Actor;
use tidings_domain::category::Category;
use tidings_domain::event::Kind;
use tidings_domain::id::{AccountId, CatalogueId, Id};
use tidings_domain::template::{Settings, TemplateRules};
use tidings_domain::time::Timestamp;

use super::{bump, log};
use crate::conn::{Conn, Row, vals};
use crate::error::{Result, StoreError};
use crate::model::{LiveVersion, LogicalTemplate, TemplateShelf};
use crate::scope::TenantScope;
use crate::store::Store;

const LOGICAL: &str = "SELECT id, account_id, name, category, settings, created_by, created_at, updated_at,
    archived_at FROM logical_templates WHERE tenant_id = $1";

impl Store {
    /// `None` if the name is taken.
    #[expect(clippy::too_many_arguments, reason = "one for each column that the caller chooses")]
    pub async fn add_logical_template(
        &self,
        scope: &TenantScope,
        account: AccountId,
        name: &str,
        category: Category,
        settings: Settings,
        actor: Actor,
        at: Timestamp,
    ) -> Result<Option<LogicalTemplate>> {
        let made = LogicalTemplate {
            id: self.ids().next(at),
            account,
            name: name.to_owned(),
            category,
            settings,
            created_by: actor.to_string(),
            created_at: at,
            updated_at: at,
            archived_at: None,
        };
        let (tenant, row) = (scope.tenant(), made.clone());
        let text = to_text(&row.settings)?;
        let new = self
            .write(move |conn| {
                Box::pin(async move {
                    let sql =
                        "INSERT INTO logical_templates (tenant_id, id, account_id, name, category, settings,
                        created_by, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
                        ON CONFLICT (tenant_id, name) DO NOTHING";
                    let params =
                        vals![&tenant, &row.id, &account, &row.name, category, &text, &row.created_by, at];
                    if conn.execute(sql, params).await? == 0 {
                        return Ok(false);
                    }
                    bump(conn, tenant).await?;
                    let body = json!({"name": row.name, "category": category.as_str(), "change": "created"});
                    log(conn, tenant, Kind::CatalogueChanged, row.id.bytes(), actor, at, body).await?;
                    Ok(true)
                })
            })
            .await?;
        Ok(new.then_some(made))
    }

    /// Replaces the settings; with `archive`, takes it out of use as well.
    pub async fn set_logical_template(
        &self,
        scope: &TenantScope,
        id: CatalogueId,
        settings: Settings,
        archive: bool,
        actor: Actor,
        at: Timestamp,
    ) -> Result<bool> {
        let tenant = scope.tenant();
        let text = to_text(&settings)?;
        self.write(move |conn| {
            Box::pin(async move {
                let sql = "UPDATE logical_templates SET settings = $3, updated_at = $4,
                    archived_at = CASE WHEN $5 = 1 THEN $4 ELSE archived_at END WHERE tenant_id = $1 AND id = $2";
                if conn.execute(sql, vals![&tenant, &id, &text, at, archive]).await? == 0 {
                    return Ok(false);
                }
                bump(conn, tenant).await?;
                let body = json!({"change": if archive { "archived" } else { "settings" }});
                log(conn, tenant, Kind::CatalogueChanged, id.bytes(), actor, at, body).await?;
                Ok(true)
            })
        })
        .await
    }

    pub async fn logical_template(
        &self,
        scope: &TenantScope,
        id: CatalogueId,
    ) -> Result<Option<LogicalTemplate>> {
        let tenant = scope.tenant();
        self.read(move |conn| {
            Box::pin(async move {
                let sql = format!("{LOGICAL} AND id = $2");
                conn.query_opt(&sql, vals![&tenant, &id]).await?.as_ref().map(logical).transpose()
            })
        })
        .await
    }

    pub async fn logical_templates(&self, scope: &TenantScope) -> Result<Vec<LogicalTemplate>> {
        let tenant = scope.tenant();
        self.read(move |conn| {
            Box::pin(async move {
                let sql = format!("{LOGICAL} ORDER BY name");
                conn.query(&sql, vals![&tenant]).await?.iter().map(logical).collect()
            })
        })
        .await
    }

    pub async fn template_rules(&self, scope: &TenantScope) -> Result<TemplateRules> {
        let own = scope.clone();
        self.read(move |conn| Box::pin(async move { rules(conn, &own).await })).await
    }

    pub async fn set_template_rules(
        &self,
        scope: &TenantScope,
        rules: TemplateRules,
        actor: Actor,
        at: Timestamp,
    ) -> Result<()> {
        let tenant = scope.tenant();
        let text = to_text(&rules)?;
        self.write(move |conn| {
            Box::pin(async move {
                let sql = "INSERT INTO template_rules (tenant_id, rules, updated_at) VALUES ($1, $2, $3)
                    ON CONFLICT (tenant_id) DO UPDATE SET rules = excluded.rules, updated_at = excluded.updated_at";
                conn.execute(sql, vals![&tenant, &text, at]).await?;
                bump(conn, tenant).await?;
                let body = serde_json::to_value(&rules).map_err(StoreError::internal)?;
                log(conn, tenant, Kind::TemplateRulesChanged, tenant.bytes(), actor, at, body).await
            })
        })
        .await
    }
}

/// What sending looks at.
pub(super) async fn shelf(conn: &Conn, scope: &TenantScope) -> Result<TemplateShelf> {
    let tenant = scope.tenant();
    let sql = format!("{LOGICAL} AND archived_at IS NULL ORDER BY name");
    let logical = conn.query(&sql, vals![&tenant]).await?.iter().map(logical).collect::<Result<Vec<_>>>()?;
    if logical.is_empty() {
        return Ok(TemplateShelf { logical, live: Vec::new(), rules: rules(conn, scope).await? });
    }
    let sql = "SELECT template_id, language, variant, n, state, provider_name FROM template_versions
        WHERE tenant_id = $1 AND provider_name IS NOT NULL
        ORDER BY template_id, language, variant, n DESC";
    let live = conn.query(sql, vals![&tenant]).await?;
    let live = live.iter().map(live_version).collect::<Result<Vec<_>>>()?;
    Ok(TemplateShelf { logical, live, rules: rules(conn, scope).await? })
}

async fn rules(conn: &Conn, scope: &TenantScope) -> Result<TemplateRules> {
    let sql = "SELECT rules FROM template_rules WHERE tenant_id = $1";
    match conn.query_opt(sql, vals![&scope.tenant()]).await? {
        None => Ok(TemplateRules::default()),
        Some(row) => from_text(row.text(0)?),
    }
}

fn live_version(row: &Row) -> Result<LiveVersion> {
    Ok(LiveVersion {
        template: row.id(0)?,
        language: row.get(1)?,
        variant: row.get(2)?,
        n: number(row, 3)?,
        state: versions::state(row, 4)?,
        provider_name: row.get(5)?,
    })
}

fn logical(row: &Row) -> Result<LogicalTemplate> {
    Ok(LogicalTemplate {
        id: row.id(0)?,
        account: row.id(1)?,
        name: row.get(2)?,
        category: row.get(3)?,
        settings: from_text(row.text(4)?)?,
        created_by: row.get(5)?,
        created_at: row.get(6)?,
        updated_at: row.get(7)?,
        archived_at: row.get(8)?,
    })
}

fn number(row: &Row, index: usize) -> Result<u32> {
    u32::try_from(row.get::<i64>(index)?).map_err(|_| StoreError::Corrupt("a number of a version"))
}

fn to_text<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(StoreError::internal)
}

fn from_text<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text)
        .map_err(|_| StoreError::Corrupt("a record of the template catalogue does not read"))
}

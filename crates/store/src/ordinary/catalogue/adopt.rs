//! Templates that the platform has and the catalogue does not: taken in as they stand.

use std::collections::BTreeSet;

use serde_json::json;
use tidings_domain::actor::Actor;
use tidings_domain::event::Kind;
use tidings_domain::id::{AccountId, Id, TenantId, VersionId};
use tidings_domain::template::{MAIN_VARIANT, VersionState};
use tidings_domain::time::Timestamp;

use super::{bump, log, to_text, versions};
use crate::conn::{Conn, vals};
use crate::error::Result;
use crate::model::{AdoptedVersion, Adoption, LogicalTemplate};
use crate::scope::TenantScope;
use crate::store::Store;

const NOTE: &str = "Adopted from the platform.";

const NAMES: &str = "SELECT t.account_id, v.provider_name FROM template_versions v
    JOIN logical_templates t ON t.tenant_id = v.tenant_id AND t.id = v.template_id
    WHERE v.tenant_id = $1 AND v.provider_name IS NOT NULL";

impl Store {
    /// Names at the platform, by account, that versions of the catalogue stand under.
    pub async fn catalogued_names(&self, scope: &TenantScope) -> Result<BTreeSet<(AccountId, String)>> {
        let tenant = scope.tenant();
        self.read(move |conn| {
            Box::pin(async move {
                let rows = conn.query(NAMES, vals![&tenant]).await?;
                rows.iter().map(|row| Ok((row.id(0)?, row.get(1)?))).collect()
            })
        })
        .await
    }

    /// A logical template with a version for each localization. `None` if its name is taken, in the catalogue or
    /// under one of its versions.
    pub async fn adopt_template(
        &self,
        scope: &TenantScope,
        new: Adoption,
        actor: Actor,
        at: Timestamp,
    ) -> Result<Option<LogicalTemplate>> {
        let made = LogicalTemplate {
            id: self.ids().next(at),
            account: new.account,
            name: new.name,
            category: new.category,
            settings: new.settings,
            created_by: actor.to_string(),
            created_at: at,
            updated_at: at,
            archived_at: None,
        };
        let (tenant, row) = (scope.tenant(), made.clone());
        let settings = to_text(&row.settings)?;
        let found: Vec<(VersionId, AdoptedVersion)> =
            new.versions.into_iter().map(|version| (self.ids().next(at), version)).collect();
        let is_new = self
            .write(move |conn| {
                Box::pin(async move {
                    let known = format!("{NAMES} AND t.account_id = $2 AND v.provider_name = $3");
                    if conn.query_opt(&known, vals![&tenant, &row.account, &row.name]).await?.is_some() {
                        return Ok(false);
                    }
                    let sql =
                        "INSERT INTO logical_templates (tenant_id, id, account_id, name, category, settings,
                        created_by, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
                        ON CONFLICT (tenant_id, name) DO NOTHING";
                    let by = &row.created_by;
                    let params =
                        vals![&tenant, &row.id, &row.account, &row.name, row.category, &settings, by, at];
                    if conn.execute(sql, params).await? == 0 {
                        return Ok(false);
                    }
                    for (id, version) in &found {
                        add(conn, tenant, &row, *id, version, actor).await?;
                    }
                    bump(conn, tenant).await?;
                    let body = json!({"name": row.name, "category": row.category.as_str(), "change": "adopted",
                        "versions": found.len()});
                    log(conn, tenant, Kind::CatalogueChanged, row.id.bytes(), actor, at, body).await?;
                    Ok(true)
                })
            })
            .await?;
        Ok(is_new.then_some(made))
    }
}

/// Nobody submitted it here: it counts among no approvals.
async fn add(
    conn: &Conn,
    tenant: TenantId,
    owner: &LogicalTemplate,
    id: VersionId,
    version: &AdoptedVersion,
    actor: Actor,
) -> Result<()> {
    let sql = "INSERT INTO template_versions (tenant_id, id, template_id, language, variant, n, definition, author, note,
        automatic, findings, created_at, state, updated_at, provider_name, provider_id, verdict)
        VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $8, 0, $9, $10, $11, $10, $12, $13, $14)";
    let verdict = match version.state {
        VersionState::Rejected => Some("rejected"),
        state if state.is_live() => Some("approved"),
        _ => None,
    };
    let (author, at) = (&owner.created_by, owner.created_at);
    let (definition, findings) = (to_text(&version.definition)?, to_text(&version.findings)?);
    let params = vals![
        &tenant,
        &id,
        &owner.id,
        &version.language,
        MAIN_VARIANT,
        &definition,
        author,
        NOTE,
        &findings,
        at,
        version.state.as_str(),
        &owner.name,
        version.provider_id.as_deref(),
        verdict,
    ];
    conn.execute(sql, params).await?;
    versions::step(conn, tenant, id, version.state, author, at, NOTE).await?;
    let body = json!({"template": owner.id, "language": version.language, "variant": MAIN_VARIANT, "version": 1,
        "based_on": null, "automatic": false, "adopted": true, "state": version.state.as_str()});
    log(conn, tenant, Kind::VersionCreated, id.bytes(), actor, at, body).await
}

//! Versions: made once, moved along, never changed.

use serde_json::json;
use tidings_domain::actor::Actor;
use tidings_domain::category::Category;
use tidings_domain::event::Kind;
use tidings_domain::id::{CatalogueId, Id, TenantId, VersionId};
use tidings_domain::template::VersionState;
use tidings_domain::time::Timestamp;

use super::{bump, from_text, log, number, tasks, to_text};
use crate::conn::{Conn, Row, vals};
use crate::error::{Result, StoreError};
use crate::model::{NewVersion, TemplateDecision, TemplateVersion, VersionMove, VersionStep};
use crate::scope::TenantScope;
use crate::store::Store;

pub(super) const VERSION: &str = "SELECT id, template_id, language, variant, n, definition, author, note, based_on,
    automatic, findings, overridden_by, created_at, state, updated_at, provider_name, provider_id, submitted_at,
    decided_at, verdict, reason FROM template_versions WHERE tenant_id = $1";

impl Store {
    /// The next version of its language and variant.
    pub async fn add_template_version(
        &self,
        scope: &TenantScope,
        new: NewVersion,
        submit: bool,
    ) -> Result<TemplateVersion> {
        let tenant = scope.tenant();
        let id = new.id;
        let texts = (to_text(&new.definition)?, to_text(&new.findings)?);
        self.write(move |conn| {
            Box::pin(async move {
                let sql = "INSERT INTO template_versions (tenant_id, id, template_id, language, variant, n, definition,
                    author, note, based_on, automatic, findings, overridden_by, created_at, state, updated_at)
                    VALUES ($1, $2, $3, $4, $5, (SELECT COALESCE(MAX(n), 0) + 1 FROM template_versions
                    WHERE tenant_id = $1 AND template_id = $3 AND language = $4 AND variant = $5),
                    $6, $7, $8, $9, $10, $11, $12, $13, $14, $13)";
                let author = new.actor.to_string();
                let params = vals![
                    &tenant, &new.id, &new.template, &new.language, &new.variant, &texts.0, &author, &new.note,
                    new.based_on.as_ref(), new.automatic, &texts.1, new.overridden_by.as_deref(), new.at,
                    new.state.as_str()
                ];
                conn.execute(sql, params).await?;
                step(conn, tenant, new.id, new.state, &author, new.at, &new.note).await?;
                if submit {
                    tasks::add(conn, tenant, new.id, crate::model::TemplateTask::Submit, new.at).await?;
                }
                let made = one(conn, tenant, new.id).await?.ok_or(LOST)?;
                let body = json!({"template": new.template, "language": made.language, "variant": made.variant,
                    "version": made.n, "based_on": new.based_on, "automatic": new.automatic,
                    "state": new.state.as_str()});
                log(conn, tenant, Kind::VersionCreated, id.bytes(), new.actor, new.at, body).await?;
                if new.overridden_by.is_some() {
                    let body = json!({"template": new.template, "version": made.n, "findings": new.findings});
                    log(conn, tenant, Kind::LintOverridden, id.bytes(), new.actor, new.at, body).await?;
                }
                Ok(made)
            })
        })
        .await
    }

    /// False if it no longer stands where the caller saw it.
    pub async fn move_template_version(&self, scope: &TenantScope, step: VersionMove) -> Result<bool> {
        let tenant = scope.tenant();
        self.write(move |conn| Box::pin(async move { moved(conn, tenant, &step).await })).await
    }

    /// The platform's id, which only the answer to a submission tells.
    pub async fn set_version_provider_id(
        &self,
        scope: &TenantScope,
        id: VersionId,
        provider_id: &str,
    ) -> Result<()> {
        let (tenant, provider_id) = (scope.tenant(), provider_id.to_owned());
        self.write(move |conn| {
            Box::pin(async move {
                let sql = "UPDATE template_versions SET provider_id = $3
                    WHERE tenant_id = $1 AND id = $2 AND provider_id IS NULL";
                conn.execute(sql, vals![&tenant, &id, &provider_id]).await.map(|_| ())
            })
        })
        .await
    }

    /// An event about a version that changes none of its rows.
    pub async fn log_template_event(
        &self,
        scope: &TenantScope,
        kind: Kind,
        version: VersionId,
        actor: Actor,
        at: Timestamp,
        body: serde_json::Value,
    ) -> Result<()> {
        let tenant = scope.tenant();
        self.write(move |conn| {
            Box::pin(async move { log(conn, tenant, kind, version.bytes(), actor, at, body).await })
        })
        .await
    }

    pub async fn template_version(
        &self,
        scope: &TenantScope,
        id: VersionId,
    ) -> Result<Option<TemplateVersion>> {
        let tenant = scope.tenant();
        self.read(move |conn| Box::pin(async move { one(conn, tenant, id).await })).await
    }

    /// All versions of a template, newest first within language and variant.
    pub async fn template_versions(
        &self,
        scope: &TenantScope,
        template: CatalogueId,
    ) -> Result<Vec<TemplateVersion>> {
        let tenant = scope.tenant();
        self.read(move |conn| {
            Box::pin(async move {
                let sql = format!("{VERSION} AND template_id = $2 ORDER BY language, variant, n DESC");
                conn.query(&sql, vals![&tenant, &template]).await?.iter().map(version).collect()
            })
        })
        .await
    }

    pub async fn template_steps(&self, scope: &TenantScope, id: VersionId) -> Result<Vec<VersionStep>> {
        let tenant = scope.tenant();
        self.read(move |conn| {
            Box::pin(async move {
                let sql = "SELECT state, actor, at, note FROM template_steps
                    WHERE tenant_id = $1 AND version_id = $2 ORDER BY n";
                let of_row = |row: &Row| {
                    Ok(VersionStep {
                        state: state(row, 0)?,
                        actor: row.get(1)?,
                        at: row.get(2)?,
                        note: row.get(3)?,
                    })
                };
                conn.query(sql, vals![&tenant, &id]).await?.iter().map(of_row).collect()
            })
        })
        .await
    }

    /// What the platform decided since then, oldest first.
    pub async fn template_decisions(
        &self,
        scope: &TenantScope,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<TemplateDecision>> {
        let tenant = scope.tenant();
        self.read(move |conn| {
            Box::pin(async move {
                let sql = "SELECT t.name, v.language, v.submitted_at, v.decided_at, v.verdict, v.reason
                    FROM template_versions v JOIN logical_templates t ON t.tenant_id = v.tenant_id
                    AND t.id = v.template_id WHERE v.tenant_id = $1 AND v.verdict IS NOT NULL
                    AND v.submitted_at IS NOT NULL AND v.decided_at IS NOT NULL AND v.submitted_at >= $2
                    ORDER BY v.submitted_at LIMIT $3";
                let of_row = |row: &Row| {
                    Ok(TemplateDecision {
                        template: row.get(0)?,
                        language: row.get(1)?,
                        submitted_at: row.get(2)?,
                        decided_at: row.get(3)?,
                        verdict: row.get(4)?,
                        reason: row.get(5)?,
                    })
                };
                conn.query(sql, vals![&tenant, since, limit as i64]).await?.iter().map(of_row).collect()
            })
        })
        .await
    }
}

const LOST: StoreError = StoreError::Corrupt("a version that was just written");

pub(super) async fn one(conn: &Conn, tenant: TenantId, id: VersionId) -> Result<Option<TemplateVersion>> {
    let sql = format!("{VERSION} AND id = $2");
    conn.query_opt(&sql, vals![&tenant, &id]).await?.as_ref().map(version).transpose()
}

/// Moves a version, with its entry in the history and its event.
pub(super) async fn moved(conn: &Conn, tenant: TenantId, to: &VersionMove) -> Result<bool> {
    let submitted_at = (to.to == VersionState::Submitted).then_some(to.at);
    let verdict = match to.to {
        VersionState::Approved => Some("approved"),
        VersionState::Rejected => Some("rejected"),
        _ => None,
    };
    // A name that was tried in vain stays: the platform may know it.
    let sql = "UPDATE template_versions SET state = $4, updated_at = $5, provider_name = COALESCE($6, provider_name),
        provider_id = COALESCE($7, provider_id), submitted_at = COALESCE($8, submitted_at),
        decided_at = CASE WHEN verdict IS NULL AND $11 = 1 THEN $5 ELSE decided_at END,
        reason = $10, verdict = COALESCE(verdict, $9)
        WHERE tenant_id = $1 AND id = $2 AND state = $3";
    let reason = Some(to.note.as_str()).filter(|note| !note.is_empty());
    let params = vals![
        &tenant,
        &to.id,
        to.from.as_str(),
        to.to.as_str(),
        to.at,
        to.provider_name.as_deref(),
        to.provider_id.as_deref(),
        submitted_at,
        verdict,
        reason,
        verdict.is_some()
    ];
    if conn.execute(sql, params).await? == 0 {
        return Ok(false);
    }
    step(conn, tenant, to.id, to.to, &to.actor.to_string(), to.at, &to.note).await?;
    match to.task {
        Some((task, due)) => tasks::add(conn, tenant, to.id, task, due).await?,
        None => tasks::remove(conn, tenant, to.id).await?,
    }
    bump(conn, tenant).await?;
    let moved = one(conn, tenant, to.id).await?.ok_or(LOST)?;
    if matches!(to.to, VersionState::Submitted | VersionState::Pending | VersionState::Approved) {
        list(conn, tenant, &moved).await?;
    }
    let body = json!({"template": moved.template, "language": moved.language, "variant": moved.variant,
        "version": moved.n, "from": to.from.as_str(), "state": to.to.as_str(), "reason": code(reason)});
    log(conn, tenant, Kind::VersionMoved, to.id.bytes(), to.actor, to.at, body).await?;
    Ok(true)
}

/// What the platform has now stands among its templates, before the next sync reads it there.
async fn list(conn: &Conn, tenant: TenantId, version: &TemplateVersion) -> Result<()> {
    let Some(name) = version.provider_name.as_deref() else { return Ok(()) };
    let approved = version.state == VersionState::Approved;
    let status = if approved { "APPROVED" } else { "PENDING" };
    let mut definition = version.definition.clone();
    definition["name"] = name.into();
    definition["status"] = status.into();
    definition["id"] = version.provider_id.as_deref().into();
    let category = definition["category"].as_str().and_then(Category::parse);
    let text = to_text(&definition)?;
    // Of an edited template the old text counts until the new one is approved.
    let sql =
        "INSERT INTO templates (tenant_id, id, account_id, name, language, status, category, definition,
        updated_at) SELECT $1, $2, account_id, $4, $5, $6, $7, $8, $9 FROM logical_templates
        WHERE tenant_id = $1 AND id = $3
        ON CONFLICT (tenant_id, account_id, name, language) DO UPDATE SET
        definition = CASE WHEN $10 = 1 THEN excluded.definition ELSE templates.definition END,
        status = CASE WHEN $11 = 1 THEN templates.status ELSE excluded.status END";
    // The id of the version serves: both are unique among their kind.
    let params = vals![
        &tenant,
        &version.id,
        &version.template,
        name,
        &version.language,
        status,
        category,
        &text,
        version.updated_at,
        approved,
        version.state == VersionState::Submitted,
    ];
    conn.execute(sql, params).await.map(|_| ())
}

/// The platform's code; a person's words stay out of the log.
fn code(reason: Option<&str>) -> Option<&str> {
    reason.filter(|text| text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'))
}

pub(super) async fn step(
    conn: &Conn,
    tenant: TenantId,
    id: VersionId,
    state: VersionState,
    actor: &str,
    at: Timestamp,
    note: &str,
) -> Result<()> {
    let sql = "INSERT INTO template_steps (tenant_id, version_id, n, state, actor, at, note) VALUES ($1, $2,
        (SELECT COALESCE(MAX(n), 0) + 1 FROM template_steps WHERE tenant_id = $1 AND version_id = $2),
        $3, $4, $5, $6)";
    conn.execute(sql, vals![&tenant, &id, state.as_str(), actor, at, note]).await.map(|_| ())
}

pub(super) fn state(row: &Row, index: usize) -> Result<VersionState> {
    VersionState::parse(row.text(index)?).ok_or(StoreError::Corrupt("a version in an unknown state"))
}

pub(super) fn version(row: &Row) -> Result<TemplateVersion> {
    Ok(TemplateVersion {
        id: row.id(0)?,
        template: row.id(1)?,
        language: row.get(2)?,
        variant: row.get(3)?,
        n: number(row, 4)?,
        definition: from_text(row.text(5)?)?,
        author: row.get(6)?,
        note: row.get(7)?,
        based_on: row.opt_id(8)?,
        automatic: row.get(9)?,
        findings: from_text(row.text(10)?)?,
        overridden_by: row.get(11)?,
        created_at: row.get(12)?,
        state: state(row, 13)?,
        updated_at: row.get(14)?,
        provider_name: row.get(15)?,
        provider_id: row.get(16)?,
        submitted_at: row.get(17)?,
        decided_at: row.get(18)?,
        verdict: row.get(19)?,
        reason: row.get(20)?,
    })
}

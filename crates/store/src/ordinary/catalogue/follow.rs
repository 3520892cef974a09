//! What the platform says of a template moves the version behind it, and may hold the template.

use serde_json::json;
use tidings_domain::actor::{Actor, SystemLoop};
use tidings_domain::category::Category;
use tidings_domain::event::Kind;
use tidings_domain::id::{AccountId, Id, PauseId};
use tidings_domain::template::{RATES_AS_OF, VersionState, implied};
use tidings_domain::time::Timestamp;

use super::versions::{VERSION, moved, version};
use super::{bump, log, rules};
use crate::conn::{Conn, vals};
use crate::error::Result;
use crate::model::{PauseScope, TemplateTask, VersionMove};
use crate::scope::TenantScope;

/// Reason of a pause that quality set and lifts again.
const RED: &str = "The platform calls the quality of this template RED.";

/// One piece of news about one localization.
pub(crate) struct News<'a> {
    pub account: AccountId,
    pub name: &'a str,
    pub language: &'a str,
    pub status: Option<&'a str>,
    pub reason: Option<&'a str>,
    pub category: Option<&'a str>,
    pub quality: Option<&'a str>,
    pub provider_id: Option<&'a str>,
    pub actor: Actor,
    pub at: Timestamp,
}

/// Called before the news is written to `templates`: what stands there is what was known. False if the status
/// is a late word about a review that has ended: callbacks overtake one another.
pub(crate) async fn follow(conn: &Conn, scope: &TenantScope, news: &News<'_>) -> Result<bool> {
    if let Some(category) = news.category.and_then(Category::parse) {
        drift(conn, scope, news, category).await?;
    }
    if let Some(quality) = news.quality {
        hold(conn, scope, news, quality).await?;
    }
    match news.status {
        Some(status) => walk(conn, scope, news, status).await,
        None => Ok(true),
    }
}

async fn walk(conn: &Conn, scope: &TenantScope, news: &News<'_>, status: &str) -> Result<bool> {
    let tenant = scope.tenant();
    // An edited template keeps its name: the newest version under it is the one meant.
    let sql = format!(
        "{VERSION} AND provider_name = $2 AND language = $3 AND template_id IN
         (SELECT id FROM logical_templates WHERE tenant_id = $1 AND account_id = $4) ORDER BY n DESC LIMIT 1"
    );
    let Some(row) = conn.query_opt(&sql, vals![&tenant, news.name, news.language, &news.account]).await?
    else {
        return Ok(true);
    };
    let known = version(&row)?;
    let Some(to) = known.state.heard(status) else {
        return Ok(!(status == "PENDING" && known.verdict.is_some()));
    };
    let mut step = VersionMove::new(known.id, known.state, to, news.actor, news.at);
    step.note = news.reason.unwrap_or_default().to_owned();
    step.provider_id = news.provider_id.map(str::to_owned);
    if to == VersionState::Rejected {
        step.task = Some((TemplateTask::Correct, news.at));
    }
    moved(conn, tenant, &step).await?;
    Ok(true)
}

/// A category that differs from the known one: an event with the price it implies.
async fn drift(conn: &Conn, scope: &TenantScope, news: &News<'_>, to: Category) -> Result<()> {
    let tenant = scope.tenant();
    let sql = "SELECT category FROM templates
        WHERE tenant_id = $1 AND account_id = $2 AND name = $3 AND language = $4";
    let params = vals![&tenant, &news.account, news.name, news.language];
    let Some(row) = conn.query_opt(sql, params).await? else { return Ok(()) };
    let Some(from) = row.get::<Option<Category>>(0)?.filter(|from| *from != to) else { return Ok(()) };
    let body = json!({"name": news.name, "language": news.language, "from": from.as_str(), "to": to.as_str(),
        "rates": implied(from, to), "rates_as_of": RATES_AS_OF});
    log(conn, tenant, Kind::CategoryDrifted, news.account.bytes(), news.actor, news.at, body).await
}

async fn hold(conn: &Conn, scope: &TenantScope, news: &News<'_>, quality: &str) -> Result<()> {
    let tenant = scope.tenant();
    let actor = Actor::System(SystemLoop::Reconcile);
    let sql = "SELECT id FROM pauses WHERE tenant_id = $1 AND scope = $2 AND target = $3 AND reason = $4
        AND lifted_at IS NULL";
    let template = PauseScope::Template.as_str();
    let held = conn.query_opt(sql, vals![&tenant, template, news.name, RED]).await?;
    match (quality, held) {
        ("RED", None) if rules(conn, scope).await?.hold_on_red => {
            let id: PauseId = scope.ids().next(news.at);
            let sql = "INSERT INTO pauses (tenant_id, id, scope, target, reason, created_at)
                VALUES ($1, $2, $3, $4, $5, $6)";
            conn.execute(sql, vals![&tenant, &id, template, news.name, RED, news.at]).await?;
            bump(conn, tenant).await?;
            let body = json!({"scope": template, "target": news.name, "quality": quality});
            log(conn, tenant, Kind::TemplateHeld, id.bytes(), actor, news.at, body).await
        }
        ("GREEN" | "YELLOW", Some(row)) => {
            let id: PauseId = row.id(0)?;
            let sql =
                "UPDATE pauses SET lifted_at = $3 WHERE tenant_id = $1 AND id = $2 AND lifted_at IS NULL";
            conn.execute(sql, vals![&tenant, &id, news.at]).await?;
            bump(conn, tenant).await?;
            let body = json!({"scope": template, "target": news.name, "quality": quality});
            log(conn, tenant, Kind::TemplateReleased, id.bytes(), actor, news.at, body).await
        }
        _ => Ok(()),
    }
}

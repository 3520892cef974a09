//! Topics, and what a tenant sets about consent: part of the catalog.

use serde_json::json;

use tidings_domain::actor::Actor;
use tidings_domain::consent::{ConsentSettings, Topic};
use tidings_domain::event::Kind;
use tidings_domain::id::Id;
use tidings_domain::time::Timestamp;

use super::{bump, forms, log};
use crate::conn::{Conn, Row, vals};
use crate::error::{Result, StoreError};
use crate::model::ConsentSetup;
use crate::scope::TenantScope;
use crate::store::Store;

const SPOILT: StoreError = StoreError::Corrupt("a topic or a consent setting does not read");

impl Store {
    /// Makes a topic, or changes the one of the same code: its titles, and whether it is archived.
    pub async fn put_topic(
        &self,
        scope: &TenantScope,
        topic: Topic,
        actor: Actor,
        at: Timestamp,
    ) -> Result<()> {
        let tenant = scope.tenant();
        self.write(move |conn| {
            Box::pin(async move {
                let titles = json!(topic.titles).to_string();
                let archived = topic.archived.then_some(at);
                let sql = "INSERT INTO topics (tenant_id, id, code, category, titles, created_at, archived_at)
                    VALUES ($1, $2, $3, $4, $5, $6, $7)
                    ON CONFLICT (tenant_id, id) DO UPDATE SET titles = excluded.titles, archived_at = excluded.archived_at";
                let params = vals![&tenant, &topic.id, &topic.code, topic.category, &titles, at, archived];
                conn.execute(sql, params).await?;
                bump(conn, tenant).await?;
                let body = json!({"topic": topic.id, "code": topic.code, "category": topic.category,
                    "archived": topic.archived});
                log(conn, tenant, Kind::TopicChanged, topic.id.bytes(), actor, at, body).await
            })
        })
        .await
    }

    pub async fn set_consent_settings(
        &self,
        scope: &TenantScope,
        settings: ConsentSettings,
        actor: Actor,
        at: Timestamp,
    ) -> Result<()> {
        let tenant = scope.tenant();
        self.write(move |conn| {
            Box::pin(async move {
                let text = json!(settings).to_string();
                let sql = "INSERT INTO consent_settings (tenant_id, settings, updated_at) VALUES ($1, $2, $3)
                    ON CONFLICT (tenant_id) DO UPDATE SET settings = excluded.settings, updated_at = excluded.updated_at";
                conn.execute(sql, vals![&tenant, &text, at]).await?;
                bump(conn, tenant).await?;
                let kind = Kind::ConsentSettingsChanged;
                log(conn, tenant, kind, tenant.bytes(), actor, at, json!(settings)).await
            })
        })
        .await
    }

    pub async fn consent_setup(&self, scope: &TenantScope) -> Result<ConsentSetup> {
        let own = scope.clone();
        self.read(move |conn| Box::pin(async move { setup(conn, &own).await })).await
    }
}

pub(super) async fn setup(conn: &Conn, scope: &TenantScope) -> Result<ConsentSetup> {
    let tenant = scope.tenant();
    let sql = "SELECT settings FROM consent_settings WHERE tenant_id = $1";
    let settings = match conn.query_opt(sql, vals![&tenant]).await? {
        Some(row) => serde_json::from_str(row.text(0)?).map_err(|_| SPOILT)?,
        None => ConsentSettings::default(),
    };
    let sql = "SELECT id, code, category, titles, archived_at FROM topics WHERE tenant_id = $1 ORDER BY code";
    let rows = conn.query(sql, vals![&tenant]).await?;
    let topics = rows.iter().map(topic).collect::<Result<_>>()?;
    Ok(ConsentSetup { settings, topics, forms: forms::forms(conn, scope).await? })
}

fn topic(row: &Row) -> Result<Topic> {
    Ok(Topic {
        id: row.id(0)?,
        code: row.get(1)?,
        category: row.get(2)?,
        titles: serde_json::from_str(row.text(3)?).map_err(|_| SPOILT)?,
        archived: row.get::<Option<Timestamp>>(4)?.is_some(),
    })
}

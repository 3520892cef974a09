//! Templates as the platform last described them.

use serde_json::json;

use tidings_domain::actor::Actor;
use tidings_domain::category::Category;
use tidings_domain::event::Kind;
use tidings_domain::id::{AccountId, Id, TemplateId};
use tidings_domain::time::Timestamp;
use tidings_domain::whatsapp::TemplateDefinition;

use super::{News, bump, follow, log};
use crate::conn::{Conn, Row, vals};
use crate::error::{Result, StoreError};
use crate::model::StoredTemplate;
use crate::scope::TenantScope;
use crate::store::Store;

impl Store {
    /// What a sync found replaces what was known of the account; ids of those that stay are kept.
    pub async fn replace_templates(
        &self,
        scope: &TenantScope,
        account: AccountId,
        found: Vec<TemplateDefinition>,
        actor: Actor,
        at: Timestamp,
    ) -> Result<()> {
        let (tenant, own) = (scope.tenant(), scope.clone());
        let rows: Vec<(TemplateId, TemplateDefinition)> =
            found.into_iter().map(|definition| (self.ids().next(at), definition)).collect();
        self.write(move |conn| {
            Box::pin(async move {
                for (id, definition) in &rows {
                    let news = News {
                        account,
                        name: &definition.name,
                        language: &definition.language,
                        status: Some(&definition.status),
                        reason: definition.rejected_reason.as_deref().filter(|reason| *reason != "NONE"),
                        category: Some(&definition.category),
                        quality: definition.quality(),
                        provider_id: definition.id.as_deref(),
                        actor,
                        at,
                    };
                    follow(conn, &own, &news).await?;
                    let text = serde_json::to_string(definition).map_err(StoreError::internal)?;
                    let category = Category::parse(&definition.category);
                    conn.execute(
                        "INSERT INTO templates (tenant_id, id, account_id, name, language, status, category, definition,
                         updated_at, quality) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                         ON CONFLICT (tenant_id, account_id, name, language) DO UPDATE SET status = excluded.status,
                         category = excluded.category, definition = excluded.definition, updated_at = excluded.updated_at,
                         quality = COALESCE(excluded.quality, templates.quality)",
                        vals![
                            &tenant, id, &account, &definition.name, &definition.language, &definition.status,
                            category, &text, at, definition.quality()
                        ],
                    )
                    .await?;
                }
                let gone = "DELETE FROM templates WHERE tenant_id = $1 AND account_id = $2 AND updated_at < $3";
                conn.execute(gone, vals![&tenant, &account, at]).await?;
                bump(conn, tenant).await?;
                let body = json!({"templates": rows.len()});
                log(conn, tenant, Kind::TemplatesSynced, account.bytes(), actor, at, body).await
            })
        })
        .await
    }

    pub async fn templates(&self, scope: &TenantScope) -> Result<Vec<StoredTemplate>> {
        let own = scope.clone();
        self.read(move |conn| Box::pin(async move { templates(conn, &own).await })).await
    }
}

pub(super) async fn templates(conn: &Conn, scope: &TenantScope) -> Result<Vec<StoredTemplate>> {
    let sql = "SELECT id, account_id, definition, status, category, quality, updated_at FROM templates
        WHERE tenant_id = $1 ORDER BY name, language, account_id";
    conn.query(sql, vals![&scope.tenant()]).await?.iter().map(template).collect()
}

fn template(row: &Row) -> Result<StoredTemplate> {
    Ok(StoredTemplate {
        id: row.id(0)?,
        account: row.id(1)?,
        definition: serde_json::from_str(row.text(2)?)
            .map_err(|_| StoreError::Corrupt("a template's definition does not read"))?,
        status: row.get(3)?,
        category: row.get(4)?,
        quality: row.get(5)?,
        updated_at: row.get(6)?,
    })
}

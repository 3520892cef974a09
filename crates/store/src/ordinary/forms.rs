//! Forms that ask for consent, version by version: part of the catalog.

use serde_json::json;

use tidings_domain::actor::Actor;
use tidings_domain::consent::{Form, FormDefinition};
use tidings_domain::event::Kind;
use tidings_domain::id::{FormId, Id as _};
use tidings_domain::time::Timestamp;

use super::{bump, log};
use crate::conn::{Conn, Row, vals};
use crate::error::{Result, StoreError};
use crate::scope::TenantScope;
use crate::store::Store;

impl Store {
    /// Adds a version of a form; the first one makes it.
    pub async fn add_form_version(&self, scope: &TenantScope, form: Form, actor: Actor) -> Result<()> {
        let tenant = scope.tenant();
        self.write(move |conn| {
            Box::pin(async move {
                let definition = json!(form.definition).to_string();
                let sql = "INSERT INTO consent_forms (tenant_id, id, version, definition, created_at)
                    VALUES ($1, $2, $3, $4, $5)";
                let (id, at) = (&form.id, form.created_at);
                conn.execute(sql, vals![&tenant, id, form.version, &definition, at]).await?;
                bump(conn, tenant).await?;
                let body = json!({"form": form.id, "version": form.version});
                log(conn, tenant, Kind::ConsentFormChanged, form.id.bytes(), actor, at, body).await
            })
        })
        .await
    }

    /// Closes a form: its page asks nobody any more, its codes mean nothing. Whether it was open.
    pub async fn close_form(
        &self,
        scope: &TenantScope,
        id: FormId,
        actor: Actor,
        at: Timestamp,
    ) -> Result<bool> {
        let tenant = scope.tenant();
        self.write(move |conn| {
            Box::pin(async move {
                let sql = "UPDATE consent_forms SET closed_at = $3
                    WHERE tenant_id = $1 AND id = $2 AND closed_at IS NULL";
                if conn.execute(sql, vals![&tenant, &id, at]).await? == 0 {
                    return Ok(false);
                }
                bump(conn, tenant).await?;
                let body = json!({"form": id, "closed": true});
                log(conn, tenant, Kind::ConsentFormChanged, id.bytes(), actor, at, body).await?;
                Ok(true)
            })
        })
        .await
    }

    /// Whose form this is.
    pub async fn scope_of_form(&self, id: FormId) -> Result<Option<TenantScope>> {
        let row = self
            .read(move |conn| {
                Box::pin(async move {
                    conn.query_opt("SELECT tenant_id FROM consent_forms WHERE id = $1 LIMIT 1", vals![&id])
                        .await
                })
            })
            .await?;
        match row {
            Some(row) => self.scope_of(row.id(0)?).await,
            None => Ok(None),
        }
    }
}

pub(super) async fn forms(conn: &Conn, scope: &TenantScope) -> Result<Vec<Form>> {
    let sql = "SELECT id, version, definition, created_at, closed_at FROM consent_forms WHERE tenant_id = $1
        ORDER BY id, version DESC";
    conn.query(sql, vals![&scope.tenant()]).await?.iter().map(form).collect()
}

fn form(row: &Row) -> Result<Form> {
    let definition: FormDefinition =
        serde_json::from_str(row.text(2)?).map_err(|_| StoreError::Corrupt("a form does not read"))?;
    let closed = row.get::<Option<Timestamp>>(4)?.is_some();
    Ok(Form { id: row.id(0)?, version: row.get(1)?, definition, created_at: row.get(3)?, closed })
}

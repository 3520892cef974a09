//! Callbacks that nobody understood, as they came.

use tidings_domain::id::{CallbackId, Id as _};

use crate::conn::{Row, vals};
use crate::error::Result;
use crate::model::{KeptView, Page};
use crate::scope::{Part, TenantScope};
use crate::store::Store;

impl Store {
    /// Newest first.
    pub async fn list_kept(
        &self,
        scope: &TenantScope,
        after: Option<CallbackId>,
        limit: usize,
    ) -> Result<Page<KeptView, CallbackId>> {
        let tenant = scope.tenant();
        let before = after.map_or([0xff; 16], |id| id.bytes());
        let rows = self
            .read(move |conn| {
                Box::pin(async move {
                    let sql = "SELECT k.id, k.field, k.received_at, s.data FROM kept k CROSS JOIN sealed s
                        WHERE s.tenant_id = k.tenant_id AND s.owner = k.id AND s.part = $2 AND k.tenant_id = $1
                        AND k.id < $3 ORDER BY k.id DESC LIMIT $4";
                    conn.query(sql, vals![&tenant, Part::Kept.code(), &before, limit as i64 + 1]).await
                })
            })
            .await?;
        let items = rows.iter().map(|row| view(scope, row)).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(items, limit, |item| item.id))
    }
}

fn view(scope: &TenantScope, row: &Row) -> Result<KeptView> {
    let id: CallbackId = row.id(0)?;
    Ok(KeptView {
        id,
        field: row.get(1)?,
        object: scope.open_text(Part::Kept.table(), id.as_bytes(), row.blob(3)?)?,
        received_at: row.get(2)?,
    })
}

//! Files known to a provider; only their ids are kept here.

use tidings_domain::id::{Id, MediaId};

use crate::conn::{Row, vals};
use crate::error::Result;
use crate::model::MediaRow;
use crate::scope::TenantScope;
use crate::store::Store;

const TABLE: &str = "media/provider_id";

impl Store {
    pub async fn add_media(&self, scope: &TenantScope, row: MediaRow) -> Result<()> {
        let tenant = scope.tenant();
        let sealed = scope.seal(TABLE, &row.id.bytes(), row.provider_id.as_bytes());
        self.write(move |conn| {
            Box::pin(async move {
                conn.execute(
                    "INSERT INTO media (tenant_id, id, account_id, sender_id, provider_id, mime_type, bytes,
                     created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                    vals![
                        &tenant,
                        &row.id,
                        &row.account,
                        &row.sender,
                        &sealed,
                        &row.mime_type,
                        row.bytes,
                        row.created_at,
                        row.expires_at
                    ],
                )
                .await
                .map(|_| ())
            })
        })
        .await
    }

    pub async fn media(&self, scope: &TenantScope, id: MediaId) -> Result<Option<MediaRow>> {
        let tenant = scope.tenant();
        let row = self
            .read(move |conn| {
                Box::pin(async move {
                    let sql = "SELECT id, account_id, sender_id, provider_id, mime_type, bytes, created_at, expires_at
                        FROM media WHERE tenant_id = $1 AND id = $2";
                    conn.query_opt(sql, vals![&tenant, &id]).await
                })
            })
            .await?;
        row.map(|row| media(scope, &row)).transpose()
    }
}

fn media(scope: &TenantScope, row: &Row) -> Result<MediaRow> {
    let id: MediaId = row.id(0)?;
    Ok(MediaRow {
        id,
        account: row.id(1)?,
        sender: row.id(2)?,
        provider_id: scope.open_text(TABLE, &id.bytes(), row.blob(3)?)?,
        mime_type: row.get(4)?,
        bytes: row.get(5)?,
        created_at: row.get(6)?,
        expires_at: row.get(7)?,
    })
}

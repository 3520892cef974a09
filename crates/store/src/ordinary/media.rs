//! Files known to a provider; the provider's id is sealed.

use tidings_domain::id::MediaId;

use crate::conn::vals;
use crate::error::Result;
use crate::model::MediaRow;
use crate::scope::TenantScope;
use crate::store::Store;

/// What `media.provider_id` is sealed for; the row is the id.
const TABLE: &str = "media";

impl Store {
    pub async fn add_media(&self, scope: &TenantScope, media: MediaRow) -> Result<()> {
        let tenant = scope.tenant();
        let sealed = scope.seal(TABLE, media.id.as_bytes(), media.provider_id.as_bytes());
        self.write(move |conn| {
            Box::pin(async move {
                let m = &media;
                conn.execute(
                    "INSERT INTO media (tenant_id, id, account_id, sender_id, provider_id, mime_type, bytes,
                     created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                    vals![
                        &tenant,
                        &m.id,
                        &m.account,
                        &m.sender,
                        &sealed,
                        &m.mime_type,
                        m.bytes,
                        m.created_at,
                        m.expires_at
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
                    let sql =
                        "SELECT account_id, sender_id, provider_id, mime_type, bytes, created_at, expires_at
                        FROM media WHERE tenant_id = $1 AND id = $2";
                    conn.query_opt(sql, vals![&tenant, &id]).await
                })
            })
            .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(MediaRow {
            id,
            account: row.id(0)?,
            sender: row.id(1)?,
            provider_id: scope.open_text(TABLE, id.as_bytes(), row.blob(2)?)?,
            mime_type: row.get(3)?,
            bytes: row.get(4)?,
            created_at: row.get(5)?,
            expires_at: row.get(6)?,
        }))
    }
}

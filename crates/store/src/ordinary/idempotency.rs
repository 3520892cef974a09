//! Answers that were given under an idempotency key.

use crate::conn::vals;
use crate::error::Result;
use crate::hot::accept::ANSWERS;
use crate::scope::TenantScope;
use crate::store::Store;

impl Store {
    /// The fingerprint of the request that used the key before, with the status and body it was answered by.
    pub async fn idempotent_answer(
        &self,
        scope: &TenantScope,
        key: [u8; 32],
    ) -> Result<Option<([u8; 32], u16, Vec<u8>)>> {
        let tenant = scope.tenant();
        let row = self
            .read(move |conn| {
                Box::pin(async move {
                    let sql = "SELECT fingerprint, status, body FROM idempotency
                        WHERE key = $2 AND tenant_id = $1 AND body IS NOT NULL";
                    conn.query_opt(sql, vals![&tenant, &key]).await
                })
            })
            .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some((row.get(0)?, row.get(1)?, scope.open(ANSWERS, &key, row.blob(2)?)?)))
    }
}

//! Recipients that a provider called unreachable.

use serde_json::json;

use tidings_domain::actor::Actor;
use tidings_domain::address::Address;
use tidings_domain::event::Kind;
use tidings_domain::time::Timestamp;

use super::log;
use crate::conn::{Row, vals};
use crate::error::Result;
use crate::model::{Hash16, InvalidRecipient, Page};
use crate::people::IDENTITY;
use crate::scope::TenantScope;
use crate::store::Store;

impl Store {
    pub async fn invalid_recipients(
        &self,
        scope: &TenantScope,
        cursor: Option<Hash16>,
        limit: usize,
    ) -> Result<Page<InvalidRecipient, Hash16>> {
        let tenant = scope.tenant();
        let rows = self
            .read(move |conn| {
                Box::pin(async move {
                    let sql = "SELECT r.hash, r.invalid_code, r.invalid_at, i.value FROM recipients r
                        LEFT JOIN identities i ON i.tenant_id = r.tenant_id AND i.hash = r.hash
                        WHERE r.tenant_id = $1 AND r.hash > $2 AND r.invalid_code IS NOT NULL ORDER BY r.hash LIMIT $3";
                    let after = cursor.unwrap_or(Hash16([0; 16]));
                    conn.query(sql, vals![&tenant, &after, limit as i64 + 1]).await
                })
            })
            .await?;
        let items: Result<Vec<InvalidRecipient>> = rows.iter().map(|row| recipient(scope, row)).collect();
        Ok(Page::cut(items?, limit, |recipient| recipient.hash))
    }

    /// Whether the recipient was remembered as invalid until now.
    pub async fn lift_invalid(
        &self,
        scope: &TenantScope,
        address: &Address,
        actor: Actor,
        at: Timestamp,
    ) -> Result<bool> {
        let (tenant, hash) = (scope.tenant(), scope.hash(&address.canonical()));
        self.write(move |conn| {
            Box::pin(async move {
                let sql = "UPDATE recipients SET invalid_code = NULL, invalid_at = NULL
                    WHERE tenant_id = $1 AND hash = $2 AND invalid_code IS NOT NULL";
                if conn.execute(sql, vals![&tenant, &hash]).await? == 0 {
                    return Ok(false);
                }
                log(conn, tenant, Kind::RecipientLifted, hash.0, actor, at, json!({})).await?;
                Ok(true)
            })
        })
        .await
    }
}

fn recipient(scope: &TenantScope, row: &Row) -> Result<InvalidRecipient> {
    let hash: Hash16 = row.get(0)?;
    let value: Option<Vec<u8>> = row.get(3)?;
    let canonical = value.map(|value| scope.open_text(IDENTITY, &hash.0, &value)).transpose()?;
    Ok(InvalidRecipient {
        hash,
        address: canonical.as_deref().and_then(Address::from_canonical),
        code: row.get(1)?,
        at: row.get(2)?,
    })
}

//! Recipients that the provider called unreachable, and forgetting it.

use serde_json::json;

use tidings_domain::actor::Actor;
use tidings_domain::address::Address;
use tidings_domain::event::Kind;
use tidings_domain::id::TenantId;
use tidings_domain::time::Timestamp;

use super::contacts::open_address;
use super::log;
use crate::conn::{Conn, Row, vals};
use crate::error::Result;
use crate::model::{Hash16, InvalidRecipient, Page};
use crate::scope::TenantScope;
use crate::store::Store;

impl Store {
    pub async fn invalid_recipients(
        &self,
        scope: &TenantScope,
        after: Option<Hash16>,
        limit: usize,
    ) -> Result<Page<InvalidRecipient, Hash16>> {
        let tenant = scope.tenant();
        let rows = self
            .read(move |conn| {
                Box::pin(async move {
                    // No hash is all zero but by a chance that nobody lives to see.
                    let after = after.unwrap_or(Hash16([0; 16]));
                    let sql = "SELECT r.hash, r.invalid_code, r.invalid_at, i.value FROM recipients r
                        LEFT JOIN identities i ON i.tenant_id = r.tenant_id AND i.hash = r.hash
                        WHERE r.tenant_id = $1 AND r.invalid_code IS NOT NULL AND r.hash > $2 ORDER BY r.hash LIMIT $3";
                    conn.query(sql, vals![&tenant, &after, limit as i64 + 1]).await
                })
            })
            .await?;
        let items = rows.iter().map(|row| invalid(scope, row)).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(items, limit, |item| item.hash))
    }

    /// Forgets it for all identities of the person. False if nothing was remembered.
    pub async fn lift_invalid(
        &self,
        scope: &TenantScope,
        address: &Address,
        actor: Actor,
        at: Timestamp,
    ) -> Result<bool> {
        let (tenant, hash) = (scope.tenant(), scope.hash(&address.canonical()));
        self.write(move |conn| Box::pin(async move { lift(conn, tenant, hash, actor, at).await })).await
    }
}

async fn lift(conn: &Conn, tenant: TenantId, hash: Hash16, actor: Actor, at: Timestamp) -> Result<bool> {
    let sql = "UPDATE recipients SET invalid_code = NULL, invalid_at = NULL
        WHERE tenant_id = $1 AND invalid_code IS NOT NULL AND (hash = $2 OR hash IN
        (SELECT i.hash FROM identities i WHERE i.tenant_id = $1
         AND i.contact_id = (SELECT contact_id FROM identities WHERE tenant_id = $1 AND hash = $2)))";
    if conn.execute(sql, vals![&tenant, &hash]).await? == 0 {
        return Ok(false);
    }
    log(conn, tenant, Kind::RecipientLifted, hash.0, actor, at, json!({})).await?;
    Ok(true)
}

fn invalid(scope: &TenantScope, row: &Row) -> Result<InvalidRecipient> {
    let hash: Hash16 = row.get(0)?;
    let value: Option<Vec<u8>> = row.get(3)?;
    Ok(InvalidRecipient {
        hash,
        address: value.map(|sealed| open_address(scope, hash, &sealed)).transpose()?,
        code: row.get(1)?,
        at: row.get(2)?,
    })
}

//! Who is always or never sent a code. Values are looked up by their keyed hash and kept sealed.

use tidings_domain::id::{ListedId, TenantId};

use crate::conn::{Conn, Row, vals};
use crate::error::Result;
use crate::model::{Hash16, Listed};
use crate::scope::TenantScope;
use crate::store::Store;

/// What the value is sealed for.
const SEALED_FOR: &str = "verification_lists";

#[derive(Debug, Default)]
pub(super) struct Named {
    pub allowed: bool,
    pub blocked: bool,
}

pub(super) async fn named(conn: &Conn, tenant: &TenantId, hashes: &[Hash16]) -> Result<Named> {
    let mut found = Named::default();
    for hash in hashes {
        let sql = "SELECT blocked FROM verification_lists WHERE tenant_id = $1 AND key = $2";
        if let Some(row) = conn.query_opt(sql, vals![tenant, hash]).await? {
            let blocked: bool = row.get(0)?;
            found.blocked |= blocked;
            found.allowed |= !blocked;
        }
    }
    Ok(found)
}

impl Store {
    /// Puts something on a list; what stood there under the same key is replaced.
    pub async fn list_for_codes(&self, scope: &TenantScope, key: Hash16, entry: Listed) -> Result<()> {
        let tenant = scope.tenant();
        let value = scope.seal(SEALED_FOR, &key.0, entry.value.as_bytes());
        self.write(move |conn| {
            Box::pin(async move {
                let sql = "INSERT INTO verification_lists (tenant_id, key, id, blocked, kind, value, reason, created_at)
                    VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (tenant_id, key) DO UPDATE SET
                    id = excluded.id, blocked = excluded.blocked, kind = excluded.kind, value = excluded.value,
                    reason = excluded.reason, created_at = excluded.created_at";
                let Listed { id, blocked, kind, reason, created_at, .. } = &entry;
                conn.execute(sql, vals![&tenant, &key, id, *blocked, kind, &value, reason, *created_at])
                    .await
                    .map(|_| ())
            })
        })
        .await
    }

    pub async fn unlist_for_codes(&self, scope: &TenantScope, id: ListedId) -> Result<bool> {
        let tenant = scope.tenant();
        self.write(move |conn| {
            Box::pin(async move {
                let sql = "DELETE FROM verification_lists WHERE tenant_id = $1 AND id = $2";
                Ok(conn.execute(sql, vals![&tenant, &id]).await? > 0)
            })
        })
        .await
    }

    pub async fn listed_for_codes(&self, scope: &TenantScope, limit: usize) -> Result<Vec<Listed>> {
        let tenant = scope.tenant();
        let rows = self
            .read(move |conn| {
                Box::pin(async move {
                    let sql =
                        "SELECT id, blocked, kind, value, reason, created_at, key FROM verification_lists
                        WHERE tenant_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2";
                    conn.query(sql, vals![&tenant, limit as i64]).await
                })
            })
            .await?;
        rows.iter().map(|row| listed(scope, row)).collect()
    }
}

fn listed(scope: &TenantScope, row: &Row) -> Result<Listed> {
    let key: Hash16 = row.get(6)?;
    Ok(Listed {
        id: row.id(0)?,
        blocked: row.get(1)?,
        kind: row.get(2)?,
        value: scope.open_text(SEALED_FOR, &key.0, row.blob(3)?)?,
        reason: row.get(4)?,
        created_at: row.get(5)?,
    })
}

//! Dropping what is past its time, step by step, so that whoever writes meanwhile waits for one step at most.
//! Ids begin with their milliseconds: what is old stands at the beginning of each tenant's rows.

mod events;
mod messages;

use tidings_domain::time::Timestamp;

use crate::conn::{Batch, Bulk, Conn, Val, cells, vals};
use crate::error::Result;
use crate::limits::{PRUNE_ROWS_MAX, RETENTION_STEP_ROWS};
use crate::model::Dropped;
use crate::scope::{Part, SystemScope, TenantScope};
use crate::store::Store;

/// The smallest id of a moment.
pub(super) fn first_id(at: Timestamp) -> [u8; 16] {
    let mut id = [0; 16];
    id[..6].copy_from_slice(&at.millis().max(0).to_be_bytes()[2..]);
    id
}

const SEALED: Bulk = Bulk {
    sqlite: "DELETE FROM sealed WHERE tenant_id = ?1 AND owner = ?2 AND part = ?3",
    postgres: "DELETE FROM sealed s USING UNNEST($1::bytea[], $2::bytea[], $3::bigint[]) AS k (tenant_id, owner, part)
        WHERE s.tenant_id = k.tenant_id AND s.owner = k.owner AND s.part = k.part",
};

const INBOUND: Bulk = Bulk {
    sqlite: "DELETE FROM inbound WHERE tenant_id = ?1 AND id = ?2",
    postgres: "DELETE FROM inbound i USING UNNEST($1::bytea[], $2::bytea[]) AS k (tenant_id, id)
        WHERE i.tenant_id = k.tenant_id AND i.id = k.id",
};

const REVIEWS: Bulk = Bulk {
    sqlite: "DELETE FROM opt_out_reviews WHERE tenant_id = ?1 AND id = ?2",
    postgres: "DELETE FROM opt_out_reviews r USING UNNEST($1::bytea[], $2::bytea[]) AS k (tenant_id, id)
        WHERE r.tenant_id = k.tenant_id AND r.id = k.id",
};

const KEPT: Bulk = Bulk {
    sqlite: "DELETE FROM kept WHERE tenant_id = ?1 AND id = ?2",
    postgres: "DELETE FROM kept c USING UNNEST($1::bytea[], $2::bytea[]) AS k (tenant_id, id)
        WHERE c.tenant_id = k.tenant_id AND c.id = k.id",
};

impl Store {
    /// Drops what people wrote before a time.
    pub async fn drop_inbound(&self, scope: &TenantScope, before: Timestamp) -> Result<Dropped> {
        self.drop_whole(scope, "inbound", &[&REVIEWS, &INBOUND], Part::Inbound, before).await
    }

    /// Drops callbacks that nobody understood from before a time.
    pub async fn drop_kept(&self, scope: &TenantScope, before: Timestamp) -> Result<Dropped> {
        self.drop_whole(scope, "kept", &[&KEPT], Part::Kept, before).await
    }

    /// Drops rows of a table, the last of `delete`, with what belongs to them and their sealed part; all that is old
    /// enough goes, so it always begins anew.
    async fn drop_whole(
        &self,
        scope: &TenantScope,
        table: &'static str,
        delete: &'static [&'static Bulk],
        part: Part,
        before: Timestamp,
    ) -> Result<Dropped> {
        let tenant = scope.tenant();
        self.write(move |conn| {
            Box::pin(async move {
                let sql =
                    format!("SELECT id FROM {table} WHERE tenant_id = $1 AND id < $2 ORDER BY id LIMIT $3");
                let rows = conn.query(&sql, vals![&tenant, &first_id(before), RETENTION_STEP_ROWS]).await?;
                let ids = rows.iter().map(|row| row.get(0)).collect::<Result<Vec<[u8; 16]>>>()?;
                let mut owners = Batch::new(3, ids.len());
                let mut keys = Batch::new(2, ids.len());
                for id in &ids {
                    owners.push(cells![&tenant, id, Val::Int(part.code())]);
                    keys.push(cells![&tenant, id]);
                }
                conn.bulk(&SEALED, &owners).await?;
                let mut rows = 0;
                for each in delete {
                    rows = conn.bulk(each, &keys).await?;
                }
                Ok(Dropped { rows, next: full(&ids) })
            })
        })
        .await
    }

    /// Drops receipts from before a time that wait for an id which nobody ever named.
    pub async fn drop_waiting(&self, _system: &SystemScope, before: Timestamp) -> Result<u64> {
        self.write(move |conn: &Conn| {
            Box::pin(async move {
                let orphans = "DELETE FROM orphans WHERE (tenant_id, account_id, hash, state) IN
                    (SELECT tenant_id, account_id, hash, state FROM orphans WHERE received_at < $1 LIMIT $2)";
                let ids = "DELETE FROM provider_ids WHERE (tenant_id, account_id, hash) IN
                    (SELECT tenant_id, account_id, hash FROM provider_ids
                     WHERE message_id IS NULL AND created_at < $1 LIMIT $2)";
                let dropped = conn.execute(orphans, vals![before, PRUNE_ROWS_MAX]).await?;
                Ok(dropped + conn.execute(ids, vals![before, PRUNE_ROWS_MAX]).await?)
            })
        })
        .await
    }
}

/// The last id of a step that was full: there may be more behind it.
fn full(ids: &[[u8; 16]]) -> Option<[u8; 16]> {
    ids.last().copied().filter(|_| ids.len() as i64 >= RETENTION_STEP_ROWS)
}

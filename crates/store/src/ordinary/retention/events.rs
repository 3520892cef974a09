//! Entries of the log, oldest first, up to where the indexes behind it have come. The entries of a message that can
//! still go out stay.

use std::collections::BTreeMap;

use tidings_domain::id::TenantId;
use tidings_domain::time::Timestamp;

use super::super::behind::indexed_until;
use super::super::feed::{Order, order};
use crate::conn::{Batch, Bulk, cells, vals};
use crate::error::Result;
use crate::limits::RETENTION_STEP_ROWS;
use crate::model::LogPosition;
use crate::scope::SystemScope;
use crate::store::Store;

const EVENTS: Bulk = Bulk {
    sqlite: "DELETE FROM events WHERE ?1 = 0 AND seq = ?2",
    postgres: "DELETE FROM events e USING UNNEST($1::bigint[], $2::bigint[]) AS k (tx, seq)
        WHERE e.tx = k.tx::text::xid8 AND e.seq = k.seq",
};

const SUBJECTS: Bulk = Bulk {
    sqlite: "DELETE FROM subject_events WHERE tenant_id = ?1 AND subject = ?2 AND transaction_id = ?3 AND seq = ?4",
    postgres: "DELETE FROM subject_events s
        USING UNNEST($1::bytea[], $2::bytea[], $3::bigint[], $4::bigint[]) AS k (tenant_id, subject, transaction_id, seq)
        WHERE s.tenant_id = k.tenant_id AND s.subject = k.subject AND s.transaction_id = k.transaction_id
        AND s.seq = k.seq",
};

impl Store {
    /// Drops entries of the log, each from before its tenant's time; how many, and where to go on. A tenant that
    /// is not named keeps all.
    pub async fn drop_events(
        &self,
        _system: &SystemScope,
        after: Option<LogPosition>,
        before: BTreeMap<TenantId, Timestamp>,
        now: Timestamp,
    ) -> Result<(u64, Option<LogPosition>)> {
        let after = self.position_of(after);
        let Some(newest) = before.values().max().copied() else { return Ok((0, None)) };
        self.write(move |conn| {
            Box::pin(async move {
                let until = indexed_until(conn, after.generation).await?;
                let Order { position, ascending, after: behind, until: up_to, .. } = order(conn);
                let sql = format!(
                    "SELECT {position}, e.tenant_id, e.subject, e.at,
                     (SELECT m.expires_at FROM messages m WHERE m.tenant_id = e.tenant_id AND m.id = e.subject)
                     FROM events e WHERE {behind} AND {up_to} ORDER BY {ascending} LIMIT $5"
                );
                let (from, to) = (after, until);
                let params =
                    vals![from.transaction, from.sequence, to.transaction, to.sequence, RETENTION_STEP_ROWS];
                let rows = conn.query(&sql, params).await?;
                let (mut past, mut last, mut reached) = (Vec::new(), None, false);
                for row in &rows {
                    let (transaction, sequence): (i64, i64) = (row.get(0)?, row.get(1)?);
                    let (tenant, at): (TenantId, Timestamp) = (row.id(2)?, row.get(4)?);
                    last = Some(LogPosition { generation: after.generation, transaction, sequence });
                    reached |= at >= newest;
                    let open = row.get::<Option<Timestamp>>(5)?.is_some_and(|expires_at| expires_at > now);
                    if !open && before.get(&tenant).is_some_and(|before| at < *before) {
                        past.push((tenant, row.get::<[u8; 16]>(3)?, transaction, sequence));
                    }
                }
                let mut events = Batch::new(2, past.len());
                let mut subjects = Batch::new(4, past.len());
                for (tenant, subject, transaction, sequence) in &past {
                    events.push(cells![*transaction, *sequence]);
                    subjects.push(cells![tenant, subject, *transaction, *sequence]);
                }
                conn.bulk(&SUBJECTS, &subjects).await?;
                let dropped = conn.bulk(&EVENTS, &events).await?;
                let more = rows.len() as i64 >= RETENTION_STEP_ROWS && !reached;
                Ok((dropped, last.filter(|_| more)))
            })
        })
        .await
    }
}

//! Counts of events by kind, taken up from where the last count ended.

use std::collections::BTreeMap;

use tidings_domain::event::Kind;
use tidings_domain::id::TenantId;

use super::feed::{Order, end, kind, order};
use crate::conn::{Conn, Val};
use crate::error::Result;
use crate::limits::{EVENTS_COUNTED_CHUNK, EVENTS_COUNTED_CHUNKS_MAX};
use crate::model::LogPosition;
use crate::scope::{SystemScope, TenantScope};
use crate::store::Store;

impl Store {
    /// How many events of each kind the tenant's log has behind a position, and the position counted up to.
    pub async fn event_counts(
        &self,
        scope: &TenantScope,
        after: LogPosition,
    ) -> Result<(Vec<(Kind, u64)>, LogPosition)> {
        let (counts, position) = self.counts(Some(scope.tenant()), after).await?;
        Ok((counts.into_iter().map(|((_, kind), count)| (kind, count)).collect(), position))
    }

    /// The same over all tenants.
    pub async fn event_counts_by_tenant(
        &self,
        _system: &SystemScope,
        after: LogPosition,
    ) -> Result<(Vec<(TenantId, Kind, u64)>, LogPosition)> {
        let (counts, position) = self.counts(None, after).await?;
        Ok((counts.into_iter().map(|((tenant, kind), count)| (tenant, kind, count)).collect(), position))
    }

    async fn counts(
        &self,
        tenant: Option<TenantId>,
        after: LogPosition,
    ) -> Result<(BTreeMap<(TenantId, Kind), u64>, LogPosition)> {
        let mut all = BTreeMap::new();
        let mut from = self.position_of(Some(after));
        // Each chunk is a read of its own, so that a long count keeps nobody waiting.
        for _ in 0..EVENTS_COUNTED_CHUNKS_MAX {
            let (rows, until) =
                self.read(move |conn| Box::pin(async move { chunk(conn, tenant, from).await })).await?;
            for (tenant, kind, count) in rows {
                *all.entry((tenant, kind)).or_default() += count;
            }
            if until == from {
                break;
            }
            from = until;
        }
        Ok((all, from))
    }
}

/// Counts up to [`EVENTS_COUNTED_CHUNK`] events behind a position.
async fn chunk(
    conn: &Conn,
    tenant: Option<TenantId>,
    from: LogPosition,
) -> Result<(Vec<(TenantId, Kind, u64)>, LogPosition)> {
    let Order { position, ascending, after, until, settled, .. } = order(conn);
    let own = |n: u8| if tenant.is_some() { format!(" AND tenant_id = ${n}") } else { String::new() };
    let sql = format!(
        "SELECT {position} FROM events WHERE {after} AND {settled}{} ORDER BY {ascending} LIMIT 1 OFFSET $3",
        own(4)
    );
    let mut params =
        vec![Val::Int(from.transaction), Val::Int(from.sequence), Val::Int(EVENTS_COUNTED_CHUNK - 1)];
    params.extend(tenant.as_ref().map(Val::from));
    let to = match conn.query_opt(&sql, &params).await? {
        Some(row) => {
            LogPosition { generation: from.generation, transaction: row.get(0)?, sequence: row.get(1)? }
        }
        None => end(conn, tenant, from.generation).await?,
    };
    if (to.transaction, to.sequence) <= (from.transaction, from.sequence) {
        return Ok((Vec::new(), from));
    }
    let sql = format!(
        "SELECT tenant_id, kind, COUNT(*) FROM events WHERE {after} AND {until}{} GROUP BY tenant_id, kind",
        own(5)
    );
    let mut params = vec![
        Val::Int(from.transaction),
        Val::Int(from.sequence),
        Val::Int(to.transaction),
        Val::Int(to.sequence),
    ];
    params.extend(tenant.as_ref().map(Val::from));
    let rows = conn.query(&sql, &params).await?;
    let counts =
        rows.iter().map(|row| Ok((row.id(0)?, kind(row.get(1)?)?, row.get(2)?))).collect::<Result<_>>()?;
    Ok((counts, to))
}

//! Reading the event log.
//!
//! On SQLite the sequence is the order of commits. On PostgreSQL it is not, so readers go by (transaction,
//! sequence) and stop below the oldest transaction that is still running: what they have not seen can never
//! appear behind their cursor.

use tidings_domain::event::Kind;
use tidings_domain::id::{Id as _, MessageId, TenantId};

use super::behind::positions;
use crate::conn::{Batch, Bulk, Conn, Row, Val, cells};
use crate::error::{Result, StoreError};
use crate::limits::EVENTS_OF_MESSAGE_MAX;
use crate::model::{LogPosition, LoggedEvent};
use crate::scope::{SystemScope, TenantScope};
use crate::store::Store;

/// The parts of a statement over the log that the engines write differently.
pub(super) struct Order {
    /// Transaction and sequence, as two integers.
    pub(super) position: &'static str,
    pub(super) ascending: &'static str,
    pub(super) descending: &'static str,
    /// Behind the position of `$1`, `$2`.
    pub(super) after: &'static str,
    /// Up to the position of `$3`, `$4`.
    pub(super) until: &'static str,
    /// Nothing can appear any more before what is seen.
    pub(super) settled: &'static str,
}

const SQLITE: Order = Order {
    position: "0, seq",
    ascending: "seq",
    descending: "seq DESC",
    after: "seq > $2",
    until: "seq <= $4",
    settled: "1 = 1",
};

const POSTGRES: Order = Order {
    // Under another name: `ORDER BY tx` would mean this column if it were called so too, and sort all of the log.
    position: "tx::text::bigint AS place, seq",
    ascending: "tx, seq",
    descending: "tx DESC, seq DESC",
    after: "(tx, seq) > ($1::bigint::text::xid8, $2::bigint)",
    until: "(tx, seq) <= ($3::bigint::text::xid8, $4::bigint)",
    settled: "tx < pg_snapshot_xmin(pg_current_snapshot())",
};

pub(super) fn order(conn: &Conn) -> &'static Order {
    if conn.is_postgres() { &POSTGRES } else { &SQLITE }
}

/// Events by their places.
const AT: Bulk = Bulk {
    sqlite: "SELECT 0, seq, tenant_id, kind, subject, actor, trace, at, body FROM events WHERE ?1 = 0 AND seq = ?2",
    postgres: "SELECT k.ord, e.tx::text::bigint, e.seq, e.tenant_id, e.kind, e.subject, e.actor, e.trace, e.at, e.body
        FROM UNNEST($1::bigint[], $2::bigint[]) WITH ORDINALITY AS k (transaction_id, seq, ord)
        JOIN events e ON e.tx = k.transaction_id::text::xid8 AND e.seq = k.seq",
};

impl Store {
    /// The tenant's events behind a position, oldest first. A position of another generation of the log, from
    /// before a restore, starts at the beginning.
    pub async fn events(
        &self,
        scope: &TenantScope,
        after: Option<LogPosition>,
        limit: usize,
    ) -> Result<Vec<LoggedEvent>> {
        self.log_after(Some(scope.tenant()), after, limit).await
    }

    /// The events of all tenants behind a position, oldest first.
    pub async fn read_log(
        &self,
        _system: &SystemScope,
        after: Option<LogPosition>,
        limit: usize,
    ) -> Result<Vec<LoggedEvent>> {
        self.log_after(None, after, limit).await
    }

    /// Everything that happened to a message, oldest first.
    pub async fn message_events(&self, scope: &TenantScope, id: MessageId) -> Result<Vec<LoggedEvent>> {
        let (tenant, generation) = (scope.tenant(), self.log_generation());
        self.read(move |conn| {
            Box::pin(async move {
                let most = EVENTS_OF_MESSAGE_MAX;
                let positions = positions(conn, tenant, &id.bytes(), generation, most).await?;
                let mut keys = Batch::new(2, positions.len());
                for (transaction, sequence) in &positions {
                    keys.push(cells![*transaction, *sequence]);
                }
                let mut rows = conn.lookup(&AT, &keys).await?;
                rows.sort_unstable_by_key(|(index, _)| *index);
                rows.iter().map(|(_, row)| event(row, generation)).collect()
            })
        })
        .await
    }

    /// Where the tenant's log ends now, to follow it from there.
    pub async fn log_end(&self, scope: &TenantScope) -> Result<LogPosition> {
        let (tenant, generation) = (scope.tenant(), self.log_generation());
        self.read(move |conn| Box::pin(async move { end(conn, Some(tenant), generation).await })).await
    }

    /// A position that means something in this generation of the log.
    pub(super) fn position_of(&self, after: Option<LogPosition>) -> LogPosition {
        let generation = self.log_generation();
        let beginning = LogPosition { generation, transaction: 0, sequence: 0 };
        after.filter(|after| after.generation == generation).unwrap_or(beginning)
    }

    async fn log_after(
        &self,
        tenant: Option<TenantId>,
        after: Option<LogPosition>,
        limit: usize,
    ) -> Result<Vec<LoggedEvent>> {
        let after = self.position_of(after);
        self.read(move |conn| {
            Box::pin(async move {
                let Order { position, ascending, after: behind, settled, .. } = order(conn);
                let own = if tenant.is_some() { " AND tenant_id = $4" } else { "" };
                let sql = format!(
                    "SELECT {position}, tenant_id, kind, subject, actor, trace, at, body FROM events
                     WHERE {behind} AND {settled}{own} ORDER BY {ascending} LIMIT $3"
                );
                let mut params =
                    vec![Val::Int(after.transaction), Val::Int(after.sequence), Val::Int(limit as i64)];
                params.extend(tenant.as_ref().map(Val::from));
                let rows = conn.query(&sql, &params).await?;
                rows.iter().map(|row| event(row, after.generation)).collect()
            })
        })
        .await
    }
}

pub(super) async fn end(conn: &Conn, tenant: Option<TenantId>, generation: i64) -> Result<LogPosition> {
    let Order { position, descending, settled, .. } = order(conn);
    let own = if tenant.is_some() { " AND tenant_id = $1" } else { "" };
    let sql = format!("SELECT {position} FROM events WHERE {settled}{own} ORDER BY {descending} LIMIT 1");
    let params: Vec<Val<'_>> = tenant.as_ref().map(Val::from).into_iter().collect();
    let (transaction, sequence) = match conn.query_opt(&sql, &params).await? {
        Some(row) => (row.get(0)?, row.get(1)?),
        None => (0, 0),
    };
    Ok(LogPosition { generation, transaction, sequence })
}

fn event(row: &Row, generation: i64) -> Result<LoggedEvent> {
    Ok(LoggedEvent {
        position: LogPosition { generation, transaction: row.get(0)?, sequence: row.get(1)? },
        tenant: row.id(2)?,
        kind: kind(row.get(3)?)?,
        subject: row.get(4)?,
        actor: row.get(5)?,
        trace: row.get(6)?,
        at: row.get(7)?,
        body: row.get(8)?,
    })
}

pub(super) fn kind(code: i64) -> Result<Kind> {
    Kind::from_code(code).ok_or(StoreError::Corrupt("an event of an unknown kind"))
}

//! The event log as readers see it. On PostgreSQL sequence order is not commit order, so readers go in the
//! order of (transaction, sequence), below the oldest transaction that is still open.

use tidings_domain::event::Kind;
use tidings_domain::id::{Id, MessageId};

use crate::conn::{Conn, Row, vals};
use crate::error::{Result, StoreError};
use crate::limits::EVENTS_OF_MESSAGE_MAX;
use crate::model::{LogPosition, LoggedEvent};
use crate::scope::TenantScope;
use crate::store::Store;

const COLUMNS: &str = "seq, tenant_id, kind, subject, actor, trace, at, body";

impl Store {
    /// The tenant's events after a position, oldest first. A position of another generation begins anew.
    pub async fn events(
        &self,
        scope: &TenantScope,
        after: Option<LogPosition>,
        limit: usize,
    ) -> Result<Vec<LoggedEvent>> {
        let (tenant, generation) = (scope.tenant(), self.log_generation());
        let after = after.filter(|position| position.generation == generation).unwrap_or_default();
        self.read(move |conn| {
            Box::pin(async move {
                let rows = if conn.is_postgres() {
                    let sql = format!(
                        "SELECT {COLUMNS}, tx::text::bigint FROM events WHERE tenant_id = $1
                         AND (tx, seq) > (CAST($2::bigint AS text)::xid8, $3)
                         AND tx < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY tx, seq LIMIT $4"
                    );
                    conn.query(&sql, vals![&tenant, after.transaction, after.sequence, limit as i64]).await?
                } else {
                    let sql = format!(
                        "SELECT {COLUMNS}, 0 FROM events WHERE tenant_id = $1 AND seq > $2 ORDER BY seq LIMIT $3"
                    );
                    conn.query(&sql, vals![&tenant, after.sequence, limit as i64]).await?
                };
                rows.iter().map(|row| event(row, generation)).collect()
            })
        })
        .await
    }

    /// The timeline of one message, in the order in which it was written.
    pub async fn message_events(&self, scope: &TenantScope, id: MessageId) -> Result<Vec<LoggedEvent>> {
        let (tenant, generation) = (scope.tenant(), self.log_generation());
        self.read(move |conn| {
            Box::pin(async move {
                let tx = if conn.is_postgres() { "tx::text::bigint" } else { "0" };
                let sql = format!(
                    "SELECT {COLUMNS}, {tx} FROM events WHERE tenant_id = $1 AND subject = $2 ORDER BY seq LIMIT $3"
                );
                let rows = conn.query(&sql, vals![&tenant, &id.bytes(), EVENTS_OF_MESSAGE_MAX]).await?;
                rows.iter().map(|row| event(row, generation)).collect()
            })
        })
        .await
    }

    /// How many events of each kind follow a position, and the position after them.
    pub async fn event_counts(
        &self,
        scope: &TenantScope,
        after: LogPosition,
    ) -> Result<(Vec<(Kind, u64)>, LogPosition)> {
        let (tenant, generation) = (scope.tenant(), self.log_generation());
        let after = if after.generation == generation { after } else { LogPosition::default() };
        self.read(move |conn| {
            Box::pin(async move {
                let end = end(conn, generation).await?;
                let rows = if conn.is_postgres() {
                    let sql = "SELECT kind, count(*) FROM events WHERE tenant_id = $1
                        AND tx > CAST($2::bigint AS text)::xid8 AND tx <= CAST($3::bigint AS text)::xid8 GROUP BY kind";
                    conn.query(sql, vals![&tenant, after.transaction, end.transaction]).await?
                } else {
                    let sql = "SELECT kind, count(*) FROM events WHERE tenant_id = $1 AND seq > $2 AND seq <= $3
                        GROUP BY kind";
                    conn.query(sql, vals![&tenant, after.sequence, end.sequence]).await?
                };
                let mut counts = Vec::new();
                for row in &rows {
                    if let Some(kind) = Kind::from_code(row.get(0)?) {
                        counts.push((kind, row.get(1)?));
                    }
                }
                Ok((counts, end))
            })
        })
        .await
    }

    /// Where the log ends now.
    pub async fn log_end(&self, _scope: &TenantScope) -> Result<LogPosition> {
        let generation = self.log_generation();
        self.read(move |conn| Box::pin(async move { end(conn, generation).await })).await
    }
}

async fn end(conn: &Conn, generation: i64) -> Result<LogPosition> {
    let missing = StoreError::Corrupt("the log has no end");
    if conn.is_postgres() {
        // All of a transaction is visible or none of it: the end is between two transactions.
        let sql = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1";
        let row = conn.query_opt(sql, &[]).await?.ok_or(missing)?;
        return Ok(LogPosition { generation, transaction: row.get(0)?, sequence: i64::MAX });
    }
    let row = conn.query_opt("SELECT COALESCE(MAX(seq), 0) FROM events", &[]).await?.ok_or(missing)?;
    Ok(LogPosition { generation, transaction: 0, sequence: row.get(0)? })
}

fn event(row: &Row, generation: i64) -> Result<LoggedEvent> {
    Ok(LoggedEvent {
        position: LogPosition { generation, transaction: row.get(8)?, sequence: row.get(0)? },
        tenant: row.id(1)?,
        kind: Kind::from_code(row.get(2)?).ok_or(StoreError::Corrupt("an event of an unknown kind"))?,
        subject: row.get(3)?,
        actor: row.get(4)?,
        trace: row.get(5)?,
        at: row.get(6)?,
        body: row.get(7)?,
    })
}

//! Who was written to lately: from this the lanes rebuild the debt of their pairs.

use tidings_domain::event::Kind;
use tidings_domain::id::SenderId;
use tidings_domain::time::Timestamp;

use super::feed::{Order, order};
use crate::conn::{Conn, Val, vals};
use crate::error::{Result, StoreError};
use crate::limits::{LOG_SKEW_US, PAIR_EVENTS_FIRST, PAIR_EVENTS_PER_ROW, PAIR_SENDERS_MAX};
use crate::model::Hash16;
use crate::scope::SystemScope;
use crate::store::Store;

impl Store {
    /// Each claim of these senders since then with its recipient, oldest first, as far as the newest events tell. All senders together cost one walk over the end of the log, and what is older costs nothing.
    pub async fn recent_pairs(
        &self,
        _system: &SystemScope,
        senders: &[SenderId],
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<(SenderId, Hash16, Timestamp)>> {
        let limit = i64::try_from(limit).map_err(StoreError::internal)?;
        let mut found = Vec::new();
        for some in senders.chunks(PAIR_SENDERS_MAX) {
            let some = some.to_vec();
            found.extend(
                self.read(move |conn| Box::pin(async move { pairs(conn, &some, since, limit).await }))
                    .await?,
            );
        }
        Ok(found)
    }
}

async fn pairs(
    conn: &Conn,
    senders: &[SenderId],
    since: Timestamp,
    limit: i64,
) -> Result<Vec<(SenderId, Hash16, Timestamp)>> {
    let (transaction, sequence) = reach(conn, since, limit.saturating_mul(PAIR_EVENTS_PER_ROW)).await?;
    let after = order(conn).after;
    let wanted: Vec<String> = (0..senders.len()).map(|n| format!("${}", n + 6)).collect();
    let sql = format!(
        "SELECT m.sender_id, m.recipient, e.at FROM events e
         JOIN messages m ON m.tenant_id = e.tenant_id AND m.id = e.subject
         WHERE {after} AND e.kind = $3 AND e.at >= $4 AND m.sender_id IN ({})
         ORDER BY e.at DESC LIMIT $5",
        wanted.join(", ")
    );
    let submitting = Val::Int(Kind::MessageSubmitting.code());
    let mut params = vals![transaction, sequence, submitting, since, limit].to_vec();
    params.extend(senders.iter().map(Val::from));
    let rows = conn.query(&sql, &params).await?;
    rows.iter().rev().map(|row| Ok((row.id(0)?, row.get(1)?, row.get(2)?))).collect()
}

/// A place in the log, at most so many events before its end, behind which everything since then is. An event is
/// written a little after its time.
async fn reach(conn: &Conn, since: Timestamp, most: i64) -> Result<(i64, i64)> {
    let Order { position, descending, .. } = order(conn);
    let sql = format!("SELECT {position}, at FROM events ORDER BY {descending} LIMIT 1 OFFSET $1");
    let oldest = since.plus(-LOG_SKEW_US);
    let mut back = PAIR_EVENTS_FIRST.min(most);
    loop {
        let Some(row) = conn.query_opt(&sql, vals![back]).await? else { return Ok((0, 0)) };
        let at: Timestamp = row.get(2)?;
        if at < oldest || back >= most {
            return Ok((row.get(0)?, row.get(1)?));
        }
        back = back.saturating_mul(4).min(most);
    }
}

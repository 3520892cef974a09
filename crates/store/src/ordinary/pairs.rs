//! Who was written to lately: from this the lanes rebuild the debt of their pairs.

use tidings_domain::event::Kind;
use tidings_domain::id::SenderId;
use tidings_domain::time::Timestamp;

use crate::conn::{Conn, Val, vals};
use crate::error::{Result, StoreError};
use crate::limits::PAIR_SENDERS_MAX;
use crate::model::Hash16;
use crate::scope::SystemScope;
use crate::store::Store;

impl Store {
    /// The newest claims of these senders since then with their recipients, oldest first. The index of the claims in
    /// the log is walked from its end, so what waits or is older costs nothing.
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
    let wanted: Vec<String> = (0..senders.len()).map(|n| format!("${}", n + 3)).collect();
    // The kind stands in the text: the condition of the partial index is `kind = 3`. Messages are looked up one by
    // one, after the bound.
    let sql = format!(
        "SELECT m.sender_id, m.recipient, e.at FROM (
           SELECT tenant_id, subject, at FROM events WHERE kind = {} AND at >= $1 ORDER BY at DESC LIMIT $2) e
         JOIN messages m ON m.tenant_id = e.tenant_id AND m.id = e.subject
         WHERE m.sender_id IN ({}) ORDER BY e.at DESC",
        Kind::MessageSubmitting.code(),
        wanted.join(", ")
    );
    let mut params = vals![since, limit].to_vec();
    params.extend(senders.iter().map(Val::from));
    let rows = conn.query(&sql, &params).await?;
    rows.iter().rev().map(|row| Ok((row.id(0)?, row.get(1)?, row.get(2)?))).collect()
}

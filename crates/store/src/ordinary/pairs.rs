//! Who was written to lately: from this the lanes rebuild the debt of their pairs.

use std::collections::BTreeSet;

use tidings_domain::event::Kind;
use tidings_domain::id::SenderId;
use tidings_domain::time::Timestamp;

use crate::conn::vals;
use crate::error::{Result, StoreError};
use crate::model::Hash16;
use crate::scope::SystemScope;
use crate::store::Store;

impl Store {
    /// Those of the newest `limit` claims since then that are of these senders, with their recipients, oldest first.
    /// The index of the claims is walked from its end, so what waits in the queue or is older costs nothing.
    pub async fn recent_pairs(
        &self,
        _system: &SystemScope,
        senders: &[SenderId],
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<(SenderId, Hash16, Timestamp)>> {
        if senders.is_empty() {
            return Ok(Vec::new());
        }
        let wanted: BTreeSet<SenderId> = senders.iter().copied().collect();
        let limit = i64::try_from(limit).map_err(StoreError::internal)?;
        // The kind stands in the text because the index is partial; each message is looked up by its key, which no
        // planner can turn into reading all of them.
        let of_message = |column| {
            format!(
                "(SELECT m.{column} FROM messages m WHERE m.tenant_id = e.tenant_id AND m.id = e.subject)"
            )
        };
        let sql = format!(
            "SELECT {}, {}, e.at FROM events e WHERE e.kind = {} AND e.at >= $1 ORDER BY e.at DESC LIMIT $2",
            of_message("sender_id"),
            of_message("recipient"),
            Kind::MessageSubmitting.code()
        );
        self.read(move |conn| {
            Box::pin(async move {
                let mut found = Vec::new();
                for row in conn.query(&sql, vals![since, limit]).await?.iter().rev() {
                    // A message may have been dropped since.
                    if let Some(sender) = row.opt_id(0)?.filter(|sender| wanted.contains(sender)) {
                        found.push((sender, row.get(1)?, row.get(2)?));
                    }
                }
                Ok(found)
            })
        })
        .await
    }
}

//! Reading the lanes: what is due, where there is work, how deep the queues are.

use tidings_domain::category::Category;
use tidings_domain::id::{MessageId, SenderId};
use tidings_domain::time::Timestamp;

use super::rows::{DUE_COLUMNS, due_item};
use crate::conn::vals;
use crate::error::Result;
use crate::limits::QUEUE_DEPTH_MAX;
use crate::model::{DueItem, LaneWork, SlotSet};
use crate::scope::SystemScope;
use crate::store::Store;

/// Jumps from sender to sender over the key of `due`: its cost grows with the senders, not with the rows.
const LANES: &str = "WITH RECURSIVE lanes (s) AS (
    SELECT (SELECT sender_id FROM due ORDER BY sender_id LIMIT 1)
    UNION ALL
    SELECT (SELECT d.sender_id FROM due d WHERE d.sender_id > l.s ORDER BY d.sender_id LIMIT 1)
    FROM lanes l WHERE l.s IS NOT NULL)
  SELECT w.s, w.tenant_id, w.account_id, w.due_0, w.due_1, w.due_2, w.due_3, COALESCE(a.slot, 0)
  FROM (SELECT l.s,
    (SELECT tenant_id FROM due d WHERE d.sender_id = l.s ORDER BY category, due_at, message_id LIMIT 1) AS tenant_id,
    (SELECT account_id FROM due d WHERE d.sender_id = l.s ORDER BY category, due_at, message_id LIMIT 1) AS account_id,
    (SELECT due_at FROM due d WHERE d.sender_id = l.s AND category = 0 ORDER BY due_at LIMIT 1) AS due_0,
    (SELECT due_at FROM due d WHERE d.sender_id = l.s AND category = 1 ORDER BY due_at LIMIT 1) AS due_1,
    (SELECT due_at FROM due d WHERE d.sender_id = l.s AND category = 2 ORDER BY due_at LIMIT 1) AS due_2,
    (SELECT due_at FROM due d WHERE d.sender_id = l.s AND category = 3 ORDER BY due_at LIMIT 1) AS due_3
    FROM lanes l WHERE l.s IS NOT NULL) w
  LEFT JOIN accounts a ON a.id = w.account_id
  WHERE (CAST($1 AS BIGINT) >> CAST(COALESCE(a.slot, 0) AS INTEGER)) & 1 = 1";

impl Store {
    /// Entries of one sender and category that are due, by time and message; `after` continues.
    pub async fn due(
        &self,
        _system: &SystemScope,
        sender: SenderId,
        category: Category,
        now: Timestamp,
        after: Option<(Timestamp, MessageId)>,
        limit: usize,
    ) -> Result<Vec<DueItem>> {
        self.read(move |conn| {
            Box::pin(async move {
                let (from, message) =
                    after.map_or((i64::MIN, [0; 16]), |(at, id)| (at.micros(), *id.as_bytes()));
                let sql = format!(
                    "SELECT {DUE_COLUMNS} FROM due WHERE sender_id = $1 AND category = $2 AND due_at <= $3
                     AND (due_at, message_id) > ($4, $5) ORDER BY due_at, message_id LIMIT $6"
                );
                let params = vals![&sender, category, now, from, &message, limit as i64];
                conn.query(&sql, params).await?.iter().map(|row| due_item(row, 0)).collect()
            })
        })
        .await
    }

    /// The senders in these slots that have anything queued, with the time of the earliest entry.
    pub async fn lanes_with_work(&self, _system: &SystemScope, slots: SlotSet) -> Result<Vec<LaneWork>> {
        self.read(move |conn| {
            Box::pin(async move {
                let mut lanes = Vec::new();
                for row in conn.query(LANES, vals![slots.bits()]).await? {
                    let mut earliest: Option<Timestamp> = None;
                    for column in 3..7 {
                        let at: Option<Timestamp> = row.get(column)?;
                        earliest = [earliest, at].into_iter().flatten().min();
                    }
                    // On PostgreSQL a lane may have been emptied between the two looks at it.
                    let (Some(tenant), Some(account), Some(earliest)) =
                        (row.opt_id(1)?, row.opt_id(2)?, earliest)
                    else {
                        continue;
                    };
                    lanes.push(LaneWork { tenant, account, sender: row.id(0)?, slot: row.get(7)?, earliest });
                }
                Ok(lanes)
            })
        })
        .await
    }

    /// Entries per category, by [`Category::code`], counted up to [`QUEUE_DEPTH_MAX`].
    pub async fn queue_depths(&self, _system: &SystemScope, sender: SenderId) -> Result<[u64; 4]> {
        self.read(move |conn| {
            Box::pin(async move {
                let mut depths = [0; 4];
                for category in Category::ALL {
                    let sql = "SELECT COUNT(*) FROM (SELECT 1 FROM due WHERE sender_id = $1 AND category = $2 LIMIT $3) d";
                    let params = vals![&sender, category, QUEUE_DEPTH_MAX];
                    if let Some(row) = conn.query_opt(sql, params).await? {
                        depths[usize::from(category.priority())] = row.get(0)?;
                    }
                }
                Ok(depths)
            })
        })
        .await
    }
}

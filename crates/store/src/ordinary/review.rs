//! What a restore has held for review: counted, and decided by an operator.

use tidings_domain::category::Category;
use tidings_domain::time::Timestamp;

use crate::conn::{Conn, vals};
use crate::error::Result;
use crate::limits::REVIEW_CHUNK;
use crate::model::{HeldCount, Review};
use crate::scope::SystemScope;
use crate::store::Store;

impl Store {
    /// Attempts that wait for a receipt or an operator, by category.
    pub async fn held_for_review(&self, _system: &SystemScope) -> Result<Vec<HeldCount>> {
        self.read(|conn| {
            Box::pin(async move {
                let sql = "SELECT m.category, COUNT(*), MIN(m.created_at), MAX(m.created_at)
                    FROM attempts a JOIN messages m ON m.tenant_id = a.tenant_id AND m.id = a.message_id
                    WHERE a.state <= 1 AND a.review = 1 GROUP BY m.category ORDER BY m.category";
                let rows = conn.query(sql, &[]).await?;
                rows.iter()
                    .map(|row| {
                        Ok(HeldCount {
                            category: row.get(0)?,
                            messages: row.get(1)?,
                            oldest: row.get(2)?,
                            newest: row.get(3)?,
                        })
                    })
                    .collect()
            })
        })
        .await
    }

    /// Writes down an operator's decision about held messages, of one category or all, of those made before a
    /// time or all. Whoever owns the lanes carries it out. How many it is about.
    pub async fn review_held(
        &self,
        _system: &SystemScope,
        decision: Review,
        category: Option<Category>,
        created_before: Option<Timestamp>,
        at: Timestamp,
    ) -> Result<u64> {
        let mut all = 0;
        loop {
            let done = self
                .write(move |conn| {
                    Box::pin(async move { review(conn, decision, category, created_before, at).await })
                })
                .await?;
            all += done;
            if done < REVIEW_CHUNK.unsigned_abs() {
                return Ok(all);
            }
        }
    }
}

async fn review(
    conn: &Conn,
    decision: Review,
    category: Option<Category>,
    created_before: Option<Timestamp>,
    at: Timestamp,
) -> Result<u64> {
    let sql = "UPDATE attempts SET review = $1, doubt_until = $2 WHERE (tenant_id, message_id, n) IN
        (SELECT a.tenant_id, a.message_id, a.n
         FROM attempts a JOIN messages m ON m.tenant_id = a.tenant_id AND m.id = a.message_id
         WHERE a.state <= 1 AND a.review = 1 AND m.category BETWEEN $3 AND $4 AND m.created_at < $5 LIMIT $6)";
    let (low, high) = category.map_or((i64::MIN, i64::MAX), |category| (category.code(), category.code()));
    let before = created_before.map_or(i64::MAX, Timestamp::micros);
    conn.execute(sql, vals![decision as i64, at, low, high, before, REVIEW_CHUNK]).await
}

//! Attempts whose outcome is not known: what recovery and reconcile start from.

use tidings_domain::id::AttemptId;
use tidings_domain::time::Timestamp;

use super::rows::due_item;
use crate::conn::{Row, vals};
use crate::error::Result;
use crate::model::{Epoch, OpenAttempt, Review, SlotSet};
use crate::scope::SystemScope;
use crate::store::Store;

/// `state <= 1` is the condition of the partial index.
pub(crate) const OPEN: &str = "SELECT a.state, COALESCE(c.slot, 0), a.epoch, a.claimed_at, a.doubt_until, a.sender_id, m.category,
    COALESCE((SELECT p.retry_at FROM attempts p WHERE p.tenant_id = a.tenant_id AND p.message_id = a.message_id
        AND p.n = a.n - 1), m.due_at),
    m.id, m.tenant_id, a.account_id, a.n, m.expires_at, COALESCE(s.recipient, m.recipient),
    CASE WHEN s.step > 0 THEN s.country ELSE m.country END, m.ordered, COALESCE(s.free_form, m.free_form),
    CASE WHEN s.step > 0 THEN s.template ELSE m.template END, CASE WHEN s.step > 0 THEN s.language ELSE m.language END,
    m.trace, a.review
    FROM attempts a JOIN messages m ON m.tenant_id = a.tenant_id AND m.id = a.message_id
    LEFT JOIN plan_steps s ON s.tenant_id = a.tenant_id AND s.message_id = a.message_id AND s.step = (SELECT MAX(x.step)
        FROM plan_steps x WHERE x.tenant_id = a.tenant_id AND x.message_id = a.message_id AND x.first_attempt <= a.n)
    LEFT JOIN accounts c ON c.id = a.account_id
    WHERE a.state <= 1 AND (CAST($1 AS BIGINT) >> CAST(COALESCE(c.slot, 0) AS INTEGER)) & 1 = 1";

pub(crate) fn open_attempt(row: &Row) -> Result<OpenAttempt> {
    Ok(OpenAttempt {
        item: due_item(row, 5)?,
        state: row.get(0)?,
        epoch: Epoch { slot: row.get(1)?, number: row.get(2)? },
        claimed_at: row.get(3)?,
        doubt_until: row.get(4)?,
        review: row.get::<Option<i64>>(20)?.and_then(Review::from_code),
    })
}

impl Store {
    /// Attempts in these slots that are claimed or in doubt, by message and number; `after` continues. What a restore holds
    /// for review has its own time and is not among them.
    pub async fn open_attempts(
        &self,
        _system: &SystemScope,
        slots: SlotSet,
        after: Option<AttemptId>,
        limit: usize,
    ) -> Result<Vec<OpenAttempt>> {
        self.read(move |conn| {
            Box::pin(async move {
                let (message, n) =
                    after.map_or(([0; 16], 0), |after| (*after.message().as_bytes(), after.number()));
                let sql =
                    format!("{OPEN} AND a.review IS NULL AND (a.message_id, a.n) > ($2, $3) ORDER BY a.message_id, a.n LIMIT $4");
                let rows = conn.query(&sql, vals![slots.bits(), &message, n, limit as i64]).await?;
                rows.iter().map(open_attempt).collect()
            })
        })
        .await
    }

    /// Claims from before a time that nobody has answered for.
    pub async fn claims_before(
        &self,
        _system: &SystemScope,
        slots: SlotSet,
        before: Timestamp,
        limit: usize,
    ) -> Result<Vec<OpenAttempt>> {
        self.read(move |conn| {
            Box::pin(async move {
                let sql =
                    format!("{OPEN} AND a.state = 0 AND a.claimed_at <= $2 ORDER BY a.message_id LIMIT $3");
                let rows = conn.query(&sql, vals![slots.bits(), before, limit as i64]).await?;
                rows.iter().map(open_attempt).collect()
            })
        })
        .await
    }

    /// Doubts in these slots that no receipt has settled in their time.
    pub async fn doubts_due(
        &self,
        _system: &SystemScope,
        slots: SlotSet,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<OpenAttempt>> {
        self.read(move |conn| {
            Box::pin(async move {
                let sql = format!(
                    "{OPEN} AND a.state = 1 AND a.doubt_until <= $2 ORDER BY a.doubt_until, a.message_id LIMIT $3"
                );
                let rows = conn.query(&sql, vals![slots.bits(), now, limit as i64]).await?;
                rows.iter().map(open_attempt).collect()
            })
        })
        .await
    }
}

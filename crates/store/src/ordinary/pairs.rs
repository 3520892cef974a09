//! Who was written to lately: from this the lanes rebuild the debt of their pairs.

use std::collections::BTreeSet;

use tidings_domain::event::Kind;
use tidings_domain::id::SenderId;
use tidings_domain::time::Timestamp;

use crate::conn::{Conn, vals};
use crate::error::{Result, StoreError};
use crate::limits::CLOCK_STEPS_KEPT_US;
use crate::model::Hash16;
use crate::scope::SystemScope;
use crate::store::Store;

impl Store {
    /// Those of the newest `limit` claims of the last `horizon_us` that are of these senders: recipients and ages in
    /// microseconds, oldest first. Steps of the clock that were noted do not count as age. The index of the claims is
    /// walked from its end, so what waits in the queue or is older costs nothing.
    pub async fn recent_pairs(
        &self,
        _system: &SystemScope,
        senders: &[SenderId],
        now: Timestamp,
        horizon_us: i64,
        limit: usize,
    ) -> Result<Vec<(SenderId, Hash16, i64)>> {
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
                let (steps, since) = steps(conn, now.plus(-horizon_us)).await?;
                let mut found = Vec::new();
                for row in conn.query(&sql, vals![since, limit]).await?.iter().rev() {
                    // A message may have been dropped since.
                    if let Some(sender) = row.opt_id(0)?.filter(|sender| wanted.contains(sender)) {
                        found.push((sender, row.get(1)?, age_us(&steps, row.get(2)?, now)));
                    }
                }
                Ok(found)
            })
        })
        .await
    }

    /// The wall clock of a node at work stepped ahead, as its monotonic clock told. Steps of long ago are forgotten.
    pub async fn note_clock_step(
        &self,
        _system: &SystemScope,
        before: Timestamp,
        after: Timestamp,
    ) -> Result<()> {
        self.write(move |conn| {
            Box::pin(async move {
                let sql = "INSERT INTO clock_steps (after_at, before_at) VALUES ($1, $2)
                    ON CONFLICT (after_at) DO UPDATE SET before_at = excluded.before_at";
                conn.execute(sql, vals![after, before]).await?;
                let old = "DELETE FROM clock_steps WHERE after_at < $1";
                conn.execute(old, vals![after.plus(-CLOCK_STEPS_KEPT_US)]).await.map(|_| ())
            })
        })
        .await
    }
}

/// A step ahead: the clock showed the one time, and then the other.
struct Step {
    before: Timestamp,
    after: Timestamp,
}

/// The steps since a time, newest first, and what the clock showed at that time.
async fn steps(conn: &Conn, mut since: Timestamp) -> Result<(Vec<Step>, Timestamp)> {
    let sql = "SELECT before_at, after_at FROM clock_steps ORDER BY after_at DESC";
    let mut steps = Vec::new();
    for row in conn.query(sql, &[]).await? {
        let step = Step { before: row.get(0)?, after: row.get(1)? };
        if step.after < since {
            break;
        }
        since = since.plus(-step.after.since(step.before));
        steps.push(step);
    }
    Ok((steps, since))
}

fn age_us(steps: &[Step], at: Timestamp, now: Timestamp) -> i64 {
    let stepped = steps.iter().filter(|step| at <= step.before);
    let stepped_us: i64 = stepped.map(|step| step.after.since(step.before)).sum();
    (now.since(at) - stepped_us).max(0)
}

//! What rules decided lately, bounded: denials from what needs attention, the rest from the end of the log.

use tidings_domain::event::Kind;
use tidings_domain::id::MessageId;
use tidings_domain::time::Timestamp;

use super::feed::order;
use crate::conn::{Row, vals};
use crate::error::{Result, StoreError};
use crate::limits::{DECIDED_DENIALS_MAX, DECIDED_EVENTS_MAX};
use crate::model::{AttentionKind, Decided, DecidedEvent, Denial};
use crate::scope::TenantScope;
use crate::store::Store;

impl Store {
    /// Denials of a tenant since then, and its events that defer or tell of a shadow, newest first.
    pub async fn decided(&self, scope: &TenantScope, since: Timestamp) -> Result<Decided> {
        let tenant = scope.tenant();
        self.read(move |conn| {
            Box::pin(async move {
                let sql = "SELECT message_id, reason, at FROM attention
                    WHERE tenant_id = $1 AND kind = $2 AND at >= $3 ORDER BY at DESC, message_id LIMIT $4";
                let params = vals![&tenant, AttentionKind::Denied, since, DECIDED_DENIALS_MAX];
                let denials = conn.query(sql, params).await?;
                let newest = format!(
                    "(SELECT tenant_id, kind, subject, at, body FROM events ORDER BY {} LIMIT {DECIDED_EVENTS_MAX}) e",
                    order(conn).descending
                );
                let sql = format!(
                    "SELECT subject, kind, at, body FROM {newest} WHERE tenant_id = $1 AND at >= $2
                     AND (kind = $3 OR kind IN ($4, $5, $6) AND body LIKE '%\"shadow\":true%') ORDER BY at DESC"
                );
                let params = vals![
                    &tenant,
                    since,
                    Kind::MessageDeferred.code(),
                    Kind::MessageAccepted.code(),
                    Kind::MessageDenied.code(),
                    Kind::MessageSubmitting.code()
                ];
                let events = conn.query(&sql, params).await?;
                let span = conn.query_opt(&format!("SELECT COUNT(*), MIN(at) FROM {newest}"), &[]).await?;
                let span = span.ok_or(StoreError::Corrupt("a count has no row"))?;
                let (looked_at, oldest): (i64, Option<Timestamp>) = (span.get(0)?, span.get(1)?);
                let is_cut = looked_at >= DECIDED_EVENTS_MAX;
                Ok(Decided {
                    is_denials_cut: denials.len() as i64 >= DECIDED_DENIALS_MAX,
                    denials: denials.iter().map(denial).collect::<Result<_>>()?,
                    events: events.iter().map(event).collect::<Result<_>>()?,
                    events_since: oldest.filter(|oldest| is_cut && *oldest > since),
                })
            })
        })
        .await
    }
}

fn denial(row: &Row) -> Result<Denial> {
    Ok(Denial { message: row.id(0)?, rule: row.get(1)?, at: row.get(2)? })
}

fn event(row: &Row) -> Result<DecidedEvent> {
    let message: MessageId = row.id(0)?;
    let kind = Kind::from_code(row.get(1)?).ok_or(StoreError::Corrupt("an event of an unknown kind"))?;
    Ok(DecidedEvent { message, kind, at: row.get(2)?, body: row.get(3)? })
}

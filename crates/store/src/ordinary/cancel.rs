//! Canceling: whoever deletes the due row has the message, so a cancel loses to a claim.

use tidings_domain::actor::Actor;
use tidings_domain::event::{Kind, NewEvent, Subject};
use tidings_domain::id::{Id as _, MessageId, TenantId};
use tidings_domain::lifecycle::Terminal;
use tidings_domain::time::Timestamp;

use super::messages::one;
use crate::conn::{Conn, vals};
use crate::error::Result;
use crate::events;
use crate::hot::plans;
use crate::hot::rows::{note, set_terminal};
use crate::limits::CANCEL_TRIES_MAX;
use crate::model::{Canceled, MessageHead};
use crate::scope::TenantScope;
use crate::store::Store;

impl Store {
    pub async fn cancel(
        &self,
        scope: &TenantScope,
        id: MessageId,
        actor: Actor,
        at: Timestamp,
    ) -> Result<Canceled> {
        let tenant = scope.tenant();
        self.write(move |conn| Box::pin(async move { cancel(conn, tenant, id, actor, at).await })).await
    }
}

async fn cancel(
    conn: &Conn,
    tenant: TenantId,
    id: MessageId,
    actor: Actor,
    at: Timestamp,
) -> Result<Canceled> {
    let mut before: Option<(Timestamp, Option<Timestamp>)> = None;
    for _ in 0..CANCEL_TRIES_MAX {
        let Some((head, _)) = one(conn, tenant, id, at).await? else { return Ok(Canceled::NotFound) };
        if take(conn, tenant, &head).await? {
            plans::cancel(conn, (tenant, id)).await?;
            finish(conn, tenant, &head, actor, at).await?;
            return Ok(Canceled::Canceled);
        }
        // Policy may have deferred it between the look and the deletion; then it is due at another time.
        let seen = (head.due_at, retry_at(&head));
        if before == Some(seen) {
            return Ok(Canceled::TooLate(head.status));
        }
        before = Some(seen);
    }
    let found = one(conn, tenant, id, at).await?;
    Ok(found.map_or(Canceled::NotFound, |(head, _)| Canceled::TooLate(head.status)))
}

fn retry_at(head: &MessageHead) -> Option<Timestamp> {
    head.attempts.last().and_then(|attempt| attempt.retry_at)
}

/// Deletes the due row; false if somebody else has it.
async fn take(conn: &Conn, tenant: TenantId, head: &MessageHead) -> Result<bool> {
    let later = plans::waiting_sender(conn, (tenant, head.id)).await?;
    for sender in std::iter::once(head.sender).chain(later) {
        for due_at in [Some(head.due_at), retry_at(head)].into_iter().flatten() {
            let sql =
                "DELETE FROM due WHERE sender_id = $1 AND category = $2 AND due_at = $3 AND message_id = $4";
            if conn.execute(sql, vals![&sender, head.category, due_at, &head.id]).await? > 0 {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

async fn finish(
    conn: &Conn,
    tenant: TenantId,
    head: &MessageHead,
    actor: Actor,
    at: Timestamp,
) -> Result<()> {
    let key = (tenant, head.id);
    set_terminal(conn, &[(key, Terminal::Canceled, Some("canceled".to_owned()))]).await?;
    if let Some(last) = head.attempts.last() {
        let sql = "UPDATE attempts SET retry_at = NULL WHERE tenant_id = $1 AND message_id = $2 AND n = $3";
        conn.execute(sql, vals![&tenant, &head.id, last.number]).await?;
    }
    note(conn, &[(key, None)]).await?;
    let event = NewEvent {
        tenant,
        kind: Kind::MessageCanceled,
        subject: Subject(head.id.bytes()),
        actor,
        trace: Some(head.trace),
        at,
        body: "{}".to_owned(),
    };
    events::append(conn, &[event]).await
}

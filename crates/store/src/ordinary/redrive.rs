//! Sending a dead letter again: the next attempt of the same message, due now.

use serde_json::json;

use tidings_domain::actor::Actor;
use tidings_domain::event::{Kind, NewEvent, Subject};
use tidings_domain::id::{Id as _, MessageId, TenantId};
use tidings_domain::lifecycle::{Status, Terminal};
use tidings_domain::limits::ATTEMPTS_PER_MESSAGE_MAX;
use tidings_domain::time::Timestamp;

use super::messages::one;
use crate::conn::{Conn, vals};
use crate::error::{Result, StoreError};
use crate::events;
use crate::hot::plans;
use crate::hot::rows::{insert_due, note, place};
use crate::model::{DueItem, MessageHead, Redriven};
use crate::scope::TenantScope;
use crate::store::Store;

impl Store {
    pub async fn redrive(
        &self,
        scope: &TenantScope,
        id: MessageId,
        actor: Actor,
        at: Timestamp,
    ) -> Result<Redriven> {
        let tenant = scope.tenant();
        self.write(move |conn| Box::pin(async move { redrive(conn, tenant, id, actor, at).await })).await
    }
}

async fn redrive(
    conn: &Conn,
    tenant: TenantId,
    id: MessageId,
    actor: Actor,
    at: Timestamp,
) -> Result<Redriven> {
    // The rows are locked before they are read, so that no receipt slips in between. Attempts come first, as
    // in every transaction that joins receipts.
    let sql = "UPDATE attempts SET state = state WHERE tenant_id = $1 AND message_id = $2";
    conn.execute(sql, vals![&tenant, &id]).await?;
    let sql = "UPDATE messages SET terminal = terminal WHERE tenant_id = $1 AND id = $2";
    conn.execute(sql, vals![&tenant, &id]).await?;
    let Some((head, _)) = one(conn, tenant, id, at).await? else { return Ok(Redriven::NotFound) };
    if !matches!(head.status, Status::Failed | Status::Expired) {
        return Ok(Redriven::NotDead(head.status));
    }
    let last = head.attempts.last().map_or(0, |attempt| attempt.number);
    if last >= ATTEMPTS_PER_MESSAGE_MAX {
        return Ok(Redriven::Spent);
    }
    queue(conn, tenant, &head, last, at).await?;
    let body = json!({"attempt": last + 1, "expires_at": expiry(&head, at)});
    let event = NewEvent {
        tenant,
        kind: Kind::MessageRedriven,
        subject: Subject(id.bytes()),
        actor,
        trace: Some(head.trace),
        at,
        body: body.to_string(),
    };
    events::append(conn, &[event]).await?;
    Ok(Redriven::Queued { sender: head.sender, category: head.category })
}

fn expiry(head: &MessageHead, at: Timestamp) -> Timestamp {
    at.plus(head.category.default_expiry_us())
}

async fn queue(conn: &Conn, tenant: TenantId, head: &MessageHead, last: u8, at: Timestamp) -> Result<()> {
    let expires_at = expiry(head, at);
    let sql = "UPDATE messages SET terminal = $3, reason = NULL, due_at = $4, expires_at = $5
        WHERE tenant_id = $1 AND id = $2 RETURNING country, ordered, free_form";
    let row = conn
        .query_opt(sql, vals![&tenant, &head.id, Terminal::None, at, expires_at])
        .await?
        .ok_or(StoreError::Corrupt("a message vanished while it was locked"))?;
    let item = DueItem {
        tenant,
        account: head.account,
        sender: head.sender,
        category: head.category,
        due_at: at,
        message: head.id,
        attempt: last + 1,
        expires_at,
        recipient: head.recipient,
        place: place(&row, 0)?,
        ordered: row.get(1)?,
        free_form: row.get(2)?,
        template: head.template.clone(),
        language: head.language.clone(),
        trace: head.trace,
    };
    if last > 0 {
        let sql = "UPDATE attempts SET retry_at = $4 WHERE tenant_id = $1 AND message_id = $2 AND n = $3";
        conn.execute(sql, vals![&tenant, &head.id, last, at]).await?;
    }
    plans::begin_again(conn, (tenant, head.id), last + 1, at).await?;
    insert_due(conn, &[item]).await?;
    note(conn, &[((tenant, head.id), None)]).await
}

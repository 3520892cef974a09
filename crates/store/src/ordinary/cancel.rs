//! Taking back what has not left, and giving what failed another try.

use serde_json::json;

use tidings_domain::actor::Actor;
use tidings_domain::event::{Kind, NewEvent, Subject};
use tidings_domain::id::{Id, MessageId};
use tidings_domain::lifecycle::{Status, Terminal};
use tidings_domain::limits::ATTEMPTS_PER_MESSAGE_MAX;
use tidings_domain::time::Timestamp;

use crate::conn::{Conn, Row, vals};
use crate::error::Result;
use crate::events;
use crate::model::{Canceled, MessageHead, Redriven};
use crate::scope::TenantScope;
use crate::store::Store;

impl Store {
    /// Deletes the place in the queue. Loses to a claim that was first.
    pub async fn cancel(
        &self,
        scope: &TenantScope,
        id: MessageId,
        actor: Actor,
        at: Timestamp,
    ) -> Result<Canceled> {
        let Some(view) = self.message(scope, id).await? else { return Ok(Canceled::NotFound) };
        let (head, tenant) = (view.head, scope.tenant());
        let due_at = head.attempts.last().and_then(|attempt| attempt.retry_at).unwrap_or(head.due_at);
        let canceled = self
            .write(move |conn| {
                Box::pin(async move {
                    let sql = "DELETE FROM due WHERE sender_id = $1 AND category = $2 AND due_at = $3
                        AND message_id = $4 AND tenant_id = $5";
                    let params = vals![&head.sender, head.category, due_at, &id, &tenant];
                    if conn.execute(sql, params).await? == 0 {
                        return Ok(false);
                    }
                    let sql = "UPDATE messages SET terminal = $3, reason = 'canceled' WHERE tenant_id = $1 AND id = $2";
                    conn.execute(sql, vals![&tenant, &id, Terminal::Canceled]).await?;
                    let sql = "UPDATE attempts SET retry_at = NULL WHERE tenant_id = $1 AND message_id = $2";
                    conn.execute(sql, vals![&tenant, &id]).await?;
                    append(conn, &head, scope_event(tenant, Kind::MessageCanceled, actor, at, json!({}))).await?;
                    Ok(true)
                })
            })
            .await?;
        if canceled {
            return Ok(Canceled::Canceled);
        }
        let status = self.message(scope, id).await?.map_or(Status::Canceled, |view| view.head.status);
        Ok(Canceled::TooLate(status))
    }

    /// Queues a failed or expired message again as its next attempt, with the wait its category has.
    pub async fn redrive(
        &self,
        scope: &TenantScope,
        id: MessageId,
        actor: Actor,
        at: Timestamp,
    ) -> Result<Redriven> {
        let Some(view) = self.message(scope, id).await? else { return Ok(Redriven::NotFound) };
        let (head, tenant) = (view.head, scope.tenant());
        if !matches!(head.status, Status::Failed | Status::Expired) {
            return Ok(Redriven::NotDead(head.status));
        }
        let attempt = head.attempts.last().map_or(1, |attempt| attempt.number + 1);
        if attempt >= ATTEMPTS_PER_MESSAGE_MAX {
            return Ok(Redriven::Spent);
        }
        let (sender, category) = (head.sender, head.category);
        let queued = self
            .write(move |conn| {
                Box::pin(async move {
                    let expires_at = at.plus(category.default_expiry_us());
                    if !reopen(conn, &head, tenant, attempt, expires_at, at).await? {
                        return Ok(false);
                    }
                    let body = json!({"attempt": attempt, "expires_at": expires_at});
                    append(conn, &head, scope_event(tenant, Kind::MessageRedriven, actor, at, body)).await?;
                    Ok(true)
                })
            })
            .await?;
        if queued { Ok(Redriven::Queued { sender, category }) } else { Ok(Redriven::NotDead(Status::Queued)) }
    }
}

/// Takes the end back and makes a place in the queue; `false` where somebody else was first.
async fn reopen(
    conn: &Conn,
    head: &MessageHead,
    tenant: tidings_domain::id::TenantId,
    attempt: u8,
    expires_at: Timestamp,
    at: Timestamp,
) -> Result<bool> {
    let sql = "SELECT country, ordered, free_form, terminal FROM messages WHERE tenant_id = $1 AND id = $2";
    let Some(row) = conn.query_opt(sql, vals![&tenant, &head.id]).await? else { return Ok(false) };
    let row: Row = row;
    let sql = "UPDATE messages SET terminal = 0, reason = NULL, expires_at = $3, due_at = $4
        WHERE tenant_id = $1 AND id = $2 AND terminal = $5";
    let terminal: i64 = row.get(3)?;
    if conn.execute(sql, vals![&tenant, &head.id, expires_at, at, terminal]).await? == 0 {
        return Ok(false);
    }
    let sql = "UPDATE attempts SET retry_at = $4 WHERE tenant_id = $1 AND message_id = $2 AND n = $3";
    conn.execute(sql, vals![&tenant, &head.id, attempt.saturating_sub(1), at]).await?;
    let sql = "DELETE FROM attention WHERE tenant_id = $1 AND message_id = $2";
    conn.execute(sql, vals![&tenant, &head.id]).await?;
    let country: Option<String> = row.get(0)?;
    let sql = "INSERT INTO due (sender_id, category, due_at, message_id, tenant_id, account_id, attempt, expires_at,
        recipient, country, ordered, free_form, template, language, trace)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT DO NOTHING";
    let made = conn
        .execute(
            sql,
            vals![
                &head.sender,
                head.category,
                at,
                &head.id,
                &tenant,
                &head.account,
                attempt,
                expires_at,
                &head.recipient,
                country.as_deref(),
                row.get::<bool>(1)?,
                row.get::<bool>(2)?,
                head.template.as_deref(),
                head.language.as_deref(),
                &head.trace,
            ],
        )
        .await?;
    Ok(made == 1)
}

struct Entry {
    tenant: tidings_domain::id::TenantId,
    kind: Kind,
    actor: Actor,
    at: Timestamp,
    body: serde_json::Value,
}

fn scope_event(
    tenant: tidings_domain::id::TenantId,
    kind: Kind,
    actor: Actor,
    at: Timestamp,
    body: serde_json::Value,
) -> Entry {
    Entry { tenant, kind, actor, at, body }
}

async fn append(conn: &Conn, head: &MessageHead, entry: Entry) -> Result<()> {
    let event = NewEvent {
        tenant: entry.tenant,
        kind: entry.kind,
        subject: Subject(head.id.bytes()),
        actor: entry.actor,
        trace: Some(head.trace),
        at: entry.at,
        body: entry.body.to_string(),
    };
    events::append(conn, &[event]).await
}

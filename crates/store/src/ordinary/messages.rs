//! Messages for readers: one with its content, and lists, newest first.

use std::fmt::Write as _;

use tidings_domain::id::{Id as _, MessageId, TenantId};
use tidings_domain::time::Timestamp;

use super::attempts::{Stored, attempts};
use super::behind;
use crate::conn::{Conn, Row, Val, vals};
use crate::error::{Result, StoreError};
use crate::hot::plans;
use crate::limits::{MESSAGES_CHUNK, MESSAGES_SIFTED_MAX};
use crate::model::{AttemptRow, MessageFilter, MessageHead, MessageView, Page};
use crate::scope::{Part, TenantScope};
use crate::status::{Last, status};
use crate::store::Store;

const COLUMNS: &str = "id, account_id, sender_id, channel, category, recipient, template, language, created_at, \
    due_at, expires_at, terminal, reason, trace";

impl Store {
    pub async fn message(&self, scope: &TenantScope, id: MessageId) -> Result<Option<MessageView>> {
        let (tenant, now) = (scope.tenant(), self.now());
        let found = self
            .read(move |conn| {
                Box::pin(async move {
                    let Some((head, stored)) = one(conn, tenant, id, now).await? else { return Ok(None) };
                    let sql = "SELECT data FROM sealed WHERE tenant_id = $1 AND owner = $2 AND part = $3";
                    let row = conn.query_opt(sql, vals![&tenant, &id, Part::Content.code()]).await?;
                    let content: Option<Vec<u8>> = row.map(|row| row.get(0)).transpose()?;
                    let plan = plans::view(conn, (tenant, id)).await?;
                    Ok(Some((head, stored, content, plan)))
                })
            })
            .await?;
        let Some((mut head, stored, sealed, plan)) = found else { return Ok(None) };
        head.attempts = stored.into_iter().map(|each| each.opened(scope, id)).collect::<Result<_>>()?;
        let open = |data: Vec<u8>| scope.open_text(Part::Content.table(), id.as_bytes(), &data);
        Ok(Some(MessageView { head, content: sealed.map(open).transpose()?, plan }))
    }

    /// Newest first. A list sifted by status or sender may answer with a short page that has a next one.
    pub async fn messages(
        &self,
        scope: &TenantScope,
        filter: &MessageFilter,
        after: Option<MessageId>,
        limit: usize,
    ) -> Result<Page<MessageHead, MessageId>> {
        let (filter, now) = (filter.clone(), self.now());
        let log = Log { tenant: scope.tenant(), generation: self.log_generation() };
        self.read(move |conn| Box::pin(async move { list(conn, log, &filter, after, limit, now).await }))
            .await
    }
}

/// Whose messages, and in which generation of the log.
#[derive(Clone, Copy)]
struct Log {
    tenant: TenantId,
    generation: i64,
}

/// One message with its status; its attempts stand beside it.
pub(super) async fn one(
    conn: &Conn,
    tenant: TenantId,
    id: MessageId,
    now: Timestamp,
) -> Result<Option<(MessageHead, Vec<Stored>)>> {
    let sql = format!("SELECT {COLUMNS} FROM messages WHERE tenant_id = $1 AND id = $2");
    let Some(row) = conn.query_opt(&sql, vals![&tenant, &id]).await? else { return Ok(None) };
    let stored = attempts(conn, tenant, &[id]).await?.pop().unwrap_or_default();
    let rows = stored.iter().map(|each| each.row.clone()).collect();
    Ok(Some((head(&row, rows, now)?, stored)))
}

fn head(row: &Row, attempts: Vec<AttemptRow>, now: Timestamp) -> Result<MessageHead> {
    let (due_at, terminal) = (row.get(9)?, row.get(11)?);
    Ok(MessageHead {
        id: row.id(0)?,
        account: row.id(1)?,
        sender: row.id(2)?,
        channel: row.get(3)?,
        category: row.get(4)?,
        recipient: row.get(5)?,
        template: row.get(6)?,
        language: row.get(7)?,
        created_at: row.get(8)?,
        due_at,
        expires_at: row.get(10)?,
        terminal,
        reason: row.get(12)?,
        trace: row.get(13)?,
        status: status(terminal, due_at, attempts.iter().map(Last::from), now),
        attempts,
    })
}

async fn list(
    conn: &Conn,
    log: Log,
    filter: &MessageFilter,
    after: Option<MessageId>,
    limit: usize,
    now: Timestamp,
) -> Result<Page<MessageHead, MessageId>> {
    let sifted = filter.status.is_some() || filter.sender.is_some();
    let size = if sifted { MESSAGES_CHUNK.max(limit + 1) } else { limit + 1 };
    let own_trace = has_own_trace(conn, log.tenant, filter).await?;
    let (mut items, mut at, mut looked_at) = (Vec::new(), after, 0);
    loop {
        let (found, next) = chunk(conn, log, filter, own_trace, at, size, now).await?;
        let last = next.is_none();
        looked_at += size;
        at = next.or(at);
        items.extend(found.into_iter().filter(|head| {
            filter.status.is_none_or(|status| status == head.status)
                && filter.sender.is_none_or(|sender| sender == head.sender)
        }));
        if last || items.len() > limit {
            return Ok(Page::cut(items, limit, |head| head.id));
        }
        if looked_at >= MESSAGES_SIFTED_MAX {
            return Ok(Page { items, next: at });
        }
    }
}

/// Whether the trace asked for is one that a message got from its own id; those are not indexed.
async fn has_own_trace(conn: &Conn, tenant: TenantId, filter: &MessageFilter) -> Result<bool> {
    let Some(trace) = &filter.trace else { return Ok(false) };
    let sql = "SELECT 1 FROM messages WHERE tenant_id = $1 AND id = $2 AND trace = $2 AND trace_given = 0";
    Ok(conn.query_opt(sql, vals![&tenant, trace]).await?.is_some())
}

/// The next messages by the filter's indexed parts, and the one to go on behind if there may be more.
async fn chunk(
    conn: &Conn,
    log: Log,
    filter: &MessageFilter,
    own_trace: bool,
    after: Option<MessageId>,
    size: usize,
    now: Timestamp,
) -> Result<(Vec<MessageHead>, Option<MessageId>)> {
    let (tenant, before) = (log.tenant, after.map_or([0xff; 16], |id| id.bytes()));
    if let (Some(recipient), None, None) = (&filter.recipient, &filter.reference, &filter.trace) {
        let ids = behind::newest(conn, tenant, recipient, before, size, log.generation).await?;
        return Ok((
            by_ids(conn, tenant, &ids, now).await?,
            ids.last().copied().filter(|_| ids.len() == size),
        ));
    }
    let mut sql = format!("SELECT {COLUMNS} FROM messages WHERE tenant_id = $1 AND id < $2");
    let mut params: Vec<Val<'_>> = vec![(&tenant).into(), (&before).into()];
    if let Some(recipient) = &filter.recipient {
        params.push(recipient.into());
        write!(sql, " AND recipient = ${}", params.len()).expect("a string takes all");
    }
    if let Some(reference) = &filter.reference {
        params.push(reference.into());
        write!(sql, " AND reference = ${}", params.len()).expect("a string takes all");
    }
    if let Some(trace) = &filter.trace {
        params.push(trace.into());
        let term = if own_trace { " AND id = $" } else { " AND trace_given = 1 AND trace = $" };
        write!(sql, "{term}{}", params.len()).expect("a string takes all");
    }
    params.push(Val::Int(i64::try_from(size).map_err(StoreError::internal)?));
    write!(sql, " ORDER BY id DESC LIMIT ${}", params.len()).expect("a string takes all");
    let rows = conn.query(&sql, &params).await?;
    let found = heads(conn, tenant, &rows, now).await?;
    let next = found.last().map(|head| head.id).filter(|_| found.len() == size);
    Ok((found, next))
}

/// Messages in the order of their ids' list; one that is gone is left out.
async fn by_ids(
    conn: &Conn,
    tenant: TenantId,
    ids: &[MessageId],
    now: Timestamp,
) -> Result<Vec<MessageHead>> {
    let mut rows = Vec::with_capacity(ids.len());
    let sql = format!("SELECT {COLUMNS} FROM messages WHERE tenant_id = $1 AND id = $2");
    for id in ids {
        rows.extend(conn.query_opt(&sql, vals![&tenant, id]).await?);
    }
    heads(conn, tenant, &rows, now).await
}

async fn heads(conn: &Conn, tenant: TenantId, rows: &[Row], now: Timestamp) -> Result<Vec<MessageHead>> {
    let ids = rows.iter().map(|row| row.id(0)).collect::<Result<Vec<MessageId>>>()?;
    let all = attempts(conn, tenant, &ids).await?;
    rows.iter()
        .zip(all)
        .map(|(row, stored)| head(row, stored.into_iter().map(|each| each.row).collect(), now))
        .collect()
}

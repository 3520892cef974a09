//! Messages as they are read: the row, its attempts, and the status that follows from both.

use std::collections::BTreeMap;

use tidings_domain::id::{Id, MessageId};
use tidings_domain::lifecycle::{self, AttemptState, OpenWork, Terminal};
use tidings_domain::time::Timestamp;

use crate::conn::{Conn, Row, Val, vals};
use crate::error::Result;
use crate::hot::rows::contents;
use crate::limits::LIST_SCAN_ROWS_MAX;
use crate::model::{AttemptRow, Attention, AttentionKind, MessageFilter, MessageHead, MessageView, Page};
use crate::scope::{Part, TenantScope};
use crate::store::Store;

const COLUMNS: &str =
    "id, account_id, sender_id, channel, category, recipient, template, language, created_at,
    due_at, expires_at, terminal, reason, trace";

/// What is still to be done for a message, from its row and its last attempt.
pub(crate) fn open_work(
    terminal: Terminal,
    due_at: Timestamp,
    now: Timestamp,
    last: Option<(AttemptState, bool)>,
) -> OpenWork {
    match (terminal, last) {
        (terminal, _) if terminal != Terminal::None => OpenWork::None,
        (_, None) if due_at > now => OpenWork::Scheduled,
        (_, None) => OpenWork::Queued,
        (_, Some((_, true))) => OpenWork::Queued,
        (_, Some((AttemptState::Claimed, false))) => OpenWork::Submitting,
        (_, Some((AttemptState::InDoubt, false))) => OpenWork::InDoubt,
        _ => OpenWork::None,
    }
}

impl Store {
    /// A message with its content opened.
    pub async fn message(&self, scope: &TenantScope, id: MessageId) -> Result<Option<MessageView>> {
        let (own, now) = (scope.clone(), self.now());
        let found = self
            .read(move |conn| {
                Box::pin(async move {
                    let tenant = own.tenant();
                    let sql = format!("SELECT {COLUMNS} FROM messages WHERE tenant_id = $1 AND id = $2");
                    let Some(row) = conn.query_opt(&sql, vals![&tenant, &id]).await? else { return Ok(None) };
                    let mut heads = complete(conn, &own, vec![row], now).await?;
                    let content = contents(conn, &[(tenant, id)]).await?.remove(0);
                    Ok(Some((heads.remove(0), content)))
                })
            })
            .await?;
        let Some((mut head, content)) = found else { return Ok(None) };
        self.open_provider_ids(scope, &mut head).await?;
        let content =
            content.map(|data| scope.open_text(Part::Content.table(), &id.bytes(), &data)).transpose()?;
        Ok(Some(MessageView { head, content }))
    }

    async fn open_provider_ids(&self, scope: &TenantScope, head: &mut MessageHead) -> Result<()> {
        let (tenant, id) = (scope.tenant(), head.id);
        let rows = self
            .read(move |conn| {
                Box::pin(async move {
                    let sql = "SELECT n, provider_id FROM attempts WHERE tenant_id = $1 AND message_id = $2
                        AND provider_id IS NOT NULL";
                    conn.query(sql, vals![&tenant, &id]).await
                })
            })
            .await?;
        for row in rows {
            let number: u8 = row.get(0)?;
            let attempt_id = tidings_domain::id::AttemptId::of(id, number);
            let text = scope.open_text(crate::hot::record::PROVIDER_ID, &attempt_id.bytes(), row.blob(1)?)?;
            if let Some(attempt) = head.attempts.iter_mut().find(|attempt| attempt.number == number) {
                attempt.provider_id = Some(text);
            }
        }
        Ok(())
    }

    /// Newest first. A filter by status looks at a bounded number of rows a page; `next` continues it.
    pub async fn messages(
        &self,
        scope: &TenantScope,
        filter: &MessageFilter,
        cursor: Option<MessageId>,
        limit: usize,
    ) -> Result<Page<MessageHead, MessageId>> {
        let (own, now, filter) = (scope.clone(), self.now(), filter.clone());
        self.read(move |conn| Box::pin(async move { list(conn, &own, &filter, cursor, limit, now).await }))
            .await
    }

    /// What needs a person, newest first; of any kind if none is named.
    pub async fn attention(
        &self,
        scope: &TenantScope,
        kinds: &[AttentionKind],
        cursor: Option<(Timestamp, MessageId)>,
        limit: usize,
    ) -> Result<Page<Attention, (Timestamp, MessageId)>> {
        let tenant = scope.tenant();
        let named: Vec<String> = kinds.iter().map(|kind| (*kind as i64).to_string()).collect();
        let only =
            if named.is_empty() { String::new() } else { format!("AND kind IN ({})", named.join(", ")) };
        let rows = self
            .read(move |conn| {
                Box::pin(async move {
                    let last = MessageId::from_bytes([0xff; 16]);
                    let (at, id) = cursor.unwrap_or((Timestamp::from_micros(i64::MAX), last));
                    let sql = format!(
                        "SELECT message_id, kind, reason, at FROM attention WHERE tenant_id = $1 AND at <= $2
                         AND (at < $3 OR message_id < $4) {only} ORDER BY at DESC, message_id DESC LIMIT $5"
                    );
                    conn.query(&sql, vals![&tenant, at, at, &id, limit as i64 + 1]).await
                })
            })
            .await?;
        let items: Result<Vec<Attention>> = rows.iter().map(note).collect();
        Ok(Page::cut(items?, limit, |note| (note.at, note.message)))
    }

    pub async fn attention_count(&self, scope: &TenantScope) -> Result<u64> {
        let tenant = scope.tenant();
        self.read(move |conn| {
            Box::pin(async move {
                let sql = "SELECT count(*) FROM (SELECT 1 FROM attention WHERE tenant_id = $1 LIMIT 10000) AS bounded";
                let row = conn.query_opt(sql, vals![&tenant]).await?;
                row.map_or(Ok(0), |row| row.get(0))
            })
        })
        .await
    }

    /// The answer stored under an idempotency key: fingerprint, status, body.
    pub async fn idempotent_answer(
        &self,
        scope: &TenantScope,
        key: [u8; 32],
    ) -> Result<Option<([u8; 32], u16, Vec<u8>)>> {
        let tenant = scope.tenant();
        let row = self
            .read(move |conn| {
                Box::pin(async move {
                    let sql =
                        "SELECT fingerprint, status, body FROM idempotency WHERE key = $1 AND tenant_id = $2";
                    conn.query_opt(sql, vals![&key, &tenant]).await
                })
            })
            .await?;
        let Some(row) = row else { return Ok(None) };
        let body = scope.open(crate::hot::accept::ANSWERS, &key, row.blob(2)?)?;
        Ok(Some((row.get(0)?, row.get(1)?, body)))
    }

    /// Forgets answers older than the time; a bounded number a call.
    pub async fn prune_idempotency(&self, before: Timestamp, limit: usize) -> Result<u64> {
        self.write(move |conn| {
            Box::pin(async move {
                let sql = "DELETE FROM idempotency WHERE key IN
                    (SELECT key FROM idempotency WHERE created_at < $1 ORDER BY created_at LIMIT $2)";
                conn.execute(sql, vals![before, limit as i64]).await
            })
        })
        .await
    }
}

fn note(row: &Row) -> Result<Attention> {
    let kind = match row.get::<i64>(1)? {
        1 => AttentionKind::Failed,
        2 => AttentionKind::InDoubt,
        3 => AttentionKind::Denied,
        4 => AttentionKind::Unknown,
        _ => AttentionKind::Dead,
    };
    Ok(Attention { message: row.id(0)?, kind, reason: row.get(2)?, at: row.get(3)? })
}

async fn list(
    conn: &Conn,
    scope: &TenantScope,
    filter: &MessageFilter,
    cursor: Option<MessageId>,
    limit: usize,
    now: Timestamp,
) -> Result<Page<MessageHead, MessageId>> {
    let mut last = cursor.unwrap_or(MessageId::from_bytes([0xff; 16]));
    let mut items = Vec::new();
    let mut scanned = 0;
    let step = if filter.status.is_some() { (limit * 4).max(200) } else { limit + 1 };
    loop {
        let rows = step_of(conn, scope, filter, &last, step).await?;
        let ended = rows.len() < step;
        scanned += rows.len();
        for head in complete(conn, scope, rows, now).await? {
            last = head.id;
            if filter.status.is_none_or(|status| status == head.status) {
                items.push(head);
            }
            if items.len() > limit {
                return Ok(Page::cut(items, limit, |head| head.id));
            }
        }
        if ended {
            return Ok(Page { items, next: None });
        }
        if scanned >= LIST_SCAN_ROWS_MAX {
            return Ok(Page { items, next: Some(last) });
        }
    }
}

/// Rows below `last` by whichever index the filter has.
async fn step_of(
    conn: &Conn,
    scope: &TenantScope,
    filter: &MessageFilter,
    last: &MessageId,
    step: usize,
) -> Result<Vec<Row>> {
    let tenant = scope.tenant();
    let mut sql = format!("SELECT {COLUMNS} FROM messages WHERE tenant_id = $1 AND id < $2");
    let mut params = vec![Val::from(&tenant), Val::from(last), Val::from(step as i64)];
    let filters: [(&str, Option<Val<'_>>); 4] = [
        ("recipient", filter.recipient.as_ref().map(Val::from)),
        ("reference IS NOT NULL AND reference", filter.reference.as_ref().map(Val::from)),
        ("sender_id", filter.sender.as_ref().map(Val::from)),
        ("trace", filter.trace.as_ref().map(Val::from)),
    ];
    for (column, value) in filters {
        if let Some(value) = value {
            params.push(value);
            sql.push_str(&format!(" AND {column} = ${}", params.len()));
        }
    }
    sql.push_str(" ORDER BY id DESC LIMIT $3");
    conn.query(&sql, &params).await
}

/// Adds the attempts and derives the status; the order of the rows is kept.
async fn complete(
    conn: &Conn,
    scope: &TenantScope,
    rows: Vec<Row>,
    now: Timestamp,
) -> Result<Vec<MessageHead>> {
    let mut heads = Vec::with_capacity(rows.len());
    for row in &rows {
        heads.push(head(row)?);
    }
    let (Some(newest), Some(oldest)) = (heads.iter().map(|h| h.id).max(), heads.iter().map(|h| h.id).min())
    else {
        return Ok(heads);
    };
    let mut attempts: BTreeMap<MessageId, Vec<AttemptRow>> = BTreeMap::new();
    // One range where the page is dense, else one look-up each.
    if heads.len() > 1 && heads.windows(2).all(|pair| pair[0].id > pair[1].id) && heads.len() >= 20 {
        let sql = format!(
            "{ATTEMPTS} AND message_id >= $2 AND message_id <= $3 ORDER BY message_id, n LIMIT 20000"
        );
        for row in conn.query(&sql, vals![&scope.tenant(), &oldest, &newest]).await? {
            attempts.entry(row.id(0)?).or_default().push(attempt(&row)?);
        }
    } else {
        let sql = format!("{ATTEMPTS} AND message_id = $2 ORDER BY n");
        for each in &heads {
            for row in conn.query(&sql, vals![&scope.tenant(), &each.id]).await? {
                attempts.entry(each.id).or_default().push(attempt(&row)?);
            }
        }
    }
    for each in &mut heads {
        each.attempts = attempts.remove(&each.id).unwrap_or_default();
        let last = each.attempts.last().map(|attempt| (attempt.state, attempt.retry_at.is_some()));
        let open = open_work(each.terminal, each.due_at, now, last);
        each.status =
            lifecycle::status(each.attempts.iter().map(|attempt| attempt.state), open, each.terminal);
    }
    Ok(heads)
}

const ATTEMPTS: &str =
    "SELECT message_id, n, state, claimed_at, answered_at, code, retry_at, doubt_until, doubted,
    pricing FROM attempts WHERE tenant_id = $1";

fn attempt(row: &Row) -> Result<AttemptRow> {
    Ok(AttemptRow {
        number: row.get(1)?,
        state: row.get(2)?,
        claimed_at: row.get(3)?,
        answered_at: row.get(4)?,
        code: row.get(5)?,
        retry_at: row.get(6)?,
        doubt_until: row.get(7)?,
        doubted: row.get(8)?,
        pricing: row.get(9)?,
        provider_id: None,
    })
}

fn head(row: &Row) -> Result<MessageHead> {
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
        due_at: row.get(9)?,
        expires_at: row.get(10)?,
        terminal: row.get(11)?,
        reason: row.get(12)?,
        trace: row.get(13)?,
        attempts: Vec::new(),
        status: lifecycle::Status::Queued,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_work_follows_from_the_last_attempt() {
        let (now, later) = (Timestamp::from_secs(10), Timestamp::from_secs(11));
        use AttemptState as A;
        use OpenWork as O;
        for (terminal, due, last, want) in [
            (Terminal::Denied, now, None, O::None),
            (Terminal::None, later, None, O::Scheduled),
            (Terminal::None, now, None, O::Queued),
            (Terminal::None, now, Some((A::Failed, true)), O::Queued),
            (Terminal::None, now, Some((A::InDoubt, true)), O::Queued),
            (Terminal::None, now, Some((A::Claimed, false)), O::Submitting),
            (Terminal::None, now, Some((A::InDoubt, false)), O::InDoubt),
            (Terminal::None, now, Some((A::Accepted, false)), O::None),
            (Terminal::Unknown, now, Some((A::Unknown, false)), O::None),
        ] {
            assert_eq!(open_work(terminal, due, now, last), want, "{terminal:?} {last:?}");
        }
    }
}

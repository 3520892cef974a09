//! Reading everything, page by page, for the ledger predicates. Each page is one moment.

use std::collections::BTreeMap;

use tidings_domain::clock::BoxFuture;
use tidings_domain::event::Kind;
use tidings_domain::id::{Id as _, MessageId, TenantId};
use tidings_domain::time::Timestamp;

use super::behind::kinds;
use crate::conn::{Batch, Bulk, Conn, Row, cells, vals};
use crate::error::{Result, StoreError};
use crate::hot::accept::ANSWERS;
use crate::model::{
    AttentionKind, AuditPosition, Audited, AuditedAnswer, AuditedAttempt, AuditedDue, AuditedWay, DuePosition,
};
use crate::scope::{Part, SystemScope};
use crate::store::Store;

const MESSAGES: &str =
    "SELECT tenant_id, id, account_id, sender_id, category, created_at, due_at, terminal, reason
    FROM messages WHERE (tenant_id, id) > ($1, $2) ORDER BY tenant_id, id LIMIT $3";

const ATTEMPTS: Bulk = Bulk {
    sqlite: "SELECT n, state, epoch, claimed_at, retry_at, doubt_until, doubted FROM attempts
        WHERE tenant_id = ?1 AND message_id = ?2 ORDER BY n",
    postgres: "SELECT k.ord, a.n, a.state, a.epoch, a.claimed_at, a.retry_at, a.doubt_until, a.doubted
        FROM UNNEST($1::bytea[], $2::bytea[]) WITH ORDINALITY AS k (tenant_id, id, ord)
        JOIN attempts a ON a.tenant_id = k.tenant_id AND a.message_id = k.id ORDER BY k.ord, a.n",
};

const ATTENTION: Bulk = Bulk {
    sqlite: "SELECT kind FROM attention WHERE tenant_id = ?1 AND message_id = ?2",
    postgres:
        "SELECT k.ord, a.kind FROM UNNEST($1::bytea[], $2::bytea[]) WITH ORDINALITY AS k (tenant_id, id, ord)
        JOIN attention a ON a.tenant_id = k.tenant_id AND a.message_id = k.id",
};

const WAYS: Bulk = Bulk {
    sqlite: "SELECT sender_id, first_attempt FROM plan_steps
        WHERE tenant_id = ?1 AND message_id = ?2 AND step > 0 AND first_attempt IS NOT NULL ORDER BY step",
    postgres: "SELECT k.ord, s.sender_id, s.first_attempt
        FROM UNNEST($1::bytea[], $2::bytea[]) WITH ORDINALITY AS k (tenant_id, id, ord)
        JOIN plan_steps s ON s.tenant_id = k.tenant_id AND s.message_id = k.id
        WHERE s.step > 0 AND s.first_attempt IS NOT NULL ORDER BY k.ord, s.step",
};

const CONTENT: Bulk = Bulk {
    sqlite: "SELECT 1 FROM sealed WHERE tenant_id = ?1 AND owner = ?2 AND part = ?3",
    postgres: "SELECT k.ord FROM UNNEST($1::bytea[], $2::bytea[], $3::bigint[])
        WITH ORDINALITY AS k (tenant_id, id, part, ord)
        JOIN sealed s ON s.tenant_id = k.tenant_id AND s.owner = k.id AND s.part = k.part",
};

const DUE: Bulk = Bulk {
    sqlite: "SELECT due_at, attempt FROM due
        WHERE sender_id = ?1 AND category = ?2 AND due_at = ?3 AND message_id = ?4",
    postgres:
        "SELECT k.ord, d.due_at, d.attempt FROM UNNEST($1::bytea[], $2::bigint[], $3::bigint[], $4::bytea[])
        WITH ORDINALITY AS k (sender_id, category, due_at, id, ord)
        JOIN due d ON d.sender_id = k.sender_id AND d.category = k.category AND d.due_at = k.due_at
        AND d.message_id = k.id",
};

const QUEUE: &str =
    "SELECT d.sender_id, d.category, d.due_at, d.message_id, d.tenant_id, d.attempt, m.terminal,
    (SELECT COALESCE(MAX(a.n), (SELECT COUNT(*) FROM plans p WHERE p.tenant_id = d.tenant_id
        AND p.message_id = d.message_id AND p.step > 0))
        FROM attempts a WHERE a.tenant_id = d.tenant_id AND a.message_id = d.message_id)
    FROM due d LEFT JOIN messages m ON m.tenant_id = d.tenant_id AND m.id = d.message_id
    WHERE (d.sender_id, d.category, d.due_at, d.message_id) > ($1, $2, $3, $4)
    ORDER BY d.sender_id, d.category, d.due_at, d.message_id LIMIT $5";

impl Store {
    /// Messages of all tenants in the order of their ids.
    pub async fn audit_messages(
        &self,
        _system: &SystemScope,
        after: Option<AuditPosition>,
        limit: usize,
    ) -> Result<Vec<Audited>> {
        let (tenant, id) = after.map_or(([0; 16], [0; 16]), |(tenant, id)| (tenant.bytes(), id.bytes()));
        let generation = self.log_generation();
        self.read(move |conn| {
            at_one_moment(conn, async move {
                let rows = conn.query(MESSAGES, vals![&tenant, &id, limit as i64]).await?;
                messages(conn, &rows, generation).await
            })
        })
        .await
    }

    /// Rows of the queue in the order of their key.
    pub async fn audit_due(
        &self,
        _system: &SystemScope,
        after: Option<DuePosition>,
        limit: usize,
    ) -> Result<Vec<AuditedDue>> {
        let (sender, category, due_at, message) = after.map_or(([0; 16], -1, 0, [0; 16]), |at| {
            (at.sender.bytes(), i64::from(at.category.priority()), at.due_at.micros(), at.message.bytes())
        });
        self.read(move |conn| {
            at_one_moment(conn, async move {
                let params = vals![&sender, category, due_at, &message, limit as i64];
                conn.query(QUEUE, params).await?.iter().map(due).collect()
            })
        })
        .await
    }

    /// Answers of idempotency keys in the order of the keys, opened.
    pub async fn audit_answers(
        &self,
        system: &SystemScope,
        after: Option<[u8; 32]>,
        limit: usize,
    ) -> Result<Vec<AuditedAnswer>> {
        let key = after.unwrap_or_default();
        let rows = self
            .read(move |conn| {
                Box::pin(async move {
                    let sql = "SELECT key, tenant_id, created_at, status, body FROM idempotency
                        WHERE key > $1 ORDER BY key LIMIT $2";
                    conn.query(sql, vals![&key, limit as i64]).await
                })
            })
            .await?;
        let mut answers = Vec::with_capacity(rows.len());
        for row in rows {
            let (key, tenant): ([u8; 32], TenantId) = (row.get(0)?, row.id(1)?);
            let sealed: Option<Vec<u8>> = row.get(4)?;
            let answer = match sealed {
                None => None,
                Some(sealed) => {
                    let scope = self.scope_for_work(system, tenant).await?;
                    Some((row.get(3)?, scope.open(ANSWERS, &key, &sealed)?))
                }
            };
            answers.push(AuditedAnswer { key, tenant, created_at: row.get(2)?, answer });
        }
        Ok(answers)
    }

    /// Whether somebody holds a lease, and so claims and decides.
    pub async fn audit_served(&self, _system: &SystemScope, now: Timestamp) -> Result<bool> {
        self.read(move |conn| {
            Box::pin(async move {
                let sql = "SELECT 1 FROM leases WHERE expires_at > $1 LIMIT 1";
                Ok(conn.query_opt(sql, vals![now]).await?.is_some())
            })
        })
        .await
    }

    /// Which of these messages are not there.
    pub async fn audit_missing(
        &self,
        _system: &SystemScope,
        ids: Vec<AuditPosition>,
    ) -> Result<Vec<AuditPosition>> {
        self.read(move |conn| {
            Box::pin(async move {
                let mut missing = Vec::new();
                for (tenant, id) in ids {
                    let sql = "SELECT 1 FROM messages WHERE tenant_id = $1 AND id = $2";
                    if conn.query_opt(sql, vals![&tenant, &id]).await?.is_none() {
                        missing.push((tenant, id));
                    }
                }
                Ok(missing)
            })
        })
        .await
    }
}

/// Runs reads on one snapshot, so that work that goes on beside them is seen whole or not at all.
fn at_one_moment<'c, T: Send + 'c>(
    conn: &'c Conn,
    reads: impl Future<Output = Result<T>> + Send + 'c,
) -> BoxFuture<'c, Result<T>> {
    Box::pin(async move {
        let begin =
            if conn.is_postgres() { "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" } else { "BEGIN" };
        conn.run(begin).await?;
        let found = reads.await;
        conn.run("ROLLBACK").await?;
        found
    })
}

async fn messages(conn: &Conn, rows: &[Row], generation: i64) -> Result<Vec<Audited>> {
    let mut found = rows.iter().map(message).collect::<Result<Vec<_>>>()?;
    let keys: Vec<(TenantId, MessageId)> = found.iter().map(|each| (each.tenant, each.id)).collect();
    let mut by_id = Batch::new(2, keys.len());
    let mut contents = Batch::new(3, keys.len());
    for (tenant, id) in &keys {
        by_id.push(cells![tenant, id]);
        contents.push(cells![tenant, id, Part::Content.code()]);
    }
    for (n, row) in conn.lookup(&ATTEMPTS, &by_id).await? {
        found[n].attempts.push(attempt(&row)?);
    }
    for (n, row) in conn.lookup(&WAYS, &by_id).await? {
        found[n].ways.push(AuditedWay { sender: row.id(0)?, first_attempt: row.get(1)? });
    }
    for (n, row) in conn.lookup(&ATTENTION, &by_id).await? {
        let unknown = StoreError::Corrupt("an unknown kind of attention");
        found[n].attention = Some(AttentionKind::from_code(row.get(0)?).ok_or(unknown)?);
    }
    for (n, _) in conn.lookup(&CONTENT, &contents).await? {
        found[n].has_content = true;
    }
    let subjects: Vec<_> = keys.iter().map(|(tenant, id)| (*tenant, id.bytes())).collect();
    for (message, kinds) in found.iter_mut().zip(kinds(conn, &subjects, generation).await?) {
        // A kind of a newer version says nothing to us.
        message.log = kinds.into_iter().filter_map(Kind::from_code).collect();
    }
    queued(conn, &mut found).await?;
    Ok(found)
}

/// The rows of the queue are found where the message says that they stand.
async fn queued(conn: &Conn, found: &mut [Audited]) -> Result<()> {
    let mut places: BTreeMap<(usize, Timestamp), ()> = BTreeMap::new();
    for (n, message) in found.iter().enumerate() {
        places.insert((n, message.due_at), ());
        for at in message.attempts.iter().filter_map(|attempt| attempt.retry_at) {
            places.insert((n, at), ());
        }
    }
    let places: Vec<(usize, Timestamp)> = places.into_keys().collect();
    let place = |(n, at): &(usize, Timestamp)| {
        let message = &found[*n];
        let sender = message.ways.last().map_or(message.sender, |way| way.sender);
        (sender, message.category, *at, message.id)
    };
    let keys: Vec<_> = places.iter().map(place).collect();
    let mut batch = Batch::new(4, keys.len());
    for (sender, category, at, id) in &keys {
        batch.push(cells![sender, *category, *at, id]);
    }
    for (place, row) in conn.lookup(&DUE, &batch).await? {
        found[places[place].0].due.push((row.get(0)?, row.get(1)?));
    }
    Ok(())
}

fn message(row: &Row) -> Result<Audited> {
    Ok(Audited {
        tenant: row.id(0)?,
        id: row.id(1)?,
        account: row.id(2)?,
        sender: row.id(3)?,
        category: row.get(4)?,
        created_at: row.get(5)?,
        due_at: row.get(6)?,
        terminal: row.get(7)?,
        reason: row.get(8)?,
        attempts: Vec::new(),
        ways: Vec::new(),
        due: Vec::new(),
        attention: None,
        has_content: false,
        log: Vec::new(),
    })
}

fn attempt(row: &Row) -> Result<AuditedAttempt> {
    Ok(AuditedAttempt {
        number: row.get(0)?,
        state: row.get(1)?,
        epoch: row.get(2)?,
        claimed_at: row.get(3)?,
        retry_at: row.get(4)?,
        doubt_until: row.get(5)?,
        doubted: row.get(6)?,
    })
}

fn due(row: &Row) -> Result<AuditedDue> {
    let position =
        DuePosition { sender: row.id(0)?, category: row.get(1)?, due_at: row.get(2)?, message: row.id(3)? };
    let (terminal, attempts) = (row.get(6)?, row.get(7)?);
    Ok(AuditedDue {
        position,
        tenant: row.id(4)?,
        attempt: row.get(5)?,
        message: Option::map(terminal, |terminal| (terminal, attempts)),
    })
}

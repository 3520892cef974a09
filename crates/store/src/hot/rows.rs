//! Statements that several calls of the hot path share.

use std::collections::BTreeMap;

use tidings_domain::id::{MessageId, TenantId};
use tidings_domain::lifecycle::Terminal;
use tidings_domain::policy::Place;
use tidings_domain::time::Timestamp;

use crate::conn::{Batch, Bulk, Conn, Insert, Row, Val, cells};
use crate::error::Result;
use crate::model::{AttentionKind, DueItem, Hash16};

const DUE: Insert = Insert {
    copy: "COPY due (sender_id, category, due_at, message_id, tenant_id, account_id, attempt, expires_at, recipient,
        country, ordered, free_form, template, language, trace) FROM STDIN (FORMAT binary)",
    rows: Bulk {
    sqlite: "INSERT INTO due (sender_id, category, due_at, message_id, tenant_id, account_id, attempt, expires_at,
        recipient, country, ordered, free_form, template, language, trace)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15) ON CONFLICT DO NOTHING",
    postgres: "INSERT INTO due (sender_id, category, due_at, message_id, tenant_id, account_id, attempt, expires_at,
        recipient, country, ordered, free_form, template, language, trace)
        SELECT * FROM UNNEST($1::bytea[], $2::bigint[], $3::bigint[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bigint[],
        $8::bigint[], $9::bytea[], $10::text[], $11::bigint[], $12::bigint[], $13::text[], $14::text[], $15::bytea[])
        ON CONFLICT DO NOTHING",
},
};

pub(crate) async fn insert_due(conn: &Conn, items: &[DueItem]) -> Result<()> {
    let mut batch = Batch::new(15, items.len());
    let places: Vec<_> = items.iter().map(|item| item.place.to_text()).collect();
    for (item, place) in items.iter().zip(&places) {
        batch.push(cells![
            &item.sender,
            item.category,
            item.due_at,
            &item.message,
            &item.tenant,
            &item.account,
            item.attempt,
            item.expires_at,
            &item.recipient,
            place.as_deref(),
            item.ordered,
            item.free_form,
            item.template.as_deref(),
            item.language.as_deref(),
            &item.trace,
        ]);
    }
    conn.bulk(&DUE.rows, &batch).await.map(|_| ())
}

/// Of messages that are new: none of them can stand there yet. The columns are those of the table's key first;
/// see [`insert_due`].
pub(crate) async fn insert_new_due(conn: &Conn, batch: &Batch<'_>) -> Result<()> {
    conn.insert(&DUE, batch).await
}

/// What a due row says; the columns in the order of [`DUE_COLUMNS`], from `at`.
pub(crate) fn due_item(row: &Row, at: usize) -> Result<DueItem> {
    Ok(DueItem {
        sender: row.id(at)?,
        category: row.get(at + 1)?,
        due_at: row.get(at + 2)?,
        message: row.id(at + 3)?,
        tenant: row.id(at + 4)?,
        account: row.id(at + 5)?,
        attempt: row.get(at + 6)?,
        expires_at: row.get(at + 7)?,
        recipient: row.get(at + 8)?,
        place: place(row, at + 9)?,
        ordered: row.get(at + 10)?,
        free_form: row.get(at + 11)?,
        template: row.get(at + 12)?,
        language: row.get(at + 13)?,
        trace: row.get(at + 14)?,
    })
}

pub(crate) const DUE_COLUMNS: &str = "sender_id, category, due_at, message_id, tenant_id, account_id, attempt, \
    expires_at, recipient, country, ordered, free_form, template, language, trace";

/// The column is called after its first part.
pub(crate) fn place(row: &Row, at: usize) -> Result<Place> {
    let text: Option<String> = row.get(at)?;
    Ok(text.as_deref().map_or_else(Place::default, Place::from_text))
}

/// One message of one tenant.
pub(crate) type MessageKey = (TenantId, MessageId);

const TERMINAL: Bulk = Bulk {
    sqlite: "UPDATE messages SET terminal = ?3, reason = ?4 WHERE tenant_id = ?1 AND id = ?2",
    postgres: "UPDATE messages m SET terminal = k.terminal, reason = k.reason
        FROM UNNEST($1::bytea[], $2::bytea[], $3::bigint[], $4::text[]) AS k (tenant_id, id, terminal, reason)
        WHERE m.tenant_id = k.tenant_id AND m.id = k.id",
};

pub(crate) async fn set_terminal(conn: &Conn, all: &[(MessageKey, Terminal, Option<String>)]) -> Result<()> {
    let mut batch = Batch::new(4, all.len());
    for ((tenant, message), terminal, reason) in all {
        batch.push(cells![tenant, message, *terminal, reason.as_deref()]);
    }
    conn.bulk(&TERMINAL, &batch).await.map(|_| ())
}

const DEFERRED: Bulk = Bulk {
    sqlite: "UPDATE messages SET due_at = ?3 WHERE tenant_id = ?1 AND id = ?2",
    postgres: "UPDATE messages m SET due_at = k.due_at
        FROM UNNEST($1::bytea[], $2::bytea[], $3::bigint[]) AS k (tenant_id, id, due_at)
        WHERE m.tenant_id = k.tenant_id AND m.id = k.id",
};

const DEFERRED_RETRY: Bulk = Bulk {
    sqlite: "UPDATE attempts SET retry_at = ?4 WHERE tenant_id = ?1 AND message_id = ?2 AND n = ?3",
    postgres: "UPDATE attempts a SET retry_at = k.due_at
        FROM UNNEST($1::bytea[], $2::bytea[], $3::bigint[], $4::bigint[]) AS k (tenant_id, id, n, due_at)
        WHERE a.tenant_id = k.tenant_id AND a.message_id = k.id AND a.n = k.n",
};

/// Moves the time at which messages are due; for a retry, the time of the retry as well.
pub(crate) async fn defer(conn: &Conn, items: &[DueItem]) -> Result<()> {
    let mut messages = Batch::new(3, items.len());
    let mut retries = Batch::new(4, 0);
    for item in items {
        messages.push(cells![&item.tenant, &item.message, item.due_at]);
        if item.attempt > 1 {
            retries.push(cells![&item.tenant, &item.message, item.attempt - 1, item.due_at]);
        }
    }
    conn.bulk(&DEFERRED, &messages).await?;
    conn.bulk(&DEFERRED_RETRY, &retries).await?;
    Ok(())
}

/// A note for people: why a message needs a look.
#[derive(Debug, Clone)]
pub(crate) struct Note {
    pub(crate) kind: AttentionKind,
    pub(crate) reason: String,
    pub(crate) at: Timestamp,
}

const NOTE: Bulk = Bulk {
    sqlite: "INSERT INTO attention (tenant_id, message_id, kind, reason, at) VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (tenant_id, message_id) DO UPDATE SET kind = excluded.kind, reason = excluded.reason, at = excluded.at",
    postgres: "INSERT INTO attention (tenant_id, message_id, kind, reason, at)
        SELECT * FROM UNNEST($1::bytea[], $2::bytea[], $3::bigint[], $4::text[], $5::bigint[])
        ON CONFLICT (tenant_id, message_id) DO UPDATE SET kind = excluded.kind, reason = excluded.reason, at = excluded.at",
};

const UNNOTE: Bulk = Bulk {
    sqlite: "DELETE FROM attention WHERE tenant_id = ?1 AND message_id = ?2",
    postgres: "DELETE FROM attention a USING UNNEST($1::bytea[], $2::bytea[]) AS k (tenant_id, id)
        WHERE a.tenant_id = k.tenant_id AND a.message_id = k.id",
};

/// Sets notes, or takes them away where there is none. Each message comes once.
pub(crate) async fn note(conn: &Conn, all: &[(MessageKey, Option<Note>)]) -> Result<()> {
    let mut set = Batch::new(5, 0);
    let mut clear = Batch::new(2, 0);
    for ((tenant, message), note) in all {
        match note {
            Some(note) => set.push(cells![tenant, message, note.kind, note.reason.as_str(), note.at]),
            None => clear.push(cells![tenant, message]),
        }
    }
    conn.bulk(&NOTE, &set).await?;
    conn.bulk(&UNNOTE, &clear).await?;
    Ok(())
}

/// What the provider said about a recipient.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Remark {
    pub(crate) invalid: Option<(i64, Timestamp)>,
    pub(crate) cool_until: Option<Timestamp>,
}

const REMARK: Bulk = Bulk {
    sqlite: "INSERT INTO recipients (tenant_id, hash, invalid_code, invalid_at, cool_until) VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (tenant_id, hash) DO UPDATE SET
        invalid_code = COALESCE(excluded.invalid_code, recipients.invalid_code),
        invalid_at = COALESCE(excluded.invalid_at, recipients.invalid_at),
        cool_until = COALESCE(MAX(excluded.cool_until, recipients.cool_until), excluded.cool_until, recipients.cool_until)",
    postgres: "INSERT INTO recipients (tenant_id, hash, invalid_code, invalid_at, cool_until)
        SELECT * FROM UNNEST($1::bytea[], $2::bytea[], $3::bigint[], $4::bigint[], $5::bigint[])
        ON CONFLICT (tenant_id, hash) DO UPDATE SET
        invalid_code = COALESCE(excluded.invalid_code, recipients.invalid_code),
        invalid_at = COALESCE(excluded.invalid_at, recipients.invalid_at),
        cool_until = GREATEST(excluded.cool_until, recipients.cool_until)",
};

/// By recipient, so that each row is touched once and in one order.
pub(crate) type Remarks = BTreeMap<(TenantId, Hash16), Remark>;

pub(crate) async fn remark(conn: &Conn, all: &Remarks) -> Result<()> {
    let mut batch = Batch::new(5, all.len());
    for ((tenant, hash), remark) in all {
        batch.push(cells![
            tenant,
            hash,
            remark.invalid.map(|(code, _)| code),
            remark.invalid.map(|(_, at)| at),
            remark.cool_until,
        ]);
    }
    conn.bulk(&REMARK, &batch).await.map(|_| ())
}

const SEALED: Insert = Insert {
    copy: "COPY sealed (tenant_id, owner, part, data) FROM STDIN (FORMAT binary)",
    rows: Bulk {
        sqlite: "INSERT INTO sealed (tenant_id, owner, part, data) VALUES (?1, ?2, ?3, ?4)",
        postgres: "INSERT INTO sealed (tenant_id, owner, part, data)
        SELECT * FROM UNNEST($1::bytea[], $2::bytea[], $3::bigint[], $4::bytea[])",
    },
};

/// Rows of tenant, owner, part and sealed data.
pub(crate) async fn insert_sealed(conn: &Conn, batch: &Batch<'_>) -> Result<()> {
    conn.insert(&SEALED, batch).await
}

const MESSAGE_TOPICS: Bulk = Bulk {
    sqlite: "INSERT INTO message_topics (tenant_id, message_id, topic) VALUES (?1, ?2, ?3)",
    postgres: "INSERT INTO message_topics (tenant_id, message_id, topic)
        SELECT * FROM UNNEST($1::bytea[], $2::bytea[], $3::bytea[])",
};

/// Rows of tenant, message and topic, of those messages that carry one.
pub(crate) async fn insert_message_topics(conn: &Conn, batch: &Batch<'_>) -> Result<()> {
    conn.bulk(&MESSAGE_TOPICS, batch).await.map(|_| ())
}

const UNSEAL: Bulk = Bulk {
    sqlite: "SELECT data FROM sealed WHERE tenant_id = ?1 AND owner = ?2 AND part = ?3",
    postgres: "SELECT k.ord, s.data
        FROM UNNEST($1::bytea[], $2::bytea[], $3::bigint[]) WITH ORDINALITY AS k (tenant_id, owner, part, ord)
        JOIN sealed s ON s.tenant_id = k.tenant_id AND s.owner = k.owner AND s.part = k.part",
};

/// The contents of messages for the ways that they take, still sealed; `None` where they were erased.
pub(crate) async fn contents(conn: &Conn, items: &[&DueItem], steps: &[u8]) -> Result<Vec<Option<Vec<u8>>>> {
    let mut batch = Batch::new(3, items.len());
    for (item, step) in items.iter().zip(steps) {
        batch.push(cells![&item.tenant, &item.message, Val::Int(crate::scope::step_part(*step))]);
    }
    let mut all = vec![None; items.len()];
    for (index, row) in conn.lookup(&UNSEAL, &batch).await? {
        all[index] = Some(row.get(0)?);
    }
    Ok(all)
}

//! Which messages a recipient got: sorted runs, and the end of the log for what is newer. Recipients come in no
//! order, so a run stays a run: merging it into one index would touch a page for each message after all.

use std::collections::BTreeSet;

use tidings_domain::event::Kind;
use tidings_domain::id::{MessageId, TenantId};

use super::super::feed::{Order, order};
use super::{Index, Portion};
use crate::conn::{Batch, Bulk, Conn, Insert, Val, cells, vals};
use crate::error::{Result, StoreError};
use crate::limits::{RUN_EVENTS_MAX, RUN_EVENTS_MIN};
use crate::model::{Hash16, LogPosition};
use crate::scope::SystemScope;
use crate::store::Store;

pub(super) struct Recipients;

/// One message of a run, in the order of its key.
type Entry = (TenantId, Hash16, MessageId);

const ENTRIES: Insert = Insert {
    copy: "COPY recipient_messages (run, tenant_id, recipient, message_id) FROM STDIN (FORMAT binary)",
    rows: Bulk {
        sqlite:
            "INSERT INTO recipient_messages (run, tenant_id, recipient, message_id) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT DO NOTHING",
        postgres: "INSERT INTO recipient_messages (run, tenant_id, recipient, message_id)
        SELECT * FROM UNNEST($1::bigint[], $2::bytea[], $3::bytea[], $4::bytea[]) ON CONFLICT DO NOTHING",
    },
};

impl Store {
    /// Writes one more run if the log has grown by enough, and says how many messages it holds.
    pub async fn index_recipients(&self, _system: &SystemScope) -> Result<usize> {
        super::write::<Recipients>(self).await
    }
}

impl Portion for Recipients {
    const INDEX: Index = Index {
        transaction: "recipients.transaction",
        sequence: "recipients.sequence",
        generation: "recipients.generation",
        events_min: RUN_EVENTS_MIN,
        events_max: RUN_EVENTS_MAX,
    };
    type Entry = Entry;

    async fn read(conn: &Conn, from: LogPosition, to: LogPosition) -> Result<Vec<Entry>> {
        let Order { after, until, .. } = order(conn);
        let kinds = first_kinds();
        let sql = format!(
            "SELECT m.tenant_id, m.recipient, m.id FROM events e CROSS JOIN messages m
             WHERE m.tenant_id = e.tenant_id AND m.id = e.subject AND {after} AND {until} AND e.kind IN ({kinds})"
        );
        let params = vals![from.transaction, from.sequence, to.transaction, to.sequence];
        let rows = conn.query(&sql, params).await?;
        let entries: Result<BTreeSet<Entry>> =
            rows.iter().map(|row| Ok((row.id(0)?, row.get(1)?, row.id(2)?))).collect();
        Ok(entries?.into_iter().collect())
    }

    async fn insert(conn: &Conn, from: LogPosition, entries: &[Entry]) -> Result<()> {
        let mut rows = Batch::new(4, entries.len());
        for (tenant, recipient, message) in entries {
            rows.push(cells![from.sequence, tenant, recipient, message]);
        }
        conn.insert(&ENTRIES, &rows).await
    }

    async fn conclude(conn: &Conn, from: LogPosition, entries: usize) -> Result<()> {
        let count = i64::try_from(entries).map_err(StoreError::internal)?;
        let sql = "INSERT INTO recipient_runs (run, messages) VALUES ($1, $2)
            ON CONFLICT (run) DO UPDATE SET messages = excluded.messages";
        conn.execute(sql, vals![from.sequence, count]).await.map(|_| ())
    }
}

/// The kinds that a message's first event can have.
fn first_kinds() -> String {
    [Kind::MessageAccepted, Kind::MessageDenied, Kind::MessageExpired]
        .map(|kind| kind.code().to_string())
        .join(",")
}

/// The newest messages of a recipient from before one, newest first.
pub(in crate::ordinary) async fn newest(
    conn: &Conn,
    tenant: TenantId,
    recipient: &Hash16,
    before: [u8; 16],
    size: usize,
    generation: i64,
) -> Result<Vec<MessageId>> {
    // The cursor first: a run that appears in between only repeats what the end of the log says too.
    let from = Recipients::INDEX.cursor(conn, generation).await?;
    let Order { after, .. } = order(conn);
    let kinds = first_kinds();
    let sql = format!(
        "SELECT DISTINCT m.id FROM events e CROSS JOIN messages m
         WHERE m.tenant_id = e.tenant_id AND m.id = e.subject AND {after} AND e.tenant_id = $3
         AND e.kind IN ({kinds}) AND m.recipient = $4 AND m.id < $5
         ORDER BY m.id DESC LIMIT $6"
    );
    let limit = Val::Int(i64::try_from(size).map_err(StoreError::internal)?);
    let params = vals![from.transaction, from.sequence, &tenant, recipient, &before, limit];
    let mut found = conn.query(&sql, params).await?;
    // Each run is looked into; see `consents::SELECT` for why it is a `CROSS JOIN`.
    let sql = "SELECT DISTINCT r.message_id FROM recipient_runs l CROSS JOIN recipient_messages r
         WHERE r.run = l.run AND r.tenant_id = $1 AND r.recipient = $2 AND r.message_id < $3
         ORDER BY r.message_id DESC LIMIT $4";
    found.extend(conn.query(sql, vals![&tenant, recipient, &before, limit]).await?);
    let ids: BTreeSet<MessageId> = found.iter().map(|row| row.id(0)).collect::<Result<_>>()?;
    Ok(ids.into_iter().rev().take(size).collect())
}

//! Where the events of a subject stand in the log. Subjects are ids that begin with the time, so a portion of the
//! log falls on few pages of the index.

use std::collections::{BTreeSet, HashMap};

use tidings_domain::id::TenantId;

use super::super::feed::{Order, order};
use super::{Index, Portion};
use crate::conn::{Batch, Bulk, Conn, Insert, Val, cells, vals};
use crate::error::Result;
use crate::limits::{SUBJECT_EVENTS_MAX, SUBJECT_EVENTS_MIN};
use crate::model::LogPosition;
use crate::scope::SystemScope;
use crate::store::Store;

pub(super) struct Subjects;

/// Tenant, subject, and the transaction and sequence of an event.
type Entry = (TenantId, [u8; 16], i64, i64);

const ENTRIES: Insert = Insert {
    copy: "COPY subject_events (tenant_id, subject, transaction_id, seq) FROM STDIN (FORMAT binary)",
    rows: Bulk {
        sqlite: "INSERT INTO subject_events (tenant_id, subject, transaction_id, seq) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT DO NOTHING",
        postgres: "INSERT INTO subject_events (tenant_id, subject, transaction_id, seq)
        SELECT * FROM UNNEST($1::bytea[], $2::bytea[], $3::bigint[], $4::bigint[]) ON CONFLICT DO NOTHING",
    },
};

impl Store {
    /// Writes down where the next events of the log are, by subject, if there are enough of them; how many.
    pub async fn index_subjects(&self, _system: &SystemScope) -> Result<usize> {
        super::write::<Subjects>(self).await
    }
}

impl Portion for Subjects {
    const INDEX: Index = Index {
        transaction: "subjects.transaction",
        sequence: "subjects.sequence",
        generation: "subjects.generation",
        events_min: SUBJECT_EVENTS_MIN,
        events_max: SUBJECT_EVENTS_MAX,
    };
    type Entry = Entry;

    async fn read(conn: &Conn, from: LogPosition, to: LogPosition) -> Result<Vec<Entry>> {
        let Order { position, after, until, .. } = order(conn);
        let sql = format!("SELECT tenant_id, subject, {position} FROM events WHERE {after} AND {until}");
        let params = vals![from.transaction, from.sequence, to.transaction, to.sequence];
        let rows = conn.query(&sql, params).await?;
        let entries: Result<Vec<Entry>> =
            rows.iter().map(|row| Ok((row.id(0)?, row.get(1)?, row.get(2)?, row.get(3)?))).collect();
        let mut entries = entries?;
        entries.sort_unstable();
        Ok(entries)
    }

    async fn insert(conn: &Conn, _: LogPosition, entries: &[Entry]) -> Result<()> {
        let mut rows = Batch::new(4, entries.len());
        for (tenant, subject, transaction, sequence) in entries {
            rows.push(cells![tenant, subject, *transaction, *sequence]);
        }
        conn.insert(&ENTRIES, &rows).await
    }

    async fn conclude(_: &Conn, _: LogPosition, _: usize) -> Result<()> {
        Ok(())
    }
}

/// Transaction and sequence of a subject's first events, in the order of the log.
pub(in crate::ordinary) async fn positions(
    conn: &Conn,
    tenant: TenantId,
    subject: &[u8; 16],
    generation: i64,
    most: i64,
) -> Result<Vec<(i64, i64)>> {
    // The cursor first: what is written down in between is then found twice instead of not at all.
    let from = Subjects::INDEX.cursor(conn, generation).await?;
    let sql = "SELECT transaction_id, seq FROM subject_events WHERE tenant_id = $1 AND subject = $2
        ORDER BY transaction_id, seq LIMIT $3";
    let mut found = conn.query(sql, vals![&tenant, subject, Val::Int(most)]).await?;
    let Order { position, after, ascending, .. } = order(conn);
    let sql = format!(
        "SELECT {position} FROM events WHERE {after} AND tenant_id = $3 AND subject = $4
         ORDER BY {ascending} LIMIT $5"
    );
    let params = vals![from.transaction, from.sequence, &tenant, subject, Val::Int(most)];
    found.extend(conn.query(&sql, params).await?);
    let all: BTreeSet<(i64, i64)> =
        found.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect::<Result<_>>()?;
    Ok(all.into_iter().take(usize::try_from(most).unwrap_or(usize::MAX)).collect())
}

/// The kinds of events of indexed subjects.
const KINDS: Bulk = Bulk {
    sqlite: "SELECT e.kind FROM subject_events s JOIN events e ON e.seq = s.seq
        WHERE s.tenant_id = ?1 AND s.subject = ?2 ORDER BY s.transaction_id, s.seq",
    postgres: "SELECT k.ord, e.kind FROM UNNEST($1::bytea[], $2::bytea[])
        WITH ORDINALITY AS k (tenant_id, subject, ord)
        JOIN subject_events s ON s.tenant_id = k.tenant_id AND s.subject = k.subject
        JOIN events e ON e.tx = s.transaction_id::text::xid8 AND e.seq = s.seq
        ORDER BY k.ord, s.transaction_id, s.seq",
};

/// The kinds of all events of many subjects, each in the order of the log. To be asked on one snapshot: what
/// is newer than the index is read once from the end of the log.
pub(in crate::ordinary) async fn kinds(
    conn: &Conn,
    subjects: &[(TenantId, [u8; 16])],
    generation: i64,
) -> Result<Vec<Vec<i64>>> {
    let mut keys = Batch::new(2, subjects.len());
    for (tenant, subject) in subjects {
        keys.push(cells![tenant, subject]);
    }
    let mut all: Vec<Vec<i64>> = subjects.iter().map(|_| Vec::new()).collect();
    for (index, row) in conn.lookup(&KINDS, &keys).await? {
        all[index].push(row.get(0)?);
    }
    let wanted: HashMap<(TenantId, [u8; 16]), usize> =
        subjects.iter().enumerate().map(|(index, subject)| (*subject, index)).collect();
    let from = Subjects::INDEX.cursor(conn, generation).await?;
    let Order { after, ascending, .. } = order(conn);
    let sql = format!("SELECT tenant_id, subject, kind FROM events WHERE {after} ORDER BY {ascending}");
    for row in conn.query(&sql, vals![from.transaction, from.sequence]).await? {
        if let Some(index) = wanted.get(&(row.id(0)?, row.get(1)?)) {
            all[*index].push(row.get(2)?);
        }
    }
    Ok(all)
}

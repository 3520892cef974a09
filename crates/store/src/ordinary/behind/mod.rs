//! Indexes that are written behind the log, in sorted portions.
//!
//! An index beside a table changes a page somewhere for each row, in the transaction that a client waits for.
//! Here a portion of the log is sorted first and then shares its pages. What is newer than the portion written
//! last is read from the end of the log itself, so answers are complete at any moment.

mod recipients;
mod subjects;

use recipients::Recipients;
pub(super) use recipients::newest;
use subjects::Subjects;
pub(super) use subjects::{kinds, positions};

use super::feed::{Order, end, order};
use crate::conn::{Conn, vals};
use crate::error::Result;
use crate::limits::INDEX_ROWS_PER_WRITE;
use crate::model::LogPosition;
use crate::store::Store;

/// Up to where every index has come: what stands behind it in the log is found by nothing but the log itself.
pub(super) async fn indexed_until(conn: &Conn, generation: i64) -> Result<LogPosition> {
    let subjects = Subjects::INDEX.cursor(conn, generation).await?;
    let recipients = Recipients::INDEX.cursor(conn, generation).await?;
    let place = |at: &LogPosition| (at.transaction, at.sequence);
    Ok(if place(&subjects) < place(&recipients) { subjects } else { recipients })
}

/// What an index writes down.
trait Portion {
    const INDEX: Index;
    type Entry: Clone + Send + 'static;

    /// The entries of a portion of the log, in the order of their key.
    fn read(
        conn: &Conn,
        from: LogPosition,
        to: LogPosition,
    ) -> impl Future<Output = Result<Vec<Self::Entry>>> + Send;

    fn insert(
        conn: &Conn,
        from: LogPosition,
        entries: &[Self::Entry],
    ) -> impl Future<Output = Result<()>> + Send;

    /// Makes the portion seen, where that needs more than its entries.
    fn conclude(conn: &Conn, from: LogPosition, entries: usize) -> impl Future<Output = Result<()>> + Send;
}

/// Writes the next portion if the log has grown by enough; how many entries it has. A portion that a crash cut short
/// is written once more, which changes nothing.
async fn write<P: Portion>(store: &Store) -> Result<usize> {
    let generation = store.log_generation();
    let found = store
        .read(move |conn| {
            Box::pin(async move {
                let from = P::INDEX.cursor(conn, generation).await?;
                let Some(to) = P::INDEX.reach(conn, from).await? else { return Ok(None) };
                Ok(Some((from, to, P::read(conn, from, to).await?)))
            })
        })
        .await?;
    let Some((from, to, entries)) = found else { return Ok(0) };
    let (count, parts) = (entries.len(), parts(store, &entries));
    let last = parts.len() - 1;
    for (n, part) in parts.into_iter().enumerate() {
        store
            .write(move |conn| {
                Box::pin(async move {
                    if !P::INDEX.stands(conn, from).await? {
                        return Ok(());
                    }
                    P::insert(conn, from, &part).await?;
                    if n < last {
                        return Ok(());
                    }
                    P::conclude(conn, from, count).await?;
                    P::INDEX.advance(conn, to).await
                })
            })
            .await?;
    }
    Ok(count)
}

/// The transactions that write a portion; the last one moves the cursor, so there is always one. SQLite has one
/// writer, whom others wait for: it gets small ones.
fn parts<T: Clone>(store: &Store, entries: &[T]) -> Vec<Vec<T>> {
    let size = if store.is_shared() { entries.len() } else { INDEX_ROWS_PER_WRITE };
    let parts: Vec<Vec<T>> = entries.chunks(size.max(1)).map(<[T]>::to_vec).collect();
    if parts.is_empty() { vec![Vec::new()] } else { parts }
}

/// One such index: where its cursor stands in `meta`, and how much of the log a portion covers.
struct Index {
    transaction: &'static str,
    sequence: &'static str,
    generation: &'static str,
    /// Events by which the log must have grown.
    events_min: i64,
    events_max: i64,
}

impl Index {
    async fn cursor(&self, conn: &Conn, generation: i64) -> Result<LogPosition> {
        let sql = "SELECT key, number FROM meta WHERE key IN ($1, $2, $3)";
        let mut at = LogPosition { generation: 0, transaction: 0, sequence: 0 };
        for row in conn.query(sql, vals![self.transaction, self.sequence, self.generation]).await? {
            let (key, number) = (row.text(0)?, row.get(1)?);
            if key == self.transaction {
                at.transaction = number;
            } else if key == self.sequence {
                at.sequence = number;
            } else {
                at.generation = number;
            }
        }
        // After a restore the positions of before mean nothing: the log is read once more from its beginning.
        let beginning = LogPosition { generation, transaction: 0, sequence: 0 };
        Ok(if at.generation == generation { at } else { beginning })
    }

    /// Where the next portion ends, once there is enough for one.
    async fn reach(&self, conn: &Conn, from: LogPosition) -> Result<Option<LogPosition>> {
        let last = end(conn, None, from.generation).await?;
        if last.sequence - from.sequence < self.events_min {
            return Ok(None);
        }
        let Order { position, ascending, after, settled, .. } = order(conn);
        let sql = format!(
            "SELECT {position} FROM events WHERE {after} AND {settled} ORDER BY {ascending} LIMIT 1 OFFSET $3"
        );
        let params = vals![from.transaction, from.sequence, self.events_max - 1];
        let Some(row) = conn.query_opt(&sql, params).await? else { return Ok(Some(last)) };
        Ok(Some(LogPosition { generation: from.generation, transaction: row.get(0)?, sequence: row.get(1)? }))
    }

    /// Whether nobody has written this portion meanwhile. PostgreSQL gets it by `COPY`, which takes no row twice.
    async fn stands(&self, conn: &Conn, from: LogPosition) -> Result<bool> {
        Ok(!conn.is_postgres() || self.cursor(conn, from.generation).await? == from)
    }

    async fn advance(&self, conn: &Conn, to: LogPosition) -> Result<()> {
        for (key, number) in [
            (self.transaction, to.transaction),
            (self.sequence, to.sequence),
            (self.generation, to.generation),
        ] {
            let sql = "INSERT INTO meta (key, number) VALUES ($1, $2)
                ON CONFLICT (key) DO UPDATE SET number = excluded.number";
            conn.execute(sql, vals![key, number]).await?;
        }
        Ok(())
    }
}

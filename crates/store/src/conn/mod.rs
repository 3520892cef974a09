//! One connection, whichever the engine.
//!
//! Ordinary SQL is written once with `$1`, `$2` …; SQLite gets `?1`, `?2`. The set primitives [`Conn::bulk`]
//! and [`Conn::lookup`] carry the hot path: SQLite runs one prepared statement per row, PostgreSQL one
//! statement over arrays. On SQLite every future is ready when it is polled first.

mod batch;
mod postgres;
mod row;
mod sqlite;
mod val;

pub(crate) use batch::{Batch, Bulk, Insert, cells};
pub(crate) use postgres::PgConn;
pub(crate) use row::{Row, Value};
pub(crate) use sqlite::SqliteConn;
pub(crate) use val::Val;

use crate::error::Result;
use crate::limits::{POSTGRES_COPY_ROWS_MIN, ROUND_ROWS_MAX, SQLITE_ROWS_AT_ONCE};

pub(crate) enum Conn {
    Sqlite(SqliteConn),
    Postgres(PgConn),
}

/// Parameters of a statement: `vals![scope.tenant(), 7, &name]`.
macro_rules! vals {
    ($($value:expr),* $(,)?) => { &[$($crate::conn::Val::from($value)),*] };
}
pub(crate) use vals;

impl Conn {
    /// Runs a statement; the number of rows it touched.
    pub(crate) async fn execute(&self, sql: &str, params: &[Val<'_>]) -> Result<u64> {
        match self {
            Self::Sqlite(conn) => conn.execute(sql, params),
            Self::Postgres(conn) => conn.execute(sql, params).await,
        }
    }

    pub(crate) async fn query(&self, sql: &str, params: &[Val<'_>]) -> Result<Vec<Row>> {
        match self {
            Self::Sqlite(conn) => conn.query(sql, params),
            Self::Postgres(conn) => conn.query(sql, params).await,
        }
    }

    /// The first row, if there is one.
    pub(crate) async fn query_opt(&self, sql: &str, params: &[Val<'_>]) -> Result<Option<Row>> {
        Ok(self.query(sql, params).await?.into_iter().next())
    }

    /// Writes many rows by one statement text; the number of rows touched.
    pub(crate) async fn bulk(&self, bulk: &Bulk, batch: &Batch<'_>) -> Result<u64> {
        if batch.is_empty() {
            return Ok(0);
        }
        match self {
            Self::Sqlite(conn) => conn.bulk(bulk.sqlite, batch),
            Self::Postgres(conn) => conn.bulk(bulk.postgres, batch).await,
        }
    }

    pub(crate) async fn insert(&self, insert: &Insert, batch: &Batch<'_>) -> Result<()> {
        match self {
            Self::Postgres(conn) if batch.len() >= POSTGRES_COPY_ROWS_MIN => {
                conn.copy(insert.copy, batch).await
            }
            _ => self.bulk(&insert.rows, batch).await.map(|_| ()),
        }
    }

    /// Asks for many keys at once; each answer carries the index of the batch's row it belongs to.
    /// PostgreSQL's text returns the `WITH ORDINALITY` number as its first column.
    pub(crate) async fn lookup(&self, bulk: &Bulk, batch: &Batch<'_>) -> Result<Vec<(usize, Row)>> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        match self {
            Self::Sqlite(conn) => conn.lookup(bulk.sqlite, batch),
            Self::Postgres(conn) => conn.lookup(bulk.postgres, batch).await,
        }
    }

    /// Writes many rows and says which of them changed anything. PostgreSQL's text returns the
    /// `WITH ORDINALITY` number of those that did.
    pub(crate) async fn touches(&self, bulk: &Bulk, batch: &Batch<'_>) -> Result<Vec<bool>> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        match self {
            Self::Sqlite(conn) => conn.touches(bulk.sqlite, batch),
            Self::Postgres(conn) => {
                let mut touched = vec![false; batch.len()];
                for (index, _) in conn.lookup(bulk.postgres, batch).await? {
                    touched[index] = true;
                }
                Ok(touched)
            }
        }
    }

    /// Runs statements without parameters, such as `BEGIN`.
    pub(crate) async fn run(&self, sql: &str) -> Result<()> {
        match self {
            Self::Sqlite(conn) => conn.run(sql),
            Self::Postgres(conn) => conn.run(sql).await,
        }
    }

    /// How many rows are best gathered before they are written. PostgreSQL takes a whole set by one statement;
    /// SQLite goes row by row, and what was gathered should still be in the processor's cache.
    pub(crate) fn rows_at_once(&self) -> usize {
        if self.is_postgres() { ROUND_ROWS_MAX } else { SQLITE_ROWS_AT_ONCE }
    }

    /// A table as it stands after `FROM`, read by one of its indexes. SQLite has no statistics and takes all rows of a
    /// tenant for few: left to itself it walks through them by the primary key.
    pub(crate) fn by_index(&self, table: &str, index: &str) -> String {
        if self.is_postgres() { table.to_owned() } else { format!("{table} INDEXED BY {index}") }
    }

    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }
}

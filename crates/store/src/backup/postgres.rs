//! PostgreSQL: `COPY` of every table under one snapshot, one file a table. No client tool is needed, and a copy
//! of one server version goes back into another.

use std::collections::BTreeMap;
use std::path::Path;
use std::pin::pin;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};

use super::hold::{After, hold};
use super::{
    Description, EngineKind, FileCopy, Progress, RegionCopy, Restored, begin_anew, count, describe, files,
    name,
};
use crate::conn::{Conn, PgConn, vals};
use crate::error::{Result, StoreError};
use crate::executor::{Connector, Use};
use crate::migrate;

/// Tables, without the parts of those that are partitioned.
const TABLES: &str = "SELECT CAST(relname AS TEXT) FROM pg_class
    WHERE relnamespace = CAST(current_schema() AS regnamespace) AND relkind IN ('r', 'p') AND NOT relispartition
    ORDER BY relname";

const COLUMNS: &str = "SELECT CAST(column_name AS TEXT) FROM information_schema.columns
    WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position";

pub(super) async fn copy(
    url: &str,
    ca: Option<&Path>,
    region: &str,
    folder: &Path,
    report: &(dyn Fn(Progress) + Send + Sync),
) -> Result<RegionCopy> {
    let conn = Connector::new(url, ca)?.connect(Use::Maintenance).await?;
    if migrate::check(&conn).await? == 0 {
        return Err(StoreError::Conflict("there is no store here to copy"));
    }
    conn.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let Description { schema_version, log_generation, log_head } = describe(&conn).await?;
    let mut tables = BTreeMap::new();
    for row in conn.query(TABLES, &[]).await? {
        let table: String = row.get(0)?;
        let rows = count(&conn, &table).await?;
        tables.insert(table, rows);
    }
    let total = tables.values().sum();
    let mut copied = Vec::new();
    let mut done = 0;
    for (table, rows) in &tables {
        let file = format!("{}.{table}.copy", name(region, log_generation, schema_version));
        let written = write(&conn, table, folder, file, &mut |rows| {
            report(Progress { done: done + rows, total });
        })
        .await?;
        if written.1 != *rows {
            return Err(StoreError::Corrupt("a copy of a table does not hold the table's rows"));
        }
        done += rows;
        copied.push(written.0);
    }
    conn.run("COMMIT").await?;
    let (region, engine, files) = (region.to_owned(), EngineKind::Postgres, copied);
    Ok(RegionCopy { region, engine, schema_version, log_generation, log_head, tables, files })
}

/// The columns of a table that are copied. The transaction of an event means nothing elsewhere: what is restored
/// is one transaction, in the order of its sequence.
async fn columns(conn: &Conn, table: &str) -> Result<String> {
    let mut all = Vec::new();
    for row in conn.query(COLUMNS, vals![table]).await? {
        let column: String = row.get(0)?;
        if (table, column.as_str()) != ("events", "tx") {
            all.push(format!("\"{column}\""));
        }
    }
    Ok(all.join(", "))
}

/// The file and how many rows are in it; in the text format each row is one line.
async fn write(
    conn: &Conn,
    table: &str,
    folder: &Path,
    file: String,
    report: &mut (dyn FnMut(u64) + Send),
) -> Result<(FileCopy, u64)> {
    let sql = format!("COPY (SELECT {} FROM {table}) TO STDOUT", columns(conn, table).await?);
    let mut writer = files::Writer::create(folder, file)?;
    let mut stream = pin!(client(conn).copy_out(&sql).await?);
    let mut rows = 0;
    while let Some(piece) = stream.next().await {
        let piece: Bytes = piece?;
        rows += piece.iter().filter(|byte| **byte == b'\n').count() as u64;
        writer.write(&piece)?;
        report(rows);
    }
    Ok((writer.finish()?, rows))
}

fn client(conn: &Conn) -> &tokio_postgres::Client {
    match conn {
        Conn::Postgres(conn) => PgConn::client(conn),
        Conn::Sqlite(_) => unreachable!("this module speaks to PostgreSQL alone"),
    }
}

pub(super) async fn restore(
    url: &str,
    ca: Option<&Path>,
    copy: &RegionCopy,
    folder: &Path,
    after: After,
) -> Result<Restored> {
    let conn = Connector::new(url, ca)?.connect(Use::Maintenance).await?;
    // All or nothing: a restore that fails leaves the database as empty as it was.
    conn.run("BEGIN").await?;
    let found = conn.query(TABLES, &[]).await?;
    if !found.is_empty() {
        return Err(StoreError::Conflict("the database is not empty; restore where nothing is"));
    }
    migrate::apply_until(&conn, copy.schema_version).await?;
    for (table, rows) in &copy.tables {
        let suffix = format!(".{table}.copy");
        let file = copy.files.iter().find(|file| file.name.ends_with(&suffix)).ok_or(files::CHANGED)?;
        if table != "migrations" && fill(&conn, table, &folder.join(&file.name)).await? != *rows {
            return Err(files::CHANGED);
        }
    }
    // Positions in the log name transactions of the server that is gone; the index is written anew.
    conn.execute("DELETE FROM subject_events", &[]).await?;
    let next = "SELECT setval(pg_get_serial_sequence('events', 'seq'), GREATEST($1, 1))";
    conn.query(next, vals![copy.log_head]).await?;
    migrate::apply_until(&conn, migrate::SCHEMA_VERSION).await?;
    let held = hold(&conn, after).await?;
    let log_generation = begin_anew(&conn).await?;
    conn.run("COMMIT").await?;
    conn.run("ANALYZE").await?;
    Ok(Restored { rows: copy.rows(), log_generation, held: held.held, scheduled: held.scheduled })
}

async fn fill(conn: &Conn, table: &str, path: &Path) -> Result<u64> {
    conn.execute(&format!("DELETE FROM {table}"), &[]).await?;
    let sql = format!("COPY {table} ({}) FROM STDIN", columns(conn, table).await?);
    let mut sink = pin!(client(conn).copy_in::<_, Bytes>(&sql).await?);
    let mut pieces = files::Pieces::open(path)?;
    while let Some(piece) = pieces.next()? {
        sink.send(Bytes::copy_from_slice(piece)).await?;
    }
    Ok(sink.finish().await?)
}

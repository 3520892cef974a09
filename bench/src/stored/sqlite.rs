//! Into a file of SQLite: without a journal and without waiting for the disk until the end.

use std::fs::File;
use std::path::PathBuf;

use anyhow::{Context, Result};
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, ToSql, params, params_from_iter};

use super::rows::{BEHIND, Cell, EVENTS, GIVEN, MESSAGES, Originals, Span, TABLES, Table};
use crate::limits::STORED_CACHE_KIB;

pub struct Loader {
    connection: Connection,
    file: PathBuf,
    originals: Vec<Originals>,
    span: Span,
}

impl Loader {
    /// Takes the finished messages out of the tables; the last copy puts them back.
    pub fn open(file: PathBuf) -> Result<Self> {
        let connection =
            Connection::open(&file).with_context(|| format!("cannot open {}", file.display()))?;
        connection.execute_batch(&format!(
            "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
             PRAGMA temp_store = MEMORY; PRAGMA cache_size = -{STORED_CACHE_KIB};"
        ))?;
        let read = |table: Table| read(&connection, table);
        let originals = TABLES.into_iter().map(read).collect::<Result<Vec<_>>>()?;
        let span = Span::of(&originals[0])?;
        for table in TABLES.iter().rev() {
            connection.execute(&format!("DELETE FROM {} WHERE {}", table.name, table.of_messages), [])?;
        }
        connection.execute_batch(
            "DELETE FROM recipient_runs; DELETE FROM recipient_messages; DELETE FROM subject_events;",
        )?;
        let loader = Self { connection, file, originals, span };
        loader.index_subjects(0)?;
        Ok(loader)
    }

    pub fn originals(&self) -> usize {
        self.originals.iter().find(|each| each.table.name == MESSAGES).map_or(0, |each| each.rows.len())
    }

    pub fn write(&mut self, copy: u32) -> Result<()> {
        self.connection.execute_batch("BEGIN")?;
        let before = self.last_sequence()?;
        let shift = self.span.shift(copy);
        for originals in &self.originals {
            let marks = vec!["?"; originals.columns.len()].join(", ");
            let (name, columns) = (originals.table.name, originals.columns.join(", "));
            let sql = format!("INSERT INTO {name} ({columns}) VALUES ({marks})");
            let mut statement = self.connection.prepare_cached(&sql)?;
            for row in &originals.rows {
                statement.execute(params_from_iter(originals.copied(row, shift)))?;
            }
        }
        self.index_subjects(before)?;
        let (first, last) = self.span.ends(copy);
        let entries = self.connection.execute(
            "INSERT INTO recipient_messages (run, tenant_id, recipient, message_id)
             SELECT ?1, tenant_id, recipient, id FROM messages WHERE tenant_id = ?2 AND id BETWEEN ?3 AND ?4
             ORDER BY tenant_id, recipient, id",
            params![before, self.span.tenant, first, last],
        )?;
        let run = "INSERT INTO recipient_runs (run, messages) VALUES (?1, ?2)";
        self.connection.execute(run, params![before, i64::try_from(entries)?])?;
        self.connection.execute_batch("COMMIT")?;
        Ok(())
    }

    fn last_sequence(&self) -> Result<i64> {
        let sql = format!("SELECT COALESCE(MAX(seq), 0) FROM {EVENTS}");
        Ok(self.connection.query_row(&sql, [], |row| row.get(0))?)
    }

    fn index_subjects(&self, after: i64) -> Result<()> {
        self.connection.execute(
            "INSERT INTO subject_events (tenant_id, subject, transaction_id, seq)
             SELECT tenant_id, subject, 0, seq FROM events WHERE seq > ?1 ORDER BY tenant_id, subject, seq",
            [after],
        )?;
        Ok(())
    }

    /// Moves the cursors behind everything, and waits for the disk.
    pub fn finish(self: Box<Self>) -> Result<()> {
        let last = self.last_sequence()?;
        let generation: i64 =
            self.connection
                .query_row("SELECT number FROM meta WHERE key = 'log_generation'", [], |row| row.get(0))?;
        for index in BEHIND {
            for (what, number) in [("transaction", 0), ("sequence", last), ("generation", generation)] {
                self.connection.execute(
                    "INSERT INTO meta (key, number) VALUES (?1, ?2)
                     ON CONFLICT (key) DO UPDATE SET number = excluded.number",
                    params![format!("{index}.{what}"), number],
                )?;
            }
        }
        self.connection.execute_batch("PRAGMA journal_mode = WAL")?;
        self.connection.close().map_err(|(_, error)| error)?;
        File::open(&self.file)?.sync_all().context("the store did not reach the disk")
    }
}

fn read(connection: &Connection, table: Table) -> Result<Originals> {
    let mut columns = connection.prepare("SELECT name FROM pragma_table_info(?1)")?;
    let columns = columns.query_map([table.name], |row| row.get::<_, String>(0))?;
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    let columns: Vec<String> = columns.into_iter().filter(|name| !GIVEN.contains(&name.as_str())).collect();
    let mut statement = connection.prepare(&Originals::select(table, &columns))?;
    let width = columns.len();
    let mut found = statement.query([])?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        rows.push((0..width).map(|n| cell(row.get(n)?)).collect::<Result<_>>()?);
    }
    Ok(Originals::new(table, columns, rows))
}

fn cell(value: Value) -> Result<Cell> {
    Ok(match value {
        Value::Null => Cell::Null,
        Value::Integer(number) => Cell::Int(number),
        Value::Blob(bytes) => Cell::Bytes(bytes),
        Value::Text(text) => Cell::Text(text),
        Value::Real(_) => anyhow::bail!("a finished message has no fractions"),
    })
}

impl ToSql for Cell {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(number) => ValueRef::Integer(*number),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

//! SQLite behind [`super::Conn`]. The mutex is never contended: it makes the connection shareable between
//! a future and its poller.

use std::collections::HashMap;

use parking_lot::Mutex;
use rusqlite::types::{ToSqlOutput, ValueRef};
use smallvec::SmallVec;

use super::{Batch, Row, Val, Value};
use crate::error::Result;
use crate::limits::STATEMENTS_MAX;

pub(crate) struct SqliteConn(Mutex<Inner>);

struct Inner {
    conn: rusqlite::Connection,
    /// Texts with `$N` as SQLite reads them.
    translated: HashMap<String, String>,
}

impl SqliteConn {
    pub(crate) fn new(conn: rusqlite::Connection) -> Self {
        conn.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
        Self(Mutex::new(Inner { conn, translated: HashMap::new() }))
    }

    pub(super) fn execute(&self, sql: &str, params: &[Val<'_>]) -> Result<u64> {
        self.0.lock().with(sql, |statement| {
            bind(statement, params)?;
            // A statement with RETURNING yields rows; they are counted, not read.
            if statement.column_count() == 0 {
                return Ok(statement.raw_execute()? as u64);
            }
            let mut rows = statement.raw_query();
            let mut count = 0;
            while rows.next()?.is_some() {
                count += 1;
            }
            Ok(count)
        })
    }

    pub(super) fn query(&self, sql: &str, params: &[Val<'_>]) -> Result<Vec<Row>> {
        self.0.lock().with(sql, |statement| {
            bind(statement, params)?;
            let width = statement.column_count();
            let mut found = Vec::new();
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next()? {
                found.push(read(row, width)?);
            }
            Ok(found)
        })
    }

    pub(super) fn bulk(&self, sql: &str, batch: &Batch<'_>) -> Result<u64> {
        let inner = self.0.lock();
        let mut statement = inner.conn.prepare_cached(sql)?;
        let mut touched = 0;
        for row in batch.rows() {
            bind(&mut statement, row)?;
            touched += statement.raw_execute()? as u64;
        }
        Ok(touched)
    }

    /// Whether each row of the batch touched anything; cheaper than `RETURNING`, which makes a table for each.
    pub(super) fn touches(&self, sql: &str, batch: &Batch<'_>) -> Result<Vec<bool>> {
        let inner = self.0.lock();
        let mut statement = inner.conn.prepare_cached(sql)?;
        let mut touched = Vec::with_capacity(batch.len());
        for row in batch.rows() {
            bind(&mut statement, row)?;
            touched.push(statement.raw_execute()? > 0);
        }
        Ok(touched)
    }

    pub(super) fn lookup(&self, sql: &str, batch: &Batch<'_>) -> Result<Vec<(usize, Row)>> {
        let inner = self.0.lock();
        let mut statement = inner.conn.prepare_cached(sql)?;
        let width = statement.column_count();
        let mut found = Vec::with_capacity(batch.len());
        for (index, keys) in batch.rows().enumerate() {
            bind(&mut statement, keys)?;
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next()? {
                found.push((index, read(row, width)?));
            }
        }
        Ok(found)
    }

    pub(super) fn run(&self, sql: &str) -> Result<()> {
        let inner = self.0.lock();
        // Transaction control comes a thousand times a second: keep it prepared.
        if sql.contains(';') {
            inner.conn.execute_batch(sql)?;
        } else {
            inner.conn.prepare_cached(sql)?.raw_execute()?;
        }
        Ok(())
    }

    /// Whether no transaction is open; a full disk can end one by itself.
    pub(crate) fn is_autocommit(&self) -> bool {
        self.0.lock().conn.is_autocommit()
    }
}

impl Inner {
    fn with<T>(
        &mut self,
        sql: &str,
        work: impl FnOnce(&mut rusqlite::Statement<'_>) -> Result<T>,
    ) -> Result<T> {
        let Self { conn, translated } = self;
        if !sql.contains('$') {
            return work(&mut *conn.prepare_cached(sql)?);
        }
        if !translated.contains_key(sql) {
            if translated.len() >= STATEMENTS_MAX {
                translated.clear();
            }
            translated.insert(sql.to_owned(), sql.replace('$', "?"));
        }
        let text = translated.get(sql).expect("inserted just above");
        work(&mut *conn.prepare_cached(text)?)
    }
}

struct Bound<'a>(Val<'a>);

impl rusqlite::ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Val::Null => ValueRef::Null,
            Val::Int(value) => ValueRef::Integer(value),
            Val::Real(value) => ValueRef::Real(value),
            Val::Text(text) => ValueRef::Text(text.as_bytes()),
            Val::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

fn bind(statement: &mut rusqlite::Statement<'_>, params: &[Val<'_>]) -> Result<()> {
    for (index, value) in params.iter().enumerate() {
        statement.raw_bind_parameter(index + 1, Bound(*value))?;
    }
    Ok(())
}

fn read(row: &rusqlite::Row<'_>, width: usize) -> Result<Row> {
    let mut values = Vec::with_capacity(width);
    for index in 0..width {
        values.push(match row.get_ref(index)? {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(value) => Value::Int(value),
            ValueRef::Real(value) => Value::Real(value),
            ValueRef::Text(bytes) => Value::Text(String::from_utf8_lossy(bytes).into_owned()),
            ValueRef::Blob(bytes) => Value::Blob(SmallVec::from_slice(bytes)),
        });
    }
    Ok(Row(values))
}

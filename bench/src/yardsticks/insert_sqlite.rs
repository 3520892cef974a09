//! Raw durable inserts into SQLite: one connection, WAL, every commit synchronous.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use rusqlite::{Connection, params};

use super::rows::{ACCOUNT, COUNTRY, LANGUAGE, TEMPLATE, TENANT, row};
use crate::clock;
use crate::limits::RAW_INSERT_ROWS;

const SCHEMA: &str = "
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE messages (
  tenant_id BLOB NOT NULL, id BLOB NOT NULL, account_id BLOB NOT NULL, sender_id BLOB NOT NULL,
  channel INTEGER NOT NULL, category INTEGER NOT NULL, recipient BLOB NOT NULL, country TEXT, template TEXT,
  language TEXT, created_at INTEGER NOT NULL, due_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
  ordered INTEGER NOT NULL, free_form INTEGER NOT NULL, trace BLOB NOT NULL, trace_given INTEGER NOT NULL,
  reference BLOB, terminal INTEGER NOT NULL DEFAULT 0, reason TEXT, sealed BLOB NOT NULL,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE due (
  sender_id BLOB NOT NULL, category INTEGER NOT NULL, due_at INTEGER NOT NULL, message_id BLOB NOT NULL,
  tenant_id BLOB NOT NULL, account_id BLOB NOT NULL, attempt INTEGER NOT NULL, expires_at INTEGER NOT NULL,
  recipient BLOB NOT NULL, country TEXT, ordered INTEGER NOT NULL, free_form INTEGER NOT NULL, template TEXT,
  language TEXT, trace BLOB NOT NULL,
  PRIMARY KEY (sender_id, category, due_at, message_id)
) STRICT, WITHOUT ROWID;
";
const MESSAGE: &str = "INSERT INTO messages VALUES \
    (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)";
const DUE: &str = "INSERT INTO due VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";

/// Messages per second.
pub fn inserts(dir: &Path, length: Duration) -> Result<f64> {
    let dir = tempfile::Builder::new().prefix("tidings-bench-").tempdir_in(dir)?;
    let mut connection = Connection::open(dir.path().join("raw.db"))?;
    connection.execute_batch(SCHEMA)?;
    let begin = clock::now();
    let mut n = 0;
    while begin.elapsed() < length {
        let transaction = connection.transaction()?;
        {
            let mut message = transaction.prepare_cached(MESSAGE)?;
            let mut due = transaction.prepare_cached(DUE)?;
            for _ in 0..RAW_INSERT_ROWS {
                let row = row(n);
                let at = row.created_at;
                let none: Option<&str> = None;
                message.execute(params![
                    TENANT,
                    row.id,
                    ACCOUNT,
                    row.sender,
                    0,
                    1,
                    row.recipient,
                    COUNTRY,
                    TEMPLATE,
                    LANGUAGE,
                    at,
                    at,
                    at,
                    0,
                    0,
                    row.id,
                    0,
                    none,
                    0,
                    none,
                    row.sealed
                ])?;
                due.execute(params![
                    row.sender,
                    1,
                    at,
                    row.id,
                    TENANT,
                    ACCOUNT,
                    1,
                    at,
                    row.recipient,
                    COUNTRY,
                    0,
                    0,
                    TEMPLATE,
                    LANGUAGE,
                    row.id
                ])?;
                n += 1;
            }
        }
        transaction.commit()?;
    }
    Ok(clock::rate(n, begin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_rows() {
        let dir = tempfile::tempdir().unwrap();
        assert!(inserts(dir.path(), Duration::from_millis(20)).unwrap() > 100.0);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nothing stays behind");
    }
}

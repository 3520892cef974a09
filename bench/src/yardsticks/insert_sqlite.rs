//! Raw durable inserts into SQLite: one connection, WAL, every commit synchronous.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use rusqlite::{Connection, params};

use super::rows::{ACCOUNT, TENANT, row};
use crate::clock;
use crate::limits::RAW_INSERT_ROWS;

const SCHEMA: &str = "
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE messages (
  tenant_id BLOB NOT NULL, id BLOB NOT NULL, account_id BLOB NOT NULL, sender_id BLOB NOT NULL,
  channel INTEGER NOT NULL, category INTEGER NOT NULL, recipient BLOB NOT NULL, country TEXT, template TEXT,
  language TEXT, created_at INTEGER NOT NULL, due_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
  trace BLOB NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE due (
  sender_id BLOB NOT NULL, category INTEGER NOT NULL, due_at INTEGER NOT NULL, message_id BLOB NOT NULL,
  tenant_id BLOB NOT NULL, expires_at INTEGER NOT NULL, recipient BLOB NOT NULL,
  PRIMARY KEY (sender_id, category, due_at, message_id)
) STRICT, WITHOUT ROWID;
";
const MESSAGE: &str = "INSERT INTO messages VALUES \
    (?1, ?2, ?3, ?4, 0, 1, ?5, 'US', 'order_update', 'en_US', ?6, ?6, ?6, ?2, ?7)";
const DUE: &str = "INSERT INTO due VALUES (?1, 1, ?2, ?3, ?4, ?2, ?5)";

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
                message.execute(params![
                    TENANT,
                    row.id,
                    ACCOUNT,
                    row.sender,
                    row.recipient,
                    row.created_at,
                    row.sealed
                ])?;
                due.execute(params![row.sender, row.created_at, row.id, TENANT, row.recipient])?;
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

//! Opening SQLite connections with the settings that durability and speed need.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::conn::{Conn, SqliteConn};
use crate::error::Result;
use crate::limits::{SQLITE_BUSY_TIMEOUT_MS, SQLITE_READER_CACHE_KIB, SQLITE_WRITER_CACHE_KIB};
use crate::migrate;

/// Refuses a file of a newer version before anything, the journal mode included, is written.
pub(crate) fn check_version(path: &Path) -> Result<()> {
    if !path.exists() {
        return Ok(());
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Conn::Sqlite(SqliteConn::new(Connection::open_with_flags(path, flags)?));
    super::ready(migrate::check(&conn)).map(|_| ())
}

fn settle(conn: &Connection, cache_kib: i64) -> Result<()> {
    conn.busy_timeout(Duration::from_millis(SQLITE_BUSY_TIMEOUT_MS))?;
    conn.pragma_update(None, "cache_size", -cache_kib)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.pragma_update(None, "foreign_keys", "OFF")?;
    Ok(())
}

pub(crate) fn open_writer(path: &Path) -> Result<Connection> {
    let conn = Connection::open(path)?;
    settle(&conn, SQLITE_WRITER_CACHE_KIB)?;
    conn.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    Ok(conn)
}

pub(crate) fn open_reader(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    settle(&conn, SQLITE_READER_CACHE_KIB)?;
    conn.pragma_update(None, "query_only", "ON")?;
    Ok(conn)
}

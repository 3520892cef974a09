//! A look at a store that changes nothing: whether it is there, whose schema it has, whether the key opens it.

use rusqlite::{Connection, OpenFlags};

use crate::conn::{Conn, SqliteConn};
use crate::error::{Result, StoreError};
use crate::executor::{Connector, Use, ready};
use crate::migrate;
use crate::seal::MasterKeys;
use crate::store::{Engine, INSTALLATION};

/// What was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Looked {
    /// The store's schema; 0 where there is none yet.
    pub schema: i64,
    /// The schema of this program.
    pub known: i64,
}

/// Reads the schema's version and proves the master key. Works beside a running server; never migrates.
pub async fn look(engine: &Engine, keys: &MasterKeys) -> Result<Looked> {
    match engine {
        Engine::Sqlite { path } | Engine::SqliteInline { path, .. } => {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let conn = Conn::Sqlite(SqliteConn::new(Connection::open_with_flags(path, flags)?));
            ready(read(&conn, keys))
        }
        Engine::Postgres { url, ca, .. } => {
            let connector = Connector::new(url.expose(), ca.as_deref())?;
            let conn = connector.connect(Use::Ordinary).await?;
            conn.run("SET default_transaction_read_only = on").await?;
            read(&conn, keys).await
        }
    }
}

async fn read(conn: &Conn, keys: &MasterKeys) -> Result<Looked> {
    let schema = migrate::check(conn).await?;
    if schema > 0 {
        let row = conn.query_opt("SELECT data FROM meta WHERE key = 'installation'", &[]).await?;
        let row = row.ok_or(StoreError::Corrupt("the store has lost its own description"))?;
        keys.unwrap(INSTALLATION, &row.get::<Vec<u8>>(0)?)?;
    }
    Ok(Looked { schema, known: migrate::SCHEMA_VERSION })
}

//! A look at a store that changes nothing: whether it is there, whose schema it has, whether the key opens it.

use rusqlite::{Connection, OpenFlags};

use crate::conn::{Conn, SqliteConn};
use crate::error::{Result, StoreError};
use crate::executor::{Connector, Use, ready};
use crate::migrate;
use crate::model::Durability;
use crate::seal::MasterKeys;
use crate::store::{Engine, INSTALLATION};

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// The store's schema; 0 where there is none yet.
    pub schema: i64,
    /// The schema of this program.
    pub known: i64,
    /// `None` on SQLite, where this program itself sees to it.
    pub durability: Option<Durability>,
}

/// Reads the schema's version and proves the master key. Works beside a running server; never migrates.
pub async fn look(engine: &Engine, keys: &MasterKeys) -> Result<Looked> {
    match engine {
        Engine::Sqlite { path } | Engine::SqliteReader { path } | Engine::SqliteInline { path, .. } => {
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
    let durability = if conn.is_postgres() { Some(durability(conn).await?) } else { None };
    Ok(Looked { schema, known: migrate::SCHEMA_VERSION, durability })
}

async fn durability(conn: &Conn) -> Result<Durability> {
    let sql = "SELECT current_setting('fsync') = 'on', current_setting('full_page_writes') = 'on',
        current_setting('synchronous_commit'), current_setting('synchronous_standby_names') <> '',
        (SELECT COUNT(*) FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum'))";
    let row = conn.query_opt(sql, &[]).await?.ok_or(StoreError::Unavailable)?;
    Ok(Durability {
        fsync: row.get(0)?,
        full_page_writes: row.get(1)?,
        synchronous_commit: row.get(2)?,
        waits_for_standby: row.get(3)?,
        synchronous_standbys: row.get(4)?,
    })
}

//! A look at a store that changes nothing: whether it is there, whose schema it has, whether the key opens it.

use rusqlite::{Connection, OpenFlags};

use crate::conn::{Conn, SqliteConn};
use crate::error::{Result, StoreError};
use crate::executor::{Connector, Use, ready};
use crate::migrate;
use crate::model::{Durability, Horizon};
use crate::ordinary::wrapped_by;
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
    /// `None` on SQLite, where readers see what is committed.
    pub horizon: Option<Horizon>,
    /// Keys that are wrapped by an older master key than the newest.
    pub wrapped_before: u64,
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
    let mut wrapped_before = 0;
    if schema > 0 {
        let row = conn.query_opt("SELECT data FROM meta WHERE key = 'installation'", &[]).await?;
        let row = row.ok_or(StoreError::Corrupt("the store has lost its own description"))?;
        keys.unwrap(INSTALLATION, &row.get::<Vec<u8>>(0)?)?;
        let counts = wrapped_by(conn).await?;
        wrapped_before = counts.iter().filter(|(version, _)| **version < keys.newest()).map(|(_, n)| n).sum();
    }
    let (mut held, mut durable) = (None, None);
    if conn.is_postgres() {
        (durable, held) = (Some(durability(conn).await?), Some(horizon(conn).await?));
    }
    Ok(Looked { schema, known: migrate::SCHEMA_VERSION, durability: durable, horizon: held, wrapped_before })
}

/// Of all databases of the server: their transactions count for ours too.
async fn horizon(conn: &Conn) -> Result<Horizon> {
    let sql = "SELECT CAST(COALESCE(MAX(age) FILTER (WHERE writes), 0) * 1000000 AS BIGINT),
            CAST(COALESCE(MAX(age), 0) * 1000000 AS BIGINT)
        FROM (
            SELECT EXTRACT(EPOCH FROM clock_timestamp() - xact_start) AS age, backend_xid IS NOT NULL AS writes
            FROM pg_stat_activity
            WHERE pid <> pg_backend_pid() AND (backend_xid IS NOT NULL OR backend_xmin IS NOT NULL)
                AND backend_type = 'client backend'
            UNION ALL SELECT EXTRACT(EPOCH FROM clock_timestamp() - prepared), TRUE FROM pg_prepared_xacts
        ) oldest";
    let row = conn.query_opt(sql, &[]).await?.ok_or(StoreError::Unavailable)?;
    Ok(Horizon { log_us: row.get(0)?, vacuum_us: row.get(1)? })
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

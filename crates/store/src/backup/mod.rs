//! Copies of a region that stand by themselves, taken while it is in use, and the way back.
//!
//! A copy is one consistent moment: SQLite's online backup under one read transaction, or `COPY` of every table
//! under one snapshot of PostgreSQL. It is verified before it counts. What comes back is a new generation of
//! the log, and everything that may have left since is held: see [`hold`].

mod files;
mod hold;
mod postgres;
mod sqlite;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tidings_domain::time::Timestamp;

use crate::conn::{Conn, vals};
use crate::error::{Result, StoreError};
use crate::store::Engine;

/// How far a copy is; the unit is pages or rows.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    pub done: u64,
    pub total: u64,
}

pub type Report = Arc<dyn Fn(Progress) + Send + Sync>;

/// What a copy of a region holds, as its manifest says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionCopy {
    pub region: String,
    pub engine: EngineKind,
    pub schema_version: i64,
    pub log_generation: i64,
    /// Number of the newest event.
    pub log_head: i64,
    /// Rows by table.
    pub tables: BTreeMap<String, u64>,
    pub files: Vec<FileCopy>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EngineKind {
    Sqlite,
    Postgres,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileCopy {
    /// Within the folder of the backup.
    pub name: String,
    pub bytes: u64,
    pub sha256: String,
}

/// What restoring a region did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Restored {
    pub rows: u64,
    pub log_generation: i64,
    /// Messages that may have left since the copy was made: in doubt, until somebody knows.
    pub held: u64,
    /// Messages whose time had not come: queued as they were.
    pub scheduled: u64,
}

impl RegionCopy {
    pub fn rows(&self) -> u64 {
        self.tables.values().sum()
    }
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

/// Copies a region into a folder that exists, and verifies the copy.
pub async fn copy(engine: &Engine, region: &str, folder: &Path, report: Report) -> Result<RegionCopy> {
    match engine {
        Engine::Sqlite { path } | Engine::SqliteReader { path } | Engine::SqliteInline { path, .. } => {
            let (path, region, folder) = (path.clone(), region.to_owned(), folder.to_owned());
            let copying =
                tokio::task::spawn_blocking(move || sqlite::copy(&path, &region, &folder, &*report));
            copying.await.map_err(StoreError::internal)?
        }
        Engine::Postgres { url, ca, .. } => {
            postgres::copy(url.expose(), ca.as_deref(), region, folder, &*report).await
        }
    }
}

/// Whether the files are those of the manifest. Reads all of them, changes nothing.
pub fn verify(copy: &RegionCopy, folder: &Path) -> Result<()> {
    copy.files.iter().try_for_each(|file| files::verify(folder, file))
}

/// Puts a region back where nothing is. `lost_at` is when the installation that the copy was made of stopped:
/// what was due until then may have left.
pub async fn restore(
    engine: &Engine,
    copy: &RegionCopy,
    folder: &Path,
    lost_at: Timestamp,
    now: Timestamp,
) -> Result<Restored> {
    if copy.schema_version > crate::migrate::SCHEMA_VERSION {
        return Err(StoreError::Newer { found: copy.schema_version, known: crate::migrate::SCHEMA_VERSION });
    }
    verify(copy, folder)?;
    let after = hold::After { lost_at, now };
    match engine {
        Engine::Sqlite { path } | Engine::SqliteReader { path } | Engine::SqliteInline { path, .. } => {
            same(copy, EngineKind::Sqlite)?;
            let (path, copy, folder) = (path.clone(), copy.clone(), folder.to_owned());
            let restoring =
                tokio::task::spawn_blocking(move || sqlite::restore(&path, &copy, &folder, after));
            restoring.await.map_err(StoreError::internal)?
        }
        Engine::Postgres { url, ca, .. } => {
            same(copy, EngineKind::Postgres)?;
            postgres::restore(url.expose(), ca.as_deref(), copy, folder, after).await
        }
    }
}

fn same(copy: &RegionCopy, engine: EngineKind) -> Result<()> {
    if copy.engine == engine {
        return Ok(());
    }
    Err(StoreError::Conflict("the backup was made of the other engine; restore it into one of its own kind"))
}

/// Name of a region's copy, with what one wants to see in a listing.
fn name(region: &str, generation: i64, schema: i64) -> String {
    format!("{region}-g{generation}-s{schema}")
}

/// What a store says of itself.
struct Description {
    schema_version: i64,
    log_generation: i64,
    log_head: i64,
}

async fn describe(conn: &Conn) -> Result<Description> {
    let number = async |sql: &str| -> Result<i64> {
        let row = conn.query_opt(sql, &[]).await?.ok_or(StoreError::Corrupt("the store is not described"))?;
        row.get(0)
    };
    Ok(Description {
        schema_version: number("SELECT MAX(version) FROM migrations").await?,
        log_generation: number("SELECT number FROM meta WHERE key = 'log_generation'").await?,
        log_head: number("SELECT COALESCE(MAX(seq), 0) FROM events").await?,
    })
}

async fn count(conn: &Conn, table: &str) -> Result<u64> {
    let row = conn.query_opt(&format!("SELECT COUNT(*) FROM {table}"), &[]).await?;
    row.map_or(Ok(0), |row| row.get(0))
}

/// The next generation of the log, and no lease of the processes from before. Epochs go on far above
/// any that those may have reached since.
async fn begin_anew(conn: &Conn) -> Result<i64> {
    conn.execute("UPDATE meta SET number = number + 1 WHERE key = 'log_generation'", &[]).await?;
    for table in ["leases", "slots"] {
        let sql = format!("UPDATE {table} SET expires_at = 0, epoch = epoch + $1");
        conn.execute(&sql, vals![EPOCHS_SKIPPED]).await?;
    }
    Ok(describe(conn).await?.log_generation)
}

/// More than leases change hands between a backup and a disaster.
const EPOCHS_SKIPPED: i64 = 1 << 20;

//! SQLite: the online backup under one read transaction, so that whoever writes meanwhile is not waited for
//! and does not make it begin again.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::hold::{After, hold};
use super::{
    Description, EngineKind, Progress, RegionCopy, Restored, begin_anew, count, describe, files, name,
};
use crate::conn::{Conn, SqliteConn};
use crate::error::{Result, StoreError};
use crate::executor::{check_version, open_reader, ready};
use crate::limits::BACKUP_PAGES_PER_STEP;
use crate::migrate;

const TABLES: &str =
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
const DAMAGED: StoreError = StoreError::Corrupt("a copy of the store does not hold what it should");

pub(super) fn copy(
    path: &Path,
    region: &str,
    folder: &Path,
    report: &dyn Fn(Progress),
) -> Result<RegionCopy> {
    if !path.exists() {
        return Err(StoreError::Conflict("there is no store here to copy"));
    }
    check_version(path)?;
    let source = open_reader(path)?;
    source.execute_batch("BEGIN")?;
    // The first read takes the snapshot, and all that follows sees it.
    let (schema, generation): (i64, i64) = source.query_row(
        "SELECT (SELECT MAX(version) FROM migrations), (SELECT number FROM meta WHERE key = 'log_generation')",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let file = format!("{}.db", name(region, generation, schema));
    let target = folder.join(&file);
    let mut copy = Connection::open(&target)?;
    write(&source, &mut copy, report)?;
    // One file, without a write-ahead log beside it.
    copy.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
    let copy = Conn::Sqlite(SqliteConn::new(copy));
    let tables = ready(contents(&copy))?;
    let source = Conn::Sqlite(SqliteConn::new(source));
    let wanted = ready(async {
        let mut all = BTreeMap::new();
        for table in tables.keys() {
            all.insert(table.clone(), count(&source, table).await?);
        }
        Ok::<_, StoreError>(all)
    })?;
    if wanted != tables {
        return Err(DAMAGED);
    }
    let Description { schema_version, log_generation, log_head } = ready(describe(&copy))?;
    drop(copy);
    sync(&target)?;
    let files = vec![files::describe(folder, file)?];
    let (region, engine) = (region.to_owned(), EngineKind::Sqlite);
    Ok(RegionCopy { region, engine, schema_version, log_generation, log_head, tables, files })
}

fn write(source: &Connection, target: &mut Connection, report: &dyn Fn(Progress)) -> Result<()> {
    let backup = Backup::new(source, target)?;
    loop {
        let step = backup.step(BACKUP_PAGES_PER_STEP)?;
        let progress = backup.progress();
        let (total, left) = (progress.pagecount.max(0) as u64, progress.remaining.max(0) as u64);
        report(Progress { done: total - left, total });
        match step {
            StepResult::Done => return Ok(()),
            StepResult::More => {}
            // Nobody writes to the target, and the snapshot of the source is ours.
            _ => return Err(StoreError::Busy),
        }
    }
}

/// Rows by table, of a file whose every page and index was looked at.
async fn contents(conn: &Conn) -> Result<BTreeMap<String, u64>> {
    let verdict = conn.query_opt("PRAGMA integrity_check(1)", &[]).await?;
    if verdict.is_none_or(|row| row.text(0).ok() != Some("ok")) {
        return Err(DAMAGED);
    }
    let mut tables = BTreeMap::new();
    for row in conn.query(TABLES, &[]).await? {
        let table: String = row.get(0)?;
        let rows = count(conn, &table).await?;
        tables.insert(table, rows);
    }
    Ok(tables)
}

fn sync(path: &Path) -> Result<()> {
    File::open(path).and_then(|file| file.sync_all()).map_err(files::unwritable)?;
    if let Some(folder) = path.parent() {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(files::unwritable)?;
    }
    Ok(())
}

/// The file appears under its name only when all is done.
pub(super) fn restore(path: &Path, copy: &RegionCopy, folder: &Path, after: After) -> Result<Restored> {
    let lock = File::create(path.with_extension("lock")).map_err(files::unwritable)?;
    lock.try_lock().map_err(|_| StoreError::Locked)?;
    let beside = |suffix| path.with_extension(suffix).exists();
    if path.exists() || beside("db-wal") || beside("db-journal") {
        return Err(StoreError::Conflict("there is a store here already; restore where nothing is"));
    }
    let [file] = copy.files.as_slice() else { return Err(files::CHANGED) };
    let fresh = path.with_extension("restoring");
    std::fs::copy(folder.join(&file.name), &fresh).map_err(files::unwritable)?;
    let conn = Conn::Sqlite(SqliteConn::new(Connection::open(&fresh)?));
    let restored = ready(async {
        if contents(&conn).await? != copy.tables {
            return Err(DAMAGED);
        }
        migrate::run(&conn).await?;
        conn.run("BEGIN IMMEDIATE").await?;
        let held = hold(&conn, after).await?;
        let log_generation = begin_anew(&conn).await?;
        conn.run("COMMIT").await?;
        Ok(Restored { rows: copy.rows(), log_generation, held: held.held, scheduled: held.scheduled })
    });
    drop(conn);
    let done = restored.and_then(|restored| {
        sync(&fresh)?;
        std::fs::rename(&fresh, path).map_err(files::unwritable)?;
        sync(path)?;
        Ok(restored)
    });
    if done.is_err() {
        let _ = std::fs::remove_file(&fresh);
    }
    done
}

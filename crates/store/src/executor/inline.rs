//! SQLite in the caller's own task: one connection, and a hook before each commit that may wait on a
//! virtual clock or fail the write. Simulation runs on it in one thread, from one seed.

use std::sync::Arc;

use tidings_domain::clock::BoxFuture;
use tokio::sync::{Mutex, MutexGuard};

use crate::conn::Conn;
use crate::error::Result;

/// Stands before every commit.
pub trait Hook: Send + Sync + 'static {
    /// An error takes the transaction back and is the caller's answer.
    fn before_commit<'a>(&'a self, what: &'static str) -> BoxFuture<'a, Result<()>>;
}

pub(crate) struct SqliteInline {
    conn: Mutex<Conn>,
    hook: Option<Arc<dyn Hook>>,
}

impl SqliteInline {
    pub(crate) fn new(conn: Conn, hook: Option<Arc<dyn Hook>>) -> Self {
        Self { conn: Mutex::new(conn), hook }
    }

    /// The connection, without what an abandoned caller may have left open.
    async fn clean(&self) -> Result<MutexGuard<'_, Conn>> {
        let conn = self.conn.lock().await;
        if matches!(&*conn, Conn::Sqlite(sqlite) if !sqlite.is_autocommit()) {
            conn.run("ROLLBACK").await?;
        }
        Ok(conn)
    }

    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T>
    where
        F: for<'c> FnOnce(&'c Conn) -> BoxFuture<'c, Result<T>> + Send,
    {
        work(&*self.clean().await?).await
    }

    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T>
    where
        F: for<'c> FnOnce(&'c Conn) -> BoxFuture<'c, Result<T>> + Send,
    {
        self.transact("ordinary", work).await
    }

    pub(crate) async fn transact<T, F>(&self, what: &'static str, work: F) -> Result<T>
    where
        F: for<'c> FnOnce(&'c Conn) -> BoxFuture<'c, Result<T>> + Send,
    {
        let conn = self.clean().await?;
        conn.run("BEGIN IMMEDIATE").await?;
        let mut done = work(&conn).await;
        if let (Ok(_), Some(hook)) = (&done, &self.hook)
            && let Err(error) = hook.before_commit(what).await
        {
            done = Err(error);
        }
        conn.run(if done.is_ok() { "COMMIT" } else { "ROLLBACK" }).await?;
        done
    }
}

//! SQLite in the caller's own task: one connection, and a hook before each commit that may wait on a
//! virtual clock or fail the write. Simulation runs on it in one thread, from one seed.

use std::sync::Arc;

use tidings_domain::clock::BoxFuture;
use tidings_domain::lifecycle::AttemptState;
use tokio::sync::{Mutex, MutexGuard};

use crate::conn::{Conn, vals};
use crate::error::Result;

/// Stands before and behind every commit.
pub trait Hook: Send + Sync + 'static {
    /// An error takes the transaction back and is the caller's answer.
    fn before_commit<'a>(&'a self, what: &'static str) -> BoxFuture<'a, Result<()>>;
    /// The commit is durable. An error is the caller's answer all the same: a connection may break between
    /// a commit and the word that it was done.
    fn after_commit<'a>(&'a self, _what: &'static str) -> BoxFuture<'a, Result<()>> {
        Box::pin(async { Ok(()) })
    }
    /// A lie to tell about this commit. Simulation plants them to see whether its own predicates notice.
    fn lie(&self, _what: &'static str) -> Option<Lie> {
        None
    }
}

/// What a store that is broken in one way would do; only this executor can tell them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lie {
    /// Says that it has committed, and takes the transaction back.
    Forget,
    /// Loses the newest row of the queue.
    LoseDue,
    /// Lets the last receipt win, whatever the ones before it proved.
    Overwrite,
    /// Lets the epoch of the owner before count again.
    StaleFence,
}

impl Lie {
    async fn tell(self, conn: &Conn) -> Result<()> {
        match self {
            Self::Forget => Ok(()),
            Self::LoseDue => {
                let sql = "DELETE FROM due WHERE message_id = (SELECT MAX(message_id) FROM due)";
                conn.execute(sql, &[]).await.map(|_| ())
            }
            Self::Overwrite => {
                let sent = AttemptState::Sent.code();
                let sql = "UPDATE attempts SET state = $1 WHERE state > $2";
                conn.execute(sql, vals![sent, AttemptState::Failed.code()]).await.map(|_| ())
            }
            Self::StaleFence => conn.execute("UPDATE slots SET epoch = epoch - 1", &[]).await.map(|_| ()),
        }
    }
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
        let Some(hook) = &self.hook else {
            conn.run(if done.is_ok() { "COMMIT" } else { "ROLLBACK" }).await?;
            return done;
        };
        if done.is_ok()
            && let Err(error) = hook.before_commit(what).await
        {
            done = Err(error);
        }
        let lie = hook.lie(what).filter(|_| done.is_ok());
        if let Some(lie) = lie {
            lie.tell(&conn).await?;
        }
        let kept = done.is_ok() && lie != Some(Lie::Forget);
        conn.run(if kept { "COMMIT" } else { "ROLLBACK" }).await?;
        drop(conn);
        if kept {
            hook.after_commit(what).await?;
        }
        done
    }
}

//! Connections to PostgreSQL: a bounded set, opened when needed, dropped when broken.

use std::future::poll_fn;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_postgres::AsyncMessage;
use tokio_postgres::config::TargetSessionAttrs;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::tls;
use crate::conn::{Conn, PgConn};
use crate::error::{Result, StoreError};
use crate::limits::{
    HINTS_MAX, POSTGRES_CONNECT_TIMEOUT_S, POSTGRES_IDLE_TIMEOUT_MS, POSTGRES_KEEPALIVE_S,
    POSTGRES_SILENCE_S, POSTGRES_STATEMENT_TIMEOUT_MS, QUEUED_READS_MAX,
};

/// Makes connections.
#[derive(Clone)]
pub(crate) struct Connector {
    config: tokio_postgres::Config,
    tls: MakeRustlsConnect,
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// Keys against large tables: an index for each key is always right, whatever the planner believes about the
    /// size of a set or of a table that has just begun to fill.
    Ordinary,
    /// Long statements that nobody waits for: backup, restore, migration.
    Maintenance,
}

impl Connector {
    pub(crate) fn new(url: &str, ca: Option<&Path>) -> Result<Self> {
        let (url, mode, tls) = tls::connector(url, ca)?;
        let mut config: tokio_postgres::Config = url
            .parse()
            .map_err(|_| StoreError::Conflict("the URL of the PostgreSQL store cannot be read"))?;
        config
            .ssl_mode(mode)
            .application_name("tidings")
            .connect_timeout(Duration::from_secs(POSTGRES_CONNECT_TIMEOUT_S))
            .keepalives_idle(Duration::from_secs(POSTGRES_KEEPALIVE_S))
            .keepalives_interval(Duration::from_secs(POSTGRES_KEEPALIVE_S))
            .keepalives_retries(2)
            // A machine that is gone answers nothing: what was sent to it is not waited for longer.
            .tcp_user_timeout(Duration::from_secs(POSTGRES_SILENCE_S));
        if config.get_hosts().len() > 1 && config.get_target_session_attrs() == TargetSessionAttrs::Any {
            // Of several servers one takes writes, and it changes when they fail over.
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        Ok(Self { config, tls })
    }

    /// A connection that only listens. It ends with its receiver, and the receiver with it.
    pub(super) async fn listen(&self) -> Result<mpsc::Receiver<String>> {
        let (client, mut connection) = self.config.connect(self.tls.clone()).await?;
        let (sender, receiver) = mpsc::channel(HINTS_MAX);
        tokio::spawn(async move {
            let hear = async {
                while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
                    if let AsyncMessage::Notification(note) = message {
                        // Who is behind by so many looks at everything soon anyway.
                        let _ = sender.try_send(note.payload().to_owned());
                    }
                }
            };
            let listen = async {
                if client.batch_execute("LISTEN tidings").await.is_ok() {
                    sender.closed().await;
                }
            };
            tokio::select! {
                () = hear => {}
                () = listen => {}
            }
        });
        Ok(receiver)
    }

    pub(crate) async fn connect(&self, purpose: Use) -> Result<Conn> {
        let (client, connection) = self.config.connect(self.tls.clone()).await.map_err(|error| {
            tracing::warn!(%error, "no connection to PostgreSQL");
            match StoreError::from(error) {
                StoreError::Internal(_) => StoreError::Unavailable,
                other => other,
            }
        })?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::warn!(%error, "a connection to PostgreSQL ended");
            }
        });
        let timeout = if purpose == Use::Maintenance { 0 } else { POSTGRES_STATEMENT_TIMEOUT_MS };
        let idle = if purpose == Use::Maintenance { 0 } else { POSTGRES_IDLE_TIMEOUT_MS };
        let mut settings = format!(
            "SET statement_timeout = {timeout}; SET idle_in_transaction_session_timeout = {idle}; SET jit = off;"
        );
        if purpose != Use::Maintenance {
            settings.push_str(
                "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off;
                 SET max_parallel_workers_per_gather = 0; SET plan_cache_mode = force_generic_plan;",
            );
        }
        let conn = Conn::Postgres(PgConn::new(client));
        conn.run(&settings).await?;
        Ok(conn)
    }
}

pub(super) fn is_closed(conn: &Conn) -> bool {
    matches!(conn, Conn::Postgres(conn) if conn.is_closed())
}

pub(super) struct Pool {
    connector: Connector,
    idle: Mutex<Vec<Conn>>,
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
}

impl Pool {
    pub(super) fn new(connector: Connector, size: usize) -> Arc<Self> {
        let permits = Arc::new(Semaphore::new(size.max(1)));
        Arc::new(Self { connector, idle: Mutex::new(Vec::new()), permits, waiting: AtomicUsize::new(0) })
    }

    pub(super) async fn get(self: &Arc<Self>) -> Result<Pooled> {
        if self.waiting.fetch_add(1, Ordering::Relaxed) > QUEUED_READS_MAX {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(StoreError::Busy);
        }
        let waiting = Waiting(&self.waiting);
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| StoreError::Unavailable)?;
        drop(waiting);
        let idle = {
            let mut idle = self.idle.lock();
            idle.retain(|conn| !is_closed(conn));
            idle.pop()
        };
        let conn = match idle {
            Some(conn) => conn,
            None => self.connector.connect(Use::Ordinary).await?,
        };
        Ok(Pooled { conn: Some(conn), pool: Arc::clone(self), _permit: permit })
    }
}

struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A connection that goes back when dropped.
pub(super) struct Pooled {
    conn: Option<Conn>,
    pool: Arc<Pool>,
    _permit: OwnedSemaphorePermit,
}

impl Pooled {
    /// Leaves the connection to its end, for one whose transaction is in an unknown state.
    pub(super) fn discard(mut self) {
        self.conn = None;
    }
}

impl std::ops::Deref for Pooled {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        self.conn.as_ref().expect("only discarding takes it")
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        if let Some(conn) = self.conn.take()
            && !is_closed(&conn)
        {
            self.pool.idle.lock().push(conn);
        }
    }
}

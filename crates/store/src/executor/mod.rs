//! The seam between a call and the transaction that carries it.
//!
//! Three executors run the same work: a writer thread with group commit, the caller's own task (for
//! simulation), and committers over PostgreSQL. Work is a function over a [`Conn`]; it never begins or
//! commits anything itself.

mod group;
mod inline;
mod pool;
mod postgres;
mod sqlite;
mod threads;
mod tls;

pub(crate) use group::{Group, Ticket, Work};
pub(crate) use inline::SqliteInline;
pub use inline::{Hook, Lie};
pub(crate) use pool::{Connector, Use};
pub(crate) use postgres::Postgres;
pub(crate) use sqlite::{check_version, open_reader, open_writer};
pub(crate) use threads::SqliteThreads;

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use tidings_domain::clock::BoxFuture;
use tokio::sync::{mpsc, oneshot};

use crate::conn::Conn;
use crate::error::{Result, StoreError};

pub(crate) enum Executor {
    Threads(SqliteThreads),
    Inline(SqliteInline),
    Postgres(Postgres),
}

/// Ends an ordinary job once its transaction is known to be durable or lost.
pub(crate) type Finish = Box<dyn FnOnce(Result<()>) + Send>;

/// A closure of the caller, with its answer erased. `Err` means that the caller was told already and its
/// effects must be taken back.
pub(crate) type Ordinary =
    Box<dyn for<'c> FnOnce(&'c Conn) -> BoxFuture<'c, std::result::Result<Finish, StoreError>> + Send>;

impl Executor {
    /// Runs reads; they may see different moments.
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c Conn) -> BoxFuture<'c, Result<T>> + Send + 'static,
    {
        match self {
            Self::Threads(threads) => threads.read(work).await,
            Self::Inline(inline) => inline.read(work).await,
            Self::Postgres(postgres) => postgres.read(work).await,
        }
    }

    /// Runs reads and writes in one transaction, durable when this returns.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c Conn) -> BoxFuture<'c, Result<T>> + Send + 'static,
    {
        match self {
            Self::Threads(threads) => {
                let (job, answer) = erase(work);
                threads.submit(Work::Ordinary(job), 1)?;
                answer.await.unwrap_or(Err(StoreError::Unavailable))
            }
            Self::Inline(inline) => inline.write(work).await,
            Self::Postgres(postgres) => postgres.write(work).await,
        }
    }

    /// What other processes on the same store hint at; `None` where there cannot be any.
    pub(crate) async fn listen(&self) -> Result<Option<mpsc::Receiver<String>>> {
        match self {
            Self::Threads(_) | Self::Inline(_) => Ok(None),
            Self::Postgres(postgres) => postgres.listen().await.map(Some),
        }
    }

    /// Runs a job of the hot path together with others of its kind.
    pub(crate) async fn hot<J: Group>(&self, job: J) -> Result<J::Output> {
        let rows = job.rows();
        let (ticket, answer) = Ticket::new(job);
        match self {
            Self::Threads(threads) => threads.submit(J::into_work(ticket), rows)?,
            Self::Postgres(postgres) => postgres.submit(J::into_work(ticket))?,
            Self::Inline(inline) => {
                let outputs = inline
                    .transact(J::WHAT, move |conn| {
                        Box::pin(async move { J::run(conn, std::slice::from_ref(&ticket)).await })
                    })
                    .await?;
                return outputs.into_iter().next().ok_or(StoreError::Unavailable);
            }
        }
        answer.await.unwrap_or(Err(StoreError::Unavailable))
    }
}

fn erase<T, F>(work: F) -> (Ordinary, oneshot::Receiver<Result<T>>)
where
    T: Send + 'static,
    F: for<'c> FnOnce(&'c Conn) -> BoxFuture<'c, Result<T>> + Send + 'static,
{
    let (reply, answer) = oneshot::channel::<Result<T>>();
    let job: Ordinary = Box::new(move |conn| {
        Box::pin(async move {
            match work(conn).await {
                Ok(value) => Ok(Box::new(move |durable: Result<()>| {
                    // A caller that went away is no reason to take anything back.
                    let _ = reply.send(durable.map(|()| value));
                }) as Finish),
                Err(error) => {
                    let _ = reply.send(Err(error.clone()));
                    Err(error)
                }
            }
        })
    });
    (job, answer)
}

/// Runs a future of the SQLite side, which never waits.
pub(crate) fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("work on SQLite waits for nothing but the connection"),
    }
}

//! Jobs of the hot path: many callers' jobs of one kind run as one set, in one transaction.

use std::future::Future;

use tokio::sync::oneshot;

use super::{Finish, Ordinary};
use crate::conn::Conn;
use crate::error::{Result, StoreError};
use crate::hot::{AcceptJob, ClaimJob, MergeJob, RecordJob, SettleJob};

/// A kind of job that runs as a set. It may run again when its transaction was lost, so it only reads
/// what it was given.
pub(crate) trait Group: Send + Sync + Sized + 'static {
    type Output: Send + 'static;
    /// Name for hooks and logs.
    const WHAT: &'static str;

    /// Its share of what may wait and of what one transaction carries.
    fn rows(&self) -> usize;

    /// One output per job, in order.
    fn run(conn: &Conn, jobs: &[Ticket<Self>]) -> impl Future<Output = Result<Vec<Self::Output>>> + Send;

    fn into_work(ticket: Ticket<Self>) -> Work;
}

/// A job with the way back to its caller.
pub(crate) struct Ticket<J: Group> {
    pub(crate) job: J,
    reply: oneshot::Sender<Result<J::Output>>,
}

impl<J: Group> Ticket<J> {
    pub(crate) fn new(job: J) -> (Self, oneshot::Receiver<Result<J::Output>>) {
        let (reply, answer) = oneshot::channel();
        (Self { job, reply }, answer)
    }

    /// A caller that went away is no reason to take anything back.
    pub(crate) fn answer(self, answer: Result<J::Output>) {
        let _ = self.reply.send(answer);
    }

    fn finish(self, output: J::Output) -> Finish {
        Box::new(move |durable| self.answer(durable.map(|()| output)))
    }
}

/// What waits for a writer.
pub(crate) enum Work {
    Accept(Ticket<AcceptJob>),
    Claim(Ticket<ClaimJob>),
    Record(Ticket<RecordJob>),
    Merge(Ticket<MergeJob>),
    Settle(Ticket<SettleJob>),
    Ordinary(Ordinary),
}

/// Runs a set within an open SQLite transaction that is lost as a whole when the set fails. The tickets come
/// back with their outputs, or all of them with the reason.
pub(crate) async fn run_bare<J: Group>(conn: &Conn, tickets: &[Ticket<J>]) -> Result<Vec<J::Output>> {
    if tickets.is_empty() {
        return Ok(Vec::new());
    }
    let outputs = J::run(conn, tickets).await?;
    assert_eq!(outputs.len(), tickets.len(), "every job has its output");
    Ok(outputs)
}

/// What the callers hear once the transaction is durable or lost.
pub(crate) fn finish_all<J: Group>(
    tickets: Vec<Ticket<J>>,
    outputs: Vec<J::Output>,
    finished: &mut Vec<Finish>,
) {
    finished.extend(tickets.into_iter().zip(outputs).map(|(ticket, output)| ticket.finish(output)));
}

/// Runs a set within an open SQLite transaction. If it fails as a whole, each job runs alone, so that one
/// caller's mistake is only that caller's.
pub(crate) async fn run_in_savepoints<J: Group>(
    conn: &Conn,
    mut tickets: Vec<Ticket<J>>,
    finished: &mut Vec<Finish>,
) -> Result<()> {
    if tickets.is_empty() {
        return Ok(());
    }
    match savepoint(conn, &tickets).await? {
        Ok(outputs) => {
            finished.extend(tickets.into_iter().zip(outputs).map(|(ticket, output)| ticket.finish(output)));
        }
        Err(error) if tickets.len() == 1 => tickets.remove(0).answer(Err(error)),
        Err(_) => {
            while !tickets.is_empty() {
                let alone = vec![tickets.remove(0)];
                Box::pin(run_in_savepoints(conn, alone, finished)).await?;
            }
        }
    }
    Ok(())
}

/// The outer error means that the transaction itself is lost.
async fn savepoint<J: Group>(conn: &Conn, tickets: &[Ticket<J>]) -> Result<Result<Vec<J::Output>>> {
    conn.run("SAVEPOINT job").await?;
    let done = J::run(conn, tickets).await;
    if let Conn::Sqlite(sqlite) = conn
        && sqlite.is_autocommit()
    {
        // A full disk has ended the transaction, and with it everything that was in it.
        return Err(done.err().unwrap_or(StoreError::Unavailable));
    }
    match done {
        Ok(outputs) => {
            assert_eq!(outputs.len(), tickets.len(), "every job has its output");
            conn.run("RELEASE job").await?;
            Ok(Ok(outputs))
        }
        Err(error) => {
            conn.run("ROLLBACK TO job").await?;
            conn.run("RELEASE job").await?;
            Ok(Err(error))
        }
    }
}

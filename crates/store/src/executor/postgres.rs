//! PostgreSQL: a committer per kind of hot job, each with its own connection, merging what waits into one
//! transaction of set-based statements; pools for everything else.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tidings_domain::clock::BoxFuture;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Mutex, mpsc};

use super::group::{Group, Ticket, Work};
use super::pool::{Connector, Pool, Pooled, Use, is_closed};
use crate::conn::Conn;
use crate::error::{Result, StoreError};
use crate::hot::{AcceptJob, ClaimJob, MergeJob, RecordJob, SettleJob};
use crate::limits::{
    POSTGRES_ACCEPTERS, POSTGRES_MERGERS, POSTGRES_WRITERS, QUEUED_JOBS_MAX, QUEUED_ROWS_MAX, ROUND_JOBS_MAX,
    ROUND_ROWS_MAX, TRANSACTION_TRIES_MAX,
};
use crate::meter::Meter;

pub(crate) struct Postgres {
    readers: Arc<Pool>,
    writers: Arc<Pool>,
    meter: Arc<Meter>,
    accepts: Lane<AcceptJob>,
    claims: Lane<ClaimJob>,
    records: Lane<RecordJob>,
    merges: Lane<MergeJob>,
    settles: Lane<SettleJob>,
    connector: Connector,
}

impl Postgres {
    pub(crate) async fn start(
        url: &str,
        ca: Option<&Path>,
        readers: usize,
        meter: &Arc<Meter>,
    ) -> Result<Self> {
        let connector = Connector::new(url, ca)?;
        let conn = connector.connect(Use::Maintenance).await?;
        crate::migrate::run(&conn).await?;
        Ok(Self {
            readers: Pool::new(connector.clone(), readers),
            writers: Pool::new(connector.clone(), POSTGRES_WRITERS),
            meter: Arc::clone(meter),
            accepts: Lane::start(&connector, POSTGRES_ACCEPTERS, meter),
            claims: Lane::start(&connector, 1, meter),
            records: Lane::start(&connector, 1, meter),
            merges: Lane::start(&connector, POSTGRES_MERGERS, meter),
            settles: Lane::start(&connector, 1, meter),
            connector,
        })
    }

    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T>
    where
        F: for<'c> FnOnce(&'c Conn) -> BoxFuture<'c, Result<T>> + Send,
    {
        work(&*self.readers.get().await?).await
    }

    /// Runs in a task of its own: a caller that goes away leaves no half-done transaction behind.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c Conn) -> BoxFuture<'c, Result<T>> + Send + 'static,
    {
        let conn = self.writers.get().await?;
        let meter = Arc::clone(&self.meter);
        let task = tokio::spawn(async move {
            let begun_us = meter.now_us();
            let done = transact(&conn, work(&conn)).await;
            if done.is_ok() {
                meter.committed(begun_us, 1);
            }
            settle(conn, done).await
        });
        task.await.unwrap_or(Err(StoreError::Unavailable))
    }

    pub(crate) async fn listen(&self) -> Result<mpsc::Receiver<String>> {
        self.connector.listen().await
    }

    pub(crate) fn submit(&self, work: Work) -> Result<()> {
        match work {
            Work::Accept(ticket) => self.accepts.submit(ticket),
            Work::Claim(ticket) => self.claims.submit(ticket),
            Work::Record(ticket) => self.records.submit(ticket),
            Work::Merge(ticket) => self.merges.submit(ticket),
            Work::Settle(ticket) => self.settles.submit(ticket),
            Work::Ordinary(_) => unreachable!("ordinary work goes through `write`"),
        }
    }
}

/// A lost race among ordinary writes is told as busy: the closure cannot run twice.
async fn settle<T>(conn: Pooled, done: Result<T>) -> Result<T> {
    match done {
        Err(error) => {
            if conn.run("ROLLBACK").await.is_err() {
                conn.discard();
            }
            Err(if error.is_lost_race() { StoreError::Busy } else { error })
        }
        done => done,
    }
}

/// `BEGIN` travels with the first statement.
async fn transact<T>(conn: &Conn, work: impl Future<Output = Result<T>>) -> Result<T> {
    let ((), value) = futures_util::try_join!(conn.run("BEGIN"), work)?;
    conn.run("COMMIT").await?;
    Ok(value)
}

/// The queue of one kind of job and its committers.
struct Lane<J: Group> {
    queue: mpsc::Sender<Ticket<J>>,
    rows: Arc<AtomicUsize>,
}

impl<J: Group> Lane<J> {
    fn start(connector: &Connector, committers: usize, meter: &Arc<Meter>) -> Self {
        let (queue, queued) = mpsc::channel(QUEUED_JOBS_MAX);
        let queued = Arc::new(Mutex::new(queued));
        let rows = Arc::new(AtomicUsize::new(0));
        for _ in 0..committers {
            let committer = Committer {
                connector: connector.clone(),
                queue: Arc::clone(&queued),
                rows: Arc::clone(&rows),
                conn: None,
                meter: Arc::clone(meter),
            };
            tokio::spawn(committer.run());
        }
        Self { queue, rows }
    }

    fn submit(&self, ticket: Ticket<J>) -> Result<()> {
        let rows = ticket.job.rows();
        if self.rows.fetch_add(rows, Ordering::Relaxed) > QUEUED_ROWS_MAX {
            self.rows.fetch_sub(rows, Ordering::Relaxed);
            return Err(StoreError::Busy);
        }
        self.queue.try_send(ticket).map_err(|error| {
            self.rows.fetch_sub(rows, Ordering::Relaxed);
            match error {
                TrySendError::Full(_) => StoreError::Busy,
                TrySendError::Closed(_) => StoreError::Unavailable,
            }
        })
    }
}

struct Committer<J: Group> {
    connector: Connector,
    queue: Arc<Mutex<mpsc::Receiver<Ticket<J>>>>,
    rows: Arc<AtomicUsize>,
    conn: Option<Conn>,
    meter: Arc<Meter>,
}

impl<J: Group> Committer<J> {
    async fn run(mut self) {
        loop {
            let Some(tickets) = self.take().await else { return };
            if let Err(tickets) = self.commit(tickets).await {
                // One of them spoils the set: each alone.
                for ticket in tickets {
                    if let Err(mut alone) = self.commit(vec![ticket]).await {
                        debug_assert!(alone.is_empty(), "a single job is always answered");
                        alone.clear();
                    }
                }
            }
        }
    }

    /// What waits, up to the bounds of one transaction.
    async fn take(&self) -> Option<Vec<Ticket<J>>> {
        let mut queue = self.queue.lock().await;
        let first = queue.recv().await?;
        let mut rows = first.job.rows();
        let mut tickets = vec![first];
        while rows < ROUND_ROWS_MAX && tickets.len() < ROUND_JOBS_MAX {
            let Ok(next) = queue.try_recv() else { break };
            rows += next.job.rows();
            tickets.push(next);
        }
        self.rows.fetch_sub(rows, Ordering::Relaxed);
        Some(tickets)
    }

    /// Answers the jobs, or gives them back if they have to run one by one.
    async fn commit(&mut self, tickets: Vec<Ticket<J>>) -> std::result::Result<(), Vec<Ticket<J>>> {
        let mut tries = 0;
        let failure = loop {
            tries += 1;
            let begun_us = self.meter.now_us();
            let conn = match self.connected().await {
                Ok(conn) => conn,
                Err(error) => break error,
            };
            match transact(conn, J::run(conn, &tickets)).await {
                Ok(outputs) => {
                    assert_eq!(outputs.len(), tickets.len(), "every job has its output");
                    self.meter.committed(begun_us, tickets.len());
                    for (ticket, output) in tickets.into_iter().zip(outputs) {
                        ticket.answer(Ok(output));
                    }
                    return Ok(());
                }
                Err(error) => {
                    if conn.run("ROLLBACK").await.is_err() || is_closed(conn) {
                        self.conn = None;
                        break StoreError::Unavailable;
                    }
                    if !error.is_lost_race() {
                        break error;
                    }
                    if tries == TRANSACTION_TRIES_MAX {
                        break StoreError::Busy;
                    }
                }
            }
        };
        if tickets.len() > 1
            && !matches!(failure, StoreError::Unavailable | StoreError::Full | StoreError::Busy)
        {
            return Err(tickets);
        }
        for ticket in tickets {
            ticket.answer(Err(failure.clone()));
        }
        Ok(())
    }

    async fn connected(&mut self) -> Result<&Conn> {
        if self.conn.as_ref().is_none_or(is_closed) {
            self.conn = Some(self.connector.connect(Use::Ordinary).await?);
        }
        Ok(self.conn.as_ref().expect("set above"))
    }
}

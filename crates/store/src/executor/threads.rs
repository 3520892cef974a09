//! One writer thread that commits for many callers at once, and a few reader threads.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::thread::JoinHandle;

use parking_lot::Mutex;
use tidings_domain::clock::BoxFuture;
use tokio::sync::oneshot;

use super::group::{Group, Ticket, Work, finish_all, run_bare, run_in_savepoints};
use super::{Finish, Ordinary, open_reader, open_writer, ready};
use crate::conn::{Conn, SqliteConn};
use crate::error::{Result, StoreError};
use crate::hot::{AcceptJob, ClaimJob, MergeJob, RecordJob, SettleJob};
use crate::limits::{
    QUEUED_JOBS_MAX, QUEUED_READS_MAX, QUEUED_ROWS_MAX, ROUND_JOBS_MAX, ROUND_ROWS_MAX,
    SQLITE_CHECKPOINT_FORCED_PAGES, SQLITE_CHECKPOINT_PAGES, SQLITE_READERS,
};
use crate::meter::Meter;

type Read = Box<dyn FnOnce(&Conn) + Send>;

pub(crate) struct SqliteThreads {
    writes: Option<SyncSender<(Work, usize)>>,
    queued_rows: Arc<AtomicUsize>,
    reads: Option<SyncSender<Read>>,
    threads: Vec<JoinHandle<()>>,
}

impl SqliteThreads {
    pub(crate) fn start(path: &Path, meter: &Arc<Meter>) -> Result<Self> {
        let (writes, written) = sync_channel(QUEUED_JOBS_MAX);
        let (reads, read) = sync_channel::<Read>(QUEUED_READS_MAX);
        let (full, filled) = sync_channel(1);
        let queued_rows = Arc::new(AtomicUsize::new(0));
        let pages = Arc::new(AtomicI32::new(0));
        let mut conn = open_writer(path)?;
        let seen = Arc::clone(&pages);
        conn.pragma_update(None, "wal_autocheckpoint", 0)?;
        conn.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, count: std::ffi::c_int| {
            seen.store(count, Ordering::Relaxed);
            Ok(())
        }))?;
        let writer = Writer {
            conn: Conn::Sqlite(SqliteConn::new(conn)),
            queue: written,
            queued_rows: Arc::clone(&queued_rows),
            pages,
            full,
            copied_at: 0,
            meter: Arc::clone(meter),
        };
        let mut threads = vec![spawn("tidings-writer", move || writer.run())?];
        let copier = open_writer(path)?;
        threads.push(spawn("tidings-checkpoint", move || checkpoint(&copier, &filled))?);
        let read = Arc::new(Mutex::new(read));
        for _ in 0..SQLITE_READERS {
            let conn = Conn::Sqlite(SqliteConn::new(open_reader(path)?));
            let read = Arc::clone(&read);
            threads.push(spawn("tidings-reader", move || {
                loop {
                    let next = read.lock().recv();
                    let Ok(job) = next else { return };
                    job(&conn);
                }
            })?);
        }
        Ok(Self { writes: Some(writes), queued_rows, reads: Some(reads), threads })
    }

    /// Queues work for the writer; `rows` is its share of the bound on what may wait.
    pub(crate) fn submit(&self, work: Work, rows: usize) -> Result<()> {
        if self.queued_rows.fetch_add(rows, Ordering::Relaxed) > QUEUED_ROWS_MAX {
            self.queued_rows.fetch_sub(rows, Ordering::Relaxed);
            return Err(StoreError::Busy);
        }
        self.writes.as_ref().ok_or(StoreError::Unavailable)?.try_send((work, rows)).map_err(|error| {
            self.queued_rows.fetch_sub(rows, Ordering::Relaxed);
            full_or_gone(&error)
        })
    }

    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c Conn) -> BoxFuture<'c, Result<T>> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job: Read = Box::new(move |conn| {
            // A caller that went away needs no answer.
            let done = catch_unwind(AssertUnwindSafe(|| ready(work(conn))));
            let _ = reply.send(done.unwrap_or_else(|_| Err(StoreError::internal("a read panicked"))));
        });
        let reads = self.reads.as_ref().ok_or(StoreError::Unavailable)?;
        reads.try_send(job).map_err(|error| full_or_gone(&error))?;
        answer.await.unwrap_or(Err(StoreError::Unavailable))
    }
}

fn full_or_gone<T>(error: &TrySendError<T>) -> StoreError {
    match error {
        TrySendError::Full(_) => StoreError::Busy,
        TrySendError::Disconnected(_) => StoreError::Unavailable,
    }
}

impl Drop for SqliteThreads {
    fn drop(&mut self) {
        self.writes = None;
        self.reads = None;
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so; there is nothing left to save here.
            let _ = thread.join();
        }
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name.to_owned()).spawn(run).map_err(StoreError::internal)
}

struct Writer {
    conn: Conn,
    queue: Receiver<(Work, usize)>,
    queued_rows: Arc<AtomicUsize>,
    pages: Arc<AtomicI32>,
    full: SyncSender<()>,
    /// Pages in the log when it was last copied back.
    copied_at: i32,
    meter: Arc<Meter>,
}

/// What one transaction carries.
#[derive(Default)]
struct Round {
    jobs: usize,
    rows: usize,
    ordinary: Vec<Ordinary>,
    accepts: Vec<Ticket<AcceptJob>>,
    claims: Vec<Ticket<ClaimJob>>,
    records: Vec<Ticket<RecordJob>>,
    merges: Vec<Ticket<MergeJob>>,
    settles: Vec<Ticket<SettleJob>>,
}

impl Round {
    fn add(&mut self, (work, rows): (Work, usize)) {
        self.jobs += 1;
        self.rows += rows;
        match work {
            Work::Ordinary(job) => self.ordinary.push(job),
            Work::Accept(ticket) => self.accepts.push(ticket),
            Work::Claim(ticket) => self.claims.push(ticket),
            Work::Record(ticket) => self.records.push(ticket),
            Work::Merge(ticket) => self.merges.push(ticket),
            Work::Settle(ticket) => self.settles.push(ticket),
        }
    }

    fn is_empty(&self) -> bool {
        self.jobs == self.ordinary.len()
    }

    /// Runs every set without a way back to before it: taking one costs a copy of each page that is touched.
    /// An error means that the transaction is to be rolled back; nobody was answered.
    async fn run_bare(&self, conn: &Conn) -> Result<Outputs> {
        Ok(Outputs {
            claims: run_bare(conn, &self.claims).await?,
            records: run_bare(conn, &self.records).await?,
            merges: run_bare(conn, &self.merges).await?,
            settles: run_bare(conn, &self.settles).await?,
            accepts: run_bare(conn, &self.accepts).await?,
        })
    }

    fn finish(self, outputs: Outputs, finished: &mut Vec<Finish>) {
        finish_all(self.claims, outputs.claims, finished);
        finish_all(self.records, outputs.records, finished);
        finish_all(self.merges, outputs.merges, finished);
        finish_all(self.settles, outputs.settles, finished);
        finish_all(self.accepts, outputs.accepts, finished);
    }

    /// Runs every set so that one caller's mistake is only that caller's. An error means that the whole
    /// transaction is lost. What is dropped answers its callers by that.
    async fn run_in_savepoints(self, conn: &Conn, finished: &mut Vec<Finish>) -> Result<()> {
        run_in_savepoints(conn, self.claims, finished).await?;
        run_in_savepoints(conn, self.records, finished).await?;
        run_in_savepoints(conn, self.merges, finished).await?;
        run_in_savepoints(conn, self.settles, finished).await?;
        run_in_savepoints(conn, self.accepts, finished).await
    }
}

/// What the jobs of a round answer, kind by kind.
struct Outputs {
    claims: Vec<<ClaimJob as Group>::Output>,
    records: Vec<<RecordJob as Group>::Output>,
    merges: Vec<<MergeJob as Group>::Output>,
    settles: Vec<<SettleJob as Group>::Output>,
    accepts: Vec<<AcceptJob as Group>::Output>,
}

impl Writer {
    fn run(mut self) {
        while let Ok(first) = self.queue.recv() {
            let mut round = Round::default();
            round.add(first);
            self.fill(&mut round);
            self.queued_rows.fetch_sub(round.rows, Ordering::Relaxed);
            self.commit(round);
            self.relieve();
        }
    }

    /// Takes up what waits.
    fn fill(&self, round: &mut Round) {
        while round.rows < ROUND_ROWS_MAX && round.jobs < ROUND_JOBS_MAX {
            match self.queue.try_recv() {
                Ok(next) => round.add(next),
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => return,
            }
        }
    }

    fn commit(&self, mut round: Round) {
        let ordinary = std::mem::take(&mut round.ordinary);
        round.jobs -= ordinary.len();
        if !ordinary.is_empty() {
            self.commit_ordinary(ordinary);
        }
        if round.is_empty() {
            return;
        }
        // Jobs of the hot path may run twice, so the careful way is taken only after the fast one failed.
        match self.transact(round.jobs, async || round.run_bare(&self.conn).await) {
            Ok(outputs) => {
                let mut finished: Vec<Finish> = Vec::with_capacity(round.jobs);
                round.finish(outputs, &mut finished);
                for finish in finished {
                    finish(Ok(()));
                }
            }
            Err(error) => {
                tracing::debug!(?error, "a round is run again, job by job where need be");
                self.commit_carefully(round);
            }
        }
    }

    fn commit_carefully(&self, round: Round) {
        let mut finished: Vec<Finish> = Vec::with_capacity(round.jobs);
        let durable =
            self.transact(round.jobs, async || round.run_in_savepoints(&self.conn, &mut finished).await);
        if let Err(error) = &durable {
            tracing::error!(?error, "a transaction was not committed");
        }
        for finish in finished {
            finish(durable.clone());
        }
    }

    /// Closures run once, so each has its savepoint.
    fn commit_ordinary(&self, jobs: Vec<Ordinary>) {
        let mut finished: Vec<Finish> = Vec::with_capacity(jobs.len());
        let durable = self.transact(jobs.len(), async || {
            for job in jobs {
                finished.extend(savepoint(&self.conn, job).await?);
            }
            Ok(())
        });
        if let Err(error) = &durable {
            tracing::error!(?error, "a transaction was not committed");
        }
        for finish in finished {
            finish(durable.clone());
        }
    }

    /// Runs work in a transaction of its own. What the work drops when it cannot begin answers its callers.
    fn transact<T>(&self, callers: usize, work: impl AsyncFnOnce() -> Result<T>) -> Result<T> {
        let begun_us = self.meter.now_us();
        ready(self.conn.run("BEGIN IMMEDIATE"))?;
        let run = AssertUnwindSafe(|| {
            ready(async {
                let value = work().await?;
                self.conn.run("COMMIT").await?;
                Ok(value)
            })
        });
        // A broken invariant in one job takes this round back, not the writer of everybody else.
        let done = catch_unwind(run).unwrap_or_else(|_| Err(StoreError::internal("a job panicked")));
        if done.is_ok() {
            self.meter.committed(begun_us, callers);
        } else {
            self.abandon();
        }
        done
    }

    fn abandon(&self) {
        if matches!(&self.conn, Conn::Sqlite(sqlite) if !sqlite.is_autocommit())
            && let Err(error) = ready(self.conn.run("ROLLBACK"))
        {
            tracing::error!(?error, "a lost transaction was not rolled back");
        }
    }

    /// Keeps the write-ahead log short: beside the writer while that suffices. Copying back rarely is what
    /// makes it cheap, since a page that changed often is copied once.
    fn relieve(&mut self) {
        let pages = self.pages.load(Ordering::Relaxed);
        if pages < self.copied_at {
            // The log began anew.
            self.copied_at = 0;
        }
        if pages - self.copied_at < SQLITE_CHECKPOINT_PAGES {
            return;
        }
        self.copied_at = pages;
        if pages >= SQLITE_CHECKPOINT_FORCED_PAGES {
            // Nobody writes meanwhile, so the log is copied whole and begins anew, unless a reader holds it.
            if let Err(error) = ready(self.conn.query("PRAGMA wal_checkpoint(PASSIVE)", &[])) {
                tracing::warn!(?error, "the write-ahead log could not be copied back");
            }
        } else {
            // Full means that the copier is at work.
            let _ = self.full.try_send(());
        }
    }
}

/// Runs a job so that its failure takes back only itself.
async fn savepoint(conn: &Conn, job: Ordinary) -> Result<Option<Finish>> {
    conn.run("SAVEPOINT job").await?;
    match job(conn).await {
        Ok(finish) => {
            conn.run("RELEASE job").await?;
            Ok(Some(finish))
        }
        Err(_) => {
            conn.run("ROLLBACK TO job").await?;
            conn.run("RELEASE job").await?;
            Ok(None)
        }
    }
}

fn checkpoint(conn: &rusqlite::Connection, filled: &Receiver<()>) {
    while filled.recv().is_ok() {
        let done = conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        if let Err(error) = done {
            tracing::warn!(%error, "the write-ahead log could not be copied back");
        }
    }
}

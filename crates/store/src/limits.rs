//! The bounds of the store, each with its unit.

/// Rows of the hot path that may wait for a writer; beyond it the store says busy.
pub const QUEUED_ROWS_MAX: usize = 50_000;
/// Jobs that may wait for a writer.
pub const QUEUED_JOBS_MAX: usize = 8_192;
/// Rows of the hot path that one transaction takes up, unless a single job brings more.
pub const ROUND_ROWS_MAX: usize = 2_000;
/// Rows that are gathered before an SQLite store writes them.
pub const SQLITE_ROWS_AT_ONCE: usize = 64;
/// Jobs that one transaction takes up.
pub const ROUND_JOBS_MAX: usize = 512;
/// Reads that may wait for a reader.
pub const QUEUED_READS_MAX: usize = 4_096;
/// Reader threads of an SQLite store.
pub const SQLITE_READERS: usize = 2;
/// Prepared statements kept per connection.
pub const STATEMENTS_MAX: usize = 256;
/// KiB of page cache of the writing connection of an SQLite store.
pub const SQLITE_WRITER_CACHE_KIB: i64 = 48 * 1024;
/// KiB of page cache of each reading connection of an SQLite store.
pub const SQLITE_READER_CACHE_KIB: i64 = 4 * 1024;
/// Milliseconds that SQLite waits for another connection's lock.
pub const SQLITE_BUSY_TIMEOUT_MS: u64 = 5_000;
/// Pages in the write-ahead log after which it is copied back beside the writer.
pub const SQLITE_CHECKPOINT_PAGES: i32 = 8_000;
/// Pages in the write-ahead log after which the writer itself empties it.
pub const SQLITE_CHECKPOINT_FORCED_PAGES: i32 = 32_000;
/// Connections for reads of a PostgreSQL store, unless the options say otherwise.
pub const POSTGRES_READERS: usize = 8;
/// Connections for ordinary writes of a PostgreSQL store.
pub const POSTGRES_WRITERS: usize = 4;
/// Committers of accepted messages of a PostgreSQL store; the other kinds have one each.
pub const POSTGRES_ACCEPTERS: usize = 2;
/// Committers of callbacks of a PostgreSQL store.
pub const POSTGRES_MERGERS: usize = 1;
/// Milliseconds a statement may take in PostgreSQL.
pub const POSTGRES_STATEMENT_TIMEOUT_MS: u64 = 15_000;
/// Milliseconds after which PostgreSQL ends the session of a process that stands still in the middle of a
/// transaction: its locks are gone before its leases are.
pub const POSTGRES_IDLE_TIMEOUT_MS: u64 = 5_000;
/// Hints of other nodes that wait to be read.
pub const HINTS_MAX: usize = 256;
/// Seconds a connection to PostgreSQL may take.
pub const POSTGRES_CONNECT_TIMEOUT_S: u64 = 5;
/// Seconds of silence after which a connection to PostgreSQL is asked whether it is there, and between two such questions.
pub const POSTGRES_KEEPALIVE_S: u64 = 5;
/// Seconds for which what was sent to PostgreSQL may stay unacknowledged by its machine.
pub const POSTGRES_SILENCE_S: u64 = 10;
/// Runs of a transaction that lost against another one.
pub const TRANSACTION_TRIES_MAX: usize = 6;
/// Tenants whose opened keys are kept in memory.
pub const SCOPES_CACHED_MAX: usize = 10_000;
/// Rows up to which the depth of a queue is counted.
pub const QUEUE_DEPTH_MAX: i64 = 100_000;
/// Microseconds for which a verified key needs no look-up; another process's revocation is seen after it.
pub const KEY_FRESH_US: i64 = 1_000_000;
/// Rows from which on PostgreSQL takes new rows by `COPY`, which needs a round trip of its own.
pub const POSTGRES_COPY_ROWS_MIN: usize = 64;
/// Verified keys kept in memory.
pub const KEYS_CACHED_MAX: usize = 10_000;
/// Messages read at once where a list is sifted by what is not indexed.
pub const MESSAGES_CHUNK: usize = 200;
/// Messages looked at for one page of a sifted list; the page may be short and still have a next one.
pub const MESSAGES_SIFTED_MAX: usize = 10_000;
/// Rows up to which the entries that need attention are counted.
pub const ATTENTION_COUNT_MAX: i64 = 100_000;
/// Events counted by one statement.
pub const EVENTS_COUNTED_CHUNK: i64 = 100_000;
/// Statements that one count of events takes; what is left is counted by the next call.
pub const EVENTS_COUNTED_CHUNKS_MAX: usize = 50;
/// Rows deleted by one transaction of the housekeeping.
pub const PRUNE_ROWS_MAX: i64 = 1_000;
/// Looks at a message that keeps moving while somebody cancels it.
pub const CANCEL_TRIES_MAX: usize = 4;
/// Events shown of one message.
pub const EVENTS_OF_MESSAGE_MAX: i64 = 2_000;
/// Bytes that a backup reads or writes at once.
pub const BACKUP_BUFFER_BYTES: usize = 256 * 1024;
/// Pages that one step of SQLite's online backup copies.
pub const BACKUP_PAGES_PER_STEP: i32 = 1_024;
/// Messages held by one statement after a restore.
pub const HOLD_CHUNK: i64 = 1_000;
/// Epochs of a slot that one timeline of a PostgreSQL server has to give away.
pub const EPOCHS_PER_TIMELINE: i64 = 1 << 32;
/// Rows that one step of the retention looks at.
pub const RETENTION_STEP_ROWS: i64 = 500;
/// Retries that are brought forward at once; the others come at their own time.
pub const FORWARD_ROWS_MAX: i64 = 2_000;
/// Held messages that one statement decides.
pub const REVIEW_CHUNK: i64 = 5_000;
/// Microseconds by which clocks of two machines may differ: what was due so shortly after the end is held too.
pub const RESTORE_CLOCK_MARGIN_US: i64 = 5 * tidings_domain::time::MINUTE;
/// Rows of a table that a look at how full things stand counts at most, and lanes that it asks for their earliest.
pub const LEVEL_ROWS_MAX: i64 = 50_000;
pub const LEVEL_LANES_MAX: i64 = 2_000;
/// Microseconds after which a tenant's keys are read again, and for which a new data key is only read, never sealed
/// with: longer, so that no process meets a record whose key it has not.
pub const SCOPE_FRESH_US: i64 = 2_000_000;
pub const KEY_GRACE_US: i64 = 5_000_000;
/// Events by which the log grows before the messages in them are written down by recipient.
pub const RUN_EVENTS_MIN: i64 = 20_000;
/// Events that one run of messages by recipient covers.
pub const RUN_EVENTS_MAX: i64 = 40_000;
/// Events by which the log grows before their places are written down by subject.
pub const SUBJECT_EVENTS_MIN: i64 = 2_000;
/// Events whose places are written down at once.
pub const SUBJECT_EVENTS_MAX: i64 = 10_000;
/// Entries of one person's ledger that are read at once; nobody has as many.
pub const LEDGER_OF_PERSON_MAX: usize = 10_000;
/// Rows that one transaction adds to an index behind the log.
pub const INDEX_ROWS_PER_WRITE: usize = 1_000;
/// Versions of a tenant's settings of policy that are shown.
pub const POLICY_HISTORY_MAX: i64 = 100;
/// Microseconds for which a step of the wall clock is remembered; a debt towards a recipient lasts minutes.
pub(crate) const CLOCK_STEPS_KEPT_US: i64 = tidings_domain::time::DAY;
/// Microseconds for which ended verifications are kept.
pub(crate) const VERIFICATIONS_KEPT_US: i64 = 30 * tidings_domain::time::DAY;
/// Microseconds of whole days that tell how a range or country usually behaves.
pub(crate) const VERIFICATION_MONTH_US: i64 = 30 * tidings_domain::time::DAY;
/// Countries that figures of codes name.
pub(crate) const CODE_COUNTRIES_MAX: i64 = 50;
/// People of one page of an audience.
pub const AUDIENCE_PAGE: usize = 1_000;
/// Plans whose time has run out that are looked at in one transaction.
pub(crate) const PLANS_AT_ONCE_MAX: i64 = 500;
/// Microseconds until a plan is looked at again whose message is being submitted.
pub(crate) const PLAN_LOOK_AGAIN_US: i64 = 2_000_000;
/// Tags of one contact that rules see.
pub const CONTACT_TAGS_MAX: usize = 50;
/// Messages of one tenant that are looked at to say where it sends.
pub const TRAFFIC_MESSAGES_MAX: i64 = 20_000;
/// Denials of one tenant, and events of all tenants, that are looked at to say what rules decided lately.
pub const DECIDED_DENIALS_MAX: i64 = 20_000;
pub const DECIDED_EVENTS_MAX: i64 = 50_000;

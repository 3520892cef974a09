//! Every bound and size of the benchmark, with its unit.

use std::time::Duration;

/// One HTTP exchange of the load generator.
pub const EXCHANGE_TIME: Duration = Duration::from_secs(30);
/// Until a started program must answer.
pub const READY_TIME: Duration = Duration::from_secs(30);
/// A one-off command such as `init`.
pub const COMMAND_TIME: Duration = Duration::from_secs(60);
/// Between looks at whether a program is ready.
pub const READY_POLL: Duration = Duration::from_millis(50);
/// A changed catalogue is in force by then.
pub const CATALOGUE_TIME: Duration = Duration::from_millis(1_200);
/// Between looks at the simulator's counts.
pub const COUNT_POLL: Duration = Duration::from_millis(20);
/// Without any progress for this long, a measurement has failed.
pub const STALL_TIME: Duration = Duration::from_secs(30);
/// Pause before a request that was answered 429 or 503 is made again.
pub const BUSY_PAUSE: Duration = Duration::from_millis(20);
/// Refused requests in a row after which a connection gives up.
pub const BUSY_TRIES_MAX: u32 = 1_000;
/// Bytes of a program's log shown when it failed.
pub const LOG_TAIL_BYTES: usize = 4_000;

/// Connections of the raw HTTP yardstick.
pub const RAW_CONNECTIONS: usize = 32;
/// Bytes of a body of the raw HTTP yardstick.
pub const RAW_BODY_BYTES: usize = 600;
/// Rows in one transaction of the raw insert yardstick.
pub const RAW_INSERT_ROWS: usize = 500;
/// Bytes of the sealed part of its rows; with the rest of the row it makes about 700.
pub const RAW_SEALED_BYTES: usize = 520;
/// Bytes of one write of the fsync yardstick.
pub const FSYNC_BYTES: usize = 4_096;
/// Rounds of each yardstick before the measurements, and again after them.
pub const YARDSTICK_ROUNDS: usize = 3;

/// Keep-alive connections of the single accepts.
pub const SINGLE_CONNECTIONS: usize = 64;
/// Connections of batch accepts.
pub const BATCH_CONNECTIONS: usize = 4;
/// Messages in one batch.
pub const BATCH_MESSAGES: usize = 500;
/// Requests per second of the latency measurement.
pub const LATENCY_RATE: u32 = 200;
/// Connections of the latency measurement: more than are ever busy.
pub const LATENCY_CONNECTIONS: usize = 32;
/// Largest latency that is told apart, in microseconds.
pub const LATENCY_MAX_US: u64 = 60_000_000;

/// Recipients of the dry run of an audience.
pub const AUDIENCE: usize = 100_000;

/// Senders of the throughput measurements.
pub const SENDERS: usize = 16;
/// Messages per second of each of them, at the server and at the simulator.
pub const SENDER_RATE: f64 = 1_000.0;
/// Messages per second of the senders while only accepting is measured: dispatch has next to nothing to do.
pub const QUIET_RATE: f64 = 1.0;
/// Messages per second of the sender with the backlog.
pub const BACKLOG_RATE: f64 = 80.0;
/// One-time passwords per second.
pub const OTP_RATE: u32 = 5;
/// Updates per webhook body where receipts come in batches.
pub const RECEIPT_BATCH: usize = 100;
/// Microseconds that the first receipt of such a body waits for company.
pub const RECEIPT_WINDOW_US: i64 = 50_000;
/// Submissions of one page of the simulator's ledger.
pub const LEDGER_PAGE: usize = 50_000;

/// Messages that go the whole way before their rows are repeated: one run of the index by recipient.
pub const STORED_ORIGINALS: usize = 5_000;
/// Stored messages at which growth is compared with the full amount.
pub const STORED_FEW: usize = 50_000;
/// Messages stored between two reports of progress, at least.
pub const STORED_BLOCK: usize = 100_000;
/// Reports of progress at most.
pub const STORED_REPORTS: usize = 10;
/// Bytes of the disk that must stay free beside what is stored and what the measurement adds.
pub const STORED_SPARE_BYTES: u64 = 2_000_000_000;
/// KiB of page cache while messages are stored in SQLite.
pub const STORED_CACHE_KIB: usize = 1_000_000;
/// Bytes of one piece of a copy into PostgreSQL.
pub const COPY_PIECE_BYTES: usize = 256 * 1_024;
/// Messages per second of each sender whose backlog outlives a restart.
pub const RESTART_RATE: f64 = 10.0;
/// A server that was asked to stop must be gone by then.
pub const STOP_TIME: Duration = Duration::from_secs(30);
/// Between looks for the first submission after a restart.
pub const FIRST_POLL: Duration = Duration::from_millis(2);
/// How long the restarted server works on its backlog before its memory is looked at.
pub const SETTLE_TIME: Duration = Duration::from_secs(5);

/// Bytes of disk that a stored message takes, with everything that its life left behind.
pub fn stored_bytes(postgres: bool) -> u64 {
    if postgres { 3_800 } else { 2_600 }
}

/// How much is done: the whole, or a tenth of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    /// One round of a yardstick.
    pub yardstick: Duration,
    /// Before counting begins, in the closed loops.
    pub warm_up: Duration,
    /// Of the closed loops.
    pub accept: Duration,
    /// Of the latency measurement.
    pub latency: Duration,
    /// Messages of a lifecycle measurement.
    pub lifecycle: usize,
    /// Marketing messages that wait.
    pub backlog: usize,
    /// Of the one-time passwords.
    pub otp: Duration,
    /// Messages that are stored before growth is measured.
    pub stored: usize,
    /// Lifecycles measured on them.
    pub growth: usize,
    /// Messages that wait over a restart.
    pub waiting: usize,
}

impl Amount {
    pub const WHOLE: Self = Self {
        yardstick: Duration::from_secs(2),
        warm_up: Duration::from_secs(2),
        accept: Duration::from_secs(10),
        latency: Duration::from_secs(30),
        lifecycle: 100_000,
        backlog: 1_000_000,
        otp: Duration::from_secs(120),
        stored: 5_000_000,
        growth: 100_000,
        waiting: 1_000_000,
    };
    pub const QUICK: Self = Self {
        yardstick: Duration::from_millis(500),
        warm_up: Duration::from_millis(500),
        accept: Duration::from_secs(2),
        latency: Duration::from_secs(6),
        lifecycle: 10_000,
        backlog: 50_000,
        otp: Duration::from_secs(20),
        stored: 500_000,
        growth: 20_000,
        waiting: 100_000,
    };

    pub fn of(quick: bool) -> Self {
        if quick { Self::QUICK } else { Self::WHOLE }
    }
}

//! Every bound of the simulator, with its unit.

/// Longest body of a messaging or admin request, in bytes.
pub const MAX_JSON_BYTES: usize = 4 * 1024 * 1024;
/// Longest request the edge reads at all (a document upload), in bytes.
pub const MAX_REQUEST_BYTES: usize = 105 * 1024 * 1024;
/// Uploaded media kept at once, in bytes; the oldest go first.
pub const MAX_MEDIA_TOTAL_BYTES: usize = 256 * 1024 * 1024;
/// How long an uploaded medium is kept: 30 days, in microseconds.
pub const MEDIA_KEPT_US: i64 = 30 * 24 * 3600 * SECOND_US;
/// How long a medium's download address works: 5 minutes, in seconds.
pub const MEDIA_URL_VALID_S: i64 = 300;
/// Longest `biz_opaque_callback_data`, in characters.
pub const MAX_CALLBACK_DATA_CHARS: usize = 512;
/// One second in microseconds.
pub const SECOND_US: i64 = 1_000_000;
/// The customer service window: 24 hours, in microseconds.
pub const WINDOW_US: i64 = 24 * 3600 * SECOND_US;
/// The rolling window of the messaging limit: 24 hours, in microseconds.
pub const TIER_WINDOW_US: i64 = 24 * 3600 * SECOND_US;
/// One message per this long to one customer, in microseconds.
pub const PAIR_INTERVAL_US: i64 = 6 * SECOND_US;
/// Messages one may borrow from the future of a pair.
pub const PAIR_BURST: i64 = 45;
/// How much of a number's throughput may come at once: one second's worth, and 50 milliseconds that a
/// steady sender's requests may drift on their way. In nanoseconds.
pub const THROUGHPUT_BURST_NS: i64 = 1_050_000_000;
/// Webhook bodies handed out by one `take_due`.
pub const MAX_TAKE: usize = 1000;
/// Most updates in one webhook body, as at the real provider.
pub const MAX_BATCH: usize = 1000;
/// Tries to deliver one webhook body before it is given up.
pub const WEBHOOK_ATTEMPTS: u32 = 12;
/// Delay before the first repeat of a webhook, in microseconds; doubles each time.
pub const WEBHOOK_RETRY_US: i64 = SECOND_US;
/// Longest delay between two tries of a webhook, in microseconds.
pub const WEBHOOK_RETRY_MAX_US: i64 = 300 * SECOND_US;
/// Shortest and longest hold of a delayed webhook, in microseconds.
pub const DELAY_WEBHOOK_US: (i64, i64) = (SECOND_US, 10 * SECOND_US);
/// Shortest and longest hold of a webhook that later ones shall overtake, in microseconds.
pub const REORDER_WEBHOOK_US: (i64, i64) = (20_000, 500_000);
/// Shortest and longest time until the second copy of a duplicated webhook, in microseconds.
pub const DUPLICATE_WEBHOOK_US: (i64, i64) = (0, 2 * SECOND_US);
/// After an acknowledged STOP, how long a marketing message may still be on its way, in microseconds.
pub const STOP_GRACE_US: i64 = 2 * SECOND_US;
/// Violations kept as text; further ones are only counted.
pub const MAX_VIOLATIONS: usize = 10_000;
/// Submissions in one answer of `/_sim/ledger`.
pub const MAX_LEDGER_PAGE: usize = 100_000;
/// Templates in one page of the list, at most.
pub const MAX_TEMPLATE_PAGE: usize = 500;
/// Templates in one page of the list when none is asked for.
pub const TEMPLATE_PAGE: usize = 25;
/// Templates created per account and hour, at most.
pub const MAX_TEMPLATES_PER_HOUR: usize = 100;
/// Templates of an account, each language counted.
pub const MAX_TEMPLATES: usize = 6_000;
/// One hour in microseconds.
pub const HOUR_US: i64 = 3_600 * SECOND_US;
/// Edits of an approved template per 24 hours and per 30 days.
pub const MAX_EDITS: [(i64, usize); 2] = [(24 * HOUR_US, 1), (30 * 24 * HOUR_US, 10)];
/// How long the name of a deleted template that had been approved is taken: 30 days, in microseconds.
pub const NAME_TAKEN_US: i64 = 30 * 24 * HOUR_US;
/// Longest sample of a header, in bytes.
pub const MAX_SAMPLE_BYTES: u64 = 100 * 1024 * 1024;
/// Upload sessions kept at once.
pub const MAX_SAMPLE_SESSIONS: usize = 1_000;
/// Service messages delivered free per number (the simulator does not begin a new month).
pub const FREE_SERVICE_MESSAGES: u64 = 1000;
/// How long the edge keeps a request that shall never be answered, in seconds.
pub const HANG_S: u64 = 300;
/// Concurrent webhook deliveries of the edge.
pub const DELIVERY_WORKERS: usize = 96;
/// Longest sleep of the webhook pump, in microseconds.
pub const PUMP_SLEEP_MAX_US: i64 = 60 * SECOND_US;
/// Pause after a failed accept, in milliseconds.
pub const ACCEPT_PAUSE_MS: u64 = 50;
/// Submissions in one `Ledger` value; more than a machine would hold.
pub const MAX_LEDGER_ENTRIES: usize = 100_000_000;

//! The bounds of the binary, each with its unit.

use tidings_domain::time::SECOND;

/// Bytes of a master key file that are read.
pub const MASTER_KEY_FILE_BYTES_MAX: u64 = 64 * 1024;
/// Microseconds that a command waits for the server's answer.
pub const API_TIME_US: i64 = 60_000_000;
/// Bytes of an answer of the server.
pub const API_ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Microseconds that `doctor` waits for a provider.
pub const PROBE_TIME_US: i64 = 5_000_000;
/// Bytes of a provider's answer to `doctor`.
pub const PROBE_BYTES_MAX: usize = 256 * 1024;
/// Microseconds for which a transaction of anybody may hold back the event log before `doctor` says so, and before it
/// says that something is wrong.
pub const HORIZON_NOTICE_US: i64 = 5 * SECOND;
pub const HORIZON_BAD_US: i64 = 300 * SECOND;
/// Microseconds for which one may hold back the clearing of what was deleted; a backup takes minutes.
pub const VACUUM_NOTICE_US: i64 = 1_800 * SECOND;
/// Years between which a machine's clock is believed.
pub const SANE_YEARS: std::ops::Range<i64> = 2025..2100;
/// Messages that one `tidings demo` sends, at most.
pub const DEMO_MESSAGES_MAX: u32 = 10_000_000;
/// Intents in one batch of the demo.
pub const DEMO_BATCH: usize = 500;
/// Batches of the demo under way at once.
pub const DEMO_BATCHES_AT_ONCE: usize = 4;
/// Messages of one page that the demo reads back.
pub const DEMO_PAGE: usize = 500;
/// Microseconds between looks at the demo's progress.
pub const DEMO_LOOK_US: i64 = 100_000;
/// Seconds that the demo waits beyond a second per hundred messages.
pub const DEMO_WAIT_S: i64 = 120;
/// Microseconds without any change after which the demo believes that nothing more will come.
pub const DEMO_QUIET_US: i64 = 4_000_000;
/// Characters of one line of a table.
pub const LINE_CHARS: usize = 80;
/// Bytes of a file with a secret or an intent that a command reads.
pub const INPUT_FILE_BYTES_MAX: u64 = 1024 * 1024;
/// Levels of nesting that a variable's name may have.
pub const VARIABLE_DEPTH_MAX: usize = 6;
/// Characters of a node's name.
pub const NODE_NAME_CHARS_MAX: usize = 100;
/// Characters of the name of a data directory.
pub const NODE_ID_CHARS: usize = 16;
/// Contacts of one page while all of them are exported.
pub const EXPORT_PAGE: u64 = 1_000;

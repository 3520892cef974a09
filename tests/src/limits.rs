//! Every bound of the tests, with its unit.

use std::time::Duration;

/// How long a test waits for something that must happen, on the machine's clock.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at something outside the process or behind HTTP.
pub const LOOK: Duration = Duration::from_millis(15);
/// How long a started process may take until it serves.
pub const START: Duration = Duration::from_secs(60);

/// Times that a test waits for its patience until no message is open.
pub const REST_ROUNDS: usize = 6;

/// Messages in one simulated run.
pub const SIMULATED_MESSAGES_MAX: usize = 200;
/// Virtual microseconds after which a run that has not come to rest has lost something.
pub const SIMULATED_US_MAX: i64 = 1_800 * 1_000_000;
/// Virtual microseconds between two looks whether a run has come to rest.
pub const SETTLE_LOOK_US: i64 = 2_000_000;
/// Virtual microseconds after which the simulated provider's postman looks though nobody rang.
pub const POST_LOOK_US: i64 = 5_000_000;
/// Actions of a shortened run that are shown.
pub const ACTIONS_SHOWN_MAX: usize = 40;
/// Broken promises of one run that are shown.
pub const BROKEN_SHOWN_MAX: usize = 8;
/// Runs that may be spent on making a failing one shorter.
pub const SHRINK_RUNS_MAX: usize = 80;
/// Entries of a page that the tests read.
pub const PAGE: usize = 500;
/// Requests to the provider whose trace is remembered.
pub const TRACES_KEPT: usize = 100;
/// Requests to send that are remembered with their bodies.
pub const SENT_KEPT: usize = 1_000;
/// Events of a timeline that are shown.
pub const TIMELINE_SHOWN_MAX: usize = 30;

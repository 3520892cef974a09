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
pub const SIMULATED_US_MAX: i64 = 4 * 3_600 * 1_000_000;
/// Virtual microseconds between two looks whether a run has come to rest.
pub const SETTLE_LOOK_US: i64 = 5_000_000;
/// Virtual microseconds between two looks of the simulated provider's postman.
pub const POST_LOOK_US: i64 = 20_000;
/// Entries of a page that the tests read.
pub const PAGE: usize = 500;
/// Requests to the provider whose trace is remembered.
pub const TRACES_KEPT: usize = 100;

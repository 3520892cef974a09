//! What to do after an answer: a pure function of the error table, the attempt and the message's expiry.

use tidings_domain::failure::{self, Codes, Entry, FailureClass, RetryAdvice, Scope, ShapingAction};
use tidings_domain::limits::ATTEMPTS_PER_MESSAGE_MAX;
use tidings_domain::time::{SECOND, Timestamp};
use tidings_store::model::Next;

use crate::limits::RETRIES_MAX;

/// Our own code for a request that certainly did not leave: no connection could be made.
pub(crate) const NOT_SENT: i64 = -1;

/// The row for a code as it is stored.
pub(crate) fn entry(code: i64) -> &'static Entry {
    if code == NOT_SENT { &UNREACHABLE } else { failure::entry(code) }
}

static UNREACHABLE: Entry = Entry {
    codes: Codes::One(NOT_SENT),
    name: "unreachable",
    meaning: "No connection to the provider could be made; the message certainly did not leave.",
    class: FailureClass::Transient,
    retry: RetryAdvice::Backoff { base_ms: 1_000, cap_ms: 60_000, attempts_max: 100 },
    scope: Scope::Account,
    action: ShapingAction::SlowAccount { factor_percent: 50 },
    definite: true,
};

/// Everything the choice depends on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Failed<'a> {
    pub entry: &'a Entry,
    pub code: i64,
    pub attempt: u8,
    pub expires_at: Timestamp,
    pub retry_after_s: Option<u32>,
    pub now: Timestamp,
    /// Uniform in 0..1: full jitter.
    pub unit: f64,
}

pub(crate) fn next_after_failure(failed: &Failed<'_>) -> Next {
    let reason = || format!("provider.{}", failure::own(failed.code).1);
    let Some((wait_us, attempts_max)) = wait(failed) else { return Next::Fail { reason: reason() } };
    if failed.attempt >= attempts_max.min(ATTEMPTS_PER_MESSAGE_MAX - 1) {
        return Next::Dead { reason: reason() };
    }
    let asked = failed.retry_after_s.map_or(0, |s| i64::from(s).min(3_600) * SECOND);
    let at = failed.now.plus(wait_us.max(asked));
    if at >= failed.expires_at {
        return Next::Dead { reason: reason() };
    }
    Next::Retry { at, reason: failed.entry.name }
}

/// Microseconds to wait and attempts allowed; `None` where trying again cannot help.
fn wait(failed: &Failed<'_>) -> Option<(i64, u8)> {
    match failed.entry.retry {
        RetryAdvice::Never => None,
        RetryAdvice::Backoff { base_ms, cap_ms, attempts_max } => {
            let ceiling = i64::from(base_ms) << failed.attempt.saturating_sub(1).min(20);
            let ceiling = ceiling.min(i64::from(cap_ms)) * 1_000;
            Some(((ceiling as f64 * (0.5 + failed.unit / 2.0)) as i64, attempts_max))
        }
        RetryAdvice::After { seconds } => Some((jittered(i64::from(seconds), failed.unit), RETRIES_MAX)),
        RetryAdvice::PairBackoff => {
            let seconds = 4i64.pow(u32::from(failed.attempt.min(6)));
            Some((jittered(seconds, failed.unit), RETRIES_MAX))
        }
        // Something must be mended first; the hold keeps the lane, a slow retry finds out when it is.
        RetryAdvice::WhenLifted => Some((jittered(60, failed.unit), RETRIES_MAX)),
    }
}

fn jittered(seconds: i64, unit: f64) -> i64 {
    seconds * SECOND + (unit * (seconds * SECOND) as f64 / 4.0) as i64
}

/// What the failure says of the recipient: remember it as invalid, or leave it alone until then.
pub(crate) fn about_recipient(entry: &Entry, now: Timestamp) -> (bool, Option<Timestamp>) {
    match entry.action {
        ShapingAction::RememberInvalid => (true, None),
        ShapingAction::HoldRecipient { seconds } => (false, Some(now.plus(i64::from(seconds) * SECOND))),
        _ => (false, None),
    }
}

#[cfg(test)]
#[path = "retry_tests.rs"]
mod tests;

//! What keeps us from hammering a provider that does not answer: after a row of silence only a probe now and
//! then, over all senders of the account, and full speed again with the first answer.
//!
//! Every probe is a real message and may end in doubt, so probes become rarer while the silence lasts.

use tidings_domain::time::SECOND;
use tidings_store::model::AttemptResult;

use super::bucket::Bucket;
use super::retry::NOT_SENT;
use crate::limits::SILENT_MAX;

/// Microseconds between two probes, at first and at most.
const PROBE_FIRST_US: i64 = SECOND;
const PROBE_SLOWEST_US: i64 = 15 * SECOND;

/// Whether anybody was at home.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    Answered,
    Silent,
}

impl Reach {
    /// A refusal is an answer; a failing server, a broken connection and no connection are not.
    pub fn of(result: &AttemptResult) -> Self {
        match result {
            AttemptResult::Accepted { .. } => Self::Answered,
            AttemptResult::Failed { code } if *code == NOT_SENT => Self::Silent,
            // Too many requests, without words.
            AttemptResult::InDoubt { code: Some(-429), .. } => Self::Answered,
            AttemptResult::Failed { .. } => Self::Answered,
            AttemptResult::InDoubt { .. } => Self::Silent,
        }
    }
}

/// One account's. Closed while it has no probes.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    silent: u32,
    probes: Option<Probes>,
}

#[derive(Debug)]
struct Probes {
    pace: Bucket,
    every_us: i64,
    /// When it was last made slower.
    slowed_us: i64,
}

impl Probes {
    fn every(every_us: i64, now_us: i64) -> Self {
        let mut pace = Bucket::new(SECOND as f64 / every_us as f64, 1.0, now_us);
        pace.take(now_us);
        Self { pace, every_us, slowed_us: now_us }
    }
}

impl Breaker {
    /// Takes in what came of a submission; true if that opened or closed it.
    pub fn hear(&mut self, reach: Reach, now_us: i64) -> bool {
        if reach == Reach::Answered {
            self.silent = 0;
            return self.probes.take().is_some();
        }
        self.silent = self.silent.saturating_add(1);
        match &mut self.probes {
            Some(probes) if now_us - probes.slowed_us >= probes.every_us => {
                *probes = Probes::every((probes.every_us * 2).min(PROBE_SLOWEST_US), now_us);
                false
            }
            Some(_) => false,
            None if self.silent >= SILENT_MAX => {
                self.probes = Some(Probes::every(PROBE_FIRST_US, now_us));
                true
            }
            None => false,
        }
    }

    /// The pace of the probes, if only probes may go.
    pub fn pace(&mut self) -> Option<&mut Bucket> {
        self.probes.as_mut().map(|probes| &mut probes.pace)
    }

    /// What people read while it is open.
    pub fn detail(&self) -> Option<String> {
        let probes = self.probes.as_ref()?;
        Some(format!(
            "The provider has not answered {} submissions in a row; one message every {} s asks whether it does again.",
            self.silent,
            probes.every_us / SECOND
        ))
    }
}

#[cfg(test)]
#[path = "breaker_tests.rs"]
mod tests;

//! Our account of the messages against the simulator's ledger.

use std::collections::BTreeMap;

use tidings_domain::id::{AttemptId, Id, MessageId};
use tidings_domain::lifecycle::Status;
use tidings_engine::{Caller, Engine};
use tidings_simulator::Ledger;

use super::count::Counts;

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Second submissions of a message although no doubt about the one before was recorded.
    pub duplicates: u64,
    /// Accepted by us, never submitted, and without a reason why it ended.
    pub lost: u64,
}

/// The attempts that the provider took, by message.
struct Taken {
    /// Messages of which the provider saw anything.
    seen: BTreeMap<MessageId, Vec<u8>>,
}

pub async fn compare(
    engine: &Engine,
    caller: &Caller,
    counts: &Counts,
    ledger: &Ledger,
) -> anyhow::Result<Comparison> {
    let taken = Taken::of(ledger);
    let mut comparison = Comparison { lost: taken.lost(&counts.statuses), duplicates: 0 };
    for (message, attempts) in taken.seen.iter().filter(|(_, attempts)| attempts.len() > 1) {
        let report = engine.message(caller, *message).await?;
        let doubted: Vec<u8> = report
            .attempts
            .iter()
            .filter(|attempt| attempt.was_in_doubt)
            .map(|attempt| attempt.number)
            .collect();
        comparison.duplicates += duplicates(attempts, &doubted);
    }
    Ok(comparison)
}

impl Taken {
    fn of(ledger: &Ledger) -> Self {
        let mut seen: BTreeMap<MessageId, Vec<u8>> = BTreeMap::new();
        for submission in &ledger.submissions {
            let attempt = submission.callback_data.as_deref().and_then(|data| AttemptId::parse(data).ok());
            let Some(attempt) = attempt else { continue };
            let taken = seen.entry(attempt.message()).or_default();
            if submission.wamid.is_some() {
                taken.push(attempt.number());
            }
        }
        Self { seen }
    }

    fn lost(&self, statuses: &BTreeMap<MessageId, Status>) -> u64 {
        let ended = |status: Status| {
            matches!(
                status,
                Status::Denied | Status::Failed | Status::Expired | Status::Canceled | Status::Unknown
            )
        };
        let lost =
            statuses.iter().filter(|(id, status)| !ended(**status) && !self.seen.contains_key(id)).count();
        lost as u64
    }
}

/// Of several submissions that the provider took, each but the last must have been in doubt.
fn duplicates(taken: &[u8], doubted: &[u8]) -> u64 {
    let mut numbers = taken.to_vec();
    numbers.sort_unstable();
    let excused = |pair: &&[u8]| pair[0] != pair[1] && doubted.contains(&pair[0]);
    numbers.windows(2).filter(|pair| !excused(pair)).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_recorded_doubt_excuses_a_second_submission() {
        for (taken, doubted, want) in [
            (&[1][..], &[][..], 0),
            (&[1, 2], &[1], 0),
            (&[2, 1], &[1], 0),
            (&[1, 2], &[], 1),
            (&[1, 2], &[2], 1),
            (&[1, 1], &[1], 1),
            (&[1, 2, 3], &[1], 1),
            (&[1, 2, 3], &[1, 2], 0),
        ] {
            assert_eq!(duplicates(taken, doubted), want, "{taken:?} {doubted:?}");
        }
    }

    #[test]
    fn lost_is_what_neither_left_nor_ended() {
        let id = |n: u8| MessageId::from_bytes([n, 0, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 0]);
        let taken = Taken { seen: BTreeMap::from([(id(1), vec![1]), (id(2), vec![])]) };
        let statuses = BTreeMap::from([
            (id(1), Status::Delivered),
            (id(2), Status::Queued),
            (id(3), Status::Queued),
            (id(4), Status::Denied),
            (id(5), Status::Submitted),
        ]);
        assert_eq!(taken.lost(&statuses), 2);
    }
}

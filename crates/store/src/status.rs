//! The status of a message, derived from its row and its attempts; stored nowhere.

use tidings_domain::lifecycle::{self, AttemptState, OpenWork, Status, Terminal};
use tidings_domain::time::Timestamp;

/// What the status needs to know of the last attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Last {
    pub state: AttemptState,
    /// Another attempt is due then.
    pub retry_at: Option<Timestamp>,
}

/// The work that is still to be done for a message that did not end.
pub fn open_work(terminal: Terminal, due_at: Timestamp, last: Option<Last>, now: Timestamp) -> OpenWork {
    if terminal != Terminal::None {
        return OpenWork::None;
    }
    match last {
        None if due_at > now => OpenWork::Scheduled,
        None => OpenWork::Queued,
        Some(Last { retry_at: Some(_), .. }) => OpenWork::Queued,
        Some(Last { state: AttemptState::Claimed, .. }) => OpenWork::Submitting,
        Some(Last { state: AttemptState::InDoubt, .. }) => OpenWork::InDoubt,
        Some(_) => OpenWork::None,
    }
}

/// The status as users see it; attempts in the order of their numbers.
pub fn status(
    terminal: Terminal,
    due_at: Timestamp,
    attempts: impl Iterator<Item = Last> + Clone,
    now: Timestamp,
) -> Status {
    let open = open_work(terminal, due_at, attempts.clone().last(), now);
    lifecycle::status(attempts.map(|attempt| attempt.state), open, terminal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use AttemptState as S;

    const NOW: Timestamp = Timestamp::from_secs(1_000);
    const LATER: Timestamp = Timestamp::from_secs(1_060);

    fn plain(state: S) -> Last {
        Last { state, retry_at: None }
    }
    fn retried(state: S) -> Last {
        Last { state, retry_at: Some(LATER) }
    }

    #[test]
    fn the_status_follows_from_the_rows() {
        let none = Terminal::None;
        let table: &[(Terminal, Timestamp, &[Last], Status)] = &[
            (none, NOW, &[], Status::Queued),
            (none, LATER, &[], Status::Scheduled),
            (none, NOW, &[plain(S::Claimed)], Status::Submitting),
            (none, NOW, &[plain(S::InDoubt)], Status::InDoubt),
            (none, NOW, &[retried(S::InDoubt)], Status::Queued),
            (none, NOW, &[retried(S::Unknown)], Status::Queued),
            (none, NOW, &[retried(S::Failed)], Status::Queued),
            (none, LATER, &[retried(S::Failed)], Status::Queued),
            (none, NOW, &[retried(S::Failed), plain(S::Claimed)], Status::Submitting),
            (none, NOW, &[retried(S::Failed), plain(S::Accepted)], Status::Submitted),
            (none, NOW, &[plain(S::Accepted)], Status::Submitted),
            (none, NOW, &[plain(S::Sent)], Status::Sent),
            (none, NOW, &[plain(S::Delivered)], Status::Delivered),
            (none, NOW, &[plain(S::Read)], Status::Read),
            (none, NOW, &[plain(S::Played)], Status::Played),
            // The first attempt was in doubt and turns out to stand while the second is under way.
            (none, NOW, &[plain(S::Sent), plain(S::Claimed)], Status::Sent),
            (none, NOW, &[plain(S::Failed)], Status::Failed),
            (Terminal::Failed, NOW, &[retried(S::Failed), plain(S::Failed)], Status::Failed),
            (Terminal::Denied, NOW, &[], Status::Denied),
            (Terminal::Denied, LATER, &[], Status::Denied),
            (Terminal::Denied, NOW, &[retried(S::Failed)], Status::Denied),
            (Terminal::Expired, NOW, &[], Status::Expired),
            (Terminal::Expired, NOW, &[retried(S::Failed)], Status::Expired),
            (Terminal::Canceled, LATER, &[], Status::Canceled),
            (Terminal::Unknown, NOW, &[plain(S::Unknown)], Status::Unknown),
            (Terminal::Unknown, NOW, &[plain(S::Failed)], Status::Failed),
            // What ended is corrected by a late receipt.
            (Terminal::Unknown, NOW, &[plain(S::Delivered)], Status::Delivered),
            (Terminal::Expired, NOW, &[plain(S::Read)], Status::Read),
        ];
        for (terminal, due_at, attempts, want) in table {
            let found = status(*terminal, *due_at, attempts.iter().copied(), NOW);
            assert_eq!(found, *want, "{terminal:?} {due_at} {attempts:?}");
        }
    }

    #[test]
    fn whatever_the_attempts_say_an_ended_message_has_no_open_work() {
        let ended =
            [Terminal::Failed, Terminal::Denied, Terminal::Expired, Terminal::Canceled, Terminal::Unknown];
        for terminal in ended {
            for state in S::ALL {
                for last in [None, Some(plain(state)), Some(retried(state))] {
                    assert_eq!(
                        open_work(terminal, LATER, last, NOW),
                        OpenWork::None,
                        "{terminal:?} {last:?}"
                    );
                }
            }
        }
    }
}

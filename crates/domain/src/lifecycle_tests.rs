use proptest::prelude::*;

use super::*;
use crate::id::IdSource;
use crate::time::Timestamp;

fn any_state() -> impl Strategy<Value = AttemptState> {
    (0..AttemptState::ALL.len()).prop_map(|index| AttemptState::ALL[index])
}

fn join_all(facts: &[AttemptState]) -> AttemptState {
    facts.iter().fold(AttemptState::Claimed, |state, fact| state.join(*fact))
}

proptest! {
    #[test]
    fn order_and_repetition_do_not_matter(
        facts in prop::collection::vec(any_state(), 0..12),
        seed in any::<u64>(),
        repeat in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let mut shuffled = facts.clone();
        for pick in &repeat {
            if !facts.is_empty() {
                shuffled.push(facts[pick.index(facts.len())]);
            }
        }
        let mut state = seed;
        for index in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            shuffled.swap(index, (state >> 33) as usize % (index + 1));
        }
        prop_assert_eq!(join_all(&facts), join_all(&shuffled));
    }

    #[test]
    fn a_message_does_not_depend_on_the_order_of_its_attempts(
        mut attempts in prop::collection::vec(any_state(), 0..5),
        open in 0i64..5,
        terminal in 0i64..6,
    ) {
        let open = OpenWork::from_code(open).unwrap();
        let terminal = Terminal::from_code(terminal).unwrap();
        let forward = status(attempts.iter().copied(), open, terminal);
        attempts.reverse();
        prop_assert_eq!(forward, status(attempts.iter().copied(), open, terminal));
    }
}

#[test]
fn delivery_beats_failure_and_any_receipt_beats_not_knowing() {
    use AttemptState::*;
    for (facts, want) in [
        (&[Failed, Delivered][..], Delivered),
        (&[Read, Delivered, Sent][..], Read),
        (&[Unknown, Sent][..], Sent),
        (&[InDoubt, Accepted][..], Accepted),
        (&[Accepted, Failed, Sent][..], Failed),
        (&[Unknown, Failed][..], Failed),
        (&[][..], Claimed),
    ] {
        assert_eq!(join_all(facts), want, "{facts:?}");
    }
}

#[test]
fn the_table_of_statuses() {
    use AttemptState as A;
    use OpenWork as O;
    use Terminal as T;
    let table: &[(&[A], O, T, Status)] = &[
        (&[], O::Scheduled, T::None, Status::Scheduled),
        (&[], O::Queued, T::None, Status::Queued),
        (&[A::Claimed], O::Submitting, T::None, Status::Submitting),
        (&[A::InDoubt], O::InDoubt, T::None, Status::InDoubt),
        (&[A::Accepted], O::None, T::None, Status::Submitted),
        (&[A::Sent], O::None, T::None, Status::Sent),
        (&[A::Failed], O::Queued, T::None, Status::Queued),
        (&[A::Failed], O::None, T::Failed, Status::Failed),
        (&[A::Failed], O::None, T::None, Status::Failed),
        (&[A::Failed, A::Delivered], O::None, T::None, Status::Delivered),
        // A receipt for the first attempt arrives while the resend waits: the message is where it should be.
        (&[A::Delivered], O::Queued, T::None, Status::Delivered),
        (&[A::Unknown], O::None, T::Unknown, Status::Unknown),
        (&[A::Failed], O::None, T::Unknown, Status::Failed),
        (&[A::Read], O::None, T::Unknown, Status::Read),
        (&[], O::None, T::Denied, Status::Denied),
        (&[], O::None, T::Expired, Status::Expired),
        (&[A::Failed], O::None, T::Canceled, Status::Canceled),
    ];
    for (attempts, open, terminal, want) in table {
        assert_eq!(
            status(attempts.iter().copied(), *open, *terminal),
            *want,
            "{attempts:?} {open:?} {terminal:?}"
        );
    }
}

#[test]
fn an_attempt_names_its_message() {
    let message: MessageId = IdSource::seeded([9; 32]).next::<MessageId>(Timestamp::from_millis(77)).rooted();
    let attempt = AttemptId::of(message, 3);
    assert_eq!((attempt.message(), attempt.number()), (message, 3));
    assert_eq!(attempt.to_string().parse::<AttemptId>(), Ok(attempt));
}

#[test]
fn codes_round_trip() {
    for status in Status::ALL {
        assert_eq!(Status::from_code(status.code()), Some(status));
        assert_eq!(Status::parse(status.as_str()), Some(status));
    }
    for state in AttemptState::ALL {
        assert_eq!(AttemptState::from_code(state.code()), Some(state));
    }
}

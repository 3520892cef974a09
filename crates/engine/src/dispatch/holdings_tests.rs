use std::sync::atomic::AtomicI64;

use tidings_domain::clock::BoxFuture;
use tidings_domain::time::{SECOND, Timestamp};

use super::*;

struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.monotonic_us())
    }
    fn monotonic_us(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
    fn sleep(&self, _: i64) -> BoxFuture<'static, ()> {
        Box::pin(async {})
    }
}

fn holdings() -> (Holdings, Arc<Hand>) {
    let clock = Arc::new(Hand(AtomicI64::new(0)));
    (Holdings::new(clock.clone()), clock)
}

fn epoch(slot: u8, number: i64) -> Epoch {
    Epoch { slot, number }
}

#[test]
fn nothing_leaves_in_the_last_second_before_the_deadline() {
    let (holdings, clock) = holdings();
    assert!(!holdings.may_submit(epoch(1, 1)), "nothing is held");
    holdings.renewed(0, &[]);
    holdings.taken(&[epoch(1, 1)]);
    holdings.opened(&[epoch(1, 1)]);
    clock.0.store(7 * SECOND - 1, Ordering::Relaxed);
    assert!(holdings.may_submit(epoch(1, 1)) && holdings.epoch(1).is_some());
    clock.0.store(7 * SECOND, Ordering::Relaxed);
    assert!(!holdings.may_submit(epoch(1, 1)) && holdings.epoch(1).is_none() && holdings.open().is_empty());
    // The deadline counts from when the renewal was asked for, not from its answer.
    holdings.renewed(SECOND / 2, &[epoch(1, 1)]);
    assert!(holdings.may_submit(epoch(1, 1)));
    clock.0.store(7 * SECOND + SECOND / 2, Ordering::Relaxed);
    assert!(!holdings.may_submit(epoch(1, 1)));
}

#[test]
fn a_slot_is_served_only_after_recovery_and_until_it_leaves() {
    let (holdings, _) = holdings();
    holdings.renewed(0, &[]);
    holdings.taken(&[epoch(1, 1), epoch(63, 4)]);
    assert!(!holdings.serves(63) && holdings.fresh().len() == 2);
    holdings.opened(&[epoch(63, 3)]);
    assert!(!holdings.serves(63), "another epoch's recovery opens nothing");
    holdings.opened(&[epoch(63, 4)]);
    assert!(holdings.serves(63) && !holdings.serves(1));
    holdings.shed(SlotSet::from_iter([63]));
    assert!(!holdings.serves(63) && holdings.epoch(63).is_none());
    assert!(holdings.may_submit(epoch(63, 4)), "what was claimed may still leave");
    holdings.gone(&holdings.leaving());
    assert!(!holdings.may_submit(epoch(63, 4)));
}

#[test]
fn what_the_store_does_not_renew_is_lost() {
    let (holdings, _) = holdings();
    holdings.taken(&[epoch(1, 1), epoch(2, 1)]);
    holdings.renewed(0, &[epoch(1, 1), epoch(2, 1)]);
    holdings.opened(&[epoch(1, 1), epoch(2, 1)]);
    holdings.renewed(1, &[epoch(1, 1), epoch(2, 5), epoch(3, 1)]);
    assert!(holdings.may_submit(epoch(1, 1)) && !holdings.may_submit(epoch(2, 1)));
    assert_eq!(holdings.fresh(), [epoch(2, 5), epoch(3, 1)], "taken, though the answer was lost");
    holdings.doubt(1);
    assert_eq!(holdings.fresh().len(), 3);
    holdings.lose_all();
    assert!(holdings.held().is_empty() && !holdings.in_time());
}

#[test]
fn a_closed_node_submits_nothing() {
    let (holdings, _) = holdings();
    holdings.renewed(0, &[]);
    holdings.taken(&[epoch(1, 1)]);
    holdings.close();
    assert!(!holdings.may_submit(epoch(1, 1)));
}

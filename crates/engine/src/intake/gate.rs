//! How much may be on its way into the store: what it has lately taken in two seconds. More would only wait, and
//! with it everybody behind it, so the rest is told to come back.

use parking_lot::Mutex;

use crate::error::{EngineError, Result};
use crate::limits::{INTAKE_UNDER_WAY_MAX, INTAKE_UNDER_WAY_MIN, INTAKE_WAIT_S, RETRY_AFTER_S};
use tidings_domain::time::SECOND;

/// Counts intents under way, and those that were done in this second and the last.
#[derive(Debug, Default)]
pub struct Gate(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    under_way: usize,
    second: i64,
    done: [usize; 2],
}

impl Inner {
    fn turn(&mut self, now_us: i64) {
        let second = now_us.div_euclid(SECOND);
        match second - self.second {
            0 => return,
            1 => self.done = [0, self.done[0]],
            _ => self.done = [0; 2],
        }
        self.second = second;
    }

    fn allowed(&self) -> usize {
        let per_s = self.done[0].max(self.done[1]);
        (per_s * INTAKE_WAIT_S).clamp(INTAKE_UNDER_WAY_MIN, INTAKE_UNDER_WAY_MAX)
    }
}

/// A place for some intents; it is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Place<'g> {
    gate: &'g Gate,
    intents: usize,
}

impl Gate {
    /// A call that finds nobody before it is always let in, however many intents it brings.
    pub(crate) fn enter(&self, intents: usize, now_us: i64) -> Result<Place<'_>> {
        let mut inner = self.0.lock();
        inner.turn(now_us);
        if inner.under_way > 0 && inner.under_way + intents > inner.allowed() {
            return Err(EngineError::Unavailable { retry_after_s: RETRY_AFTER_S });
        }
        inner.under_way += intents;
        Ok(Place { gate: self, intents })
    }
}

impl Place<'_> {
    /// They are in the store.
    pub(crate) fn done(self, now_us: i64) {
        let mut inner = self.gate.0.lock();
        inner.turn(now_us);
        inner.done[0] += self.intents;
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut inner = self.gate.0.lock();
        inner.under_way = inner.under_way.saturating_sub(self.intents);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_store_takes_in_two_seconds_may_be_under_way() {
        let gate = Gate::default();
        let first = gate.enter(INTAKE_UNDER_WAY_MIN, 0).expect("nothing is known yet");
        assert!(matches!(gate.enter(1, 0), Err(EngineError::Unavailable { .. })));
        first.done(0);
        for _ in 0..10 {
            gate.enter(INTAKE_UNDER_WAY_MIN, 0).expect("the gate is empty").done(0);
        }
        let quick = gate.enter(10 * INTAKE_UNDER_WAY_MIN, SECOND).expect("it was quick in the last second");
        drop(quick);
        let _one = gate.enter(1, 10 * SECOND).expect("empty");
        assert!(gate.enter(INTAKE_UNDER_WAY_MIN, 10 * SECOND).is_err(), "what was long ago does not count");
    }

    #[test]
    fn a_place_is_free_again_whatever_came_of_it() {
        let gate = Gate::default();
        drop(gate.enter(INTAKE_UNDER_WAY_MIN, 0).expect("empty"));
        gate.enter(INTAKE_UNDER_WAY_MAX + 1, 0).expect("a call of its own is let in, however large");
        gate.enter(INTAKE_UNDER_WAY_MIN, 0).expect("empty again");
    }
}

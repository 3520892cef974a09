//! The pace towards single recipients, kept ahead of the platform's pair limit.
//!
//! Same arithmetic as a bucket, one number per recipient; a recipient whose debt is paid is forgotten.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use tidings_store::model::Hash16;

use crate::limits::PAIRS_MAX;

/// The keys are keyed hashes already, so their own bytes serve.
#[derive(Default)]
pub(super) struct BytesHasher(u64);

impl std::hash::Hasher for BytesHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks_exact(8) {
            let word = u64::from_le_bytes(chunk.try_into().expect("chunks of eight"));
            self.0 = (self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
        }
    }
    // An array writes its length first; it says nothing here.
    fn write_usize(&mut self, _: usize) {}
}

pub(super) struct Pairs {
    interval_us: i64,
    burst: i64,
    owed: HashMap<Hash16, i64, BuildHasherDefault<BytesHasher>>,
}

impl Pairs {
    pub fn new(interval_us: i64, burst: u32) -> Self {
        Self { interval_us, burst: i64::from(burst.max(1)), owed: HashMap::default() }
    }

    /// Microseconds until this recipient may be written to again.
    pub fn wait_us(&self, recipient: &Hash16, now_us: i64) -> i64 {
        let Some(tat) = self.owed.get(recipient) else { return 0 };
        (tat - (self.burst - 1) * self.interval_us - now_us).max(0)
    }

    pub fn take(&mut self, recipient: Hash16, now_us: i64) {
        if self.owed.len() >= PAIRS_MAX {
            self.forget_paid(now_us);
        }
        let interval = self.interval_us;
        let tat = self.owed.entry(recipient).or_insert(now_us);
        *tat = (*tat).max(now_us) + interval;
    }

    pub fn refund(&mut self, recipient: &Hash16) {
        if let Some(tat) = self.owed.get_mut(recipient) {
            *tat -= self.interval_us;
        }
    }

    /// The provider says that we are too fast for this recipient: nothing for `micros`.
    pub fn hold(&mut self, recipient: Hash16, micros: i64, now_us: i64) {
        let until = now_us + micros + (self.burst - 1) * self.interval_us;
        let tat = self.owed.entry(recipient).or_insert(until);
        *tat = (*tat).max(until);
    }

    pub fn len(&self) -> usize {
        self.owed.len()
    }

    fn forget_paid(&mut self, now_us: i64) {
        self.owed.retain(|_, tat| *tat > now_us);
        if self.owed.len() >= PAIRS_MAX {
            // Everybody owes something: forget who owes least, which errs by a single message each.
            let mut debts: Vec<i64> = self.owed.values().copied().collect();
            let middle = debts.len() / 2;
            let (_, median, _) = debts.select_nth_unstable(middle);
            let median = *median;
            self.owed.retain(|_, tat| *tat > median);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lends_a_burst_and_then_keeps_the_interval() {
        let mut pairs = Pairs::new(6_000_000, 3);
        let who = Hash16([1; 16]);
        for _ in 0..3 {
            assert_eq!(pairs.wait_us(&who, 0), 0);
            pairs.take(who, 0);
        }
        assert_eq!(pairs.wait_us(&who, 0), 6_000_000);
        assert_eq!(pairs.wait_us(&who, 6_000_000), 0);
        assert_eq!(pairs.wait_us(&Hash16([2; 16]), 0), 0);
        pairs.refund(&who);
        assert_eq!(pairs.wait_us(&who, 0), 0);
    }

    #[test]
    fn a_hold_lasts_as_long_as_asked() {
        let mut pairs = Pairs::new(6_000_000, 40);
        let who = Hash16([1; 16]);
        pairs.hold(who, 16_000_000, 0);
        assert_eq!(pairs.wait_us(&who, 0), 16_000_000);
    }

    #[test]
    fn memory_is_bounded() {
        let mut pairs = Pairs::new(6_000_000, 40);
        for n in 0..(PAIRS_MAX as u64 + 10) {
            let mut key = [0; 16];
            key[..8].copy_from_slice(&n.to_le_bytes());
            pairs.take(Hash16(key), n as i64);
        }
        assert!(pairs.len() <= PAIRS_MAX);
    }
}

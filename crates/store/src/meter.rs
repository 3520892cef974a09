//! What the store's transactions cost: how long each took and how many callers shared it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tidings_domain::clock::Clock;

/// Upper bounds of the time from the beginning of a transaction to its durable end, in microseconds.
const TIMES_US: [u64; 12] =
    [500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 5_000_000];
/// Upper bounds of the callers whose work one transaction carries.
const CALLERS: [u64; 9] = [1, 2, 5, 10, 20, 50, 100, 500, 2_000];

/// Counts by upper bound, as a monitoring system wants them.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    pub sum: f64,
    pub count: u64,
    /// Upper bound and how many lay between the one before and it; the last bound is open.
    pub buckets: Vec<(f64, u64)>,
}

/// Since the store was opened.
#[derive(Debug, Clone, PartialEq)]
pub struct Commits {
    /// Seconds from the beginning of a transaction until it was durable.
    pub seconds: Histogram,
    /// Callers whose work one transaction carried.
    pub callers: Histogram,
}

/// Shared by whoever commits.
pub(crate) struct Meter {
    clock: Arc<dyn Clock>,
    times: Counts<12>,
    callers: Counts<9>,
}

struct Counts<const N: usize> {
    bounds: [u64; N],
    within: [AtomicU64; N],
    beyond: AtomicU64,
    sum: AtomicU64,
}

impl<const N: usize> Counts<N> {
    fn new(bounds: [u64; N]) -> Self {
        let within = std::array::from_fn(|_| AtomicU64::new(0));
        Self { bounds, within, beyond: AtomicU64::new(0), sum: AtomicU64::new(0) }
    }

    fn add(&self, value: u64) {
        let place = self.bounds.iter().position(|bound| value <= *bound);
        place.map_or(&self.beyond, |n| &self.within[n]).fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    fn read(&self, unit: f64) -> Histogram {
        let inner = self.bounds.iter().zip(&self.within);
        let mut buckets: Vec<(f64, u64)> =
            inner.map(|(bound, n)| (*bound as f64 / unit, n.load(Ordering::Relaxed))).collect();
        buckets.push((f64::INFINITY, self.beyond.load(Ordering::Relaxed)));
        let count = buckets.iter().map(|(_, n)| n).sum();
        Histogram { sum: self.sum.load(Ordering::Relaxed) as f64 / unit, count, buckets }
    }
}

impl Meter {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { clock, times: Counts::new(TIMES_US), callers: Counts::new(CALLERS) })
    }

    pub(crate) fn now_us(&self) -> i64 {
        self.clock.monotonic_us()
    }

    /// A transaction that began then is durable now.
    pub(crate) fn committed(&self, begun_us: i64, callers: usize) {
        self.times.add(u64::try_from(self.now_us() - begun_us).unwrap_or(0));
        self.callers.add(callers as u64);
    }

    pub(crate) fn read(&self) -> Commits {
        Commits { seconds: self.times.read(1e6), callers: self.callers.read(1.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_fall_into_the_first_bound_that_holds_them() {
        let counts = Counts::new([1, 10]);
        for value in [0, 1, 2, 10, 11, 5_000] {
            counts.add(value);
        }
        let read = counts.read(1.0);
        assert_eq!(read.buckets, [(1.0, 2), (10.0, 2), (f64::INFINITY, 2)]);
        assert_eq!((read.count, read.sum), (6, 5_024.0));
    }
}

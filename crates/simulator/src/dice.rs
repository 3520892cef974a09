//! The one source of chance.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// A seeded generator. Chances of zero draw nothing.
pub struct Dice(StdRng);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(StdRng::seed_from_u64(seed))
    }

    /// Evenly in 0..1.
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn chance(&mut self, probability: f64) -> bool {
        probability > 0.0 && self.unit() < probability
    }

    /// A time around a median in milliseconds, between a quarter and four times of it, in microseconds.
    pub fn around_ms(&mut self, median_ms: f64) -> i64 {
        if median_ms <= 0.0 {
            return 0;
        }
        let exponent = (self.unit() + self.unit() - 1.0) * 2.0;
        (median_ms * 1000.0 * exponent.exp2()) as i64
    }

    /// Evenly between two numbers.
    pub fn between(&mut self, (low, high): (i64, i64)) -> i64 {
        low + (self.unit() * (high - low) as f64) as i64
    }
}

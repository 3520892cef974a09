//! A token bucket as one number: the theoretical arrival time of the generic cell rate algorithm.
//!
//! It counts on the monotonic clock, so a step of the wall clock mints no tokens. It can be looked into,
//! refunded and slowed, which libraries for this do not offer together.

/// Paces to `rate` per second and lends `burst` at once.
#[derive(Debug, Clone)]
pub struct Bucket {
    per_second: f64,
    burst: f64,
    /// Theoretical arrival time of the next token, in monotonic microseconds.
    tat_us: f64,
    /// 1.0 at full speed; less while a provider's signal slows us down.
    factor: f64,
}

impl Bucket {
    /// Begins empty but for one token: after a restart nothing may be sent in a burst twice.
    pub fn new(per_second: f64, burst: f64, now_us: i64) -> Self {
        let burst = burst.max(1.0);
        let mut bucket = Self { per_second: per_second.max(0.001), burst, tat_us: 0.0, factor: 1.0 };
        bucket.tat_us = now_us as f64 + (burst - 1.0) * bucket.interval_us();
        bucket
    }

    fn interval_us(&self) -> f64 {
        1_000_000.0 / (self.per_second * self.factor)
    }

    /// Whole tokens that can be taken now.
    pub fn available(&self, now_us: i64) -> usize {
        let debt = (self.tat_us - now_us as f64).max(0.0) / self.interval_us();
        (self.burst - debt + 1e-6).floor().max(0.0) as usize
    }

    /// Takes one token if there is one.
    pub fn take(&mut self, now_us: i64) -> bool {
        if self.available(now_us) == 0 {
            return false;
        }
        self.tat_us = self.tat_us.max(now_us as f64) + self.interval_us();
        true
    }

    /// Gives one back that was not used.
    pub fn refund(&mut self) {
        self.tat_us -= self.interval_us();
    }

    /// Microseconds until `tokens` can be taken.
    pub fn wait_us(&self, tokens: usize, now_us: i64) -> i64 {
        let wanted = (tokens.max(1) as f64).min(self.burst);
        let ready = self.tat_us + (wanted - self.burst) * self.interval_us();
        (ready - now_us as f64).ceil().max(0.0) as i64
    }

    /// Changes the speed; what is owed stays owed in tokens.
    pub fn set_factor(&mut self, factor: f64, now_us: i64) {
        let debt = (self.tat_us - now_us as f64).max(0.0) / self.interval_us();
        self.factor = factor.clamp(0.01, 1.0);
        self.tat_us = now_us as f64 + debt * self.interval_us();
    }

    pub fn set_rate(&mut self, per_second: f64, burst: f64, now_us: i64) {
        if (self.per_second - per_second).abs() < f64::EPSILON {
            return;
        }
        let debt = (self.tat_us - now_us as f64).max(0.0) / self.interval_us();
        self.per_second = per_second.max(0.001);
        self.burst = burst.max(1.0);
        self.tat_us = now_us as f64 + debt.min(self.burst) * self.interval_us();
    }

    pub fn factor(&self) -> f64 {
        self.factor
    }
    pub fn per_second(&self) -> f64 {
        self.per_second
    }
    pub fn burst(&self) -> f64 {
        self.burst
    }
}

#[cfg(test)]
#[path = "bucket_tests.rs"]
mod tests;

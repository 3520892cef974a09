//! The machine's clock: the only place of the product that reads it.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tidings_domain::clock::{BoxFuture, Clock};
use tidings_domain::time::Timestamp;

#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the real clock is made here and passed on")]
    pub fn start() -> Self {
        Self { started: Instant::now() }
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the real clock is made here and passed on")]
    fn now(&self) -> Timestamp {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX)),
            Err(before) => {
                let before = i64::try_from(before.duration().as_micros()).unwrap_or(i64::MAX);
                Timestamp::from_micros(-before)
            }
        }
    }

    fn monotonic_us(&self) -> i64 {
        i64::try_from(self.started.elapsed().as_micros()).unwrap_or(i64::MAX)
    }

    fn sleep(&self, micros: i64) -> BoxFuture<'static, ()> {
        let time = Duration::from_micros(u64::try_from(micros).unwrap_or(0));
        Box::pin(tokio::time::sleep(time))
    }
}

/// Seconds as people say them.
pub fn elapsed_s(clock: &dyn Clock, since_us: i64) -> f64 {
    (clock.monotonic_us() - since_us) as f64 / 1e6
}

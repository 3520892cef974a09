//! The machine's clock, moved on at will: a day passes in a moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tidings_domain::clock::{BoxFuture, Clock};
use tidings_domain::time::Timestamp;

pub struct ShiftedClock {
    began: Instant,
    ahead_us: AtomicI64,
}

impl ShiftedClock {
    #[expect(clippy::disallowed_methods, reason = "the product tests run on the machine's time")]
    pub fn start() -> Arc<Self> {
        Arc::new(Self { began: Instant::now(), ahead_us: AtomicI64::new(0) })
    }

    /// Everybody's wall clock moves on; who sleeps is not woken.
    pub fn advance(&self, by: Duration) {
        self.ahead_us.fetch_add(i64::try_from(by.as_micros()).unwrap_or(0), Ordering::SeqCst);
    }
}

impl Clock for ShiftedClock {
    #[expect(clippy::disallowed_methods, reason = "the product tests run on the machine's time")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let wall = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
        Timestamp::from_micros(wall).plus(self.ahead_us.load(Ordering::SeqCst))
    }

    fn monotonic_us(&self) -> i64 {
        i64::try_from(self.began.elapsed().as_micros()).unwrap_or(i64::MAX)
    }

    fn sleep(&self, micros: i64) -> BoxFuture<'static, ()> {
        // sleep: the clock itself
        Box::pin(tokio::time::sleep(Duration::from_micros(u64::try_from(micros).unwrap_or(0))))
    }
}

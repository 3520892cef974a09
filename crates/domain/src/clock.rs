//! The clock as an argument: the wall for what is stored, sleeping for what waits.

use std::future::Future;
use std::pin::Pin;

use crate::time::Timestamp;

/// A future that may cross threads, as the traits of this crate return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Where the engine gets its time from: the machine in production, a virtual one in simulation.
pub trait Clock: Send + Sync + 'static {
    /// The wall clock. It may jump, so it orders nothing by itself.
    fn now(&self) -> Timestamp;
    /// Microseconds on a clock that never steps back; only differences mean something.
    fn monotonic_us(&self) -> i64;
    /// Ready once `micros` have passed on the monotonic clock.
    fn sleep(&self, micros: i64) -> BoxFuture<'static, ()>;
}

//! The wire as an argument: a real HTTP client, or a simulator in the same process.

use bytes::Bytes;

use crate::clock::BoxFuture;

/// Where in an exchange it broke. The difference decides whether a doubt exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// No connection: the request certainly did not leave.
    #[error("no connection could be made")]
    Connect,
    /// The request may have been carried out.
    #[error("no answer came in time")]
    Timeout,
    /// The request may have been carried out.
    #[error("the connection broke during the exchange")]
    Broken,
    /// The answer is larger than its bound.
    #[error("the answer was larger than allowed")]
    TooLarge,
}

impl TransportError {
    /// Whether the request may have reached the other side.
    pub fn in_doubt(self) -> bool {
        self != Self::Connect
    }
}

/// One HTTP exchange with a bounded answer.
pub trait Transport: Send + Sync + 'static {
    fn exchange(
        &self,
        request: http::Request<Bytes>,
        bounds: Bounds,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, TransportError>>;
}

/// What one exchange may take.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    pub total_us: i64,
    pub answer_bytes_max: usize,
}

//! The real wire: an HTTP/1.1 client with a pool, bounded answers and honest failures.
//!
//! Submissions pass through here by the thousand per second, so it sits directly on hyper. HTTP/1.1
//! keeps one exchange per connection: a broken connection puts one message in doubt, never a hundred.

mod body;
mod connector;
mod multipart;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Response};
use http_body_util::Full;
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tidings_domain::clock::BoxFuture;
use tidings_domain::provider::Chunks;
use tidings_domain::transport::{Bounds, Transport, TransportError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub use multipart::Multipart;

use crate::limits;

/// A download: the head at once, the body as it comes.
pub trait Downloads: Send + Sync + 'static {
    /// `bounds.total_us` is the time for the head; after it each chunk has its own.
    fn open(
        &self,
        request: Request<Bytes>,
        bounds: Bounds,
    ) -> BoxFuture<'_, Result<Response<Chunks>, TransportError>>;
}

/// The HTTP client of an installation. Follows no redirect and knows no proxy.
pub struct HttpTransport {
    client: legacy::Client<connector::Connector, Full<Bytes>>,
    permits: Arc<Semaphore>,
}

impl Default for HttpTransport {
    fn default() -> Self {
        Self::new(limits::CONNECT_TIMEOUT)
    }
}

impl HttpTransport {
    pub fn new(connect_timeout: Duration) -> Self {
        let client = legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(limits::IDLE_TIMEOUT)
            .pool_max_idle_per_host(limits::IDLE_PER_HOST_MAX)
            .build(connector::new(connect_timeout));
        Self { client, permits: Arc::new(Semaphore::new(limits::EXCHANGES_MAX)) }
    }

    /// Posts bytes and tells the status, if an answer came at all. For callbacks of a simulator.
    pub async fn post(&self, url: &str, headers: &[(HeaderName, HeaderValue)], body: Bytes) -> Option<u16> {
        let mut request = Request::builder().method(Method::POST).uri(url).body(body).ok()?;
        request.headers_mut().extend(headers.iter().cloned());
        let bounds = Bounds {
            total_us: i64::try_from(limits::CALLBACK_TIMEOUT.as_micros()).ok()?,
            answer_bytes_max: limits::CALLBACK_ANSWER_BYTES_MAX,
        };
        self.bounded(request, bounds).await.ok().map(|answer| answer.status().as_u16())
    }

    async fn bounded(
        &self,
        request: Request<Bytes>,
        bounds: Bounds,
    ) -> Result<Response<Bytes>, TransportError> {
        let _permit = self.permit()?;
        let work = async {
            let (head, body) = self.head(request).await?.into_parts();
            let body = body::read(body, bounds.answer_bytes_max).await?;
            Ok(Response::from_parts(head, body))
        };
        tokio::time::timeout(total(bounds), work).await.unwrap_or(Err(TransportError::Timeout))
    }

    async fn head(&self, request: Request<Bytes>) -> Result<Response<hyper::body::Incoming>, TransportError> {
        self.client.request(request.map(Full::new)).await.map_err(|error| classify(&error))
    }

    async fn streamed(
        &self,
        request: Request<Bytes>,
        bounds: Bounds,
    ) -> Result<Response<Chunks>, TransportError> {
        let permit = self.permit()?;
        let answer = tokio::time::timeout(total(bounds), self.head(request))
            .await
            .unwrap_or(Err(TransportError::Timeout))?;
        Ok(answer.map(|body| body::stream(body, bounds.answer_bytes_max, permit)))
    }

    /// Without a free place nothing is sent, which is as good as no connection.
    fn permit(&self) -> Result<OwnedSemaphorePermit, TransportError> {
        self.permits.clone().try_acquire_owned().map_err(|_| TransportError::Connect)
    }
}

impl std::fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HttpTransport")
    }
}

impl Transport for HttpTransport {
    fn exchange(
        &self,
        request: Request<Bytes>,
        bounds: Bounds,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        Box::pin(self.bounded(request, bounds))
    }
}

impl Downloads for HttpTransport {
    fn open(
        &self,
        request: Request<Bytes>,
        bounds: Bounds,
    ) -> BoxFuture<'_, Result<Response<Chunks>, TransportError>> {
        Box::pin(self.streamed(request, bounds))
    }
}

/// Downloads over a transport that knows only whole answers, such as a simulator in the same process.
pub struct Buffered(pub Arc<dyn Transport>);

impl Downloads for Buffered {
    fn open(
        &self,
        request: Request<Bytes>,
        bounds: Bounds,
    ) -> BoxFuture<'_, Result<Response<Chunks>, TransportError>> {
        Box::pin(async move {
            let answer = self.0.exchange(request, bounds).await?;
            Ok(answer.map(|body| Box::pin(futures_util::stream::iter([Ok(body)])) as Chunks))
        })
    }
}

/// Only a failure to connect is certain. The pool itself repeats a request on a fresh connection if it
/// gets the request back unwritten; whatever else broke may have been read by the other side.
fn classify(error: &legacy::Error) -> TransportError {
    if error.is_connect() { TransportError::Connect } else { TransportError::Broken }
}

fn total(bounds: Bounds) -> Duration {
    Duration::from_micros(u64::try_from(bounds.total_us).unwrap_or(0))
}

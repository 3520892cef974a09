//! The real HTTP client with little patience: a request that is never answered is given up soon.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use parking_lot::Mutex;

use tidings_domain::clock::BoxFuture;
use tidings_domain::provider::Chunks;
use tidings_domain::transport::{Bounds, Transport, TransportError};
use tidings_providers::http::{Downloads, HttpTransport};

use crate::limits::{SENT_KEPT, TRACES_KEPT};

pub struct Impatient {
    pub inner: HttpTransport,
    pub total_us: i64,
    /// The `traceparent` of the first requests that carried one.
    pub traces: Traces,
    pub sent: Sent,
}

pub type Traces = Arc<Mutex<Vec<String>>>;

/// What the provider was asked to send, newest last.
pub type Sent = Arc<Mutex<VecDeque<Bytes>>>;

impl Impatient {
    fn cut(&self, bounds: Bounds) -> Bounds {
        Bounds { total_us: bounds.total_us.min(self.total_us), ..bounds }
    }
}

impl Transport for Impatient {
    fn exchange(
        &self,
        request: Request<Bytes>,
        bounds: Bounds,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        if let Some(trace) = request.headers().get("traceparent").and_then(|value| value.to_str().ok()) {
            let mut traces = self.traces.lock();
            if traces.len() < TRACES_KEPT {
                traces.push(trace.to_owned());
            }
        }
        if request.uri().path().ends_with("/messages") {
            let mut sent = self.sent.lock();
            if sent.len() >= SENT_KEPT {
                sent.pop_front();
            }
            sent.push_back(request.body().clone());
        }
        self.inner.exchange(request, self.cut(bounds))
    }
}

impl Downloads for Impatient {
    fn open(
        &self,
        request: Request<Bytes>,
        bounds: Bounds,
    ) -> BoxFuture<'_, Result<Response<Chunks>, TransportError>> {
        self.inner.open(request, self.cut(bounds))
    }
}

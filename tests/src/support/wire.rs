//! The real HTTP client with little patience: a request that is never answered is given up soon.

use bytes::Bytes;
use http::{Request, Response};

use tidings_domain::clock::BoxFuture;
use tidings_domain::provider::Chunks;
use tidings_domain::transport::{Bounds, Transport, TransportError};
use tidings_providers::http::{Downloads, HttpTransport};

pub struct Impatient {
    pub inner: HttpTransport,
    pub total_us: i64,
}

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

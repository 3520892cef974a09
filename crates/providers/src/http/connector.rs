//! How connections are made: TCP without delay, rustls, and one bound around both.
//!
//! The bound covers the encryption as well, because until it is done nothing of a request has left.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::crypto::aws_lc_rs;
use tower::Service;

pub(super) type Connector = Timed<HttpsConnector<HttpConnector>>;
type BoxError = Box<dyn Error + Send + Sync>;

/// Gives up on a connection that takes too long, as a failure to connect.
#[derive(Clone)]
pub(super) struct Timed<C> {
    inner: C,
    limit: Duration,
}

impl<C> Service<Uri> for Timed<C>
where
    C: Service<Uri>,
    C::Error: Into<BoxError>,
    C::Future: Send + 'static,
{
    type Response = C::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<C::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = self.inner.call(uri);
        let limit = self.limit;
        Box::pin(async move { tokio::time::timeout(limit, connecting).await?.map_err(Into::into) })
    }
}

pub(super) fn new(limit: Duration) -> Connector {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    let provider = || aws_lc_rs::default_provider();
    let roots = HttpsConnectorBuilder::new().with_provider_and_native_roots(provider());
    let builder = match roots {
        Ok(builder) => builder,
        Err(error) => {
            tracing::warn!(%error, "no root certificates found: only plain HTTP will connect");
            HttpsConnectorBuilder::new().with_tls_config(without_roots(provider()))
        }
    };
    let inner = builder.https_or_http().enable_http1().wrap_connector(tcp);
    Timed { inner, limit }
}

fn without_roots(provider: rustls::crypto::CryptoProvider) -> rustls::ClientConfig {
    rustls::ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .expect("the provider supports the default versions")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth()
}

//! What every handler can reach.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::HeaderMap;
use tidings_domain::clock::Clock;
use tidings_engine::Engine;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::console::watch::Watch;
use crate::limits;
use crate::ops::http_metrics::HttpMetrics;
use crate::ops::process_metrics::ProcessProbe;

/// Cheap to clone; one per process.
#[derive(Clone)]
pub struct AppState {
    pub engine: Engine,
    /// Whether the listener speaks TLS: cookies are `Secure` and `__Host-` then.
    pub tls: bool,
    pub clock: Arc<dyn Clock>,
    /// Ends what would otherwise never end (event streams) when the server stops.
    pub shutdown: CancellationToken,
    /// What the console remembers between requests.
    pub console: Watch,
    /// Where people reach this installation, and how a proxy tells who they are.
    pub public: Public,
    /// How to ask what the process uses, if anybody knows.
    pub process: Option<ProcessProbe>,
    pub(crate) shared: Arc<Shared>,
}

/// How the pages for recipients are reached.
#[derive(Debug, Clone, Default)]
pub struct Public {
    /// `https://messages.example`, without a slash at its end; the address of each request unless given.
    pub url: Option<String>,
    /// The header in which the proxy in front of us names the visitor's address, such as `x-forwarded-for`.
    pub client_ip_header: Option<String>,
}

/// What the edge counts and bounds, over all connections.
pub(crate) struct Shared {
    pub metrics: HttpMetrics,
    /// Requests being answered.
    pub requests: Semaphore,
    /// Requests with a large body among them.
    pub large_bodies: Semaphore,
    /// Open event streams.
    pub streams: Arc<Semaphore>,
    /// Files being received.
    pub uploads: Semaphore,
    /// Tables being handed out.
    pub exports: Arc<Semaphore>,
    /// Who lately came to the pages for recipients.
    pub visits: crate::public::visits::Visits,
    spans: AtomicU64,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            metrics: HttpMetrics::default(),
            requests: Semaphore::new(limits::REQUESTS_AT_ONCE_MAX),
            large_bodies: Semaphore::new(limits::LARGE_BODIES_AT_ONCE_MAX),
            streams: Arc::new(Semaphore::new(limits::EVENT_STREAMS_MAX)),
            uploads: Semaphore::new(limits::UPLOADS_AT_ONCE_MAX),
            exports: Arc::new(Semaphore::new(limits::EXPORTS_AT_ONCE_MAX)),
            visits: crate::public::visits::Visits::default(),
            spans: AtomicU64::new(1),
        }
    }
}

impl AppState {
    pub fn new(engine: Engine, clock: Arc<dyn Clock>, tls: bool, shutdown: CancellationToken) -> Self {
        Self {
            engine,
            tls,
            clock,
            shutdown,
            console: Watch::default(),
            public: Public::default(),
            process: None,
            shared: Arc::default(),
        }
    }

    /// With somebody who knows what the process uses.
    #[must_use]
    pub fn with_process(self, look: ProcessProbe) -> Self {
        Self { process: Some(look), ..self }
    }

    /// Where pages for recipients are reached.
    #[must_use]
    pub fn with_public(self, public: Public) -> Self {
        Self { public, ..self }
    }

    /// A path as a whole address: the one that was set, or the one by which this request came.
    pub(crate) fn public_url(&self, headers: &HeaderMap, path: &str) -> String {
        if let Some(url) = &self.public.url {
            return format!("{}{path}", url.trim_end_matches('/'));
        }
        let scheme = if self.tls { "https" } else { "http" };
        let host = headers.get(http::header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
        format!("{scheme}://{host}{path}")
    }

    /// The visitor's address as the proxy in front of us saw it: the last one that it added.
    pub(crate) fn client_ip(&self, headers: &HeaderMap) -> Option<String> {
        let name = self.public.client_ip_header.as_deref()?;
        let last = headers.get_all(name).iter().next_back()?.to_str().ok()?.rsplit(',').next()?.trim();
        last.parse::<std::net::IpAddr>().ok().map(|ip| ip.to_string())
    }

    /// A span id for a `traceparent` that we hand out: distinct within the process, spread over the range.
    pub(crate) fn next_span(&self) -> u64 {
        const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
        self.shared.spans.fetch_add(1, Ordering::Relaxed).wrapping_mul(GOLDEN)
    }
}

impl fmt::Debug for AppState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppState").field("tls", &self.tls).finish_non_exhaustive()
    }
}

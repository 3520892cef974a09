//! What every handler can reach.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

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
    /// How to ask what the process uses, if anybody knows.
    pub process: Option<ProcessProbe>,
    pub(crate) shared: Arc<Shared>,
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
            process: None,
            shared: Arc::default(),
        }
    }

    /// With somebody who knows what the process uses.
    #[must_use]
    pub fn with_process(self, look: ProcessProbe) -> Self {
        Self { process: Some(look), ..self }
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

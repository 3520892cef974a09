//! The overview's numbers, and the memory behind its chart.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tidings_domain::id::TenantId;
use tidings_domain::time::SECOND;
use tidings_engine::report::Overview as Counts;
use tidings_engine::{Caller, EngineError};

use super::history::{History, STEP_S, Totals};
use super::view::Chart;
use crate::limits::HISTORY_TENANTS_MAX;
use crate::state::AppState;

/// How long a tenant is watched after somebody last looked, in seconds.
const WATCHED_S: i64 = 30 * 60;

/// What the console remembers between requests. Losing it costs the chart its past.
#[derive(Debug, Clone, Default)]
pub struct Watch(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    history: History,
    /// When somebody last looked, on the monotonic clock, of each tenant with a task.
    looked: BTreeMap<TenantId, i64>,
}

/// What the stream sends and the first page shows.
#[derive(Debug, serde::Serialize)]
pub struct Overview {
    /// By the names under which pages place them.
    pub counts: Counts,
    pub chart: Chart,
}

impl Watch {
    /// The numbers now. From here on the tenant is watched for a while, so that the chart has a past.
    pub async fn look(&self, state: &AppState, caller: &Caller) -> Result<Overview, EngineError> {
        self.keep(state, caller);
        self.sample(state, caller).await
    }

    async fn sample(&self, state: &AppState, caller: &Caller) -> Result<Overview, EngineError> {
        let counts = state.engine.overview(caller).await?;
        let totals = Totals { accepted: counts.accepted, delivered: counts.delivered, failed: counts.failed };
        let now = state.clock.now();
        let mut inner = self.0.lock();
        inner.history.record(caller.tenant, now, totals);
        let chart = Chart::of(&inner.history.series(caller.tenant, now));
        drop(inner);
        Ok(Overview { counts, chart })
    }

    fn keep(&self, state: &AppState, caller: &Caller) {
        let now = state.clock.monotonic_us();
        {
            let mut inner = self.0.lock();
            if let Some(looked) = inner.looked.get_mut(&caller.tenant) {
                *looked = now;
                return;
            }
            if inner.looked.len() >= HISTORY_TENANTS_MAX {
                return;
            }
            inner.looked.insert(caller.tenant, now);
        }
        let (watch, state, caller) = (self.clone(), state.clone(), caller.clone());
        tokio::spawn(async move { watch.follow(&state, &caller).await });
    }

    /// Samples until nobody has looked for a while.
    async fn follow(&self, state: &AppState, caller: &Caller) {
        loop {
            tokio::select! {
                () = state.shutdown.cancelled() => return,
                () = state.clock.sleep(STEP_S * SECOND / 2) => {}
            }
            let now = state.clock.monotonic_us();
            {
                let mut inner = self.0.lock();
                let looked = inner.looked.get(&caller.tenant).copied().unwrap_or(i64::MIN);
                if now.saturating_sub(looked) > WATCHED_S * SECOND {
                    inner.looked.remove(&caller.tenant);
                    return;
                }
            }
            if let Err(error) = self.sample(state, caller).await {
                tracing::debug!(%error, "the overview could not be sampled");
            }
        }
    }
}

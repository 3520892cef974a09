//! How full things stand, by region: for the people on call. Asked of the store at most once every few seconds,
//! however often somebody looks.

use std::collections::BTreeMap;
use std::sync::Arc;

use tidings_domain::time::Timestamp;
use tidings_store::{Commits, Levels};

use crate::dispatch::PHASES;
use crate::limits::LEVELS_FRESH_US;
use crate::pipeline::Engine;

/// One region at one moment.
#[derive(Debug, Clone)]
pub struct RegionLevels {
    pub region: String,
    pub at: Timestamp,
    /// Absent while the store does not answer.
    pub levels: Option<Levels>,
    pub commits: Commits,
    /// Lanes in memory, by phase.
    pub phases: BTreeMap<&'static str, u64>,
    /// Whether this process decides for the region's lanes.
    pub decides: bool,
}

/// What was seen last, and when.
pub(crate) type Seen = Option<(i64, Arc<Vec<RegionLevels>>)>;

impl Engine {
    pub async fn levels(&self) -> Arc<Vec<RegionLevels>> {
        // Whoever comes meanwhile waits for this look instead of taking one of its own.
        let mut seen = self.0.levels.lock().await;
        let now_us = self.0.clock.monotonic_us();
        if let Some((at_us, levels)) = &*seen
            && now_us - at_us < LEVELS_FRESH_US
        {
            return Arc::clone(levels);
        }
        let mut regions = Vec::new();
        for store in self.0.regions.iter() {
            let mailbox = self.0.wakes.mailbox(store.region());
            let mut phases: BTreeMap<&'static str, u64> = PHASES.iter().map(|phase| (*phase, 0)).collect();
            phases.extend(mailbox.phases());
            regions.push(RegionLevels {
                region: store.region().to_owned(),
                at: self.now(),
                levels: store.levels(&store.system()).await.ok(),
                commits: store.commits(),
                phases,
                decides: !mailbox.holdings.open().is_empty(),
            });
        }
        let regions = Arc::new(regions);
        *seen = Some((now_us, Arc::clone(&regions)));
        regions
    }
}

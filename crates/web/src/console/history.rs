//! How many messages each few seconds brought: the differences of the log's running totals, kept in
//! memory for the chart and bounded in time and in tenants.

use std::collections::{HashMap, VecDeque};

use tidings_domain::id::TenantId;
use tidings_domain::time::{SECOND, Timestamp};

/// Seconds that one point of the chart spans.
pub const STEP_S: i64 = 10;
/// Points of the chart.
pub const STEPS: usize = 60;
/// Tenants whose history is kept; the one that was looked at longest ago makes room.
pub const TENANTS_MAX: usize = 256;

/// Running totals at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    pub accepted: u64,
    pub delivered: u64,
    pub failed: u64,
}

/// What each step brought, oldest first, `STEPS` of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    pub accepted: Vec<u64>,
    pub delivered: Vec<u64>,
    pub failed: Vec<u64>,
}

#[derive(Debug, Default)]
struct Track {
    /// The totals as last seen in a step, by step number; only steps in which somebody looked.
    seen: VecDeque<(i64, Totals)>,
}

/// The tracks of the tenants that somebody looks at.
#[derive(Debug, Default)]
pub struct History {
    tracks: HashMap<TenantId, Track>,
}

impl History {
    pub fn record(&mut self, tenant: TenantId, now: Timestamp, totals: Totals) {
        if !self.tracks.contains_key(&tenant) && self.tracks.len() >= TENANTS_MAX {
            let oldest = self.tracks.iter().min_by_key(|(_, track)| track.seen.back().map(|(step, _)| *step));
            if let Some(oldest) = oldest.map(|(tenant, _)| *tenant) {
                self.tracks.remove(&oldest);
            }
        }
        let step = step_of(now);
        let track = self.tracks.entry(tenant).or_default();
        if track.seen.is_empty() {
            // What the first look finds was there before; what comes in the same step is new.
            track.seen.push_back((step - 1, totals));
        }
        match track.seen.back_mut() {
            Some((last, kept)) if *last >= step => *kept = totals,
            _ => track.seen.push_back((step, totals)),
        }
        // One step more than is shown: the difference needs a start.
        while track.seen.front().is_some_and(|(first, _)| *first < step - STEPS as i64)
            && track.seen.len() > 2
        {
            track.seen.pop_front();
        }
    }

    pub fn series(&self, tenant: TenantId, now: Timestamp) -> Series {
        let mut series =
            Series { accepted: vec![0; STEPS], delivered: vec![0; STEPS], failed: vec![0; STEPS] };
        let Some(track) = self.tracks.get(&tenant) else { return series };
        let first = step_of(now) - STEPS as i64 + 1;
        for ((_, before), (step, after)) in track.seen.iter().zip(track.seen.iter().skip(1)) {
            let Ok(at) = usize::try_from(step - first) else { continue };
            if at < STEPS {
                series.accepted[at] = after.accepted.saturating_sub(before.accepted);
                series.delivered[at] = after.delivered.saturating_sub(before.delivered);
                series.failed[at] = after.failed.saturating_sub(before.failed);
            }
        }
        series
    }
}

fn step_of(at: Timestamp) -> i64 {
    at.micros().div_euclid(STEP_S * SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidings_domain::id::Id;

    fn totals(accepted: u64) -> Totals {
        Totals { accepted, ..Totals::default() }
    }

    #[test]
    fn differences_fall_into_their_step() {
        let tenant = TenantId::from_bytes([1; 16]);
        let mut history = History::default();
        for (second, accepted) in [(0, 100), (4, 110), (12, 130), (19, 135), (31, 140)] {
            history.record(tenant, Timestamp::from_secs(second), totals(accepted));
        }
        let series = history.series(tenant, Timestamp::from_secs(31)).accepted;
        assert_eq!(series[STEPS - 4..], [10, 25, 0, 5]);
        assert_eq!(series.iter().sum::<u64>(), 40);
        let later = history.series(tenant, Timestamp::from_secs(51)).accepted;
        assert_eq!(later[STEPS - 6..], [10, 25, 0, 5, 0, 0]);
    }

    #[test]
    fn memory_is_bounded_and_totals_may_restart() {
        let mut history = History::default();
        for n in 0..TENANTS_MAX + 20 {
            let mut bytes = [0; 16];
            bytes[..8].copy_from_slice(&n.to_be_bytes());
            history.record(TenantId::from_bytes(bytes), Timestamp::from_secs(n as i64 * 100), totals(1));
        }
        assert_eq!(history.tracks.len(), TENANTS_MAX);
        let tenant = TenantId::from_bytes([9; 16]);
        for second in 0..10_000 {
            history.record(tenant, Timestamp::from_secs(second), totals(10_000 - second as u64));
        }
        assert!(history.tracks[&tenant].seen.len() <= STEPS + 2);
        assert_eq!(history.series(tenant, Timestamp::from_secs(10_000)).accepted.iter().sum::<u64>(), 0);
    }
}

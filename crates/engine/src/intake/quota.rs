//! What a tenant may take in. The rate is kept in memory, by process; the day's count is the store's, read now
//! and then, so that a restart or another node forgets nothing for long.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use tidings_domain::id::TenantId;
use tidings_domain::time::{DAY, SECOND, Timestamp};
use tidings_store::model::TenantLimits;

use crate::caller::Caller;
use crate::catalog::Snapshot;
use crate::error::{EngineError, Result};
use crate::limits::{QUOTA_DAY_FRESH_US, QUOTA_TENANTS_MAX, QUOTA_WAIT_MAX_S};
use crate::pipeline::Engine;

/// The tenants that have a limit and used it lately.
#[derive(Default)]
pub struct Quotas(Mutex<BTreeMap<TenantId, Used>>);

#[derive(Debug, Clone, Copy, Default)]
struct Used {
    /// When all that was taken is paid for by the rate, in monotonic microseconds. A batch may run ahead of it;
    /// what comes next waits until it is paid.
    paid_us: i64,
    /// Since 1970, and what was taken on it.
    day: i64,
    taken: u32,
    /// When the store was asked, in monotonic microseconds.
    asked_us: Option<i64>,
}

impl Engine {
    /// Whether the tenant may hand in so many intents now.
    pub(super) async fn admit(&self, caller: &Caller, snapshot: &Snapshot, count: usize) -> Result<()> {
        let limits = snapshot.limits;
        if limits.suspended {
            return Err(EngineError::Suspended);
        }
        if limits.accepts_per_s.is_none() && limits.accepts_per_day.is_none() {
            return Ok(());
        }
        let (now, now_us) = (self.now(), self.0.clock.monotonic_us());
        if let Some(most) = limits.accepts_per_day
            && self.0.quotas.asks(caller.tenant, now, now_us)
        {
            let midnight = Timestamp::from_micros(now.micros().div_euclid(DAY) * DAY);
            let taken = caller.store.accepted_since(&caller.scope, midnight, most.saturating_add(1)).await?;
            self.0.quotas.learn(caller.tenant, now, taken, now_us);
        }
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        self.0.quotas.take(caller.tenant, limits, count, now, now_us)
    }
}

impl Quotas {
    fn asks(&self, tenant: TenantId, now: Timestamp, now_us: i64) -> bool {
        let known = self.0.lock();
        known.get(&tenant).is_none_or(|used| {
            let stale = used.asked_us.is_none_or(|asked| now_us - asked >= QUOTA_DAY_FRESH_US);
            stale || used.day != now.micros().div_euclid(DAY)
        })
    }

    fn learn(&self, tenant: TenantId, now: Timestamp, taken: u32, now_us: i64) {
        let mut known = self.0.lock();
        if known.len() >= QUOTA_TENANTS_MAX && !known.contains_key(&tenant) {
            known.clear();
        }
        let used = known.entry(tenant).or_default();
        (used.day, used.taken, used.asked_us) = (now.micros().div_euclid(DAY), taken, Some(now_us));
    }

    fn take(
        &self,
        tenant: TenantId,
        limits: TenantLimits,
        count: u32,
        now: Timestamp,
        now_us: i64,
    ) -> Result<()> {
        let mut known = self.0.lock();
        if known.len() >= QUOTA_TENANTS_MAX && !known.contains_key(&tenant) {
            known.clear();
        }
        let used = known.entry(tenant).or_default();
        if let Some(most) = limits.accepts_per_day {
            if used.taken.saturating_add(count) > most {
                let left_us = DAY - now.micros().rem_euclid(DAY);
                return Err(EngineError::TooMany { retry_after_s: seconds(left_us) });
            }
            used.taken = used.taken.saturating_add(count);
        }
        if let Some(rate) = limits.accepts_per_s {
            // A second's worth may come at once.
            if used.paid_us > now_us + SECOND {
                return Err(EngineError::TooMany { retry_after_s: seconds(used.paid_us - now_us - SECOND) });
            }
            let cost_us = (f64::from(count) * SECOND as f64 / rate.max(0.01)) as i64;
            used.paid_us = used.paid_us.max(now_us).saturating_add(cost_us);
        }
        Ok(())
    }
}

fn seconds(us: i64) -> u32 {
    let whole = us.saturating_add(SECOND - 1).div_euclid(SECOND);
    u32::try_from(whole).unwrap_or(QUOTA_WAIT_MAX_S).clamp(1, QUOTA_WAIT_MAX_S)
}

#[cfg(test)]
mod tests {
    use tidings_domain::id::Id;

    use super::*;

    fn wait(result: Result<()>) -> Option<u32> {
        match result {
            Ok(()) => None,
            Err(EngineError::TooMany { retry_after_s }) => Some(retry_after_s),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn a_batch_may_run_ahead_and_is_paid_for() {
        let quotas = Quotas::default();
        let tenant = TenantId::from_bytes([1; 16]);
        let limits = TenantLimits { accepts_per_s: Some(10.0), ..TenantLimits::default() };
        let take = |count, now_us| wait(quotas.take(tenant, limits, count, Timestamp::from_secs(0), now_us));
        assert_eq!(take(50, 0), None, "a batch is never larger than what is allowed at once");
        assert_eq!(take(1, 0), Some(4), "five seconds are owed, and one may be");
        assert_eq!(take(1, 3_999_999), Some(1));
        assert_eq!(take(1, 4_000_000), None);
        let other = TenantId::from_bytes([2; 16]);
        assert_eq!(
            wait(quotas.take(other, limits, 50, Timestamp::from_secs(0), 0)),
            None,
            "each has its own"
        );
    }

    #[test]
    fn a_day_has_its_count_and_ends() {
        let quotas = Quotas::default();
        let tenant = TenantId::from_bytes([1; 16]);
        let limits = TenantLimits { accepts_per_day: Some(5), ..TenantLimits::default() };
        let evening = Timestamp::from_micros(DAY - 10 * SECOND);
        assert!(quotas.asks(tenant, evening, 0));
        quotas.learn(tenant, evening, 3, 0);
        assert!(!quotas.asks(tenant, evening, 1));
        assert_eq!(wait(quotas.take(tenant, limits, 2, evening, 1)), None);
        assert_eq!(wait(quotas.take(tenant, limits, 1, evening, 1)), Some(10));
        let tomorrow = evening.plus(20 * SECOND);
        assert!(quotas.asks(tenant, tomorrow, 2), "a new day is asked for");
        quotas.learn(tenant, tomorrow, 0, 2);
        assert_eq!(wait(quotas.take(tenant, limits, 5, tomorrow, 3)), None);
        assert!(quotas.asks(tenant, tomorrow, 3 + QUOTA_DAY_FRESH_US), "other nodes take too");
    }
}

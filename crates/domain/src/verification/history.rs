//! What happened under one scope lately.

use crate::time::{DAY, MINUTE, Timestamp};

/// Microseconds of the pieces in which the last day is counted.
pub const BUCKET_US: i64 = 5 * MINUTE;

/// How many codes were asked for, used, and refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    pub started: u32,
    pub approved: u32,
    pub refused: u32,
}

impl Tally {
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            started: self.started.saturating_add(other.started),
            approved: self.approved.saturating_add(other.approved),
            refused: self.refused.saturating_add(other.refused),
        }
    }

    /// Codes that nobody has used, those that were refused among them: whoever pumps goes on asking.
    pub fn unused(self) -> u32 {
        (self.started.saturating_add(self.refused)).saturating_sub(self.approved)
    }

    /// Of a hundred that were asked for, how many were used.
    pub fn conversion_percent(self) -> u32 {
        let asked = u64::from(self.started) + u64::from(self.refused);
        if asked == 0 {
            return 100;
        }
        u32::try_from(u64::from(self.approved) * 100 / asked).unwrap_or(100)
    }
}

/// The counts of one scope: the last day in pieces of five minutes, the last month in days.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History {
    /// By the beginning of the piece, oldest first.
    pub recent: Vec<(Timestamp, Tally)>,
    /// Days before today, all together.
    pub month: Tally,
    /// When a code was last sent under it.
    pub last_sent_at: Option<Timestamp>,
}

impl History {
    /// The last `span_us`, rounded up to whole pieces.
    pub fn over(&self, span_us: i64, now: Timestamp) -> Tally {
        debug_assert!(span_us <= DAY, "older pieces are only kept as days");
        let since = now.plus(-span_us);
        let inside = self.recent.iter().filter(|(at, _)| at.plus(BUCKET_US) > since);
        inside.fold(Tally::default(), |sum, (_, tally)| sum.plus(*tally))
    }

    /// Microseconds until fewer than `max` were sent within the span; nothing if that is so now.
    pub fn wait_us(&self, span_us: i64, max: u32, now: Timestamp) -> Option<i64> {
        let mut left = self.over(span_us, now).started;
        if left < max {
            return None;
        }
        let since = now.plus(-span_us);
        for (at, tally) in self.recent.iter().filter(|(at, _)| at.plus(BUCKET_US) > since) {
            left -= tally.started.min(left);
            if left < max {
                return Some(at.plus(BUCKET_US + span_us).since(now).max(1));
            }
        }
        Some(span_us)
    }
}

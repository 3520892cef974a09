//! How codes fare: asked for, used, by country and by hour.

use serde::Serialize;

use tidings_domain::actor::Permission;
use tidings_domain::time::{HOUR, Timestamp};

use crate::caller::Caller;
use crate::error::{EngineError, Result};
use crate::limits::CODE_HOURS_MAX;
use crate::pipeline::Engine;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CodesReport {
    pub since: Timestamp,
    pub started: u64,
    pub approved: u64,
    /// Codes that were sent for them.
    pub sends: u64,
    /// Countries with the most first.
    pub countries: Vec<CodesOfCountry>,
    /// Every hour since then, oldest first.
    pub hours: Vec<CodesOfHour>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CodesOfCountry {
    pub country: String,
    pub started: u64,
    pub approved: u64,
    pub sends: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CodesOfHour {
    pub at: Timestamp,
    pub started: u64,
    pub approved: u64,
}

impl Engine {
    /// What became of the verifications of the last hours, the one under way included.
    pub async fn codes_report(&self, caller: &Caller, hours: u32) -> Result<CodesReport> {
        caller.require(Permission::MessagesRead)?;
        if !(1..=CODE_HOURS_MAX).contains(&hours) {
            let detail = format!("Choose 1 to {CODE_HOURS_MAX} hours.");
            return Err(EngineError::invalid("hours", "number.range", detail));
        }
        let begun = Timestamp::from_micros(self.now().micros().div_euclid(HOUR) * HOUR);
        let since = begun.plus(-(i64::from(hours) - 1) * HOUR);
        let found = caller.store.code_figures(&caller.scope, since).await?;
        let all = found.hours.iter().map(|(_, counts)| counts);
        let of_hour = |n: u32| {
            let at = since.plus(i64::from(n) * HOUR);
            let counts = found.hours.iter().find(|(hour, _)| *hour == at).map(|(_, counts)| *counts);
            let counts = counts.unwrap_or_default();
            CodesOfHour { at, started: counts.started, approved: counts.approved }
        };
        Ok(CodesReport {
            since,
            started: all.clone().map(|counts| counts.started).sum(),
            approved: all.clone().map(|counts| counts.approved).sum(),
            sends: all.map(|counts| counts.sends).sum(),
            countries: found
                .countries
                .iter()
                .map(|(country, counts)| CodesOfCountry {
                    country: country.to_string(),
                    started: counts.started,
                    approved: counts.approved,
                    sends: counts.sends,
                })
                .collect(),
            hours: (0..hours).map(of_hour).collect(),
        })
    }
}

//! What looks like abuse, and what to do about it. Pure: counts in, an action and its reasons out.
//!
//! Pumped codes go to many numbers of few ranges, and are never used. Honest ones are spread, and most are used
//! within minutes. Where a range or a country has a month of good conversion behind it, more is borne.

use serde::Serialize;

use super::{History, Scope};
use crate::time::{HOUR, SECOND, Timestamp};

/// What is done with a request; each is stricter than the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Allow,
    /// One at a time, with a pause between them.
    Slow,
    /// Only after the application's own proof that a person asks.
    Challenge,
    Block,
}

/// Why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// Stable code such as `prefix.concentration`.
    pub rule: &'static str,
    pub scope: Scope,
    pub action: Action,
    /// Codes of the last hour that nobody has used.
    pub unused: u32,
    pub conversion_percent: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    pub action: Action,
    /// The strictest first.
    pub reasons: Vec<Reason>,
}

/// Everything that is known when a code is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Picture<'a> {
    pub block: &'a History,
    pub range: &'a History,
    pub area: &'a History,
    pub country: &'a History,
    /// Numbers next to this one that were sent a code within the hour.
    pub neighbours: u32,
    pub now: Timestamp,
}

/// From how many unused codes an hour on what is done.
struct Ladder {
    slow: u32,
    challenge: u32,
    block: u32,
}

impl Ladder {
    fn action(&self, unused: u32, patience: u32) -> Action {
        match unused {
            n if n >= self.block * patience => Action::Block,
            n if n >= self.challenge * patience => Action::Challenge,
            n if n >= self.slow * patience => Action::Slow,
            _ => Action::Allow,
        }
    }
}

const IN_BLOCK: Ladder = Ladder { slow: 6, challenge: 10, block: 20 };
const IN_RANGE: Ladder = Ladder { slow: 12, challenge: 20, block: 40 };
const IN_AREA: Ladder = Ladder { slow: 20, challenge: 30, block: 45 };
const IN_NEW_COUNTRY: Ladder = Ladder { slow: 30, challenge: 60, block: 150 };
/// Neighbours are not used up by conversion: so many within an hour are no coincidence.
const NEXT_TO_IT: Ladder = Ladder { slow: 2, challenge: 3, block: 6 };

/// Below it the codes of an hour look pumped.
const CONVERSION_LOW_PERCENT: u32 = 25;
/// Used codes of a month that make a range or a country known.
const KNOWN_FROM: u32 = 50;
const KNOWN_CONVERSION_PERCENT: u32 = 40;
/// How much more is borne where people have used their codes for a month.
const PATIENCE: u32 = 5;
/// Codes within the hour from which a fall of conversion says something.
const DROP_FROM: u32 = 50;
/// Below this part of the month's conversion it has fallen.
const DROP_TO_PERCENT: u32 = 30;
/// Seconds between two codes of a scope that is slowed.
pub(super) const SLOW_PACE_US: i64 = 20 * SECOND;

/// Looks at a request from every side.
pub fn assess(picture: &Picture<'_>) -> Assessment {
    let concentration =
        |scope, history, ladder| concentrated("prefix.concentration", scope, history, ladder, picture.now);
    let mut reasons: Vec<Reason> = [
        sequential(picture),
        concentration(Scope::Block, picture.block, &IN_BLOCK),
        concentration(Scope::Range, picture.range, &IN_RANGE),
        concentration(Scope::Area, picture.area, &IN_AREA),
        new_country(picture),
        conversion_drop(picture),
    ]
    .into_iter()
    .flatten()
    .collect();
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.action));
    let action = reasons.first().map_or(Action::Allow, |reason| reason.action);
    Assessment { action, reasons }
}

impl Assessment {
    /// Microseconds to wait where requests are slowed; nothing if the last code was long enough ago.
    pub fn slow_us(&self, picture: &Picture<'_>) -> Option<i64> {
        if self.action != Action::Slow {
            return None;
        }
        let history = |scope| match scope {
            Scope::Block => picture.block,
            Scope::Range => picture.range,
            Scope::Area => picture.area,
            Scope::Country => picture.country,
            _ => picture.block,
        };
        let waits = self.reasons.iter().filter_map(|reason| {
            let since = picture.now.since(history(reason.scope).last_sent_at?);
            Some(SLOW_PACE_US - since).filter(|wait_us| *wait_us > 0)
        });
        waits.max()
    }
}

fn reason(
    rule: &'static str,
    scope: Scope,
    action: Action,
    history: &History,
    now: Timestamp,
) -> Option<Reason> {
    let hour = history.over(HOUR, now);
    let (unused, conversion_percent) = (hour.unused(), hour.conversion_percent());
    (action > Action::Allow).then_some(Reason { rule, scope, action, unused, conversion_percent })
}

fn sequential(picture: &Picture<'_>) -> Option<Reason> {
    let action = NEXT_TO_IT.action(picture.neighbours, 1);
    reason("numbers.sequential", Scope::Phone, action, picture.block, picture.now)
}

fn is_known(history: &History) -> bool {
    history.month.approved >= KNOWN_FROM && history.month.conversion_percent() >= KNOWN_CONVERSION_PERCENT
}

fn concentrated(
    rule: &'static str,
    scope: Scope,
    history: &History,
    ladder: &Ladder,
    now: Timestamp,
) -> Option<Reason> {
    let hour = history.over(HOUR, now);
    if hour.conversion_percent() >= CONVERSION_LOW_PERCENT {
        return None;
    }
    let patience = if is_known(history) { PATIENCE } else { 1 };
    reason(rule, scope, ladder.action(hour.unused(), patience), history, now)
}

/// A country from which nobody has ever used a code.
fn new_country(picture: &Picture<'_>) -> Option<Reason> {
    let country = picture.country;
    if is_known(country) {
        return None;
    }
    concentrated("country.new", Scope::Country, country, &IN_NEW_COUNTRY, picture.now)
}

/// Codes of a known country that suddenly nobody uses: spread over its ranges, they are pumped all the same.
fn conversion_drop(picture: &Picture<'_>) -> Option<Reason> {
    let country = picture.country;
    let hour = country.over(HOUR, picture.now);
    let fallen = hour.conversion_percent() * 100 < country.month.conversion_percent() * DROP_TO_PERCENT;
    let action = if is_known(country) && hour.unused() >= DROP_FROM && fallen {
        Action::Challenge
    } else {
        Action::Allow
    };
    reason("country.conversion_drop", Scope::Country, action, country, picture.now)
}

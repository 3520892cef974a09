//! What packs will change: loaded ahead, and in force by itself on its day.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::hours::WeekText;
use super::packs::{Hours, Pack, Status, day_of, packs};
use crate::address::CountryCode;
use crate::time::Timestamp;

/// A rule of a country beside its hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CountryRule {
    /// The platform carries no marketing to numbers of the country.
    MarketingBlocked,
    /// An opt-out of one category is one of all but authentication.
    OptOutOfAll,
}

/// A rule with the dates between which it holds.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "DatedText")]
pub struct DatedRule {
    pub rule: CountryRule,
    pub from: Date,
    /// The first day on which it no longer holds.
    pub until: Option<Date>,
    pub status: Status,
    pub source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DatedText {
    rule: CountryRule,
    from: String,
    until: Option<String>,
    status: Status,
    source: String,
}

impl TryFrom<DatedText> for DatedRule {
    type Error = String;

    fn try_from(text: DatedText) -> Result<Self, String> {
        let date = |text: &str| text.parse::<Date>().map_err(|_| format!("`{text}` is no date"));
        let DatedText { rule, from, until, status, source } = text;
        Ok(Self { rule, from: date(&from)?, until: until.as_deref().map(date).transpose()?, status, source })
    }
}

impl DatedRule {
    fn holds_on(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|until| day < until)
    }
}

impl Pack {
    /// The rule, if it holds in the country at a time.
    pub fn rule(&self, rule: CountryRule, at: Timestamp) -> Option<&DatedRule> {
        let day = day_of(at)?;
        self.rules.iter().find(|each| each.rule == rule && each.holds_on(day))
    }
}

/// One change that is announced for a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Announced {
    pub country: CountryCode,
    /// The day, of UTC, on which it takes effect.
    pub on: String,
    /// States; empty: the whole country.
    pub areas: Vec<String>,
    pub what: AnnouncedChange,
    pub status: Status,
    pub source: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AnnouncedChange {
    /// `null`: the hours of a wider area hold.
    Hours {
        before: Option<WeekText>,
        after: Option<WeekText>,
    },
    RuleBegins {
        rule: CountryRule,
    },
    RuleEnds {
        rule: CountryRule,
    },
}

/// Every change after a moment, the next one first.
pub fn upcoming(at: Timestamp) -> Vec<Announced> {
    let Some(today) = day_of(at) else { return Vec::new() };
    let mut found: Vec<(Date, Announced)> = packs().flat_map(|pack| of_pack(pack, today)).collect();
    found.sort_by(|(one, first), (other, second)| {
        (one, first.country, &first.areas).cmp(&(other, second.country, &second.areas))
    });
    found.into_iter().map(|(_, change)| change).collect()
}

fn of_pack(pack: &Pack, today: Date) -> Vec<(Date, Announced)> {
    let mut found = Vec::new();
    for hours in &pack.hours {
        if hours.from > today {
            found.push(turn(pack, hours, hours.from));
        }
        // What follows in its place is told by itself.
        if let Some(until) = hours.until.filter(|until| *until > today)
            && at_day(pack, hours, until).is_none()
        {
            found.push(turn(pack, hours, until));
        }
    }
    for rule in &pack.rules {
        let change = |on: Date, what| {
            let areas = Vec::new();
            let (status, source) = (rule.status, rule.source.clone());
            (on, Announced { country: pack.country, on: on.to_string(), areas, what, status, source })
        };
        if rule.from > today {
            found.push(change(rule.from, AnnouncedChange::RuleBegins { rule: rule.rule }));
        }
        if let Some(until) = rule.until.filter(|until| *until > today) {
            found.push(change(until, AnnouncedChange::RuleEnds { rule: rule.rule }));
        }
    }
    found
}

/// The hours of the same areas on a day; of several the newest.
fn at_day<'p>(pack: &'p Pack, like: &Hours, day: Date) -> Option<&'p Hours> {
    let same = |hours: &&Hours| {
        hours.areas == like.areas && hours.when_area_unknown == like.when_area_unknown && hours.holds_on(day)
    };
    pack.hours.iter().filter(same).max_by_key(|hours| hours.from)
}

fn turn(pack: &Pack, hours: &Hours, on: Date) -> (Date, Announced) {
    let text = |hours: &Hours| hours.text.clone();
    let before = on.yesterday().ok().and_then(|day| at_day(pack, hours, day)).map(text);
    let after = at_day(pack, hours, on).map(text);
    let (areas, status, source) = (hours.areas.clone(), hours.status, hours.source.clone());
    let what = AnnouncedChange::Hours { before, after };
    (on, Announced { country: pack.country, on: on.to_string(), areas, what, status, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).expect("a time")
    }

    #[test]
    fn what_is_ahead_is_told_and_holds_on_its_day() {
        let us = CountryCode::UNITED_STATES;
        // Connecticut's hours, the platform's block and the end of a waiver, seen from the summer of 2023.
        let ahead = upcoming(at("2023-08-01T00:00:00Z"));
        let of_us: Vec<_> = ahead.iter().filter(|change| change.country == us).collect();
        let days: Vec<&str> = of_us.iter().map(|change| change.on.as_str()).collect();
        assert!(days.is_sorted() && days.starts_with(&["2023-10-01"]), "{days:?}");
        assert_eq!(of_us[0].areas, ["CT"]);
        let AnnouncedChange::Hours { before: None, after: Some(after) } = &of_us[0].what else {
            panic!("{:?}", of_us[0])
        };
        assert_eq!(after.every.as_deref(), Some("09:00-20:00"));
        let rules: Vec<_> =
            of_us.iter().filter(|c| matches!(c.what, AnnouncedChange::RuleBegins { .. })).collect();
        assert_eq!(rules.len(), 2);

        let pack = super::super::pack_of(Some(us));
        let holds = |rule, time| pack.rule(rule, at(time)).is_some();
        assert!(!holds(CountryRule::MarketingBlocked, "2025-03-31T23:59:59Z"));
        assert!(holds(CountryRule::MarketingBlocked, "2025-04-01T00:00:00Z"));
        assert!(!holds(CountryRule::OptOutOfAll, "2027-01-30T23:59:59Z"));
        assert!(holds(CountryRule::OptOutOfAll, "2027-01-31T00:00:00Z"));
        let ahead = upcoming(at("2027-01-31T00:00:00Z"));
        assert!(!ahead.iter().any(|change| change.country == us), "what is in force is not ahead: {ahead:?}");
    }
}

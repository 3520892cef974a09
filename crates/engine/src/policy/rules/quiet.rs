//! Quiet hours in the recipient's local time; where several zones are possible, in each of them.

use serde_json::json;

use tidings_domain::address::CountryCode;
use tidings_domain::decision::{Decision, Verdict};
use tidings_domain::policy::{Opening, Pack, Week, Zone, pack_of};
use tidings_store::model::RecipientFacts;

use super::{Question, allow, decision};
use crate::catalog::Snapshot;
use crate::limits::ZONES_NAMED_MAX;

pub(super) fn quiet_hours(
    snapshot: &Snapshot,
    question: &Question<'_>,
    facts: &RecipientFacts,
) -> Option<Decision> {
    let policy = &snapshot.policy;
    let settings = &policy.settings.quiet_hours;
    if !settings.enabled || !settings.categories.contains(&question.category) {
        return None;
    }
    let country = question.place.country;
    let pack = pack_of(country);
    let (week, own) = match country.and_then(|country| policy.week_in(country)) {
        Some(None) => {
            return Some(allow("quiet_hours.off", "The tenant has turned quiet hours off for this country."));
        }
        Some(Some(week)) => (week, true),
        None => (&pack.hours_for(&question.place, question.at)?.week, false),
    };
    let known = facts.zone.as_deref().and_then(Zone::named);
    let mut zones = known.as_ref().map_or_else(|| pack.zones_for(&question.place), std::slice::from_ref);
    if zones.is_empty() {
        zones = policy.default_zone().map_or(&[], std::slice::from_ref);
    }
    if zones.is_empty() {
        return Some(allow("quiet_hours.nowhere", "Nothing tells in which time zone the recipient is."));
    }
    let is_holiday = |date| pack.is_holiday(date);
    let mut found = match week.opening(question.at, zones, &is_holiday) {
        Opening::Open => allow("quiet_hours.open", "It is an hour at which the recipient may be written to."),
        Opening::At(until) => decision(
            "quiet_hours.closed",
            Verdict::Defer { until },
            "It is not an hour at which the recipient may be written to; it goes when the hours begin.",
            inputs(question, week, pack, zones),
        ),
        Opening::Never => decision(
            "quiet_hours.never",
            Verdict::Deny,
            "There is no hour in the coming days at which the recipient may be written to.",
            inputs(question, week, pack, zones),
        ),
    };
    // The tenant's hours are told from the pack's by the settings' version among the inputs.
    found.version = pack.version;
    if own && !found.inputs.is_empty() {
        found.inputs.insert("settings".to_owned(), json!(policy.settings_version));
    }
    Some(found)
}

fn inputs(question: &Question<'_>, week: &Week, pack: &Pack, zones: &[Zone]) -> serde_json::Value {
    let is_holiday = |date| pack.is_holiday(date);
    let local: Vec<_> = zones
        .iter()
        .take(ZONES_NAMED_MAX)
        .map(|zone| {
            let (time, hours) = week.hours_at(question.at, zone, &is_holiday);
            json!({"zone": zone.name(), "time": time, "hours": hours})
        })
        .collect();
    let country = question.place.country.unwrap_or(CountryCode::UNKNOWN);
    json!({"country": country, "state": question.place.state(), "pack": pack.country, "zones": zones.len(), "local": local})
}

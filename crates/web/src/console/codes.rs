//! One-time passwords: how many are asked for, how many are used, and what looks like abuse.

use axum::response::Response;
use tidings_engine::verifications::{CodesOfCountry, CodesReport};

use super::report::{json, list, text};
use super::view::chart::bars;
use super::view::codes::{CodesPage, CountryRow, WindowRow};
use super::view::text::number;
use super::view::{Badge, Section};
use super::viewer::{Refusal, Viewer, html};
use crate::limits::CODE_HOURS_SHOWN;

pub async fn show(viewer: Viewer) -> Result<Response, Refusal> {
    let engine = &viewer.state.engine;
    let report = engine.codes_report(&viewer.caller, CODE_HOURS_SHOWN).await?;
    let settings = json(&engine.verification_settings(&viewer.caller).await?);
    let mut frame = viewer.frame("Codes", Section::Codes).await?;
    frame.swap = true;
    let highest = report.hours.iter().map(|hour| hour.started).max().unwrap_or(0).max(1);
    let of = |value: fn(&tidings_engine::verifications::CodesOfHour) -> u64| {
        bars(&report.hours.iter().map(value).collect::<Vec<_>>(), highest)
    };
    Ok(html(&CodesPage {
        frame,
        hours: CODE_HOURS_SHOWN,
        started: number(report.started),
        approved: number(report.approved),
        share: percent(report.approved, report.started),
        sends: number(report.sends),
        top: number(highest),
        asked_bars: of(|hour| hour.started),
        used_bars: of(|hour| hour.approved),
        words: words(&report),
        countries: report.countries.iter().map(country).collect(),
        guard: if settings["guard"] == true {
            Badge::new("good", "acting")
        } else {
            Badge::new("warn", "only telling")
        },
        windows: list(&settings, "/windows")
            .iter()
            .map(|window| WindowRow {
                scope: text(window, "/scope").replace('_', " "),
                max: text(window, "/max"),
                within: span(super::report::number(window, "/within_s")),
            })
            .collect(),
    }))
}

fn words(report: &CodesReport) -> String {
    format!(
        "In the last {} hours {} codes were asked for, {} were used.",
        report.hours.len(),
        number(report.started),
        number(report.approved)
    )
}

fn country(found: &CodesOfCountry) -> CountryRow {
    CountryRow {
        country: found.country.clone(),
        started: number(found.started),
        approved: number(found.approved),
        share: percent(found.approved, found.started),
        used_width: found.approved * 100 / found.started.max(1),
    }
}

fn percent(part: u64, whole: u64) -> String {
    (part * 100).checked_div(whole).map_or_else(|| "–".to_owned(), |share| format!("{share} %"))
}

/// `10 min`, `1 h`, `90 s`.
fn span(seconds: u64) -> String {
    match seconds {
        0 => "0 s".to_owned(),
        s if s % 3_600 == 0 => format!("{} h", s / 3_600),
        s if s % 60 == 0 => format!("{} min", s / 60),
        s => format!("{s} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_becomes_a_row() {
        let found = CodesOfCountry { country: "DE".to_owned(), started: 8, approved: 6, sends: 9 };
        let row = country(&found);
        assert_eq!((row.share.as_str(), row.used_width), ("75 %", 75));
        assert_eq!(percent(0, 0), "–");
        assert_eq!([90, 600, 86_400].map(span), ["90 s", "10 min", "24 h"]);
    }
}

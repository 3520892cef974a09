use super::*;

use crate::address::{Address, CountryCode};
use crate::time::{HOUR, Timestamp};

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("a time")
}

fn place(phone: &str) -> Place {
    Place::of(&Address::parse("phone", phone).expect("a number"))
}

/// Open, or when it opens, for marketing to a number.
fn opening(phone: &str, now: &str) -> Opening {
    let place = place(phone);
    let pack = pack_of(place.country);
    let hours = pack.hours_for(&place, at(now)).expect("hours hold at all times");
    hours.week.opening(at(now), pack.zones_for(&place), &|date| pack.is_holiday(date))
}

#[test]
fn every_pack_is_sound() {
    let mut count = 0;
    for pack in packs() {
        count += 1;
        assert!(!pack.hours.is_empty(), "{}", pack.country);
        for hours in &pack.hours {
            assert!(hours.source.len() > 20, "{} cites a source", pack.country);
            assert!(hours.until.is_none_or(|until| until > hours.from), "{}", pack.country);
        }
        // A rule about holidays needs them for this year and the next.
        let wants = pack.hours.iter().any(|hours| hours.text.holidays.is_some());
        for year in [2026, 2027] {
            let has = pack.holidays.keys().any(|date| date.year() == year);
            assert_eq!(wants, has, "{} {year}", pack.country);
        }
    }
    assert_eq!(count, 17);
    for country in "US CA IN BR MX GB FR DE ES IT ID ZA NG AE SA AU".split(' ') {
        assert_eq!(pack_of(CountryCode::parse(country)).country.as_str(), country);
    }
    assert_eq!(pack_of(CountryCode::parse("CH")).country, CountryCode::UNKNOWN);
}

#[test]
fn numbers_tell_a_place() {
    let cases = [
        ("+12125550123", "US", Some("NY"), &["America/New_York"][..]),
        ("+13055550123", "US", Some("FL"), &["America/New_York"]),
        ("+12705550123", "US", Some("KY"), &["America/Chicago", "America/New_York"]),
        ("+14165550123", "CA", None, &["America/Toronto"]),
        ("+4915112345678", "DE", None, &["Europe/Berlin", "Europe/Busingen"]),
        ("+971501234567", "AE", None, &["Asia/Dubai"]),
        ("+5511961234567", "BR", None, &["America/Sao_Paulo"]),
        ("+919876543210", "IN", None, &["Asia/Kolkata"]),
        ("+41791234567", "CH", None, &["Europe/Zurich"]),
    ];
    for (phone, country, state, zones) in cases {
        let place = place(phone);
        assert_eq!(place.country.map(|country| country.to_string()).as_deref(), Some(country), "{phone}");
        assert_eq!(place.state(), state, "{phone}");
        let names: Vec<_> = place.zones().iter().map(Zone::name).collect();
        assert_eq!(names, zones, "{phone}");
        assert_eq!(place.to_text().map(|text| Place::from_text(&text)), Some(place), "{phone}");
    }
}

#[test]
fn an_area_code_of_nobody_is_nowhere() {
    let place = place("+15555550123");
    assert_eq!(place, Place::default());
    assert!(place.zones().is_empty());
    assert_eq!(place.to_text(), None);
    assert_eq!(Place::from_text("nonsense/x"), Place::default());
}

#[test]
fn hours_by_country_and_clock() {
    // Number, moment in UTC, `open` or the opening in UTC.
    let cases = [
        ("+4915112345678", "2026-11-20T08:00:00Z", "open"),
        ("+4915112345678", "2026-11-20T07:59:59Z", "2026-11-20T08:00:00Z"),
        ("+4915112345678", "2026-11-20T19:00:00Z", "2026-11-21T08:00:00Z"),
        ("+4915112345678", "2026-12-24T20:00:00Z", "2026-12-27T08:00:00Z"),
        ("+33612345678", "2026-11-21T12:00:00Z", "open"),
        ("+33612345678", "2026-11-22T12:00:00Z", "2026-11-23T07:00:00Z"),
        ("+33612345678", "2026-07-13T18:00:00Z", "2026-07-15T06:00:00Z"),
        ("+919876543210", "2026-11-21T04:29:00Z", "2026-11-21T04:30:00Z"),
        ("+919876543210", "2026-11-21T15:29:00Z", "open"),
        ("+12125550123", "2026-11-21T12:59:00Z", "2026-11-21T13:00:00Z"),
        ("+13055550123", "2026-11-22T01:00:00Z", "2026-11-22T13:00:00Z"),
        ("+12125550123", "2026-11-22T01:00:00Z", "open"),
        // Two zones: open where both are, 10:00 central to 21:00 eastern.
        ("+12705550123", "2026-11-20T15:30:00Z", "2026-11-20T16:00:00Z"),
        ("+12705550123", "2026-11-21T01:59:00Z", "open"),
        ("+12705550123", "2026-11-21T02:00:00Z", "2026-11-21T16:00:00Z"),
        ("+27821234567", "2026-11-21T11:00:00Z", "2026-11-23T06:00:00Z"),
        ("+41791234567", "2026-11-22T12:00:00Z", "2026-11-23T08:00:00Z"),
    ];
    for (phone, now, want) in cases {
        let want = if want == "open" { Opening::Open } else { Opening::At(at(want)) };
        assert_eq!(opening(phone, now), want, "{phone} at {now}");
    }
}

#[test]
fn the_clock_changes() {
    let week =
        WeekText { every: Some("02:30-06:00".to_owned()), ..WeekText::default() }.read().expect("hours");
    let zone = [Zone::named("Europe/Berlin").expect("a zone")];
    let opening = |now| week.opening(at(now), &zone, &|_| false);
    // On 29 March 2026 the hour from 2 to 3 is skipped: it opens when the skipped half would have ended.
    assert_eq!(opening("2026-03-29T00:00:00Z"), Opening::At(at("2026-03-29T01:30:00Z")));
    // On 25 October 2026 it comes twice: it opens with the first.
    assert_eq!(opening("2026-10-24T22:00:00Z"), Opening::At(at("2026-10-25T00:30:00Z")));
}

#[test]
fn hours_that_never_meet_are_never() {
    let week =
        WeekText { every: Some("09:00-12:00".to_owned()), ..WeekText::default() }.read().expect("hours");
    let zones = ["Europe/Berlin", "America/New_York"].map(|name| Zone::named(name).expect("a zone"));
    assert_eq!(week.opening(at("2026-11-21T00:00:00Z"), &zones, &|_| false), Opening::Never);
    let closed = WeekText { every: Some("closed".to_owned()), ..WeekText::default() }.read().expect("hours");
    assert_eq!(closed.opening(at("2026-11-21T00:00:00Z"), &zones[..1], &|_| false), Opening::Never);
}

#[test]
fn an_opening_is_open() {
    for (n, phone) in
        ["+12705550123", "+33612345678", "+5511961234567", "+61412345678", "+27821234567"].iter().enumerate()
    {
        let mut now = at("2026-12-20T00:13:00Z").plus(n as i64 * 7 * HOUR);
        for _ in 0..300 {
            now = now.plus(HOUR);
            let place = place(phone);
            let pack = pack_of(place.country);
            let week = pack.hours_for(&place, now).expect("hours").week;
            let look = |now| week.opening(now, pack.zones_for(&place), &|date| pack.is_holiday(date));
            if let Opening::At(opens) = look(now) {
                assert!(opens > now);
                assert_eq!(look(opens), Opening::Open, "{phone} {now}");
                assert_ne!(look(opens.plus(-1)), Opening::Open, "{phone} {now}: it opened before");
            }
        }
    }
}

#[test]
fn spans_are_read_strictly() {
    for text in ["08:00-21:00", "00:00-24:00", "09:30 - 10:00"] {
        assert!(matches!(Span::read(text), Some(Some(_))), "{text}");
    }
    assert_eq!(Span::read("closed"), Some(None));
    for text in
        ["", "8-21", "21:00-08:00", "08:00-08:00", "08:60-09:00", "24:01-24:30", "08:00", "+8:00-09:00"]
    {
        assert_eq!(Span::read(text), None, "{text}");
    }
}

#[test]
fn settings_name_the_field_that_is_wrong() {
    let cases = [
        (r#"{"quiet_hours": {"default_zone": "Mars/Base"}}"#, "quiet_hours.default_zone"),
        (r#"{"quiet_hours": {"countries": {"DE": {"every": "9-17"}}}}"#, "quiet_hours.countries.DE.every"),
        (r#"{"quiet_hours": {"countries": {"DE": {"always": "09:00-17:00"}}}}"#, "quiet_hours.countries.DE"),
        (r#"{"caps": [{"category": "marketing", "messages": 0, "hours": 24}]}"#, "caps[0]"),
        (r#"{"caps": [{"category": "marketing", "messages": 1, "hours": 721}]}"#, "caps[0]"),
        (r#"{"messaging_limit": {"recipients_per_day": 0}}"#, "messaging_limit.recipients_per_day"),
        (r#"{"messaging_limit": {"authentication_percent": 91}}"#, "messaging_limit.authentication_percent"),
        (r#"{"quiet": {}}"#, ""),
    ];
    for (json, field) in cases {
        let problems = Settings::parse(json.as_bytes()).expect_err(json);
        assert!(problems[0].field.starts_with(field), "{json}: {problems:?}");
    }
    let own = r#"{"quiet_hours": {"countries": {"DE": {"weekdays": "09:00-17:00"}, "FR": {"off": true}}}}"#;
    let settings = Settings::parse(own.as_bytes()).expect("settings");
    assert!(settings.quiet_hours.enabled && settings.us_marketing_blocked);
    assert_eq!(Settings::parse(settings.to_json().as_bytes()), Ok(settings));
}

#[test]
fn tiers_are_read() {
    for (tier, want) in [
        ("TIER_50", Some(Some(50))),
        ("TIER_250", Some(Some(250))),
        ("TIER_2K", Some(Some(2_000))),
        ("TIER_100K", Some(Some(100_000))),
        ("TIER_UNLIMITED", Some(None)),
        ("TIER_NOT_SET", None),
        ("100K", None),
        ("TIER_99999999999K", None),
    ] {
        assert_eq!(tier_recipients(tier), want, "{tier}");
    }
}

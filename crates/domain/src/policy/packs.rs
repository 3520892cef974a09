//! Packs: the hours of a country as data, with source, status and the dates between which they hold.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::hours::{Week, WeekText};
use super::place::{Place, Zone};
use super::upcoming::DatedRule;
use crate::address::CountryCode;
use crate::time::Timestamp;

/// How well founded hours are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// A law or a regulator's rule.
    Law,
    /// What operators and carriers ask for.
    Practice,
    /// Our own narrow choice where no source was read.
    Derived,
}

/// The hours of a country, or of some of its areas, between two dates.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "HoursText")]
pub struct Hours {
    pub from: Date,
    /// The first day on which they no longer hold.
    pub until: Option<Date>,
    pub status: Status,
    pub source: String,
    /// States; empty: the whole country.
    pub areas: Vec<String>,
    /// For recipients of the country whose state is not known.
    pub when_area_unknown: bool,
    pub week: Week,
    pub text: WeekText,
}

#[derive(Deserialize)]
struct HoursText {
    from: String,
    until: Option<String>,
    status: Status,
    source: String,
    #[serde(default)]
    areas: Vec<String>,
    #[serde(default)]
    when_area_unknown: bool,
    #[serde(flatten)]
    week: Flat,
}

/// The fields of [`WeekText`], which cannot refuse unknown ones when it is flattened.
#[derive(Deserialize)]
struct Flat {
    every: Option<String>,
    weekdays: Option<String>,
    saturday: Option<String>,
    sunday: Option<String>,
    holidays: Option<String>,
}

/// All hours of a country.
#[derive(Debug, Clone, Deserialize)]
pub struct Pack {
    /// `ZZ` is the pack of all countries without one.
    pub country: CountryCode,
    pub version: u32,
    pub hours: Vec<Hours>,
    #[serde(default, rename = "holidays")]
    holidays_text: BTreeMap<String, String>,
    #[serde(skip)]
    pub holidays: BTreeMap<Date, String>,
    #[serde(default)]
    pub rules: Vec<DatedRule>,
    /// Zones that count where the number leaves the zone open; all of the country if not given.
    #[serde(default, rename = "zones")]
    zones_text: Vec<String>,
    #[serde(skip)]
    pub zones: Vec<Zone>,
}

macro_rules! pack_files {
    ($($name:literal),*) => {[$(include_str!(concat!("../../data/packs/", $name, ".toml"))),*]};
}

const FILES: [&str; 17] = pack_files!(
    "default", "us", "ca", "in", "br", "mx", "gb", "fr", "de", "es", "it", "id", "za", "ng", "ae", "sa", "au"
);

static PACKS: LazyLock<BTreeMap<CountryCode, Pack>> =
    LazyLock::new(|| FILES.iter().map(|text| read(text)).map(|pack| (pack.country, pack)).collect());

const SOUND: &str = "every committed pack is read by a test";

fn read(text: &str) -> Pack {
    let mut pack: Pack = toml::from_str(text).expect(SOUND);
    pack.holidays =
        pack.holidays_text.iter().map(|(date, name)| (date.parse().expect(SOUND), name.clone())).collect();
    pack.zones = pack.zones_text.iter().map(|name| Zone::named(name).expect(SOUND)).collect();
    pack
}

impl TryFrom<HoursText> for Hours {
    type Error = String;

    fn try_from(text: HoursText) -> Result<Self, String> {
        let date = |text: &str| text.parse::<Date>().map_err(|_| format!("`{text}` is no date"));
        let Flat { every, weekdays, saturday, sunday, holidays } = text.week;
        let week = WeekText { every, weekdays, saturday, sunday, holidays };
        Ok(Self {
            from: date(&text.from)?,
            until: text.until.as_deref().map(date).transpose()?,
            status: text.status,
            source: text.source,
            areas: text.areas,
            when_area_unknown: text.when_area_unknown,
            week: week.read().map_err(|field| format!("`{field}` is not like 08:00-21:00 or closed"))?,
            text: week,
        })
    }
}

/// Every pack, the default first.
pub fn packs() -> impl Iterator<Item = &'static Pack> {
    let default = PACKS.get(&CountryCode::UNKNOWN).into_iter();
    default.chain(PACKS.values().filter(|pack| pack.country != CountryCode::UNKNOWN))
}

/// The country's own, else the default.
pub fn pack_of(country: Option<CountryCode>) -> &'static Pack {
    let own = country.and_then(|country| PACKS.get(&country));
    own.unwrap_or_else(|| PACKS.get(&CountryCode::UNKNOWN).expect("the default pack is committed"))
}

/// Days of UTC: rules of law begin at midnight somewhere, and a few hours are given for that.
pub(super) fn day_of(at: Timestamp) -> Option<Date> {
    let instant = jiff::Timestamp::from_microsecond(at.micros()).ok()?;
    Some(instant.to_zoned(jiff::tz::TimeZone::UTC).date())
}

impl Pack {
    /// The hours that hold for a place on a day; the narrowest description wins.
    pub fn hours_for(&self, place: &Place, at: Timestamp) -> Option<&Hours> {
        let day = day_of(at)?;
        let state = place.state();
        let mut holding = self.hours.iter().filter(|hours| hours.holds_on(day));
        let rank = |hours: &&Hours| match state {
            Some(state) if hours.areas.iter().any(|area| area == state) => 3,
            None if hours.when_area_unknown => 2,
            _ if hours.areas.is_empty() && !hours.when_area_unknown => 1,
            _ => 0,
        };
        let first = holding.next()?;
        let best = holding.fold((rank(&first), first), |best, hours| {
            let rank = rank(&hours);
            // Of two that hold, the later one replaces the earlier.
            if rank > best.0 || rank == best.0 && hours.from > best.1.from { (rank, hours) } else { best }
        });
        (best.0 > 0).then_some(best.1)
    }

    pub fn is_holiday(&self, date: Date) -> bool {
        self.holidays.contains_key(&date)
    }

    /// The zones in which a recipient of this pack may be.
    pub fn zones_for<'a>(&'a self, place: &Place) -> &'a [Zone] {
        if place.area.is_none() && !self.zones.is_empty() { &self.zones } else { place.zones() }
    }
}

impl Hours {
    pub(super) fn holds_on(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|until| day < until)
    }
}

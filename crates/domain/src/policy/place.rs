//! Where a recipient is, as far as an address tells: country, numbering area, time zones.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use jiff::tz::TimeZone;

use crate::address::{Address, CountryCode};
use crate::limits::AREA_PREFIX_DIGITS_MAX;

/// The code that the countries of North America share.
const NORTH_AMERICA: u32 = 1;

/// The beginning of a phone number by which its place is known, such as 1212 or 5511: an area, not a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Area(u32);

/// A time zone of the bundled database.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone(TimeZone);

/// What is known of where a recipient is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// `None` too where a shared code names an area that no country has.
    pub country: Option<CountryCode>,
    pub area: Option<Area>,
}

struct Table {
    zones: HashMap<u32, Vec<Zone>>,
    countries: BTreeMap<CountryCode, Vec<Zone>>,
    /// States of the United States by area code.
    states: HashMap<u32, &'static str>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| Table {
    zones: prefixes(include_str!("../../data/zones.txt")),
    countries: countries(include_str!("../../data/countries.txt")),
    states: states(include_str!("../../data/areas.txt")),
});

const SOUND: &str = "the committed data was made by the script beside it";

fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.starts_with('#'))
}

fn prefixes(text: &'static str) -> HashMap<u32, Vec<Zone>> {
    let mut zones: Vec<Zone> = Vec::new();
    let mut table = HashMap::new();
    for line in lines(text) {
        let (key, value) = line.split_once(' ').expect(SOUND);
        if key == "zone" {
            zones.push(Zone::named(value).expect(SOUND));
        } else {
            let of = value.split(',').map(|n| zones[n.parse::<usize>().expect(SOUND)].clone()).collect();
            table.insert(key.parse().expect(SOUND), of);
        }
    }
    table
}

fn countries(text: &'static str) -> BTreeMap<CountryCode, Vec<Zone>> {
    lines(text)
        .map(|line| {
            let (code, names) = line.split_once(' ').expect(SOUND);
            let zones = names.split(' ').filter_map(Zone::named).collect();
            (CountryCode::parse(code).expect(SOUND), zones)
        })
        .collect()
}

fn states(text: &'static str) -> HashMap<u32, &'static str> {
    lines(text)
        .flat_map(|line| {
            let (state, codes) = line.split_once(' ').expect(SOUND);
            codes.split(' ').map(move |code| (code.parse().expect(SOUND), state))
        })
        .collect()
}

impl Zone {
    /// By its name in the tz database, such as `Europe/Berlin`.
    pub fn named(name: &str) -> Option<Self> {
        TimeZone::get(name).ok().map(Self)
    }

    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    pub(super) fn tz(&self) -> &TimeZone {
        &self.0
    }
}

impl Area {
    pub fn number(self) -> u32 {
        self.0
    }

    pub fn from_number(number: u32) -> Option<Self> {
        TABLE.zones.contains_key(&number).then_some(Self(number))
    }

    /// The longest beginning of a number that the table knows.
    fn of_digits(digits: &str) -> Option<Self> {
        (1..=AREA_PREFIX_DIGITS_MAX.min(digits.len()))
            .rev()
            .filter_map(|n| digits[..n].parse().ok())
            .find(|prefix| TABLE.zones.contains_key(prefix))
            .map(Self)
    }

    /// Whether it is more than the code of a country: then a shorter one stands in the table.
    fn is_within_a_country(self) -> bool {
        let shorter = |prefix: u32| TABLE.zones.contains_key(&prefix);
        std::iter::successors(Some(self.0 / 10), |prefix| Some(prefix / 10))
            .take_while(|prefix| *prefix > 0)
            .any(shorter)
    }

    /// The state of the United States that has this area code.
    pub fn state(self) -> Option<&'static str> {
        (1_000..10_000)
            .contains(&self.0)
            .then(|| TABLE.states.get(&(self.0 % 1_000)).copied())
            .flatten()
            .filter(|_| self.0 / 1_000 == NORTH_AMERICA)
    }
}

fn has_no_zones(country: CountryCode) -> bool {
    TABLE.countries.get(&country).is_none_or(Vec::is_empty)
}

impl Place {
    pub fn of(address: &Address) -> Self {
        let country = address.country();
        match address {
            Address::Phone(phone) => {
                let area = Area::of_digits(phone.digits());
                // An area code that nobody was given, such as 555, is in no country.
                let nowhere = area == Some(Area(NORTH_AMERICA));
                let country = country.filter(|country| !nowhere && *country != CountryCode::UNKNOWN);
                // Where the code of the country says all, the area adds nothing.
                let says_more = |area: &Area| area.is_within_a_country() || country.is_none_or(has_no_zones);
                Self { country, area: area.filter(|area| !nowhere && says_more(area)) }
            }
            Address::Bsuid(_) | Address::Email(_) => Self { country, area: None },
        }
    }

    pub fn state(&self) -> Option<&'static str> {
        self.area.and_then(Area::state)
    }

    /// The zones in which the recipient may be: by area, else by country; none if nothing is known.
    pub fn zones(&self) -> &'static [Zone] {
        let by_area = self.area.and_then(|area| TABLE.zones.get(&area.0));
        let by_country = || self.country.and_then(|country| TABLE.countries.get(&country));
        by_area.or_else(by_country).map_or(&[], Vec::as_slice)
    }

    /// The form in which the store keeps it: `DE`, `US/1212`.
    pub fn to_text(&self) -> Option<Cow<'_, str>> {
        match (&self.country, self.area) {
            (None, None) => None,
            (Some(country), None) => Some(Cow::Borrowed(country.as_str())),
            (country, Some(area)) => {
                Some(format!("{}/{}", country.unwrap_or(CountryCode::UNKNOWN), area.0).into())
            }
        }
    }

    pub fn from_text(text: &str) -> Self {
        let (country, area) = text.split_once('/').unwrap_or((text, ""));
        Self {
            country: CountryCode::parse(country).filter(|country| *country != CountryCode::UNKNOWN),
            area: area.parse().ok().and_then(Area::from_number),
        }
    }
}

//! Hours of a week in local time, and when they open next.

use jiff::civil::{Date, Time, Weekday};
use serde::Deserialize;

use super::place::Zone;
use crate::limits::{OPENING_DAYS_AHEAD_MAX, OPENING_STEPS_MAX};
use crate::time::Timestamp;

/// Minutes of a local day, the end not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    from: u16,
    to: u16,
}

/// Hours by weekday, Monday first; `None` is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Week {
    days: [Option<Span>; 7],
    /// On public holidays in place of the weekday's; `None`: as on any other day.
    holidays: Option<Option<Span>>,
}

/// What a look at the hours says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    Open,
    /// Closed now, open then.
    At(Timestamp),
    /// Not within the days that are looked ahead.
    Never,
}

/// A week as people write it: `every`, or `weekdays` with `saturday` and `sunday`, or days by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct WeekText {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weekdays: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saturday: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sunday: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holidays: Option<String>,
}

impl WeekText {
    /// The week, or the name of the field that does not read as hours.
    pub fn read(&self) -> Result<Week, &'static str> {
        let read = |field: &'static str, text: &Option<String>| match text {
            None => Ok(None),
            Some(text) => Span::read(text).map(Some).ok_or(field),
        };
        let every = read("every", &self.every)?;
        let weekdays = read("weekdays", &self.weekdays)?.or(every).flatten();
        let saturday = read("saturday", &self.saturday)?.or(every).flatten();
        let sunday = read("sunday", &self.sunday)?.or(every).flatten();
        let mut days = [weekdays; 7];
        (days[5], days[6]) = (saturday, sunday);
        Ok(Week { days, holidays: read("holidays", &self.holidays)? })
    }
}

impl Span {
    /// Reads `08:00-21:00`, or `closed` as none; the outer `None` is neither.
    pub fn read(text: &str) -> Option<Option<Self>> {
        if text == "closed" {
            return Some(None);
        }
        let minute = |text: &str| {
            let (hour, minute) = text.split_once(':')?;
            let digits = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            let (hour, minute): (u16, u16) = (
                hour.parse().ok().filter(|_| digits(hour))?,
                minute.parse().ok().filter(|_| digits(minute))?,
            );
            let of_day = hour * 60 + minute;
            (minute < 60 && of_day <= 24 * 60).then_some(of_day)
        };
        let (from, to) = text.split_once('-')?;
        let span = Self { from: minute(from.trim())?, to: minute(to.trim())? };
        (span.from < span.to).then_some(Some(span))
    }

    fn holds(self, minute: u16) -> bool {
        (self.from..self.to).contains(&minute)
    }

    pub fn to_text(self) -> String {
        let Self { from, to } = self;
        format!("{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
    }
}

impl Week {
    fn on(&self, date: Date, is_holiday: impl Fn(Date) -> bool) -> Option<Span> {
        match self.holidays {
            Some(hours) if is_holiday(date) => hours,
            _ => self.days[usize::from(date.weekday().since(Weekday::Monday).unsigned_abs())],
        }
    }

    /// When a message may go next: now, or at the earliest moment at which these hours are open in every zone.
    pub fn opening(&self, at: Timestamp, zones: &[Zone], is_holiday: &impl Fn(Date) -> bool) -> Opening {
        let mut moment = at;
        for _ in 0..OPENING_STEPS_MAX {
            let mut latest = moment;
            for zone in zones {
                match self.opening_in(zone, moment, is_holiday) {
                    Some(opening) => latest = latest.max(opening),
                    None => return Opening::Never,
                }
            }
            if latest == moment {
                return if moment == at { Opening::Open } else { Opening::At(moment) };
            }
            if latest.since(at) > OPENING_DAYS_AHEAD_MAX * crate::time::DAY {
                return Opening::Never;
            }
            moment = latest;
        }
        Opening::Never
    }

    /// The earliest moment from `at` on that is open in one zone. Hours are compared by the clock on the wall,
    /// so that a day with 23 or 25 hours needs no case of its own.
    fn opening_in(
        &self,
        zone: &Zone,
        at: Timestamp,
        is_holiday: &impl Fn(Date) -> bool,
    ) -> Option<Timestamp> {
        let instant = jiff::Timestamp::from_microsecond(at.micros()).ok()?;
        let local = zone.tz().to_datetime(instant);
        let minute = minute_of(local.time());
        if self.on(local.date(), is_holiday).is_some_and(|span| span.holds(minute)) {
            return Some(at);
        }
        for day in 0..=OPENING_DAYS_AHEAD_MAX {
            let date = local.date().checked_add(jiff::Span::new().days(day)).ok()?;
            let Some(span) = self.on(date, is_holiday) else { continue };
            let time =
                Time::new(i8::try_from(span.from / 60).ok()?, i8::try_from(span.from % 60).ok()?, 0, 0)
                    .ok()?;
            // An hour that is skipped opens when it ends; one that comes twice opens with the first.
            let opens = zone.tz().to_zoned(date.to_datetime(time)).ok()?;
            let opens = Timestamp::from_micros(opens.timestamp().as_microsecond());
            if opens > at {
                return Some(opens);
            }
        }
        None
    }

    /// The hours of the day that it is in a zone, for people.
    pub fn hours_at(
        &self,
        at: Timestamp,
        zone: &Zone,
        is_holiday: &impl Fn(Date) -> bool,
    ) -> (String, String) {
        let Ok(instant) = jiff::Timestamp::from_microsecond(at.micros()) else { return Default::default() };
        let local = zone.tz().to_datetime(instant);
        let hours = self.on(local.date(), is_holiday).map_or_else(|| "closed".to_owned(), Span::to_text);
        (local.strftime("%a %H:%M").to_string(), hours)
    }
}

fn minute_of(time: Time) -> u16 {
    u16::from(time.hour().unsigned_abs()) * 60 + u16::from(time.minute().unsigned_abs())
}

/// What a clock on the wall in a zone shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wall {
    pub hour: i64,
    pub minute: i64,
    /// 1 is Monday.
    pub weekday: i64,
}

impl Wall {
    pub fn at(at: Timestamp, zone: &Zone) -> Option<Self> {
        let instant = jiff::Timestamp::from_microsecond(at.micros()).ok()?;
        let local = zone.tz().to_datetime(instant);
        let weekday = i64::from(local.date().weekday().to_monday_one_offset());
        Some(Self { hour: local.hour().into(), minute: local.minute().into(), weekday })
    }
}

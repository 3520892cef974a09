//! What was held at a moment, and which entry decided it.

use std::collections::BTreeSet;

use super::{Choices, Purpose, Reach, Standing, Stated};
use crate::category::Channel;
use crate::time::Timestamp;

/// One entry of a person's ledger: what it states, and since when we know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    pub stated: Stated,
    pub recorded_at: Timestamp,
}

/// Which entries count for a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Known {
    /// Those that were recorded by then: what we held.
    #[default]
    Then,
    /// All that say something of it, those that were recorded later included: what was the case.
    Now,
}

impl Known {
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "then" => Some(Self::Then),
            "now" => Some(Self::Now),
            _ => None,
        }
    }
}

/// What stood for a purpose on a channel, and the entry (by its place in the lines) that decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    pub purpose: Purpose,
    pub channel: Channel,
    pub standing: Standing,
    pub line: Option<usize>,
}

/// For each purpose and channel that anything was said about by `at`: what stood, and why.
pub fn held_at(lines: &[Line], at: Timestamp, known: Known) -> Vec<Held> {
    let counts = |line: &Line| line.stated.at <= at && (known == Known::Now || line.recorded_at <= at);
    let choices = Choices::of(lines.iter().filter(|line| counts(line)).map(|line| line.stated));
    let mut pairs = BTreeSet::new();
    for each in choices.iter() {
        match each.reach {
            Reach::On(channel) => {
                pairs.insert((each.purpose, channel));
            }
            Reach::Any => pairs.extend(Channel::ALL.map(|channel| (each.purpose, channel))),
        }
    }
    let held = |(purpose, channel): (Purpose, Channel)| {
        let standing = choices.standing(purpose, channel);
        let (decided_at, granted) = match standing {
            Standing::Silent => return Held { purpose, channel, standing, line: None },
            Standing::Granted(at) => (at, true),
            Standing::Revoked(at) => (at, false),
        };
        let line = lines.iter().position(|line| {
            let stated = &line.stated;
            counts(line)
                && (stated.purpose, stated.granted, stated.at) == (purpose, granted, decided_at)
                && stated.reach.covers(channel)
        });
        Held { purpose, channel, standing, line }
    };
    pairs.into_iter().map(held).collect()
}

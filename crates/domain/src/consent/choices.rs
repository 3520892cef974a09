//! What stands, computed from what was stated.

use super::{Purpose, Reach, Stated};
use crate::category::{Category, Channel};
use crate::id::{Id, TopicId};
use crate::time::Timestamp;

/// What stands for one purpose on one channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Standing {
    /// Nobody ever said anything.
    #[default]
    Silent,
    Granted(Timestamp),
    Revoked(Timestamp),
}

impl Standing {
    pub fn revoked(self) -> Option<Timestamp> {
        match self {
            Self::Revoked(at) => Some(at),
            Self::Silent | Self::Granted(_) => None,
        }
    }
    pub fn granted(self) -> Option<Timestamp> {
        match self {
            Self::Granted(at) => Some(at),
            Self::Silent | Self::Revoked(_) => None,
        }
    }
}

/// The newest statement of each kind that is known of a person: enough to say what stands, and small enough to
/// be read with every message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choices(Vec<Stated>);

impl Choices {
    /// Keeps the newest of each kind; the order of `all` makes no difference.
    pub fn of(all: impl IntoIterator<Item = Stated>) -> Self {
        let mut kept: Vec<Stated> = Vec::new();
        for each in all {
            let same = |other: &&mut Stated| {
                (other.purpose, other.reach, other.granted, other.platform)
                    == (each.purpose, each.reach, each.granted, each.platform)
            };
            match kept.iter_mut().find(same) {
                Some(known) => known.at = known.at.max(each.at),
                None => kept.push(each),
            }
        }
        kept.sort_unstable_by_key(|each| (each.purpose, each.reach, each.granted, each.platform));
        Self(kept)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Stated> {
        self.0.iter()
    }

    /// Whether anything was ever said about a topic.
    pub fn has_topics(&self) -> bool {
        self.0.iter().any(|each| each.purpose.topic().is_some())
    }

    /// The newest statement counts; of two at the same moment the revocation. The platform's own stop is lifted by
    /// the platform's own resume or by a newer grant of the person, and its resume lifts nothing else.
    pub fn standing(&self, purpose: impl Into<Purpose>, channel: Channel) -> Standing {
        let purpose = purpose.into();
        let newest = |granted: bool, platform: bool| {
            let fits = |each: &&Stated| {
                each.purpose == purpose
                    && each.reach.covers(channel)
                    && each.granted == granted
                    && each.platform == platform
            };
            self.0.iter().filter(fits).map(|each| each.at).max()
        };
        let (granted, revoked) = (newest(true, false), newest(false, false));
        let (resumed, stopped) = (newest(true, true), newest(false, true));
        let own = revoked.filter(|at| granted.is_none_or(|granted| *at >= granted));
        let lifted = granted.max(resumed);
        let platform = stopped.filter(|at| lifted.is_none_or(|lifted| *at >= lifted));
        match own.max(platform) {
            Some(at) => Standing::Revoked(at),
            // A resume without a stop before it says no more than that nothing is stopped.
            None => granted.map_or(Standing::Silent, Standing::Granted),
        }
    }

    /// The form in which a recipient's row keeps them.
    pub fn pack(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.0.len() * ENTRY_BYTES);
        for each in &self.0 {
            let (kind, topic) = match each.purpose {
                Purpose::Category(category) => (category.priority(), None),
                Purpose::Topic(id) => (TOPIC, Some(id)),
            };
            let flags = u8::from(each.granted) | u8::from(each.platform) << 1;
            let reach = u8::try_from(each.reach.code()).expect("codes of channels are small");
            out.extend_from_slice(&[kind, reach, flags]);
            out.extend_from_slice(&each.at.micros().to_be_bytes());
            if let Some(topic) = topic {
                out.extend_from_slice(&topic.bytes());
            }
        }
        out
    }

    /// Reads what [`Self::pack`] wrote; `None` if it did not.
    pub fn unpack(mut bytes: &[u8]) -> Option<Self> {
        let mut kept = Vec::new();
        while !bytes.is_empty() {
            let (head, rest) = bytes.split_at_checked(ENTRY_BYTES)?;
            let at = Timestamp::from_micros(i64::from_be_bytes(head[3..].try_into().ok()?));
            bytes = rest;
            let purpose = if head[0] == TOPIC {
                let (topic, rest) = bytes.split_at_checked(16)?;
                bytes = rest;
                Purpose::Topic(TopicId::from_bytes(topic.try_into().ok()?))
            } else {
                Purpose::Category(Category::from_code(i64::from(head[0]))?)
            };
            let reach = Reach::from_code(i64::from(head[1]))?;
            let (granted, platform) = (head[2] & 1 != 0, head[2] & 2 != 0);
            kept.push(Stated { purpose, reach, granted, platform, at });
        }
        Some(Self(kept))
    }
}

/// The kind of an entry about a topic, whose id follows; categories have their own numbers.
const TOPIC: u8 = 4;
/// Kind, reach, flags and time.
const ENTRY_BYTES: usize = 11;

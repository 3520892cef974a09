//! Consent: who may be told what, where that was said, and what stands at a moment.
//!
//! The ledger is a list of [`Stated`] entries. What stands is always computed from them, so the order in which
//! they become known makes no difference.

mod choices;
mod form;
pub mod keywords;
mod moment;
mod proof;
mod settings;
#[cfg(test)]
mod tests;

use std::fmt;

use crate::category::{Category, Channel};
use crate::id::TopicId;
use crate::time::Timestamp;

pub use choices::{Choices, Standing};
pub use form::{Confirmation, ConfirmationTemplate, Form, FormDefinition, code_in};
pub use moment::{Held, Known, Line, held_at};
pub use proof::{Basis, Proof, Source};
pub use settings::{ConsentSettings, MarketingRule, Topic};

/// What a consent is about: a category, or a topic of the tenant's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    Category(Category),
    Topic(TopicId),
}

impl Purpose {
    pub fn topic(self) -> Option<TopicId> {
        match self {
            Self::Category(_) => None,
            Self::Topic(id) => Some(id),
        }
    }
}

impl From<Category> for Purpose {
    fn from(category: Category) -> Self {
        Self::Category(category)
    }
}

/// Where a consent counts: on one channel, or on any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reach {
    Any,
    On(Channel),
}

impl Reach {
    /// The number that is stored for [`Reach::Any`]; channels have theirs.
    const ANY: i64 = 255;

    pub fn covers(self, channel: Channel) -> bool {
        match self {
            Self::Any => true,
            Self::On(own) => own == channel,
        }
    }
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::On(channel) => channel.as_str(),
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        if text == "any" { Some(Self::Any) } else { Channel::parse(text).map(Self::On) }
    }
    pub fn code(self) -> i64 {
        match self {
            Self::Any => Self::ANY,
            Self::On(channel) => channel.code(),
        }
    }
    pub fn from_code(code: i64) -> Option<Self> {
        if code == Self::ANY { Some(Self::Any) } else { Channel::from_code(code).map(Self::On) }
    }
}

impl From<Channel> for Reach {
    fn from(channel: Channel) -> Self {
        Self::On(channel)
    }
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for Reach {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> serde::Deserialize<'de> for Reach {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| serde::de::Error::custom("a channel is `whatsapp`, `sms`, `email` or `any`"))
    }
}

/// What one entry of the ledger says, as far as it decides anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stated {
    pub purpose: Purpose,
    pub reach: Reach,
    pub granted: bool,
    /// Said by the platform's own switch and not by the person to us: such a stop and its lifting are a layer of
    /// their own.
    pub platform: bool,
    pub at: Timestamp,
}

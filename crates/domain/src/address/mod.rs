//! The ways to reach a person: phone number, business-scoped user id, e-mail address.
//!
//! An address is personal. `Debug` and `Display` mask it; the value itself is only given by name
//! (`as_str`, `canonical`), so that a log line cannot carry one by accident.

mod bsuid;
mod country;
mod email;
mod originator;
mod phone;
#[cfg(test)]
mod tests;

use std::fmt;

pub use bsuid::Bsuid;
pub use country::CountryCode;
pub use email::Email;
pub use originator::originator;
pub use phone::Phone;

use crate::category::Channel;
use crate::problem::{Checked, refuse};

/// One way to reach a person.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Address {
    Phone(Phone),
    Bsuid(Bsuid),
    Email(Email),
}

impl Address {
    /// Reads what a client wrote under `phone`, `bsuid` or `email`; the kind is also the field of a problem.
    pub fn parse(kind: &str, text: &str) -> Checked<Self> {
        match kind {
            "phone" => Phone::parse(text).map(Self::Phone),
            "bsuid" => Bsuid::parse(text).map(Self::Bsuid),
            "email" => Email::parse(text).map(Self::Email),
            _ => refuse("", "address.kind", "Name the recipient by `phone`, `bsuid` or `email`."),
        }
    }

    /// One text per address, such as `phone:+49…`: what keyed hashes are made of.
    pub fn canonical(&self) -> String {
        format!("{}:{}", self.kind(), self.expose())
    }

    /// Reads back what [`Self::canonical`] wrote.
    pub fn from_canonical(text: &str) -> Option<Self> {
        let (kind, value) = text.split_once(':')?;
        match kind {
            "phone" => Phone::from_stored(value).map(Self::Phone),
            "bsuid" => Bsuid::from_platform(value).map(Self::Bsuid),
            "email" => Email::parse(value).ok().map(Self::Email),
            _ => None,
        }
    }

    /// `phone`, `bsuid` or `email`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Phone(_) => "phone",
            Self::Bsuid(_) => "bsuid",
            Self::Email(_) => "email",
        }
    }

    /// The value itself, for the wire and for those who may see it.
    pub fn expose(&self) -> &str {
        match self {
            Self::Phone(phone) => phone.as_str(),
            Self::Bsuid(bsuid) => bsuid.as_str(),
            Self::Email(email) => email.as_str(),
        }
    }

    /// The country that the address tells of, if any.
    pub fn country(&self) -> Option<CountryCode> {
        match self {
            Self::Phone(phone) => Some(phone.country()),
            Self::Bsuid(bsuid) => bsuid.country(),
            Self::Email(_) => None,
        }
    }

    /// Whether messages of this channel can be addressed so.
    pub fn fits(&self, channel: Channel) -> bool {
        match self {
            Self::Phone(_) => matches!(channel, Channel::Whatsapp | Channel::Sms),
            Self::Bsuid(_) => channel == Channel::Whatsapp,
            Self::Email(_) => channel == Channel::Email,
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Phone(phone) => phone.fmt(f),
            Self::Bsuid(bsuid) => bsuid.fmt(f),
            Self::Email(email) => email.fmt(f),
        }
    }
}

impl From<Phone> for Address {
    fn from(phone: Phone) -> Self {
        Self::Phone(phone)
    }
}

impl From<Bsuid> for Address {
    fn from(bsuid: Bsuid) -> Self {
        Self::Bsuid(bsuid)
    }
}

impl From<Email> for Address {
    fn from(email: Email) -> Self {
        Self::Email(email)
    }
}

/// Gives an address type its masked `Debug` and `Display` and a serde form that is the bare text.
/// Stored values were checked when they came in; reading them back checks only their shape.
macro_rules! address_text {
    ($type:ident, $kind:literal, $shape:path) => {
        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!($kind, "(…{})"), self.visible())
            }
        }
        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                $shape(&text).ok_or_else(|| serde::de::Error::custom(concat!("not a ", $kind, " address")))
            }
        }
    };
}
use address_text;

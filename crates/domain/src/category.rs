//! Categories and channels: they decide policy, priority and price.

use std::fmt;

/// Why a message is sent, in the platform's terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    Authentication,
    Service,
    Utility,
    Marketing,
}

impl Category {
    pub const ALL: [Self; 4] = [Self::Authentication, Self::Service, Self::Utility, Self::Marketing];

    /// The order in which a lane serves: lower goes first.
    pub fn priority(self) -> u8 {
        match self {
            Self::Authentication => 0,
            Self::Service => 1,
            Self::Utility => 2,
            Self::Marketing => 3,
        }
    }
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Authentication => "authentication",
            Self::Service => "service",
            Self::Utility => "utility",
            Self::Marketing => "marketing",
        }
    }
    /// Reads our own form and the platform's upper-case one.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.as_str().eq_ignore_ascii_case(text))
    }
    pub fn code(self) -> i64 {
        i64::from(self.priority())
    }
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.code() == code)
    }
    /// How long a message waits before it expires, in microseconds, unless the intent says otherwise.
    pub fn default_expiry_us(self) -> i64 {
        use crate::time::{HOUR, MINUTE};
        match self {
            Self::Authentication => 10 * MINUTE,
            Self::Service | Self::Utility => 24 * HOUR,
            Self::Marketing => 72 * HOUR,
        }
    }
    /// What happens to a doubt that no receipt resolved in time.
    pub fn resends_after_doubt(self) -> bool {
        self != Self::Marketing
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The kind of network that carries a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    Whatsapp,
    Sms,
    Email,
}

impl Channel {
    pub const ALL: [Self; 3] = [Self::Whatsapp, Self::Sms, Self::Email];
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Whatsapp => "whatsapp",
            Self::Sms => "sms",
            Self::Email => "email",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == text)
    }
    pub fn code(self) -> i64 {
        self as i64
    }
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.code() == code)
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

//! One-time passwords: how codes are made, how often they may be asked for, and what looks like abuse.
//!
//! Whoever may make us send codes can make us pay for them ("pumping": codes to numbers that share in the
//! price). So each request is counted under several scopes, and one number tells honest traffic from pumped
//! traffic: how many of the codes are ever used.

mod code;
mod history;
mod risk;
mod settings;

pub use code::{Alphabet, make};
pub use history::{BUCKET_US, History, Tally};
pub use risk::{Action, Assessment, Picture, Reason, assess};
pub use settings::{Settings, Window, exceeded};

use crate::address::Phone;

/// Under what a request is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The number itself.
    Phone,
    /// The thousand numbers around it.
    Block,
    /// The hundred thousand numbers around it: about what one operator was given at a time.
    Range,
    /// The ten million numbers around it: an operator's or a city's.
    Area,
    Country,
    /// The address of whoever asked, as the tenant's server saw it.
    ClientIp,
    /// What the tenant's application calls the device.
    Device,
    Tenant,
}

impl Scope {
    pub const ALL: [Self; 8] = [
        Self::Phone,
        Self::Block,
        Self::Range,
        Self::Area,
        Self::Country,
        Self::ClientIp,
        Self::Device,
        Self::Tenant,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Block => "block",
            Self::Range => "range",
            Self::Area => "area",
            Self::Country => "country",
            Self::ClientIp => "client_ip",
            Self::Device => "device",
            Self::Tenant => "tenant",
        }
    }
    pub fn code(self) -> i64 {
        self as i64
    }
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.code() == code)
    }
}

/// Digits of a number that its block of a thousand leaves out.
const BLOCK_DIGITS: usize = 3;
/// Digits that its range leaves out.
const RANGE_DIGITS: usize = 5;
/// Digits that its area leaves out.
const AREA_DIGITS: usize = 7;
/// How far to each side numbers count as neighbours.
const NEIGHBOURS: i64 = 5;

/// What a number is counted under, as texts to be hashed: they are parts of a personal number.
pub fn keys_of(phone: &Phone) -> [(Scope, String); 5] {
    let digits = phone.digits();
    let without = |last: usize| digits[..digits.len().saturating_sub(last)].to_owned();
    [
        (Scope::Phone, digits.to_owned()),
        (Scope::Block, without(BLOCK_DIGITS)),
        (Scope::Range, without(RANGE_DIGITS)),
        (Scope::Area, without(AREA_DIGITS)),
        (Scope::Country, phone.country().as_str().to_owned()),
    ]
}

/// The numbers next to it. Scripts count upwards; people do not.
pub fn neighbours(phone: &Phone) -> Vec<String> {
    let digits = phone.digits();
    let Ok(number) = digits.parse::<i64>() else { return Vec::new() };
    let near = (-NEIGHBOURS..=NEIGHBOURS).filter(|by| *by != 0);
    near.map(|by| (number + by).to_string()).filter(|text| text.len() == digits.len()).collect()
}

/// Where a verification stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The code may be given.
    Pending,
    /// The right code was given in time.
    Approved,
    /// Too many wrong ones were.
    Failed,
    Expired,
    Canceled,
}

impl Status {
    pub const ALL: [Self; 5] = [Self::Pending, Self::Approved, Self::Failed, Self::Expired, Self::Canceled];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Canceled => "canceled",
        }
    }
    pub fn code(self) -> i64 {
        self as i64
    }
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }
}

#[cfg(test)]
mod tests;

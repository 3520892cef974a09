//! Business-scoped user ids: how the platform names people whose phone number it does not show.

use super::{CountryCode, address_text};
use crate::limits::{BSUID_ID_CHARS_MAX, BSUID_PLATFORM_BYTES_MAX};
use crate::problem::{Checked, refuse};

/// A business-scoped user id such as `US.13491208655302741918`, or a parent id such as `US.ENT.…`.
/// It is sent back exactly as it came.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bsuid(Box<str>);

address_text!(Bsuid, "bsuid", Bsuid::from_platform);

impl Bsuid {
    /// Reads what a client wrote, strictly.
    pub fn parse(text: &str) -> Checked<Self> {
        let rest = text.split_once('.').filter(|(country, _)| CountryCode::parse(country).is_some());
        let id = rest.map(|(_, id)| id.strip_prefix("ENT.").unwrap_or(id));
        match id {
            Some(id)
                if (1..=BSUID_ID_CHARS_MAX).contains(&id.len())
                    && id.bytes().all(|byte| byte.is_ascii_alphanumeric()) =>
            {
                Ok(Self(text.into()))
            }
            _ => refuse(
                "bsuid",
                "bsuid.invalid",
                "Give the user id exactly as the platform showed it: two letters of the country, a dot, then up to \
                 128 letters and digits.",
            ),
        }
    }

    /// Reads what the platform wrote: anything printable without blanks is kept, since its format may grow.
    pub fn from_platform(text: &str) -> Option<Self> {
        let sound = (1..=BSUID_PLATFORM_BYTES_MAX).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_graphic());
        sound.then(|| Self(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the id of a managed business's parent portfolio.
    pub fn is_parent(&self) -> bool {
        self.0.split('.').nth(1) == Some("ENT")
    }

    pub fn country(&self) -> Option<CountryCode> {
        self.0.split_once('.').and_then(|(country, _)| CountryCode::parse(country))
    }

    /// The last two characters, if the id is long enough to stay hidden.
    fn visible(&self) -> &str {
        if self.0.len() > 6 { &self.0[self.0.len() - 2..] } else { "" }
    }
}

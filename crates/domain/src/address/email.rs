//! E-mail addresses, by plain rules.

use super::address_text;
use crate::limits::{EMAIL_BYTES_MAX, EMAIL_LABEL_BYTES_MAX, EMAIL_LOCAL_BYTES_MAX};
use crate::problem::{Checked, refuse};

/// An e-mail address; the domain is in lower case, the part before the `@` as it was written.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Email(Box<str>);

address_text!(Email, "email", Email::from_stored);

impl Email {
    /// Accepts the addresses that people have; quoted local parts and address literals are refused.
    pub fn parse(text: &str) -> Checked<Self> {
        let text = text.trim();
        let parts =
            text.rsplit_once('@').filter(|(local, domain)| local_is_sound(local) && domain_is_sound(domain));
        match parts {
            Some((local, domain)) if text.len() <= EMAIL_BYTES_MAX => {
                Ok(Self(format!("{local}@{}", domain.to_lowercase()).into()))
            }
            _ => refuse(
                "email",
                "email.invalid",
                "Write the address as name@domain, at most 254 bytes, without quotes, blanks or a display name.",
            ),
        }
    }

    fn from_stored(text: &str) -> Option<Self> {
        Self::parse(text).ok()
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The end of the domain.
    fn visible(&self) -> &str {
        self.0.rfind('.').map_or("", |dot| &self.0[dot..])
    }
}

fn local_is_sound(local: &str) -> bool {
    let allowed = |c: char| {
        !c.is_ascii() && !c.is_control() && !c.is_whitespace()
            || c.is_ascii_alphanumeric()
            || "!#$%&'*+-/=?^_`{|}~.".contains(c)
    };
    (1..=EMAIL_LOCAL_BYTES_MAX).contains(&local.len())
        && local.chars().all(allowed)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
}

fn domain_is_sound(domain: &str) -> bool {
    let label_is_sound = |label: &str| {
        (1..=EMAIL_LABEL_BYTES_MAX).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '-' || !c.is_ascii() && c.is_alphanumeric())
    };
    let top = domain.rsplit('.').next().unwrap_or_default();
    domain.contains('.')
        && domain.split('.').all(label_is_sound)
        && !top.bytes().all(|byte| byte.is_ascii_digit())
}

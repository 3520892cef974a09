//! What a sender is called, by channel: the number, name or address that people see.

use super::{Email, Phone};
use crate::category::Channel;
use crate::limits::ORIGINATOR_CHARS_MAX;
use crate::problem::{Checked, refuse};

/// Digits of a short code.
const SHORT_CODE_DIGITS: std::ops::RangeInclusive<usize> = 3..=8;

/// Reads the address of a sender and gives it back in its one form.
pub fn originator(channel: Channel, text: &str) -> Checked<String> {
    match channel {
        Channel::Whatsapp => Phone::parse(text).map(|phone| phone.as_str().to_owned()),
        Channel::Email => Email::parse(text).map(|email| email.as_str().to_owned()),
        Channel::Sms if text.trim().starts_with('+') => {
            Phone::parse(text).map(|phone| phone.as_str().to_owned())
        }
        Channel::Sms => short(text.trim()),
    }
}

fn short(text: &str) -> Checked<String> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let code = digits && SHORT_CODE_DIGITS.contains(&text.len());
    let name = (1..=ORIGINATOR_CHARS_MAX).contains(&text.len())
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" &.-_".contains(&byte));
    if code || name {
        return Ok(text.to_owned());
    }
    refuse(
        "",
        "originator.invalid",
        "The sender of an SMS is a number in E.164, a short code of 3 to 8 digits, or a name of at most 11 letters and digits.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_channel_has_its_form() {
        for (channel, text, want) in [
            (Channel::Whatsapp, "+49 30 123456", Some("+4930123456")),
            (Channel::Whatsapp, "Tidings", None),
            (Channel::Sms, "+49 30 123456", Some("+4930123456")),
            (Channel::Sms, "72220", Some("72220")),
            (Channel::Sms, "12", None),
            (Channel::Sms, "4930123456", None),
            (Channel::Sms, " Tidings ", Some("Tidings")),
            (Channel::Sms, "Rock & Roll", Some("Rock & Roll")),
            (Channel::Sms, "TwelveLetter", None),
            (Channel::Sms, "Käse", None),
            (Channel::Sms, "", None),
            (Channel::Sms, "news@example.org", None),
            (Channel::Email, "news@Example.org", Some("news@example.org")),
            (Channel::Email, "news", None),
        ] {
            assert_eq!(originator(channel, text).ok().as_deref(), want, "{channel:?} {text}");
        }
    }
}

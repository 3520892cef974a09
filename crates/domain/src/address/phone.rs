//! Phone numbers, kept in E.164.

use rlibphonenumber::{PHONE_NUMBER_UTIL, ParseError, PhoneNumber, PhoneNumberFormat, ValidationError};

use super::{CountryCode, address_text};
use crate::limits::{PHONE_DIGITS_MAX, PHONE_INPUT_CHARS_MAX};
use crate::problem::{Checked, refuse};

/// Digits of the shortest number that a person can have, country code included.
const DIGITS_MIN: usize = 7;
/// Digits from which a number may be one that the numbering tables do not know yet.
const PLAUSIBLE_DIGITS_MIN: usize = 8;

/// A phone number in E.164, such as `+4915112345678`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone(Box<str>);

address_text!(Phone, "phone", Phone::from_stored);

impl Phone {
    /// Reads what a client wrote: `+`, country code and number; spaces, dots, dashes and parentheses
    /// are allowed between digits.
    ///
    /// A number that the tables call possible but not (yet) assigned is accepted: ranges open faster
    /// than tables are published, and only the platform knows who has an account.
    pub fn parse(text: &str) -> Checked<Self> {
        const FIELD: &str = "phone";
        let text = text.trim();
        if !text.starts_with('+') {
            return refuse(
                FIELD,
                "phone.needs_plus",
                "Write the number with `+` and its country code, such as +4915112345678; without them it is \
                 ambiguous.",
            );
        }
        let plain = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '.' | '-' | '(' | ')' | '/');
        if text.chars().count() > PHONE_INPUT_CHARS_MAX || !text[1..].chars().all(plain) {
            return refuse(
                FIELD,
                "phone.invalid",
                "Use only `+`, digits, spaces, dots, dashes and parentheses in a phone number.",
            );
        }
        let (number, text) = match settled(text) {
            Ok(settled) => settled,
            Err(error) => return refuse(FIELD, "phone.invalid", parse_advice(&error)),
        };
        if let Err(error) = plausible(&number) {
            return refuse(FIELD, "phone.invalid", error);
        }
        Ok(Self(text.into()))
    }

    /// Reads a number as the platform writes it: digits with the country code, no `+`. What the
    /// numbering tables do not know is kept as it came, if it has the shape of a number at all.
    pub fn from_platform_digits(digits: &str) -> Option<Self> {
        let kept = Self::from_stored(&old_mexican_mobile(digits).unwrap_or_else(|| format!("+{digits}")))?;
        match settled(kept.as_str()) {
            Ok((number, text)) if plausible(&number).is_ok() => Some(Self(text.into())),
            _ => Some(kept),
        }
    }

    /// The shape of E.164 alone: `+` and 7 to 15 digits, the first of which is not 0.
    pub(super) fn from_stored(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('+')?;
        let sound = (DIGITS_MIN..=PHONE_DIGITS_MAX).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        sound.then(|| Self(text.into()))
    }

    /// E.164 with the `+`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// E.164 without the `+`.
    pub fn digits(&self) -> &str {
        &self.0[1..]
    }

    /// The country the number belongs to; the main one where a code is shared and the number tells no more.
    pub fn country(&self) -> CountryCode {
        let Ok(number) = read(&self.0) else { return CountryCode::UNKNOWN };
        let region = number
            .get_region_code()
            .or_else(|| PHONE_NUMBER_UTIL.get_region_for_country_code(number.country_code));
        region
            .and_then(|region| CountryCode::from_letters((region as u16).to_be_bytes()))
            .unwrap_or(CountryCode::UNKNOWN)
    }

    /// The country calling code, such as 49; 0 if none is known.
    pub fn country_calling_code(&self) -> u16 {
        read(&self.0).ok().and_then(|number| u16::try_from(number.country_code).ok()).unwrap_or(0)
    }

    /// The two digits that a masked number shows.
    fn visible(&self) -> &str {
        &self.0[self.0.len() - 2..]
    }
}

fn read(text: &str) -> Result<PhoneNumber, ParseError> {
    PHONE_NUMBER_UTIL.parse(text, None)
}

/// The number and its E.164, read until reading changes it no more: the tables take a trunk prefix away each
/// time (`+81 0 0…`), and one person must have one number whoever writes it.
fn settled(text: &str) -> Result<(PhoneNumber, String), ParseError> {
    let mut digits: String = text.chars().filter(char::is_ascii_digit).collect();
    loop {
        let number = read(&old_mexican_mobile(&digits).unwrap_or_else(|| format!("+{digits}")))?;
        let text = number.format_as(PhoneNumberFormat::E164).into_owned();
        // Each round that goes on has made the number shorter, so there is an end.
        if text.len() > digits.len() {
            return Ok((number, text));
        }
        text[1..].clone_into(&mut digits);
    }
}

/// Mexico dropped the `1` before mobile numbers in 2019; the platform still writes it in some places.
/// Both forms are one person, so both become one number.
fn old_mexican_mobile(digits: &str) -> Option<String> {
    digits
        .strip_prefix("521")
        .filter(|national| national.len() == 10)
        .map(|national| format!("+52{national}"))
}

/// Lengths first: whether a range is assigned only matters for the shortest numbers, and asking is slow
/// where many countries share a code.
fn plausible(number: &PhoneNumber) -> Result<(), &'static str> {
    const MISFIT: &str = "The number does not fit its country's numbering; check the digits.";
    match number.is_possible_with_reason() {
        Ok(_) => {}
        Err(ValidationError::TooShort) => {
            return Err("The number is too short for its country; check for missing digits.");
        }
        Err(ValidationError::TooLong) => {
            return Err("The number is too long for its country; check for extra digits.");
        }
        Err(_) => return Err(MISFIT),
    }
    let text = number.format_as(PhoneNumberFormat::E164);
    let digits = text.trim_start_matches('+');
    // North American area codes never begin with 0 or 1.
    let area_code_wrong = number.country_code == 1 && digits.get(1..2).is_none_or(|first| first < "2");
    let plausible = match digits.len() {
        length if !(DIGITS_MIN..=PHONE_DIGITS_MAX).contains(&length) => false,
        length if length < PLAUSIBLE_DIGITS_MIN => number.is_valid(),
        _ => !area_code_wrong,
    };
    if plausible { Ok(()) } else { Err(MISFIT) }
}

fn parse_advice(error: &ParseError) -> &'static str {
    match error {
        ParseError::InvalidCountryCode => {
            "No country has the calling code after the `+`; check the first digits."
        }
        _ => "This is not a phone number; write it in E.164, such as +4915112345678.",
    }
}

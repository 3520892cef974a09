//! How a text becomes short messages: alphabet, parts, and what a part of many needs in front.

mod gsm;
mod parts;
#[cfg(test)]
mod tests;

pub use gsm::{decode as decode_gsm, encode as encode_gsm};
pub use parts::{Part, Reference, Split, split, split_ucs2, udh, without_udh};

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// GSM 03.38: 160 septets in one message, 153 in each of many.
    Gsm7,
    /// UTF-16 in big-endian octets: 70 units in one message, 67 in each of many.
    Ucs2,
}

impl Encoding {
    /// Septets or UTF-16 units of a message that stands alone, and of one of many.
    pub const fn room(self) -> (usize, usize) {
        match self {
            Self::Gsm7 => (160, 153),
            Self::Ucs2 => (70, 67),
        }
    }
}

/// What a text costs in parts.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Segments {
    pub encoding: Encoding,
    pub parts: usize,
    /// Septets or UTF-16 units of the whole text.
    pub units: usize,
    /// Units that the last part still has room for.
    pub units_left: usize,
    /// The characters that are not of GSM 03.38, each once and in order: one of them makes the whole text UCS-2.
    pub not_gsm: Vec<char>,
}

/// Counts the parts of a text.
pub fn segments(text: &str) -> Segments {
    let split = split(text);
    let (alone, of_many) = split.encoding.room();
    let room = if split.parts.len() > 1 { of_many } else { alone };
    let used = split.parts.last().map_or(0, |part| part.units);
    Segments {
        encoding: split.encoding,
        parts: split.parts.len(),
        units: split.parts.iter().map(|part| part.units).sum(),
        units_left: room - used,
        not_gsm: not_gsm(text),
    }
}

fn not_gsm(text: &str) -> Vec<char> {
    let mut found = Vec::new();
    for c in text.chars().filter(|c| gsm::septets(*c).is_none()) {
        if !found.contains(&c) && found.len() < crate::limits::SMS_NOT_GSM_SHOWN_MAX {
            found.push(c);
        }
    }
    found
}

//! What the octets of a short message say, by its `data_coding`.

use tidings_domain::credentials::DefaultAlphabet;
use tidings_domain::sms::decode_gsm;

/// The text; `None` for what is no text, or in letters that are not read here.
pub(super) fn read(octets: &[u8], coding: u8, default: DefaultAlphabet) -> Option<String> {
    match coding {
        0x00 | 0x10..=0x13 | 0xF0..=0xF3 => Some(match default {
            DefaultAlphabet::Gsm => decode_gsm(octets),
            DefaultAlphabet::Latin1 => latin1(octets),
        }),
        0x01 => {
            Some(octets.iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { '?' }).collect())
        }
        0x03 => Some(latin1(octets)),
        0x08 | 0x18..=0x1B => {
            let units: Vec<u16> =
                octets.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
            Some(String::from_utf16_lossy(&units))
        }
        _ => None,
    }
}

fn latin1(octets: &[u8]) -> String {
    octets.iter().copied().map(char::from).collect()
}

/// The text in Latin-1, if it has every character.
pub(super) fn to_latin1(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_coding_is_read_by_its_rule() {
        use DefaultAlphabet::{Gsm, Latin1};
        for (octets, coding, default, want) in [
            (&b"Hi\x00"[..], 0, Gsm, Some("Hi@")),
            (b"\x1B\x65", 0, Gsm, Some("€")),
            (b"\xE4", 0, Latin1, Some("ä")),
            (b"Hi\xE4", 1, Gsm, Some("Hi?")),
            (b"\xE4", 3, Gsm, Some("ä")),
            (b"\x01\x7E\xD8\x3D\xDE\x00", 8, Gsm, Some("ž😀")),
            (b"\xD8\x3D\x00", 8, Gsm, Some("\u{FFFD}")),
            (b"\x01\x02", 4, Gsm, None),
        ] {
            assert_eq!(read(octets, coding, default).as_deref(), want, "{octets:?} {coding}");
        }
        assert_eq!(to_latin1("Käse"), Some(b"K\xE4se".to_vec()));
        assert_eq!(to_latin1("€"), None);
    }
}

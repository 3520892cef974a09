//! Bank accounts: IBANs by the length of their country and their check digits.

use super::{ContentKind, Find};

/// Characters of an IBAN by country.
const LENGTHS: [(&str, usize); 76] = [
    ("AD", 24),
    ("AE", 23),
    ("AL", 28),
    ("AT", 20),
    ("AZ", 28),
    ("BA", 20),
    ("BE", 16),
    ("BG", 22),
    ("BH", 22),
    ("BR", 29),
    ("BY", 28),
    ("CH", 21),
    ("CR", 22),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DK", 18),
    ("DO", 28),
    ("EE", 20),
    ("EG", 29),
    ("ES", 24),
    ("FI", 18),
    ("FO", 18),
    ("FR", 27),
    ("GB", 22),
    ("GE", 22),
    ("GI", 23),
    ("GL", 18),
    ("GR", 27),
    ("GT", 28),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IL", 23),
    ("IQ", 23),
    ("IS", 26),
    ("IT", 27),
    ("JO", 30),
    ("KW", 30),
    ("KZ", 20),
    ("LB", 28),
    ("LC", 32),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("LY", 25),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MR", 27),
    ("MT", 31),
    ("MU", 30),
    ("NL", 18),
    ("NO", 15),
    ("PK", 24),
    ("PL", 28),
    ("PS", 29),
    ("PT", 25),
    ("QA", 29),
    ("RO", 24),
    ("RS", 22),
    ("SA", 24),
    ("SC", 31),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("ST", 25),
    ("SV", 28),
    ("TL", 23),
    ("TN", 24),
    ("TR", 26),
    ("UA", 29),
    ("XK", 20),
];

pub(super) fn find(text: &str, found: &mut Vec<Find>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at + 4 <= bytes.len() {
        let fresh = !text[..at].chars().next_back().is_some_and(char::is_alphanumeric);
        match fresh.then(|| account(bytes, at)).flatten() {
            Some(end) => {
                found.push(Find { kind: ContentKind::BankAccount, range: at..end });
                at = end;
            }
            None => at += text[at..].chars().next().map_or(1, char::len_utf8),
        }
    }
}

/// The end of an account that begins here.
fn account(bytes: &[u8], start: usize) -> Option<usize> {
    let country = std::str::from_utf8(bytes.get(start..start + 2)?).ok()?.to_ascii_uppercase();
    let (_, length) = LENGTHS.iter().find(|(known, _)| *known == country)?;
    let mut letters = Vec::with_capacity(*length);
    let mut at = start;
    while letters.len() < *length {
        let byte = *bytes.get(at)?;
        let parts =
            matches!(byte, b' ' | b'-') && !letters.is_empty() && bytes[at - 1].is_ascii_alphanumeric();
        if byte.is_ascii_alphanumeric() {
            letters.push(byte.to_ascii_uppercase());
        } else if !parts {
            return None;
        }
        at += 1;
    }
    let digits = letters[2..4].iter().all(u8::is_ascii_digit);
    let ends = !bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
    (digits && ends && checks(&letters)).then_some(at)
}

/// ISO 7064, modulo 97.
fn checks(letters: &[u8]) -> bool {
    let rest = letters[4..].iter().chain(&letters[..4]).fold(0u32, |rest, letter| {
        if letter.is_ascii_digit() {
            (rest * 10 + u32::from(letter - b'0')) % 97
        } else {
            (rest * 100 + u32::from(letter - b'A') + 10) % 97
        }
    });
    rest == 1
}

//! Payment card numbers: the lengths and beginnings of the networks, and the check digit.

use super::{ContentKind, Find};

/// Digits of the shortest and the longest number.
const DIGITS: std::ops::RangeInclusive<usize> = 13..=19;

pub(super) fn find(text: &str, found: &mut Vec<Find>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let run = Run::from(bytes, at);
        let before = text[..at].chars().next_back();
        // A number with `+` is a phone number; one in a longer word is an id.
        let stands_alone = !before.is_some_and(|c| c == '+' || c.is_alphanumeric() || c == '_' || c == '/')
            && !text[run.end..].chars().next().is_some_and(|c| c.is_alphanumeric() || c == '_');
        if stands_alone && run.is_card() {
            found.push(Find { kind: ContentKind::Card, range: at..run.end });
        }
        at = run.end;
    }
}

/// Digits with single blanks or dashes between them.
struct Run {
    digits: Vec<u8>,
    end: usize,
}

impl Run {
    fn from(bytes: &[u8], start: usize) -> Self {
        let mut digits = Vec::with_capacity(20);
        let (mut at, mut end) = (start, start);
        while let Some(byte) = bytes.get(at) {
            if byte.is_ascii_digit() {
                digits.push(byte - b'0');
                end = at + 1;
            } else if !(matches!(byte, b' ' | b'-') && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)) {
                break;
            }
            at += 1;
        }
        Self { digits, end }
    }

    fn is_card(&self) -> bool {
        DIGITS.contains(&self.digits.len()) && of_a_network(&self.digits) && luhn(&self.digits)
    }
}

fn of_a_network(digits: &[u8]) -> bool {
    let first = |n: usize| digits[..n].iter().fold(0u32, |all, digit| all * 10 + u32::from(*digit));
    let length = digits.len();
    match (first(1), first(2), first(4)) {
        (4, ..) => matches!(length, 13 | 16 | 19),
        (_, 51..=55, _) | (_, _, 2221..=2720) => length == 16,
        (_, 34 | 37, _) => length == 15,
        (_, 36 | 38 | 39, _) | (_, _, 3000..=3059) => (14..=19).contains(&length),
        (_, _, 3528..=3589) => (16..=19).contains(&length),
        (_, 62, _) | (_, 65, _) | (_, _, 6011) => (16..=19).contains(&length),
        (_, 50 | 56..=61 | 63 | 64 | 66..=69, _) => (13..=19).contains(&length),
        _ => false,
    }
}

fn luhn(digits: &[u8]) -> bool {
    let doubled = |digit: u8| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(n, digit)| u32::from(if n % 2 == 1 { doubled(*digit) } else { *digit }))
        .sum();
    sum.is_multiple_of(10) && digits.iter().any(|digit| *digit != digits[0])
}

//! Making codes.

use crate::secret::Secret;

/// What a code is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alphabet {
    #[default]
    Digits,
    /// Upper-case letters and digits without those that people take for one another (0 O 1 I L).
    Letters,
}

impl Alphabet {
    fn symbols(self) -> &'static [u8] {
        match self {
            Self::Digits => b"0123456789",
            Self::Letters => b"23456789ABCDEFGHJKMNPQRSTUVWXYZ",
        }
    }

    /// What a person typed, in the form the code was made in: they add spaces and dashes, and forget about capitals.
    pub fn tidy(self, typed: &str) -> String {
        let kept = typed.chars().filter(|c| !c.is_whitespace() && *c != '-');
        match self {
            Self::Digits => kept
                .filter_map(|c| c.to_digit(10).map(|digit| char::from(b'0' + digit as u8)).or(Some(c)))
                .collect(),
            Self::Letters => kept.map(|c| c.to_ascii_uppercase()).collect(),
        }
    }
}

/// A code of so many symbols, each as likely as any other: bytes that would favour some are drawn again.
pub fn make(alphabet: Alphabet, length: usize, random: impl Fn(&mut [u8])) -> Secret {
    let symbols = alphabet.symbols();
    let fair = u8::MAX - (u8::MAX % symbols.len() as u8);
    let mut code = String::with_capacity(length);
    let mut drawn = [0; 16];
    while code.len() < length {
        random(&mut drawn);
        let wanted = length - code.len();
        let usable = drawn.iter().filter(|byte| **byte < fair).take(wanted);
        code.extend(usable.map(|byte| char::from(symbols[usize::from(*byte) % symbols.len()])));
    }
    Secret::new(code)
}

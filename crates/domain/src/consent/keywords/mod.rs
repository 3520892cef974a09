//! Words with which a person opts out of marketing, or in again, by writing to us.
//!
//! A message that is nothing but such a word, whatever its case, marks, punctuation and politeness, counts for
//! certain. One that has such a word among others is a possible opt-out, which people look at: any reasonable
//! wording counts, and only people know what is reasonable.

mod fold;
mod tapped;
#[cfg(test)]
mod tests;
mod words;

pub use fold::folded;
pub use tapped::tapped;

use self::words::{Kind, Words, words};
use crate::limits::{KEYWORD_TEXT_BYTES_MAX, POSSIBLE_WORDS_MAX};

/// What a message means for consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// Nothing.
    None,
    /// Nothing but an opt-out.
    Stop {
        /// The word as it is kept in the list.
        word: String,
        /// In answer to a message of ours it may be about an order as well.
        ambiguous: bool,
    },
    /// Nothing but the wish to be written to again. It counts only for those who are opted out.
    Start { word: String },
    /// It may be an opt-out: people decide.
    PossibleStop { word: String },
}

/// The tenant's own words, folded once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnWords {
    stop: Vec<String>,
    start: Vec<String>,
}

impl OwnWords {
    pub fn new(stop: &[String], start: &[String]) -> Self {
        let all = |words: &[String]| words.iter().map(|word| folded(word)).collect();
        Self { stop: all(stop), start: all(start) }
    }
}

/// Reads one message, or the title or id of a tapped button.
pub fn read(text: &str, own: &OwnWords) -> Reading {
    if text.len() > KEYWORD_TEXT_BYTES_MAX {
        return Reading::None;
    }
    let words = words();
    let whole = once(&folded(text));
    if whole.is_empty() {
        return Reading::None;
    }
    let core = bare(&whole, words);
    for candidate in [whole.as_str(), core.as_str()] {
        if own.stop.iter().any(|word| word == candidate) {
            return Reading::Stop { word: candidate.to_owned(), ambiguous: false };
        }
        if own.start.iter().any(|word| word == candidate) {
            return Reading::Start { word: candidate.to_owned() };
        }
        match words.kind(candidate) {
            Some(Kind::Stop) => return Reading::Stop { word: candidate.to_owned(), ambiguous: false },
            Some(Kind::Ask) => return Reading::Stop { word: candidate.to_owned(), ambiguous: true },
            Some(Kind::Start) => return Reading::Start { word: candidate.to_owned() },
            Some(Kind::Polite | Kind::Not) | None => {}
        }
    }
    possible(&core, words, own)
}

/// A word that is repeated counts once.
fn once(text: &str) -> String {
    let mut all: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    all.dedup();
    all.join(" ")
}

/// Takes polite words away from both ends, as long as there are any. Scripts that divide no words lose them as
/// beginnings and ends of the text.
fn bare(text: &str, words: &Words) -> String {
    let mut left = text;
    'again: while !left.is_empty() {
        for polite in words.polite() {
            let divided = !fold::is_undivided(polite);
            let cut =
                |rest: &str| !divided || rest.is_empty() || rest.starts_with(' ') || rest.ends_with(' ');
            if let Some(rest) = left.strip_prefix(polite)
                && (!divided || rest.is_empty() || rest.starts_with(' '))
            {
                left = rest.trim();
                continue 'again;
            }
            if let Some(rest) = left.strip_suffix(polite)
                && cut(rest)
            {
                left = rest.trim();
                continue 'again;
            }
        }
        break;
    }
    once(left)
}

/// A stop word among others that nothing before it turns round.
fn possible(core: &str, words: &Words, own: &OwnWords) -> Reading {
    let all: Vec<&str> = core.split(' ').collect();
    if all.len() > POSSIBLE_WORDS_MAX {
        return Reading::None;
    }
    for (at, word) in all.iter().enumerate() {
        let strong = words.is_strong(word) || own.stop.iter().any(|each| each == word);
        let turned = all[at.saturating_sub(2)..at].iter().any(|before| words.kind_of_not(before));
        if strong && !turned {
            return Reading::PossibleStop { word: (*word).to_owned() };
        }
    }
    let phrase = words.phrases().find(|phrase| contains_phrase(core, phrase));
    phrase.map_or(Reading::None, |phrase| Reading::PossibleStop { word: phrase.to_owned() })
}

fn contains_phrase(text: &str, phrase: &str) -> bool {
    let Some(at) = text.find(phrase) else { return false };
    let (before, after) = (&text[..at], &text[at + phrase.len()..]);
    fold::is_undivided(phrase)
        || ((before.is_empty() || before.ends_with(' ')) && (after.is_empty() || after.starts_with(' ')))
}

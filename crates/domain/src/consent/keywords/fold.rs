//! One form for all ways of writing a word.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Compatibility forms, marks, case, punctuation and emoji taken away; words divided by one blank.
pub fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for each in text.nfkd() {
        match each {
            // Silent: they stand within a word, or beside an emoji.
            '\'' | '\u{2019}' | '\u{2bc}' | '`' | '\u{b4}' | '\u{640}' | '\u{ad}' => {}
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => {}
            each if is_silent_mark(each) => {}
            'ı' => out.push('i'),
            'ß' => out.push_str("ss"),
            'ς' => out.push('σ'),
            'ø' | 'Ø' => out.push('o'),
            'ł' | 'Ł' => out.push('l'),
            each if each.is_alphanumeric() || is_combining_mark(each) => out.extend(each.to_lowercase()),
            _ if out.ends_with(' ') || out.is_empty() => {}
            _ => out.push(' '),
        }
    }
    let lowered: String = out.chars().filter(|each| !is_silent_mark(*each)).map(final_sigma).collect();
    // Hangul and kana were taken apart; they are put together again so that lists stay readable.
    lowered.trim_end().nfc().collect()
}

fn final_sigma(each: char) -> char {
    if each == 'ς' { 'σ' } else { each }
}

/// Accents of Latin, Greek and Cyrillic, points of Hebrew, vowels of Arabic, and what belongs to emoji. The signs
/// of Indic and Thai scripts are letters, and the marks of kana tell letters apart.
fn is_silent_mark(each: char) -> bool {
    matches!(each,
        '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}'
        | '\u{6d6}'..='\u{6ed}' | '\u{fe00}'..='\u{fe0f}' | '\u{20d0}'..='\u{20ff}' | '\u{1ab0}'..='\u{1aff}')
}

/// Whether a text is of a script that puts no blanks between words.
pub(super) fn is_undivided(text: &str) -> bool {
    text.chars().any(|each| {
        matches!(each, '\u{e00}'..='\u{e7f}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}')
    })
}

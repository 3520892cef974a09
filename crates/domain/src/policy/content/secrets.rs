//! Secrets: keys by the beginnings their issuers give them, private keys, passwords that are written out.

use super::{ContentKind, Find, words};

/// Beginnings, and how many characters follow at least.
const PREFIXES: [(&str, usize); 24] = [
    ("sk_live_", 12),
    ("sk_test_", 12),
    ("rk_live_", 12),
    ("pk_live_", 12),
    ("whsec_", 16),
    ("AKIA", 16),
    ("ASIA", 16),
    ("ghp_", 20),
    ("gho_", 20),
    ("ghs_", 20),
    ("github_pat_", 20),
    ("glpat-", 16),
    ("xoxb-", 16),
    ("xoxp-", 16),
    ("xapp-", 16),
    ("AIza", 30),
    ("ya29.", 20),
    ("SG.", 30),
    ("sk-ant-", 20),
    ("sk-proj-", 20),
    ("npm_", 30),
    ("tdk_", 20),
    ("EAAG", 40),
    ("eyJ", 40),
];

/// Words before a password; what follows a colon, an equals sign or a word that says `is` is one.
const NAMES: [&str; 17] = [
    "password",
    "passwort",
    "kennwort",
    "passcode",
    "contraseña",
    "clave",
    "senha",
    "mdp",
    "passe",
    "api_key",
    "apikey",
    "api-key",
    "secret",
    "token",
    "api-schlüssel",
    "geheimnis",
    "segredo",
];
const LINKS: [&str; 6] = ["is", "lautet", "ist", "es", "é", "est"];

pub(super) fn find(text: &str, found: &mut Vec<Find>) {
    blocks(text, found);
    let mut named: Option<bool> = None;
    for (start, word) in words(text) {
        let end = start + word.len();
        let begins = |(prefix, follow): &(&str, usize)| {
            word.strip_prefix(prefix).is_some_and(|rest| rest.len() >= *follow && rest.bytes().all(is_of_key))
        };
        if PREFIXES.iter().any(begins) {
            found.push(Find { kind: ContentKind::Secret, range: start..end });
            named = None;
            continue;
        }
        if let Some(value) = assigned(word) {
            found.push(Find { kind: ContentKind::Secret, range: end - value.len()..end });
            named = None;
            continue;
        }
        let lower = word.to_lowercase();
        let says_so = text[end..].starts_with([':', '=']);
        match named {
            // Behind `password:` or `password is`.
            Some(true) if is_password(word) => {
                found.push(Find { kind: ContentKind::Secret, range: start..end });
                named = None;
            }
            Some(false) if LINKS.contains(&lower.as_str()) => named = Some(true),
            Some(_) if matches!(word, "=" | ":" | "") => named = Some(true),
            _ => {
                named = NAMES
                    .contains(&lower.trim_end_matches([':', '=']))
                    .then_some(says_so || lower.ends_with('='))
            }
        }
    }
}

/// `-----BEGIN … PRIVATE KEY-----` and all that follows to its end.
fn blocks(text: &str, found: &mut Vec<Find>) {
    let mut at = 0;
    while let Some(begin) = text[at..].find("-----BEGIN ").map(|n| n + at) {
        let head = text[begin + 11..].split("-----").next().unwrap_or_default();
        at = begin + 11;
        if head.ends_with("PRIVATE KEY") {
            let rest = text[at..].find("-----END ").map(|n| n + at);
            let end = rest.map_or(text.len(), |end| {
                text[end + 9..].find("-----").map_or(text.len(), |n| end + 9 + n + 5)
            });
            found.push(Find { kind: ContentKind::Secret, range: begin..end });
            at = end;
        }
    }
}

/// The value of `password=…` and `token:…` in one word.
fn assigned(word: &str) -> Option<&str> {
    let (name, value) = word.split_once(['=', ':'])?;
    (NAMES.contains(&name.to_lowercase().as_str()) && is_password(value)).then_some(value)
}

/// Long enough, and not a word of the language: it has a digit or a sign in it.
fn is_password(word: &str) -> bool {
    let plain = word.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '’' | '.'));
    word.chars().count() >= 6 && !plain && !word.contains("://")
}

fn is_of_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'=' | b'+' | b'/')
}

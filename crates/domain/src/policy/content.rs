//! What content should not carry: links to unlisted domains, card and account numbers, secrets, e-mail addresses,
//! words about health. Each kind is looked for by rules that can be read, and is left, recorded, taken out or refused
//! as a tenant chooses.

mod cards;
mod health;
mod iban;
mod links;
mod secrets;
#[cfg(test)]
mod tests;

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// What was found in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContentKind {
    Link,
    Card,
    BankAccount,
    Secret,
    Email,
    Health,
}

/// What is done about it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    #[default]
    Off,
    /// Recorded, and nothing else.
    Shadow,
    /// Taken out; a marker stands in its place.
    Scrub,
    Deny,
}

/// A tenant's choices; all off unless set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ContentRules {
    pub links: Action,
    /// Links to these and what lies below them are not found.
    pub allowed_domains: Vec<String>,
    pub cards: Action,
    pub bank_accounts: Action,
    pub secrets: Action,
    pub emails: Action,
    pub health: Action,
}

/// Something in a text, by its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Find {
    pub kind: ContentKind,
    pub range: Range<usize>,
}

impl ContentKind {
    pub const ALL: [Self; 6] =
        [Self::Link, Self::Card, Self::BankAccount, Self::Secret, Self::Email, Self::Health];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Card => "card",
            Self::BankAccount => "bank_account",
            Self::Secret => "secret",
            Self::Email => "email",
            Self::Health => "health",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// What stands in the place of what was taken out.
    pub fn marker(self) -> &'static str {
        match self {
            Self::Link => "[link]",
            Self::Card => "[card]",
            Self::BankAccount => "[account]",
            Self::Secret => "[secret]",
            Self::Email => "[email]",
            Self::Health => "[…]",
        }
    }
}

impl ContentRules {
    pub fn action(&self, kind: ContentKind) -> Action {
        match kind {
            ContentKind::Link => self.links,
            ContentKind::Card => self.cards,
            ContentKind::BankAccount => self.bank_accounts,
            ContentKind::Secret => self.secrets,
            ContentKind::Email => self.emails,
            ContentKind::Health => self.health,
        }
    }

    /// Whether anything is looked for at all.
    pub fn is_on(&self) -> bool {
        ContentKind::ALL.into_iter().any(|kind| self.action(kind) != Action::Off)
    }

    /// What a text has of the kinds that are looked for.
    pub fn find(&self, text: &str) -> Vec<Find> {
        let mut found = find(text, &self.allowed_domains);
        found.retain(|find| self.action(find.kind) != Action::Off);
        found
    }

    /// The text with what is to be taken out replaced by markers; `None` if it stays as it is.
    pub fn scrub(&self, text: &str, found: &[Find]) -> Option<String> {
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for find in found.iter().filter(|find| self.action(find.kind) == Action::Scrub) {
            if find.range.start < at {
                continue;
            }
            out.push_str(&text[at..find.range.start]);
            out.push_str(find.kind.marker());
            at = find.range.end;
        }
        if at == 0 {
            return None;
        }
        out.push_str(&text[at..]);
        Some(out)
    }
}

/// Everything that is found in a text, in its order. What lies in something else is told once: a link with a secret in
/// it is a secret.
pub fn find(text: &str, allowed_domains: &[String]) -> Vec<Find> {
    let mut found = Vec::new();
    secrets::find(text, &mut found);
    iban::find(text, &mut found);
    cards::find(text, &mut found);
    links::find(text, allowed_domains, &mut found);
    health::find(text, &mut found);
    let mut kept: Vec<Find> = Vec::with_capacity(found.len());
    for find in found {
        let overlaps =
            |other: &Find| find.range.start < other.range.end && other.range.start < find.range.end;
        if !kept.iter().any(overlaps) {
            kept.push(find);
        }
    }
    kept.sort_by_key(|find| find.range.start);
    kept
}

/// Words between blanks, with where they begin, without the punctuation around them.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let around = |c: char| {
        matches!(
            c,
            ',' | ';'
                | '!'
                | '?'
                | '"'
                | '\''
                | '('
                | ')'
                | '['
                | ']'
                | '<'
                | '>'
                | '«'
                | '»'
                | '“'
                | '”'
                | '„'
                | '…'
                | '*'
        )
    };
    text.split_whitespace().map(move |word| {
        let start = word.as_ptr() as usize - text.as_ptr() as usize;
        let inner = word.trim_start_matches(around);
        let start = start + word.len() - inner.len();
        (start, inner.trim_end_matches(|c: char| around(c) || matches!(c, '.' | ':')))
    })
}

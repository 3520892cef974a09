//! Links and e-mail addresses.

use super::{ContentKind, Find, words};
use crate::address::Email;

/// Ends of names that people write without `https://`.
const ENDS: [&str; 50] = [
    "com", "net", "org", "info", "biz", "io", "app", "dev", "me", "co", "ly", "link", "shop", "store",
    "site", "online", "click", "top", "xyz", "page", "gl", "gg", "cc", "tv", "eu", "de", "fr", "es", "it",
    "pt", "br", "mx", "uk", "ie", "in", "id", "za", "ng", "ae", "sa", "au", "ca", "us", "nl", "be", "at",
    "ch", "pl", "ru", "tr",
];

pub(super) fn find(text: &str, allowed: &[String], found: &mut Vec<Find>) {
    for (start, word) in words(text) {
        let range = start..start + word.len();
        if is_email(word) {
            found.push(Find { kind: ContentKind::Email, range });
        } else if let Some(host) = host(word)
            && !is_allowed(&host, allowed)
        {
            found.push(Find { kind: ContentKind::Link, range });
        }
    }
}

fn is_email(word: &str) -> bool {
    let word = word.strip_prefix("mailto:").unwrap_or(word);
    word.contains('@') && !word.contains("://") && Email::parse(word).is_ok()
}

/// The host that a word leads to.
fn host(word: &str) -> Option<String> {
    let lower = word.to_lowercase();
    let written_out =
        lower.split_once("://").filter(|(scheme, _)| matches!(*scheme, "http" | "https" | "hxxp" | "hxxps"));
    let rest = written_out.map_or(lower.as_str(), |(_, rest)| rest);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#', ':']).next()?.trim_end_matches('.');
    let labels: Vec<&str> = host.split('.').collect();
    let sound = labels.len() >= 2
        && labels
            .iter()
            .all(|label| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-'));
    if written_out.is_some() {
        return (sound || host == "localhost").then(|| host.to_owned());
    }
    let end = labels.last()?;
    let named = labels.first().is_some_and(|first| first.chars().any(char::is_alphabetic));
    // `Mr.In`, `z.B.de`: a sentence that lacks a blank has a capital behind its full stop.
    let is_sentence =
        word.split('.').next_back().is_some_and(|last| last.chars().next().is_some_and(char::is_uppercase))
            && !word.chars().all(|c| !c.is_lowercase());
    (sound && named && ENDS.contains(end) && !is_sentence).then(|| host.to_owned())
}

fn is_allowed(host: &str, allowed: &[String]) -> bool {
    let bare = host.strip_prefix("www.").unwrap_or(host);
    allowed.iter().any(|domain| {
        bare.eq_ignore_ascii_case(domain)
            || bare.len() > domain.len()
                && bare[..bare.len() - domain.len()].ends_with('.')
                && bare[bare.len() - domain.len()..].eq_ignore_ascii_case(domain)
    })
}

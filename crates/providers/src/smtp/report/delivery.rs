//! Reports of delivery: each recipient's action, with the status that says why.

use serde_json::json;
use tidings_domain::address::Email;
use tidings_domain::fact::{Fact, Identities, ProviderError, Receipt};
use tidings_domain::failure;
use tidings_domain::lifecycle::AttemptState;

use super::fields::Fields;
use super::{Found, other};
use crate::limits::REPORT_RECIPIENTS_MAX;
use crate::smtp::outcome::without_addresses;

pub(super) fn facts(found: &Found<'_>, report: &str) -> Vec<Fact> {
    let groups = Fields::read(report);
    // The first group is about the mail as a whole.
    let recipients = groups.iter().filter(|group| group.get("action").is_some());
    recipients.take(REPORT_RECIPIENTS_MAX).map(|group| one(found, group)).collect()
}

fn one(found: &Found<'_>, group: &Fields) -> Fact {
    let action = group.get("action").unwrap_or_default().to_ascii_lowercase();
    let status = group.get("status").unwrap_or_default();
    let state = match action.as_str() {
        "failed" => AttemptState::Failed,
        "delivered" => AttemptState::Delivered,
        // Handed on to a server that reports nothing.
        "relayed" | "expanded" => AttemptState::Sent,
        // `delayed` changes nothing: the server goes on trying.
        _ => return other("mail.report", json!({"action": action, "status": status})),
    };
    let Some(attempt) = found.attempt() else {
        return other("mail.report_unmatched", json!({"action": action, "status": status}));
    };
    let error = (state == AttemptState::Failed).then(|| {
        let said = group.get("diagnostic-code").unwrap_or_default();
        let code = code(status, said);
        ProviderError { code, title: failure::smtp(code).name.to_owned(), detail: without_addresses(said) }
    });
    // Whoever knows the signed address speaks of its attempt alone, not of the people that a report names.
    let email = found.token.is_none().then(|| recipient(group)).flatten();
    Fact::Receipt(Receipt {
        provider_id: found.provider_id(attempt),
        state,
        at: found.now,
        attempt: Some(attempt),
        error,
        who: Identities { email, ..Identities::default() },
        pricing: None,
    })
}

/// The status, unless it says nothing and the server's own answer (`smtp; 550 5.7.1 …`) says more.
fn code(status: &str, said: &str) -> i64 {
    let by_status = failure::smtp_status(status.split_whitespace().next().unwrap_or_default());
    let words = said.split_once(';').map_or(said, |(_, words)| words).trim();
    let reply = words
        .get(..3)
        .and_then(|digits| digits.parse::<u16>().ok())
        .filter(|reply| (400..600).contains(reply));
    let by_reply = reply.map(|reply| failure::smtp_code(reply, words[3..].trim_start_matches([' ', '-'])));
    match (by_status, by_reply) {
        (Some(status), Some(reply)) if status < 1_000 => reply,
        (Some(status), _) => status,
        (None, Some(reply)) => reply,
        (None, None) => 550,
    }
}

fn recipient(group: &Fields) -> Option<Email> {
    let named = group.get("original-recipient").or_else(|| group.get("final-recipient"))?;
    let address = named.split_once(';').map_or(named, |(_, address)| address);
    Email::parse(address.trim().trim_matches(['<', '>'])).ok()
}

//! Content rules: what a tenant does not want to send is looked for before it is sealed.

use std::borrow::Cow;

use serde_json::json;

use tidings_domain::decision::{Decision, Verdict};
use tidings_domain::outgoing::Outgoing;
use tidings_domain::policy::{Action, ContentKind};

use super::rules::VERSION;
use crate::catalog::Snapshot;

/// Takes out what is to be taken out; a decision for each kind that was found. They tell how many, never what.
pub(crate) fn screen(snapshot: &Snapshot, outgoing: &mut Outgoing) -> Vec<Decision> {
    let rules = &snapshot.policy.settings.content;
    if !rules.is_on() {
        return Vec::new();
    }
    let mut counts = [0u32; ContentKind::ALL.len()];
    outgoing.change_texts(&mut |text| {
        let found = rules.find(text);
        for find in &found {
            counts[find.kind as usize] += 1;
        }
        rules.scrub(text, &found)
    });
    let found = ContentKind::ALL.into_iter().zip(counts).filter(|(_, count)| *count > 0);
    found.map(|(kind, count)| decision(kind, count, rules.action(kind))).collect()
}

fn decision(kind: ContentKind, count: u32, action: Action) -> Decision {
    let (code, what) = match kind {
        ContentKind::Link => ("content.link", "a link to a domain that is not listed"),
        ContentKind::Card => ("content.card", "a payment card number"),
        ContentKind::BankAccount => ("content.bank_account", "a bank account number"),
        ContentKind::Secret => ("content.secret", "a secret such as a key or a password"),
        ContentKind::Email => ("content.email", "an e-mail address"),
        ContentKind::Health => ("content.health", "a word about health"),
    };
    let (verdict, reason) = match action {
        Action::Scrub => (Verdict::Allow, format!("The content had {what}; it was taken out.")),
        Action::Deny | Action::Shadow | Action::Off => (Verdict::Deny, format!("The content has {what}.")),
    };
    let inputs = json!({"found": count, "action": action});
    Decision {
        rule: Cow::Borrowed(code),
        version: VERSION,
        verdict,
        shadow: action == Action::Shadow,
        reason,
        inputs: inputs.as_object().cloned().unwrap_or_default(),
    }
}

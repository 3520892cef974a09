//! The rules in their order. Each looks at one thing and says so.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::json;

use tidings_domain::category::Category;
use tidings_domain::decision::{Decision, Verdict};
use tidings_domain::id::AccountId;
use tidings_domain::limits::SERVICE_WINDOW_US;
use tidings_domain::time::{MINUTE, Timestamp};
use tidings_store::model::RecipientFacts;

use super::consent_rules;
use crate::catalog::{Snapshot, is_sendable};

/// Version of this set of rules; an allow names it, so that a verdict can be read years later.
const VERSION: u32 = 1;

/// What is asked of policy.
#[derive(Debug, Clone)]
pub(crate) struct Question<'a> {
    pub account: AccountId,
    pub category: Category,
    pub free_form: bool,
    pub template: Option<&'a str>,
    pub language: Option<&'a str>,
    /// Due later: only what time cannot change is decided now.
    pub scheduled: bool,
    pub at: Timestamp,
}

type Rule = fn(&Snapshot, &Question<'_>, &RecipientFacts) -> Option<Decision>;

const RULES: [Rule; 7] = [
    reachable,
    consent_rules::suppression,
    consent_rules::topic,
    consent_rules::required,
    cool_down,
    window,
    template,
];

/// Asks every rule; a rule that does not apply says nothing.
pub(crate) fn judge(snapshot: &Snapshot, question: &Question<'_>, facts: &RecipientFacts) -> Vec<Decision> {
    RULES.iter().filter_map(|rule| rule(snapshot, question, facts)).collect()
}

pub(super) fn decision(
    rule: &'static str,
    verdict: Verdict,
    reason: impl Into<String>,
    inputs: serde_json::Value,
) -> Decision {
    let inputs = match inputs {
        serde_json::Value::Object(map) => map,
        _ => serde_json::Map::new(),
    };
    Decision { rule: Cow::Borrowed(rule), version: VERSION, verdict, reason: reason.into(), inputs }
}

pub(super) fn allow(rule: &'static str, reason: &'static str) -> Decision {
    decision(rule, Verdict::Allow, reason, json!(null))
}

/// A recipient that the provider called unreachable is remembered and refused early.
fn reachable(_: &Snapshot, question: &Question<'_>, facts: &RecipientFacts) -> Option<Decision> {
    if question.scheduled {
        return None;
    }
    Some(match facts.invalid {
        None => allow("recipient.reachable", "No provider has called the recipient unreachable."),
        Some((code, at)) => decision(
            "recipient.invalid",
            Verdict::Deny,
            format!(
                "The provider said with code {code} that this recipient cannot be reached; lift the mark to try again."
            ),
            json!({"code": code, "since": at}),
        ),
    })
}

/// The platform asked us to leave this person alone for a while.
fn cool_down(_: &Snapshot, question: &Question<'_>, facts: &RecipientFacts) -> Option<Decision> {
    let until = facts.cool_until.filter(|until| *until > question.at)?;
    if question.scheduled || question.category != Category::Marketing {
        return None;
    }
    Some(decision(
        "recipient.cooling_down",
        Verdict::Defer { until },
        "The platform limits marketing to this recipient; it is not tried again before then.",
        json!({"until": until}),
    ))
}

/// Free-form content only within 24 hours of the recipient's last message.
fn window(_: &Snapshot, question: &Question<'_>, facts: &RecipientFacts) -> Option<Decision> {
    if question.scheduled || !question.free_form {
        return None;
    }
    let open = facts.last_inbound_at.is_some_and(|at| question.at.since(at) < SERVICE_WINDOW_US);
    Some(if open {
        decision("window.open", Verdict::Allow, "", json!({"last_inbound_at": facts.last_inbound_at}))
    } else {
        decision(
            "window.closed",
            Verdict::Deny,
            "Free-form content may be sent only within 24 hours of the recipient's last message; send a template.",
            json!({"last_inbound_at": facts.last_inbound_at}),
        )
    })
}

/// Only an approved template goes out. A paused one is waited for once the message is in the lane.
fn template(snapshot: &Snapshot, question: &Question<'_>, _: &RecipientFacts) -> Option<Decision> {
    let name = question.template?;
    let known = snapshot.template(question.account, name, question.language.unwrap_or_default());
    let status = known.map_or("UNKNOWN", |known| known.status.as_str());
    let inputs = json!({"template": name, "language": question.language, "status": status});
    if question.scheduled {
        return None;
    }
    Some(match status {
        status if is_sendable(status) => {
            allow("template.approved", "The platform lists the template as approved.")
        }
        "PAUSED" => decision(
            "template.paused",
            Verdict::Defer { until: question.at.plus(MINUTE) },
            "The platform has paused this template.",
            inputs,
        ),
        _ => decision(
            "template.not_approved",
            Verdict::Deny,
            format!(
                "The platform lists this template as {}; only an approved one can be sent.",
                status.to_lowercase()
            ),
            inputs,
        ),
    })
}

/// The decisions as JSON for the body of an event. An allow without inputs is written short.
pub(super) fn write(decisions: &[Decision]) -> String {
    let mut out = String::with_capacity(64 * decisions.len() + 2);
    out.push('[');
    for (index, each) in decisions.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        if each.verdict == Verdict::Allow && each.inputs.is_empty() {
            let _ = write!(
                out,
                r#"{{"rule":"{}","version":{},"verdict":"allow","reason":"{}"}}"#,
                each.rule, each.version, each.reason
            );
        } else {
            out.push_str(&serde_json::to_string(each).expect("a decision has only string keys"));
        }
    }
    out.push(']');
    out
}

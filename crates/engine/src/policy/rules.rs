//! The rules in their order. Each looks at one thing and says so; its file holds the sentence people read.

mod cap;
mod consent;
mod country;
mod quiet;
mod reach;
mod recipient;
mod template;
mod tenant;
mod window;

pub(super) use window::is_open as is_window_open;

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::json;

use tidings_domain::category::{Category, Channel};
use tidings_domain::decision::{Decision, Verdict};
use tidings_domain::id::{AccountId, SenderId};
use tidings_domain::policy::Place;
use tidings_domain::time::Timestamp;
use tidings_store::model::{RecipientFacts, Shown};

use crate::catalog::Snapshot;

/// Version of this set of rules; an allow names it, so that a verdict can be read years later.
pub(crate) const VERSION: u32 = 2;

/// What is asked of policy.
#[derive(Debug, Clone)]
pub(crate) struct Question<'a> {
    pub account: AccountId,
    pub sender: SenderId,
    pub channel: Channel,
    pub category: Category,
    pub place: Place,
    pub free_form: bool,
    pub template: Option<&'a str>,
    pub language: Option<&'a str>,
    /// Due later: only what time cannot change is decided now.
    pub scheduled: bool,
    pub at: Timestamp,
    /// What is not a column of the message: known until it is sealed.
    pub shown: Option<&'a Shown>,
    /// It is: this is a claim.
    pub is_sealed: bool,
}

type Rule = fn(&Snapshot, &Question<'_>, &RecipientFacts) -> Option<Decision>;

/// Whether a rule's verdict can change until a message is due: then it waits with a message that is scheduled.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Always,
    WhenDue,
}

/// In the order in which people read them. Of several that deny, the first one is named.
const RULES: [(Asked, Rule); 12] = [
    (Asked::WhenDue, recipient::reachable),
    (Asked::WhenDue, consent::suppression),
    (Asked::WhenDue, consent::of_all),
    (Asked::WhenDue, consent::topic),
    (Asked::WhenDue, consent::required),
    (Asked::Always, country::us_marketing),
    (Asked::WhenDue, window::service_window),
    (Asked::WhenDue, template::template),
    (Asked::WhenDue, recipient::cool_down),
    (Asked::WhenDue, quiet::quiet_hours),
    (Asked::WhenDue, cap::caps),
    (Asked::WhenDue, reach::reach),
];

/// Asks every rule; a rule that does not apply says nothing.
pub(crate) fn judge(snapshot: &Snapshot, question: &Question<'_>, facts: &RecipientFacts) -> Vec<Decision> {
    let mut decisions: Vec<Decision> = RULES
        .iter()
        .filter(|(asked, _)| !question.scheduled || *asked == Asked::Always)
        .filter_map(|(_, rule)| rule(snapshot, question, facts))
        .collect();
    tenant::ask(snapshot, question, facts, &mut decisions);
    decisions.extend(question.shown.iter().flat_map(|shown| &shown.decisions).cloned());
    decisions
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
    Decision {
        rule: Cow::Borrowed(rule),
        version: VERSION,
        verdict,
        shadow: false,
        reason: reason.into(),
        inputs,
    }
}

pub(super) fn allow(rule: &'static str, reason: &'static str) -> Decision {
    decision(rule, Verdict::Allow, reason, json!(null))
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

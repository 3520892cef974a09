//! The service window.

use serde_json::json;

use tidings_domain::decision::{Decision, Verdict};
use tidings_domain::limits::SERVICE_WINDOW_US;
use tidings_store::model::RecipientFacts;

use super::{Question, decision};
use crate::catalog::Snapshot;

/// Free-form content only within 24 hours of the recipient's last message.
pub(super) fn service_window(
    _: &Snapshot,
    question: &Question<'_>,
    facts: &RecipientFacts,
) -> Option<Decision> {
    if !question.free_form {
        return None;
    }
    Some(if is_open(question, facts) {
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

pub(in crate::policy) fn is_open(question: &Question<'_>, facts: &RecipientFacts) -> bool {
    facts.last_inbound_at.is_some_and(|at| question.at.since(at) < SERVICE_WINDOW_US)
}

//! The platform's approval of a template.

use serde_json::json;

use tidings_domain::decision::{Decision, Verdict};
use tidings_domain::time::MINUTE;
use tidings_store::model::RecipientFacts;

use super::{Question, allow, decision};
use crate::catalog::{Snapshot, is_sendable};

/// Only an approved template goes out. A paused one is waited for once the message is in the lane.
pub(super) fn template(snapshot: &Snapshot, question: &Question<'_>, _: &RecipientFacts) -> Option<Decision> {
    let name = question.template?;
    let known = snapshot.template(question.account, name, question.language.unwrap_or_default());
    let status = known.map_or("UNKNOWN", |known| known.status.as_str());
    if let Some(held) = known.filter(|_| question.is_sealed && is_sendable(status)).and_then(|known| {
        let category = known.category.unwrap_or(question.category);
        snapshot.template_pause(Some(name), category, question.at)
    }) {
        return Some(decision(
            "template.held",
            Verdict::Defer { until: question.at.plus(MINUTE) },
            "The template is held, and no substitute could be made of this message.",
            json!({"template": name, "language": question.language, "pause": held.id}),
        ));
    }
    if is_sendable(status) {
        return Some(allow("template.approved", "The platform lists the template as approved."));
    }
    let inputs = json!({"template": name, "language": question.language, "status": status});
    Some(if status == "PAUSED" {
        decision(
            "template.paused",
            Verdict::Defer { until: question.at.plus(MINUTE) },
            "The platform has paused this template.",
            inputs,
        )
    } else {
        decision(
            "template.not_approved",
            Verdict::Deny,
            format!(
                "The platform lists this template as {}; only an approved one can be sent.",
                status.to_lowercase()
            ),
            inputs,
        )
    })
}

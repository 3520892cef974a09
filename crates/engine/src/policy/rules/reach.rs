//! The messaging limit: people whom the portfolio may reach in 24 hours outside a service window.

use serde_json::json;

use tidings_domain::category::{Category, Channel};
use tidings_domain::decision::{Decision, Verdict};
use tidings_store::model::RecipientFacts;

use super::window::is_open;
use super::{Question, allow, decision};
use crate::catalog::Snapshot;

pub(super) fn reach(
    snapshot: &Snapshot,
    question: &Question<'_>,
    facts: &RecipientFacts,
) -> Option<Decision> {
    if question.channel != Channel::Whatsapp {
        return None;
    }
    let limit = snapshot.policy.limit(snapshot.pool(question.account))?;
    // Only a claim knows what is used; intake leaves it to it.
    let reach = facts.reach?;
    if reach.counted || is_open(question, facts) {
        return Some(allow("limit.counted", "The recipient is no new one for the messaging limit."));
    }
    let authentication = question.category == Category::Authentication;
    let most = if authentication { limit.recipients } else { limit.for_others };
    if reach.recipients < most {
        return Some(allow("limit.within", "The messaging limit leaves room for the recipient."));
    }
    Some(decision(
        "limit.reached",
        Verdict::Defer { until: reach.frees_at.max(question.at.plus(tidings_domain::time::MINUTE)) },
        "The portfolio has reached as many people in 24 hours as the platform allows.",
        json!({"reached": reach.recipients, "limit": limit.recipients, "for_category": most}),
    ))
}

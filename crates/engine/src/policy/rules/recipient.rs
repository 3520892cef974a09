//! What is known of the recipient: unreachable, left alone for a while.

use serde_json::json;

use tidings_domain::category::{Category, Channel};
use tidings_domain::decision::{Decision, Verdict};
use tidings_domain::failure;
use tidings_domain::time::Timestamp;
use tidings_store::model::RecipientFacts;

use super::{Question, allow, decision};
use crate::catalog::Snapshot;

/// A recipient that a provider called unreachable is remembered and refused early, on that provider's channel: who has
/// no WhatsApp may well have a telephone.
pub(super) fn reachable(_: &Snapshot, question: &Question<'_>, facts: &RecipientFacts) -> Option<Decision> {
    let here = |(code, _): &(i64, Timestamp)| failure::own(*code).0.channel() == question.channel;
    Some(match facts.invalid.filter(here) {
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
pub(super) fn cool_down(_: &Snapshot, question: &Question<'_>, facts: &RecipientFacts) -> Option<Decision> {
    let until = facts.cool_until.filter(|until| *until > question.at)?;
    if question.category != Category::Marketing || question.channel != Channel::Whatsapp {
        return None;
    }
    Some(decision(
        "recipient.cooling_down",
        Verdict::Defer { until },
        "The platform limits marketing to this recipient; it is not tried again before then.",
        json!({"until": until}),
    ))
}

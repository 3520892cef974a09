//! What the platform does not carry to a country.

use serde_json::json;

use tidings_domain::address::CountryCode;
use tidings_domain::category::{Category, Channel};
use tidings_domain::decision::{Decision, Verdict};
use tidings_domain::policy::{CountryRule, pack_of};
use tidings_store::model::RecipientFacts;

use super::{Question, decision};
use crate::catalog::Snapshot;

/// The platform delivers no marketing templates to numbers of the United States (since 1 April 2025): each try
/// would only count against the sender.
pub(super) fn us_marketing(
    snapshot: &Snapshot,
    question: &Question<'_>,
    _: &RecipientFacts,
) -> Option<Decision> {
    let applies = question.category == Category::Marketing
        && question.channel == Channel::Whatsapp
        && question.place.country == Some(CountryCode::UNITED_STATES)
        && snapshot.policy.settings.us_marketing_blocked;
    let pack = pack_of(question.place.country.filter(|_| applies)?.into());
    let held = pack.rule(CountryRule::MarketingBlocked, question.at)?;
    let mut found = decision(
        "country.us_marketing",
        Verdict::Deny,
        "WhatsApp delivers no marketing to numbers of the United States.",
        json!({"country": "US", "since": held.from.to_string()}),
    );
    found.version = pack.version;
    Some(found)
}

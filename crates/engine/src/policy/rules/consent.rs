//! Consent: an opt-out stops the message, and where the tenant asks for opt-in, a grant must stand.

use serde_json::json;

use tidings_domain::category::{Category, Channel};
use tidings_domain::consent::{MarketingRule, Standing};
use tidings_domain::decision::{Decision, Verdict};
use tidings_domain::policy::{CountryRule, pack_of};
use tidings_store::model::RecipientFacts;

use super::{Question, allow, decision};
use crate::catalog::Snapshot;

/// An opt-out of the category.
pub(super) fn suppression(
    snapshot: &Snapshot,
    question: &Question<'_>,
    facts: &RecipientFacts,
) -> Option<Decision> {
    let category = question.category;
    let channel = channel(snapshot, question);
    let revoked = match channel {
        Channel::Whatsapp => facts.revoked_at[usize::from(category.priority())],
        Channel::Sms | Channel::Email => facts.choices.standing(category, channel).revoked(),
    };
    Some(match revoked {
        None => allow("consent.suppression", "The recipient has not opted out of this category."),
        Some(at) => decision(
            "consent.suppressed",
            Verdict::Deny,
            format!("The recipient opted out of {category} messages."),
            json!({"category": category.as_str(), "revoked_at": at}),
        ),
    })
}

/// Where the country's pack says so, an opt-out of one category is one of all; what the recipient agreed to later
/// goes, and so do codes that they asked for.
pub(super) fn of_all(
    snapshot: &Snapshot,
    question: &Question<'_>,
    facts: &RecipientFacts,
) -> Option<Decision> {
    let category = question.category;
    if category == Category::Authentication || !snapshot.policy.settings.opt_out_of_all {
        return None;
    }
    let pack = pack_of(Some(question.place.country?));
    let rule = pack.rule(CountryRule::OptOutOfAll, question.at)?;
    let channel = channel(snapshot, question);
    let revoked = Category::ALL.into_iter().filter(|other| *other != category).filter_map(|other| {
        let at = facts.choices.standing(other, channel).revoked();
        let at =
            at.or(facts.revoked_at[usize::from(other.priority())].filter(|_| channel == Channel::Whatsapp));
        at.map(|at| (at, other))
    });
    let (at, other) = revoked.max()?;
    if facts.choices.standing(category, channel).granted().is_some_and(|granted| granted > at) {
        return None;
    }
    let mut found = decision(
        "consent.opted_out_of_all",
        Verdict::Deny,
        "The recipient opted out, and in this country an opt-out holds for every kind of message.",
        json!({"country": pack.country, "since": rule.from.to_string(), "category": other.as_str(),
            "revoked_at": at}),
    );
    found.version = pack.version;
    Some(found)
}

/// An opt-out of the topic that the message carries.
pub(super) fn topic(
    snapshot: &Snapshot,
    question: &Question<'_>,
    facts: &RecipientFacts,
) -> Option<Decision> {
    let topic = facts.topic?;
    let standing = facts.choices.standing(topic_purpose(topic), channel(snapshot, question));
    let at = standing.revoked()?;
    let code = snapshot.topic_by_id(topic).map(|topic| topic.code.as_str());
    Some(decision(
        "consent.topic_suppressed",
        Verdict::Deny,
        "The recipient opted out of the topic of this message.",
        json!({"topic": code, "revoked_at": at}),
    ))
}

/// Marketing by opt-in: a grant for the category or for the topic must stand.
pub(super) fn required(
    snapshot: &Snapshot,
    question: &Question<'_>,
    facts: &RecipientFacts,
) -> Option<Decision> {
    let asked = snapshot.consent.settings.marketing == MarketingRule::OptIn;
    if !asked || question.category != Category::Marketing {
        return None;
    }
    let channel = channel(snapshot, question);
    let of_topic = facts.topic.map(|topic| facts.choices.standing(topic_purpose(topic), channel));
    let standing = match facts.choices.standing(Category::Marketing, channel) {
        Standing::Silent => of_topic.unwrap_or_default(),
        said => said,
    };
    Some(match standing {
        Standing::Granted(at) => decision("consent.granted", Verdict::Allow, "", json!({"granted_at": at})),
        Standing::Silent | Standing::Revoked(_) => decision(
            "consent.missing",
            Verdict::Deny,
            "Marketing needs a recorded opt-in of the recipient, and there is none.",
            json!({"category": question.category.as_str(), "channel": channel.as_str()}),
        ),
    })
}

fn topic_purpose(topic: tidings_domain::id::TopicId) -> tidings_domain::consent::Purpose {
    tidings_domain::consent::Purpose::Topic(topic)
}

/// The channel that the account carries.
pub(super) fn channel(snapshot: &Snapshot, question: &Question<'_>) -> Channel {
    let account = snapshot.accounts.get(&question.account);
    account.map_or(Channel::Whatsapp, |account| account.provider.channel())
}

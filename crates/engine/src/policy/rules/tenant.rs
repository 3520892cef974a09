//! The tenant's own rules, asked after ours.

use std::borrow::Cow;

use serde_json::json;

use tidings_domain::decision::{Decision, Verdict};
use tidings_domain::policy::{Wall, Zone, pack_of};
use tidings_store::model::RecipientFacts;

use super::{Question, allow, consent};
use crate::catalog::Snapshot;
use crate::policy::cel::Seen;

/// Adds a decision for each rule that applies; one that says so where there are rules and none does.
pub(super) fn ask(
    snapshot: &Snapshot,
    question: &Question<'_>,
    facts: &RecipientFacts,
    decisions: &mut Vec<Decision>,
) {
    let all = &snapshot.policy.rules;
    if all.rules.is_empty() {
        return;
    }
    let sender = question.sender.to_string();
    let channel = consent::channel(snapshot, question);
    let stands = |purpose: &&str| {
        let known = snapshot.purpose(purpose);
        known.is_some_and(|known| facts.choices.standing(known, channel).granted().is_some())
    };
    let granted: Vec<&str> = all.purposes.iter().map(|purpose| &**purpose).filter(stands).collect();
    let seen = Seen {
        category: question.category,
        channel: question.channel.as_str(),
        country: question.place.country.as_ref().map_or("", |country| country.as_str()),
        state: question.place.state().unwrap_or(""),
        template: question.template.unwrap_or(""),
        language: question.language.unwrap_or(""),
        free_form: question.free_form,
        sender: &sender,
        opted_out: facts.revoked_at[usize::from(question.category.priority())].is_some(),
        local: if all.uses.time { local(snapshot, question, facts) } else { None },
        metadata: question.shown.map(|shown| &shown.metadata),
        tags: question.shown.map_or(&[], |shown| &shown.tags),
        granted: &granted,
    };
    let before = decisions.len();
    for rule in &all.rules {
        let uses = rule.expression.uses();
        // What is sealed is looked at when the message is taken in, the rest when it is due as well.
        let asked = if question.is_sealed {
            !uses.content
        } else {
            uses.content || !uses.time || !question.scheduled
        };
        if !asked || !rule.expression.holds(&seen) {
            continue;
        }
        let verdict = rule.until(question.at).map_or(Verdict::Deny, |until| Verdict::Defer { until });
        let inputs = json!({"id": rule.id});
        decisions.push(Decision {
            rule: Cow::Owned(rule.code.clone()),
            version: rule.version,
            verdict,
            shadow: rule.is_shadow,
            reason: rule.text.reason.clone(),
            inputs: inputs.as_object().cloned().unwrap_or_default(),
        });
    }
    if decisions.len() == before {
        let mut none = allow("tenant.rules", "No rule of the tenant applies.");
        none.version = all.version;
        decisions.push(none);
    }
}

/// The clock where the recipient is: of the first zone, where several are possible.
fn local(snapshot: &Snapshot, question: &Question<'_>, facts: &RecipientFacts) -> Option<Wall> {
    let known = facts.zone.as_deref().and_then(Zone::named);
    let by_place = || pack_of(question.place.country).zones_for(&question.place).first();
    let zone = known.as_ref().or_else(by_place).or_else(|| snapshot.policy.default_zone())?;
    Wall::at(question.at, zone)
}

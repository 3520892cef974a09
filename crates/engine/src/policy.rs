//! Policy: may it go? Pure rules over a loaded snapshot and the recipient's facts, asked twice: when a
//! message is taken in, and again inside the transaction that claims it, so that an opt-out committed in
//! between is always honoured.

mod audience;
pub mod cel;
mod compiled;
mod content;
mod evaluate;
mod rules;
mod tenant;
mod trial;

pub(crate) use audience::audience;
pub use audience::{AudienceReport, AudienceRequest, RuleCount, Sample};
pub use compiled::{Limit, Policy, PolicyDefaults};
pub(crate) use content::screen;
pub use evaluate::Evaluation;
pub(crate) use evaluate::evaluate;
pub(crate) use tenant::TenantRule;
pub use tenant::{Mode, RuleText, RuleVerdict};
pub use trial::Trial;

use std::sync::Arc;

use tidings_domain::category::Channel;
use tidings_domain::decision::{Decision, Verdict, deciding};
use tidings_domain::time::Timestamp;
use tidings_store::model::{ClaimJudge, DueItem, IntakeJudge, Judgement, NewMessage, RecipientFacts};

use crate::catalog::Snapshot;

pub(crate) use rules::{Question, judge};

/// The judge for intake. What time can still change is left open for a message with `send_at`.
pub(crate) fn intake_judge(snapshot: Arc<Snapshot>, now: Timestamp) -> IntakeJudge {
    Arc::new(move |message: &NewMessage, facts: &RecipientFacts| {
        let question = Question {
            account: message.account,
            sender: message.sender,
            channel: message.channel,
            place: message.place,
            category: message.category,
            free_form: message.free_form,
            template: message.template.as_deref(),
            language: message.language.as_deref(),
            scheduled: message.due_at > now,
            at: now,
            shown: message.shown.as_deref(),
            is_sealed: false,
        };
        settle(&judge(&snapshot, &question, facts), message.expires_at, now)
    })
}

/// The judge for a claim.
pub(crate) fn claim_judge(snapshot: Arc<Snapshot>, now: Timestamp) -> ClaimJudge {
    let watch = snapshot.policy.watch;
    let judge = move |item: &DueItem, facts: &RecipientFacts| {
        let question = Question {
            account: item.account,
            sender: item.sender,
            channel: channel_of(&snapshot, item),
            place: item.place,
            category: item.category,
            free_form: item.free_form,
            template: item.template.as_deref(),
            language: item.language.as_deref(),
            scheduled: false,
            at: now,
            shown: None,
            is_sealed: true,
        };
        settle(&judge(&snapshot, &question, facts), item.expires_at, now)
    };
    ClaimJudge { judge: Arc::new(judge), watch }
}

/// A sender that is gone leaves its messages to the channel that all have.
fn channel_of(snapshot: &Snapshot, item: &DueItem) -> Channel {
    snapshot.senders.get(&item.sender).map_or(Channel::Whatsapp, |sender| sender.channel)
}

/// One judgement from many decisions: a denial first, then the longest deferral.
fn settle(decisions: &[Decision], expires_at: Timestamp, now: Timestamp) -> Judgement {
    if expires_at <= now {
        return Judgement::Expire;
    }
    let text = rules::write(decisions);
    match deciding(decisions) {
        None => Judgement::Allow { decisions: text },
        Some(Decision { rule, verdict: Verdict::Defer { until }, .. }) => {
            Judgement::Defer { until: *until, code: rule.to_string(), decisions: text }
        }
        Some(Decision { rule, .. }) => Judgement::Deny { code: rule.to_string(), decisions: text },
    }
}

#[cfg(test)]
mod tests;

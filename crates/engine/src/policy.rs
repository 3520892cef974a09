//! Policy: may it go? Pure rules over a loaded snapshot and the recipient's facts, asked twice: when a
//! message is taken in, and again inside the transaction that claims it, so that an opt-out committed in
//! between is always honoured.

mod ahead;
mod audience;
pub mod cel;
mod compiled;
mod content;
mod evaluate;
mod recent;
mod rules;
mod tenant;
mod trial;

pub use ahead::{AnnouncedView, Touched, TouchedSender, TouchedTemplate};
pub(crate) use audience::audience;
pub use audience::{AudienceReport, AudienceRequest, RuleCount, Sample};
pub use compiled::{Limit, Policy, PolicyDefaults};
pub(crate) use content::screen;
pub use evaluate::Evaluation;
pub(crate) use evaluate::evaluate;
pub use recent::{Latest, RecentDecisions, RuleActivity};
pub(crate) use tenant::TenantRule;
pub use tenant::{Mode, RuleText, RuleVerdict};
pub use trial::Trial;

use std::collections::BTreeMap;
use std::sync::Arc;

use tidings_domain::category::Channel;
use tidings_domain::decision::{Decision, Verdict, deciding};
use tidings_domain::id::{AccountId, MessageId};
use tidings_domain::time::Timestamp;
use tidings_store::model::{ClaimJudge, DueItem, IntakeJudge, Judgement, NewMessage, RecipientFacts, Swap};

use crate::catalog::Snapshot;
use crate::intake::put_before;

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

/// The judge for a claim of one account.
pub(crate) fn claim_judge(
    snapshot: Arc<Snapshot>,
    account: AccountId,
    now: Timestamp,
    found: BTreeMap<MessageId, (Swap, Decision)>,
) -> ClaimJudge {
    let watch = snapshot.watch(account);
    let (mut swaps, mut notes) = (BTreeMap::new(), BTreeMap::new());
    for (message, (swap, note)) in found {
        swaps.insert(message, swap);
        notes.insert(message, note);
    }
    let swaps = Arc::new(swaps);
    let swapped = Arc::clone(&swaps);
    let judge = move |item: &DueItem, facts: &RecipientFacts| {
        let swap = swapped.get(&item.message);
        let question = Question {
            account: item.account,
            sender: item.sender,
            channel: channel_of(&snapshot, item),
            place: item.place,
            category: item.category,
            free_form: item.free_form,
            template: swap.map(|swap| swap.template.as_str()).or(item.template.as_deref()),
            language: swap.map(|swap| swap.language.as_str()).or(item.language.as_deref()),
            scheduled: false,
            at: now,
            shown: None,
            is_sealed: true,
        };
        let mut verdict = settle(&judge(&snapshot, &question, facts), item.expires_at, now);
        // Only what is done is told: one that is deferred looks for its substitute again.
        if let (Judgement::Allow { decisions }, Some(note)) = (&mut verdict, notes.get(&item.message)) {
            put_before(decisions, std::slice::from_ref(note));
        }
        verdict
    };
    ClaimJudge { judge: Arc::new(judge), watch, swaps }
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

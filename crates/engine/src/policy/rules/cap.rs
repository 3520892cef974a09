//! Frequency caps: at most so many messages of a category to one person in so many hours.

use serde_json::json;

use tidings_domain::decision::{Decision, Verdict};
use tidings_domain::policy::Cap;
use tidings_domain::time::{HOUR, Timestamp};
use tidings_store::model::RecipientFacts;

use super::{Question, allow, decision};
use crate::catalog::Snapshot;

pub(super) fn caps(snapshot: &Snapshot, question: &Question<'_>, facts: &RecipientFacts) -> Option<Decision> {
    let caps = snapshot.policy.caps_of(question.category);
    let latest = caps.iter().filter_map(|cap| full_until(cap, question.at, facts).map(|until| (until, cap)));
    match latest.max_by_key(|(until, _)| *until) {
        None if caps.is_empty() => None,
        None => Some(allow("cap.within", "The recipient has had fewer messages than the caps allow.")),
        Some((until, cap)) => Some(decision(
            "cap.reached",
            Verdict::Defer { until },
            format!(
                "The recipient has had {} {} messages in {} hours, which is the cap.",
                cap.messages, cap.category, cap.hours
            ),
            json!({"messages": cap.messages, "hours": cap.hours, "settings": snapshot.policy.settings_version}),
        )),
    }
}

/// Until when the cap is full: the message that must leave the window first is so many before the newest.
fn full_until(cap: &Cap, at: Timestamp, facts: &RecipientFacts) -> Option<Timestamp> {
    let window_us = i64::from(cap.hours) * HOUR;
    let inside = facts.touched_at.iter().rev().take_while(|touched| at.since(**touched) < window_us);
    let full = usize::try_from(cap.messages).unwrap_or(usize::MAX);
    inside.take(full).nth(full - 1).map(|oldest| oldest.plus(window_us))
}

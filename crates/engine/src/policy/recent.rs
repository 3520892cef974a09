//! What each rule decided in the last day and week, and about which messages.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use tidings_domain::actor::Permission;
use tidings_domain::decision::Decision;
use tidings_domain::event::Kind;
use tidings_domain::id::MessageId;
use tidings_domain::time::{DAY, Timestamp};
use tidings_store::model::Decided;

use crate::caller::Caller;
use crate::error::Result;
use crate::limits::DECIDED_LATEST_MAX;
use crate::pipeline::Engine;

/// Days that are looked back.
const DAYS: i64 = 7;

#[derive(Debug, Serialize)]
pub struct RecentDecisions {
    /// The most frequent of the last week first.
    pub rules: Vec<RuleActivity>,
    /// Not all denials of the week were counted.
    pub denials_cut: bool,
    /// Deferrals and shadows are counted from then on, where the log is too long for a week.
    pub deferrals_since: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
pub struct RuleActivity {
    pub rule: String,
    /// `deny`, `defer` or `shadow`: decided for the record only.
    pub verdict: &'static str,
    pub last_day: u64,
    pub last_week: u64,
    /// The newest messages.
    pub latest: Vec<Latest>,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub struct Latest {
    pub message: MessageId,
    pub at: Timestamp,
}

impl Engine {
    pub async fn recent_decisions(&self, caller: &Caller) -> Result<RecentDecisions> {
        caller.require(Permission::MessagesRead)?;
        let now = self.now();
        let found = caller.store.decided(&caller.scope, now.plus(-DAYS * DAY)).await?;
        Ok(counted(found, now))
    }
}

struct Counts {
    by_rule: BTreeMap<(String, &'static str), RuleActivity>,
    day_began: Timestamp,
}

impl Counts {
    /// Called for the newest first.
    fn add(&mut self, rule: &str, verdict: &'static str, message: MessageId, at: Timestamp) {
        let activity = self.by_rule.entry((rule.to_owned(), verdict)).or_insert_with(|| RuleActivity {
            rule: rule.to_owned(),
            verdict,
            last_day: 0,
            last_week: 0,
            latest: Vec::new(),
        });
        activity.last_week += 1;
        activity.last_day += u64::from(at > self.day_began);
        let is_new = !activity.latest.iter().any(|known| known.message == message);
        if is_new && activity.latest.len() < DECIDED_LATEST_MAX {
            activity.latest.push(Latest { message, at });
        }
    }
}

fn counted(found: Decided, now: Timestamp) -> RecentDecisions {
    #[derive(Deserialize)]
    struct Body {
        code: Option<String>,
        #[serde(default)]
        decisions: Vec<Decision>,
    }
    let mut counts = Counts { by_rule: BTreeMap::new(), day_began: now.plus(-DAY) };
    for denial in &found.denials {
        counts.add(&denial.rule, "deny", denial.message, denial.at);
    }
    for event in &found.events {
        let Ok(body) = serde_json::from_str::<Body>(&event.body) else { continue };
        if let (Kind::MessageDeferred, Some(code)) = (event.kind, &body.code) {
            counts.add(code, "defer", event.message, event.at);
        }
        // A deferral at intake tells its decisions with the acceptance too.
        let shadows = body.decisions.iter().filter(|_| event.kind != Kind::MessageDeferred);
        for shadow in shadows.filter(|decision| decision.shadow) {
            counts.add(&shadow.rule, "shadow", event.message, event.at);
        }
    }
    let mut rules: Vec<RuleActivity> = counts.by_rule.into_values().collect();
    rules.sort_by_key(|activity| std::cmp::Reverse(activity.last_week));
    RecentDecisions { rules, denials_cut: found.is_denials_cut, deferrals_since: found.events_since }
}

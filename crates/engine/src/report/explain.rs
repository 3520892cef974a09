//! The eight questions about a message, answered in plain sentences from stored facts.

use serde::Serialize;
use serde_json::Value;

use tidings_domain::event::Kind;
use tidings_domain::failure::own;
use tidings_domain::id::MessageId;
use tidings_domain::lifecycle::{AttemptState, Status};
use tidings_domain::time::Timestamp;
use tidings_store::model::{AttemptRow, LoggedEvent, MessageHead};

use super::message::decisions;
use crate::caller::Caller;
use crate::dispatch::{LaneView, failure_entry};
use crate::error::Result;
use crate::pipeline::Engine;

#[derive(Debug, Serialize)]
pub struct Explanation {
    pub id: MessageId,
    pub status: Status,
    pub answers: Vec<Answer>,
    pub timeline: Vec<TimelineEntry>,
}

#[derive(Debug, Serialize)]
pub struct Answer {
    pub question: &'static str,
    pub answer: String,
}

#[derive(Debug, Serialize)]
pub struct TimelineEntry {
    pub at: Timestamp,
    pub what: &'static str,
    pub detail: String,
    pub actor: String,
}

impl Engine {
    pub async fn explain(&self, caller: &Caller, id: MessageId) -> Result<Explanation> {
        let (view, events) = self.message_with_events(caller, id).await?;
        let head = view.head;
        let lane = if head.status.is_open() { self.lane(caller, head.sender).await.ok() } else { None };
        let snapshot = self.0.catalogs.get(&caller.store, &caller.scope, self.now()).await?;
        let now = self.now();
        let pause = snapshot
            .lane_pause(head.sender, head.account, now)
            .or_else(|| snapshot.content_pause(head.category, head.template.as_deref(), now))
            .map(|pause| pause.reason.clone());
        let facts = Facts { head: &head, events: &events, lane: lane.as_ref(), pause: pause.as_deref() };
        Ok(Explanation { id, status: head.status, answers: answers(&facts), timeline: timeline(&events) })
    }
}

/// Everything that an answer may rest on.
struct Facts<'a> {
    head: &'a MessageHead,
    events: &'a [LoggedEvent],
    lane: Option<&'a LaneView>,
    pause: Option<&'a str>,
}

impl Facts<'_> {
    fn at(&self, kind: Kind) -> Option<Timestamp> {
        self.events.iter().find(|event| event.kind == kind).map(|event| event.at)
    }
    fn best(&self) -> Option<&AttemptRow> {
        self.head.attempts.iter().filter(|attempt| attempt.state.stands()).max_by_key(|attempt| attempt.state)
    }
    fn last(&self) -> Option<&AttemptRow> {
        self.head.attempts.last()
    }
    fn reached(&self, state: AttemptState) -> bool {
        self.best().is_some_and(|attempt| attempt.state >= state)
    }
}

fn answers(facts: &Facts<'_>) -> Vec<Answer> {
    let answer = |question, answer| Answer { question, answer };
    vec![
        answer("Was it sent?", sent(facts)),
        answer("Did the provider accept it?", accepted(facts)),
        answer("Was it delivered?", delivered(facts)),
        answer("Was it read?", read(facts)),
        answer("Why did it fail?", failed(facts)),
        answer("Will it be retried, when, and why?", retried(facts)),
        answer("Is this tenant or sender at a limit?", limited(facts)),
        answer("Was any consent or policy rule in play, and which one decided?", decided(facts)),
    ]
}

fn sent(facts: &Facts<'_>) -> String {
    let n = facts.head.attempts.len();
    let times = if n == 1 { "once".to_owned() } else { format!("{n} times") };
    match (facts.last(), facts.head.status) {
        (None, Status::Scheduled) => format!("Not yet: it is scheduled for {}.", facts.head.due_at),
        (None, status) if status.is_open() => "Not yet: it waits in its sender's lane.".to_owned(),
        (None, status) => format!("No: it is {status} and never left."),
        (Some(_), Status::Submitting) => "It is being submitted right now.".to_owned(),
        (Some(last), _) => format!("Yes, submitted {times}; the last time at {}.", last.claimed_at),
    }
}

fn accepted(facts: &Facts<'_>) -> String {
    if let Some(best) = facts.best() {
        return match facts.at(Kind::MessageSubmitted) {
            Some(at) => format!("Yes, attempt {} at {at}.", best.number),
            None => format!("Yes, attempt {}: a receipt proves it, though no answer arrived.", best.number),
        };
    }
    match facts.last().map(|attempt| attempt.state) {
        None => "It was never asked.".to_owned(),
        Some(AttemptState::Claimed) => "Its answer is awaited.".to_owned(),
        Some(AttemptState::InDoubt) => "Nobody knows yet: no definite answer arrived.".to_owned(),
        Some(AttemptState::Unknown) => {
            "Nobody knows: neither an answer nor a receipt arrived in time.".to_owned()
        }
        Some(_) => match facts.at(Kind::MessageSubmitted) {
            Some(at) => format!("Yes, at {at}, but it failed afterwards."),
            None => "No, it refused.".to_owned(),
        },
    }
}

fn delivered(facts: &Facts<'_>) -> String {
    if facts.reached(AttemptState::Delivered) {
        return match facts.at(Kind::MessageDelivered) {
            Some(at) => format!("Yes, at {at}."),
            None => "Yes: a later receipt proves it.".to_owned(),
        };
    }
    if facts.best().is_some() { "Not yet: no receipt says so.".to_owned() } else { "No.".to_owned() }
}

fn read(facts: &Facts<'_>) -> String {
    if facts.reached(AttemptState::Read) {
        return match facts.at(Kind::MessageRead) {
            Some(at) => format!("Yes, at {at}."),
            None => "Yes: a later receipt proves it.".to_owned(),
        };
    }
    if facts.reached(AttemptState::Delivered) {
        return "No receipt says so; the recipient may have read receipts turned off.".to_owned();
    }
    "No.".to_owned()
}

fn failed(facts: &Facts<'_>) -> String {
    let provider = |code: i64| format!("The provider said {}: {}", own(code).1, failure_entry(code).meaning);
    let last_code = facts.head.attempts.iter().rev().find_map(|attempt| attempt.code);
    match facts.head.status {
        Status::Denied => {
            format!("It was denied by the rule `{}`.", facts.head.reason.as_deref().unwrap_or("unknown"))
        }
        Status::Expired => format!("It expired at {} before it could be delivered.", facts.head.expires_at),
        Status::Canceled => "It did not fail: somebody canceled it.".to_owned(),
        Status::Unknown => {
            "Whether it failed is unknown: it was in doubt and its category is not sent twice.".to_owned()
        }
        Status::Failed => last_code.map_or_else(
            || format!("It failed: {}.", facts.head.reason.as_deref().unwrap_or("no reason was recorded")),
            provider,
        ),
        _ => match last_code {
            Some(code) => format!("It has not failed. An earlier attempt did: {}", provider(code)),
            None => "It has not failed.".to_owned(),
        },
    }
}

fn retried(facts: &Facts<'_>) -> String {
    match (facts.head.status, facts.last()) {
        (Status::Queued, Some(AttemptRow { retry_at: Some(at), doubted: true, state, .. }))
            if *state <= AttemptState::Unknown =>
        {
            format!("Yes, at {at}: no receipt resolved the doubt in time, and its category is sent again.")
        }
        (Status::Queued, Some(AttemptRow { retry_at: Some(at), code, .. })) => match code {
            Some(code) => format!("Yes, at {at}: {} can pass.", failure_entry(*code).name.replace('_', " ")),
            None => format!("Yes, at {at}."),
        },
        (Status::Queued, None) if facts.head.due_at > facts.head.created_at => {
            format!("Policy deferred it: it is looked at again at {}.", facts.head.due_at)
        }
        (Status::InDoubt, Some(AttemptRow { doubt_until: Some(until), .. })) => {
            let then = if facts.head.category.resends_after_doubt() {
                "it is sent again"
            } else {
                "it ends as unknown"
            };
            format!("Not blindly: a receipt may settle the doubt until {until}; after that {then}.")
        }
        (status, _) if status.is_open() => "Nothing has failed, so there is nothing to retry.".to_owned(),
        (Status::Failed, _) => "No: it ended. It can be sent again by hand (redrive).".to_owned(),
        _ => "No.".to_owned(),
    }
}

fn limited(facts: &Facts<'_>) -> String {
    if let Some(reason) = facts.pause {
        return format!("It is paused by a person: {reason}");
    }
    match facts.lane {
        None if facts.head.status.is_open() => "The lane could not be asked.".to_owned(),
        None => "Not for this message any more.".to_owned(),
        Some(lane) => match &*lane.phase {
            "idle" | "scheduled" | "backing_off" | "pacing" | "waiting_for_answers" => {
                format!("No. The lane: {}", lane.detail)
            }
            _ => format!("Yes. The lane: {}", lane.detail),
        },
    }
}

fn decided(facts: &Facts<'_>) -> String {
    // What was decided for the record only has not decided.
    let mut all = decisions(facts.events);
    all.retain(|decision| decision.get("shadow") != Some(&Value::Bool(true)));
    let text =
        |decision: &Value, key: &str| decision.get(key).and_then(Value::as_str).unwrap_or("").to_owned();
    let against = all.iter().rev().find(|decision| text(decision, "verdict") != "allow");
    if let Some(decision) = against {
        let verb = if text(decision, "verdict") == "deny" { "denied" } else { "deferred" };
        return format!(
            "The rule `{}` {verb} it at {}: {}",
            text(decision, "rule"),
            text(decision, "stage"),
            text(decision, "reason")
        );
    }
    let mut rules: Vec<String> = Vec::new();
    for decision in &all {
        let rule = text(decision, "rule");
        if !rules.contains(&rule) {
            rules.push(rule);
        }
    }
    if rules.is_empty() {
        return "No rule has been asked yet: that happens when it is due.".to_owned();
    }
    format!("All allowed it: {}.", rules.join(", "))
}

fn timeline(events: &[LoggedEvent]) -> Vec<TimelineEntry> {
    events
        .iter()
        .map(|event| TimelineEntry {
            at: event.at,
            what: event.kind.as_str(),
            detail: detail(event),
            actor: event.actor.clone(),
        })
        .collect()
}

/// The body as `name value` pairs, decisions left to their own answer.
fn detail(event: &LoggedEvent) -> String {
    let Ok(Value::Object(body)) = serde_json::from_str(&event.body) else { return String::new() };
    let mut parts: Vec<String> = Vec::new();
    for (key, value) in &body {
        let shown = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            _ => continue,
        };
        parts.push(match key.as_str() {
            "code" => shown.parse().map_or_else(
                |_| format!("code {shown}"),
                |code| format!("code {} ({})", own(code).1, failure_entry(code).name),
            ),
            "attempt" => format!("attempt {shown}"),
            _ => format!("{} {shown}", key.replace('_', " ")),
        });
    }
    parts.join(", ")
}

//! The predicates that hold whatever goes wrong, between what the product says of its messages and what the
//! simulated provider wrote into its own book.
//!
//! Nothing is lost, nothing is submitted twice but after a recorded doubt, every status is the join of the
//! receipts that were taken, no limit was broken, no opt-out was overridden.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use tidings_domain::time::Timestamp;
use tidings_simulator::{Ledger, Status, Submission};

/// A message as `GET /v1/messages/{id}` shows it, as far as the predicates need it.
#[derive(Debug, Clone, Deserialize)]
pub struct MessageFacts {
    pub id: String,
    pub status: String,
    #[serde(default)]
    pub reason: Option<String>,
    pub category: String,
    pub attempts: Vec<AttemptFacts>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct AttemptFacts {
    pub id: String,
    pub number: u8,
    pub state: String,
    #[serde(default)]
    pub was_in_doubt: bool,
}

/// One entry of a tenant's event log, as `GET /v1/events` shows it.
#[derive(Debug, Clone, Deserialize)]
pub struct EventFacts {
    #[serde(rename = "type")]
    pub kind: String,
    pub subject: String,
    #[serde(default)]
    pub data: serde_json::Value,
}

/// What one entry of the consent ledger says, and from when on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentFacts {
    pub person: String,
    pub granted: bool,
    pub at: Timestamp,
}

const OPEN: [&str; 5] = ["accepted", "scheduled", "queued", "submitting", "in_doubt"];
/// The states of an attempt in the order of the join.
const STATES: [&str; 9] =
    ["submitting", "in_doubt", "unknown", "submitted", "sent", "failed", "delivered", "read", "played"];

/// The provider's book, by the attempt that each submission names.
pub struct Book<'l> {
    by_attempt: BTreeMap<&'l str, Vec<&'l Submission>>,
    ledger: &'l Ledger,
}

impl<'l> Book<'l> {
    pub fn new(ledger: &'l Ledger) -> Self {
        let mut by_attempt: BTreeMap<&str, Vec<&Submission>> = BTreeMap::new();
        for submission in &ledger.submissions {
            let name = submission.callback_data.as_deref().unwrap_or_default();
            by_attempt.entry(name).or_default().push(submission);
        }
        Self { by_attempt, ledger }
    }

    fn of(&self, attempt: &str) -> &[&'l Submission] {
        self.by_attempt.get(attempt).map_or(&[], Vec::as_slice)
    }
}

/// Every broken promise, in words; `acknowledged` are the ids that clients were given.
pub fn check(ledger: &Ledger, messages: &[MessageFacts], acknowledged: &BTreeSet<String>) -> Vec<String> {
    let book = Book::new(ledger);
    let mut broken: Vec<String> = ledger.violations.iter().map(|text| format!("limit: {text}")).collect();
    let known: BTreeSet<&str> = messages.iter().map(|message| message.id.as_str()).collect();
    for id in acknowledged {
        if !known.contains(id.as_str()) {
            broken.push(format!("lost: {id} was acknowledged and is not in the store"));
        }
    }
    for message in messages {
        lost(&book, message, &mut broken);
        twice(&book, message, &mut broken);
        joined(&book, message, &mut broken);
    }
    foreign(&book, messages, &mut broken);
    broken
}

/// Submitted, or over for a stated reason; never left open.
fn lost(book: &Book<'_>, message: &MessageFacts, broken: &mut Vec<String>) {
    let status = message.status.as_str();
    if OPEN.contains(&status) {
        broken.push(format!("open: {} is {status} at the end", message.id));
        return;
    }
    let submitted = message.attempts.iter().any(|attempt| !book.of(&attempt.id).is_empty());
    let stands = ["submitted", "sent", "delivered", "read", "played"].contains(&status);
    if stands && !submitted {
        broken.push(format!("lost: {} is {status} and the provider never saw it", message.id));
    }
    let needs_reason = ["failed", "denied"].contains(&status);
    if needs_reason && message.reason.is_none() && !submitted {
        broken.push(format!("lost: {} is {status} without a reason, and was never submitted", message.id));
    }
}

/// Whether the provider may have carried this submission out.
fn may_exist(submission: &Submission) -> bool {
    let definite = submission.answer.starts_with("error:") || submission.answer == "rate_limited";
    submission.wamid.is_some() || !definite
}

/// A second submission that may exist beside an earlier one needs a recorded doubt about the earlier one.
fn twice(book: &Book<'_>, message: &MessageFacts, broken: &mut Vec<String>) {
    let mut last_undoubted: Option<&str> = None;
    for attempt in &message.attempts {
        let submissions = book.of(&attempt.id);
        if submissions.len() > 1 {
            broken.push(format!("twice: attempt {} was submitted {} times", attempt.id, submissions.len()));
        }
        let Some(submission) = submissions.first().filter(|each| may_exist(each)) else { continue };
        if let Some(earlier) = last_undoubted {
            broken.push(format!(
                "twice: {} was submitted again as {} though nothing doubted {earlier} ({})",
                message.id, attempt.id, submission.answer
            ));
        }
        let failed = submission.receipts.iter().any(|receipt| receipt.status == Status::Failed);
        if !attempt.was_in_doubt && !failed {
            last_undoubted = Some(&attempt.id);
        }
    }
}

/// The state of each attempt and the status of the message are the join of what was taken with 200.
fn joined(book: &Book<'_>, message: &MessageFacts, broken: &mut Vec<String>) {
    let mut best: Option<usize> = None;
    for attempt in &message.attempts {
        let Some(state) = rank(&attempt.state) else {
            broken.push(format!("state: {} has an unknown state {}", attempt.id, attempt.state));
            continue;
        };
        let receipts = book.of(&attempt.id).iter().flat_map(|each| &each.receipts);
        let proven =
            receipts.filter(|receipt| receipt.http_status == 200).filter_map(|r| rank(r.status.name())).max();
        match proven {
            Some(proven) if proven != state => broken.push(format!(
                "join: attempt {} is {} and its receipts say {}",
                attempt.id, attempt.state, STATES[proven]
            )),
            None if state > RANK_ACCEPTED && STATES[state] != "failed" => {
                broken.push(format!("join: attempt {} is {} without a receipt", attempt.id, attempt.state));
            }
            _ => {}
        }
        if state >= RANK_ACCEPTED && STATES[state] != "failed" {
            best = best.max(Some(state));
        }
    }
    let shown = rank(&message.status).filter(|rank| *rank >= RANK_ACCEPTED && STATES[*rank] != "failed");
    if best != shown {
        let want = best.map_or("one that does not stand", |rank| STATES[rank]);
        broken.push(format!("join: {} is {} and its attempts say {want}", message.id, message.status));
    }
}

const RANK_ACCEPTED: usize = 3;

fn rank(state: &str) -> Option<usize> {
    STATES.iter().position(|each| *each == state)
}

/// Whatever the provider saw belongs to an attempt that the product knows.
fn foreign(book: &Book<'_>, messages: &[MessageFacts], broken: &mut Vec<String>) {
    let attempts: BTreeSet<&str> =
        messages.iter().flat_map(|message| &message.attempts).map(|attempt| attempt.id.as_str()).collect();
    for submission in &book.ledger.submissions {
        let name = submission.callback_data.as_deref().unwrap_or_default();
        if !attempts.contains(name) {
            broken.push(format!(
                "foreign: submission {} ({}) names attempt `{name}`, which no message has",
                submission.n, submission.answer
            ));
        }
    }
}

/// Marketing is never claimed for a person whose newest consent in the log so far is an opt-out.
///
/// `consents`: by consent id; `marketing`: message id → person. What a callback brings late counts from when
/// the person said it, so the newest is not always the last.
pub fn opt_outs(
    events: &[EventFacts],
    consents: &BTreeMap<String, ConsentFacts>,
    marketing: &BTreeMap<String, String>,
) -> Vec<String> {
    // Of two at the same moment the revocation counts.
    let mut newest: BTreeMap<&str, (Timestamp, bool)> = BTreeMap::new();
    let mut broken = Vec::new();
    for event in events {
        match event.kind.as_str() {
            "consent.revoked" | "consent.granted" => {
                let id = event.data["consent"].as_str().unwrap_or_default();
                let Some(consent) = consents.get(id) else {
                    broken.push(format!("lost: the log names the consent `{id}`, which is not in the store"));
                    continue;
                };
                let said = (consent.at, !consent.granted);
                let known = newest.entry(&consent.person).or_insert(said);
                *known = said.max(*known);
            }
            "message.submitting" => {
                if let Some(person) = marketing.get(&event.subject)
                    && newest.get(person.as_str()).is_some_and(|(_, revoked)| *revoked)
                {
                    broken.push(format!(
                        "opt-out: {} was claimed after its recipient had opted out",
                        event.subject
                    ));
                }
            }
            _ => {}
        }
    }
    broken
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;

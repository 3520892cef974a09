//! The ledger: whether everything the store says of a message agrees with everything else it says.
//!
//! Nothing acknowledged is lost, nothing is queued twice or claimed without a record, every end has its
//! reason. The predicates are pure and look at one message at a time, so that a large installation is
//! checked page by page; the simulation asks the same ones after every run.

mod predicates;

use serde::Serialize;
use serde_json::Value;

use tidings_domain::id::{Id, MessageId, TenantId};
use tidings_domain::time::Timestamp;
use tidings_store::Store;
use tidings_store::model::{Audited, AuditedAnswer};

use crate::error::Result;
use crate::limits::{LEDGER_BROKEN_MAX, LEDGER_PAGE};

pub use predicates::{Moment, message, queued};

/// A promise that the store does not keep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Broken {
    /// Which one: a stable word.
    pub promise: &'static str,
    pub tenant: TenantId,
    /// The message, or the key of the row, that breaks it.
    pub subject: String,
    pub found: String,
}

/// What was looked at, and what was wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LedgerReport {
    pub messages: u64,
    pub attempts: u64,
    pub queued: u64,
    pub answers: u64,
    /// How many promises are broken, the ones that are not listed included.
    pub broken_count: u64,
    pub broken: Vec<Broken>,
}

impl LedgerReport {
    fn add(&mut self, found: Vec<Broken>) {
        self.broken_count += found.len() as u64;
        let room = LEDGER_BROKEN_MAX.saturating_sub(self.broken.len());
        self.broken.extend(found.into_iter().take(room));
    }
    /// Rows that were looked at.
    pub fn looked_at(&self) -> u64 {
        self.messages + self.queued + self.answers
    }
}

/// Checks a whole store; `progress` hears after every page. Memory stays that of a page.
pub async fn check(
    store: &Store,
    moment: Moment,
    mut progress: impl FnMut(&LedgerReport),
) -> Result<LedgerReport> {
    let mut report = LedgerReport::default();
    messages(store, moment, &mut report, &mut progress).await?;
    queue(store, &mut report, &mut progress).await?;
    answers(store, &mut report, &mut progress).await?;
    Ok(report)
}

/// Every message with its attempts, as a page of the store shows them.
pub async fn all_messages(store: &Store) -> Result<Vec<Audited>> {
    let sys = store.system();
    let mut all: Vec<Audited> = Vec::new();
    loop {
        let after = all.last().map(|last| (last.tenant, last.id));
        let page = store.audit_messages(&sys, after, LEDGER_PAGE).await?;
        let last = page.len() < LEDGER_PAGE;
        all.extend(page);
        if last {
            return Ok(all);
        }
    }
}

async fn messages(
    store: &Store,
    moment: Moment,
    report: &mut LedgerReport,
    progress: &mut impl FnMut(&LedgerReport),
) -> Result<()> {
    let sys = store.system();
    let mut after = None;
    loop {
        let page = store.audit_messages(&sys, after, LEDGER_PAGE).await?;
        for each in &page {
            report.messages += 1;
            report.attempts += each.attempts.len() as u64;
            report.add(message(each, moment));
        }
        progress(report);
        let Some(last) = page.last().filter(|_| page.len() == LEDGER_PAGE) else { return Ok(()) };
        after = Some((last.tenant, last.id));
    }
}

async fn queue(
    store: &Store,
    report: &mut LedgerReport,
    progress: &mut impl FnMut(&LedgerReport),
) -> Result<()> {
    let sys = store.system();
    let mut after = None;
    loop {
        let page = store.audit_due(&sys, after, LEDGER_PAGE).await?;
        for row in &page {
            report.queued += 1;
            report.add(queued(row));
        }
        progress(report);
        let Some(last) = page.last().filter(|_| page.len() == LEDGER_PAGE) else { return Ok(()) };
        after = Some(last.position);
    }
}

async fn answers(
    store: &Store,
    report: &mut LedgerReport,
    progress: &mut impl FnMut(&LedgerReport),
) -> Result<()> {
    let sys = store.system();
    let mut after = None;
    loop {
        let page = store.audit_answers(&sys, after, LEDGER_PAGE).await?;
        for answer in &page {
            report.answers += 1;
            let given = given(answer);
            if answer.answer.is_none() {
                let found = "the key was taken and never answered".to_owned();
                report.add(vec![about_answer(answer, found)]);
            }
            let named = given.into_iter().map(|id| (answer.tenant, id)).collect();
            for (_, id) in store.audit_missing(&sys, named).await? {
                let found = format!("it answers with {id}, which is not in the store");
                report.add(vec![about_answer(answer, found)]);
            }
        }
        progress(report);
        let Some(last) = page.last().filter(|_| page.len() == LEDGER_PAGE) else { return Ok(()) };
        after = Some(last.key);
    }
}

/// The messages that an answer told a client of.
fn given(answer: &AuditedAnswer) -> Vec<MessageId> {
    let Some((200..=299, body)) = &answer.answer else { return Vec::new() };
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return Vec::new() };
    let one = body["id"].as_str().into_iter();
    let many = body["accepted"].as_array().into_iter().flatten().filter_map(|item| item["id"].as_str());
    one.chain(many).filter_map(|id| MessageId::parse(id).ok()).collect()
}

fn about_answer(answer: &AuditedAnswer, found: String) -> Broken {
    let subject = format!("idempotency key of {}", answer.created_at);
    Broken { promise: "answers", tenant: answer.tenant, subject, found }
}

/// The moment of a check that nothing serves: what depends on a running server is not judged.
pub fn at_rest(now: Timestamp) -> Moment {
    Moment { now, served: false }
}

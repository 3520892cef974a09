//! Recording what the provider answered, and what we chose to do next.

use std::fmt::Write as _;

use tidings_domain::actor::{Actor, SystemLoop};
use tidings_domain::event::Kind;
use tidings_domain::id::Id as _;
use tidings_domain::lifecycle::{AttemptState, Terminal};
use tidings_domain::limits::ATTEMPTS_PER_MESSAGE_MAX;
use tidings_domain::time::Timestamp;

use super::ledger::{Attempt, Change, Ledger, Progress, Proof};
use super::merge::{KnownId, adopt};
use super::rows::{Note, Remarks, insert_due, remark};
use crate::conn::Conn;
use crate::error::{Result, StoreError};
use crate::events::{Events, Head, json_text};
use crate::executor::{Group, Ticket, Work};
use crate::model::{AttemptResult, AttentionKind, DueItem, Hash16, Next, Recorded};
use crate::scope::SystemScope;
use crate::store::Store;

pub(crate) struct RecordJob {
    items: Vec<Recorded>,
    /// Hash and sealed form of the provider's id, where the answer named one.
    ids: Vec<Named>,
}

/// Hash and sealed form of a provider's id.
type Named = Option<(Hash16, Vec<u8>)>;

/// What `attempts.provider_id` is sealed for; the row is the attempt's id.
pub(crate) const PROVIDER_ID: &str = "attempts/provider_id";

const ACTOR: Actor = Actor::System(SystemLoop::Dispatch);
const WRITES: &str = "a string takes all";

impl Store {
    /// Joins answers to their attempts. An answer is a fact: it is never refused for coming late.
    pub async fn record(&self, _system: &SystemScope, items: Vec<Recorded>) -> Result<()> {
        let mut ids = Vec::with_capacity(items.len());
        for recorded in &items {
            let AttemptResult::Accepted { provider_id, .. } = &recorded.result else {
                ids.push(None);
                continue;
            };
            let scope = self.scope_of(recorded.item.tenant).await?;
            let scope = scope.ok_or(StoreError::Corrupt("an attempt has no tenant"))?;
            let attempt = recorded.item.attempt_id();
            let sealed = scope.seal(PROVIDER_ID, attempt.as_bytes(), provider_id.as_bytes());
            ids.push(Some((scope.hash_provider_id(provider_id), sealed)));
        }
        self.executor().hot(RecordJob { items, ids }).await
    }
}

impl Group for RecordJob {
    type Output = ();
    const WHAT: &'static str = "record";

    fn rows(&self) -> usize {
        self.items.len().max(1)
    }
    fn into_work(ticket: Ticket<Self>) -> Work {
        Work::Record(ticket)
    }

    async fn run(conn: &Conn, jobs: &[Ticket<Self>]) -> Result<Vec<()>> {
        let all: Vec<(&Recorded, &Named)> =
            jobs.iter().flat_map(|ticket| ticket.job.items.iter().zip(&ticket.job.ids)).collect();
        let mut ledger = Ledger::default();
        ledger.load(conn, all.iter().map(|(recorded, _)| key(&recorded.item)).collect()).await?;
        let mut events = Events::default();
        let mut known = Vec::new();
        for (recorded, id) in &all {
            let progress = ledger.get(&key(&recorded.item)).expect("loaded above");
            if let Some(hash) = answer(progress, recorded, id.as_ref(), &mut events) {
                known.push(KnownId {
                    key: progress.key,
                    account: recorded.item.account,
                    hash,
                    n: recorded.item.attempt,
                    at: recorded.at,
                });
            }
        }
        for (id, orphan) in adopt(conn, &mut known).await? {
            let progress = ledger.get(&id.key).expect("loaded above");
            if let Some(index) = progress.find(id.n) {
                let proof = Proof {
                    state: orphan.state,
                    at: orphan.at,
                    code: orphan.code,
                    pricing: orphan.pricing.as_deref(),
                };
                progress.prove(index, &proof, &mut events, orphan.received_at);
            }
        }
        let mut due = Vec::new();
        let mut remarks = Remarks::new();
        for (recorded, _) in &all {
            let progress = ledger.get(&key(&recorded.item)).expect("loaded above");
            go_on(progress, recorded, &mut events, &mut due);
            remember(recorded, &mut events, &mut remarks);
        }
        let at = jobs.iter().flat_map(|ticket| &ticket.job.items).map(|recorded| recorded.at).max();
        if let Some(at) = at {
            ledger.close(conn, &mut events, &mut due, at).await?;
        }
        ledger.write(conn, 0).await?;
        futures_util::try_join!(insert_due(conn, &due), remark(conn, &remarks), events.append(conn))?;
        Ok(vec![(); jobs.len()])
    }
}

fn key(item: &DueItem) -> super::rows::MessageKey {
    (item.tenant, item.message)
}

/// Joins one answer. Returns the hash of a provider id that was not known before.
fn answer(
    progress: &mut Progress,
    recorded: &Recorded,
    id: Option<&(Hash16, Vec<u8>)>,
    events: &mut Events,
) -> Option<Hash16> {
    let index = find_or_make(progress, recorded);
    let (n, at) = (recorded.item.attempt, recorded.at);
    let first = progress.attempts[index].answered_at.is_none();
    let mut learned = None;
    let (from, to) = match &recorded.result {
        AttemptResult::Accepted { held, .. } => {
            if let (Some((hash, sealed)), false) = (id, progress.attempts[index].has_provider_id) {
                let attempt = &mut progress.attempts[index];
                attempt.has_provider_id = true;
                attempt.provider_id = Some(sealed.clone());
                learned = Some(*hash);
            }
            if first {
                events.push(progress.head(index, Kind::MessageSubmitted, ACTOR, at), |out| {
                    write!(out, r#"{{"attempt":{n},"held":{held}}}"#).expect(WRITES);
                });
            }
            progress.join(index, AttemptState::Accepted)
        }
        AttemptResult::Failed { code } => {
            let moved = progress.join(index, AttemptState::Failed);
            let attempt = &mut progress.attempts[index];
            attempt.code = attempt.code.max(Some(*code));
            if first {
                events.push(progress.head(index, Kind::AttemptFailed, ACTOR, at), |out| {
                    write!(out, r#"{{"attempt":{n},"code":{code}}}"#).expect(WRITES);
                });
            }
            moved
        }
        AttemptResult::InDoubt { reason, code } => {
            doubt(progress, index, reason, *code, recorded, events);
            return None;
        }
    };
    let attempt = &mut progress.attempts[index];
    attempt.answered_at = attempt.answered_at.or(Some(at));
    attempt.touch();
    if matches!(from, AttemptState::InDoubt | AttemptState::Unknown) && to != from {
        progress.doubt_resolved(index, "answer", events, ACTOR, at);
    }
    learned
}

/// A late answer to an attempt whose row is gone is kept all the same.
fn find_or_make(progress: &mut Progress, recorded: &Recorded) -> usize {
    let item = &recorded.item;
    if let Some(index) = progress.find(item.attempt) {
        return index;
    }
    progress.attempts.push(Attempt {
        n: item.attempt,
        sender: item.sender,
        account: item.account,
        trace: item.trace,
        state: AttemptState::Claimed,
        claimed_at: recorded.at,
        answered_at: None,
        code: None,
        retry_at: None,
        doubt_until: None,
        doubted: false,
        pricing: None,
        has_provider_id: false,
        provider_id: None,
        change: Change::Insert,
    });
    progress.attempts.sort_by_key(|attempt| attempt.n);
    progress.find(item.attempt).expect("pushed above")
}

/// A doubt counts only while nothing else is known of the attempt.
fn doubt(
    progress: &mut Progress,
    index: usize,
    reason: &str,
    code: Option<i64>,
    recorded: &Recorded,
    events: &mut Events,
) {
    if progress.attempts[index].state != AttemptState::Claimed {
        return;
    }
    progress.join(index, AttemptState::InDoubt);
    progress.attempts[index].doubted = true;
    let n = recorded.item.attempt;
    events.push(progress.head(index, Kind::MessageInDoubt, ACTOR, recorded.at), |out| {
        write!(out, r#"{{"attempt":{n},"reason":"{reason}""#).expect(WRITES);
        if let Some(code) = code {
            write!(out, r#","code":{code}"#).expect(WRITES);
        }
        if let Next::AwaitReceipt { until } = recorded.next {
            write!(out, r#","until":"{until}""#).expect(WRITES);
        }
        out.push('}');
    });
}

/// Carries out what was chosen, unless the attempt stands already or the choice was made before.
fn go_on(progress: &mut Progress, recorded: &Recorded, events: &mut Events, due: &mut Vec<DueItem>) {
    let (n, at) = (recorded.item.attempt, recorded.at);
    let Some(index) = progress.find(n) else { return };
    if progress.succeeded() {
        progress.conclude(index, events, ACTOR, at);
        return;
    }
    if progress.goes_on(n) {
        return;
    }
    match &recorded.next {
        Next::Done => {}
        Next::Retry { .. } if n >= ATTEMPTS_PER_MESSAGE_MAX => {
            let reason = "attempts.exhausted".to_owned();
            progress.end(index, Terminal::Failed, AttentionKind::Dead, reason, events, ACTOR, at);
        }
        Next::Retry { at: retry_at, reason } => {
            let next = DueItem { due_at: *retry_at, attempt: n + 1, ..recorded.item.clone() };
            retry(progress, index, &next, reason, events, ACTOR, at);
            due.push(next);
        }
        Next::Fail { reason } => {
            progress.end(index, Terminal::Failed, AttentionKind::Failed, reason.clone(), events, ACTOR, at);
        }
        Next::Dead { reason } => {
            progress.end(index, Terminal::Failed, AttentionKind::Dead, reason.clone(), events, ACTOR, at);
        }
        Next::AwaitReceipt { until } => await_receipt(progress, index, *until, &recorded.result, at),
    }
}

/// Notes that the next attempt is due; the caller inserts its row.
pub(super) fn retry(
    progress: &mut Progress,
    index: usize,
    next: &DueItem,
    reason: &str,
    events: &mut Events,
    actor: Actor,
    at: Timestamp,
) {
    progress.attempts[index].retry_at = Some(next.due_at);
    progress.attempts[index].touch();
    if progress.row.is_some() {
        progress.set_note(None);
    }
    events.push(progress.head(index, Kind::MessageRetrying, actor, at), |out| {
        write!(out, r#"{{"at":"{}","reason":"#, next.due_at).expect(WRITES);
        json_text(out, reason);
        write!(out, r#","attempt":{}}}"#, next.attempt).expect(WRITES);
    });
}

fn await_receipt(
    progress: &mut Progress,
    index: usize,
    until: Timestamp,
    result: &AttemptResult,
    at: Timestamp,
) {
    let attempt = &mut progress.attempts[index];
    if attempt.state != AttemptState::InDoubt || attempt.doubt_until.is_some() {
        return;
    }
    attempt.doubt_until = Some(until);
    attempt.touch();
    let reason = match result {
        AttemptResult::InDoubt { reason, .. } => *reason,
        _ => "unknown",
    };
    progress.set_note(Some(Note { kind: AttentionKind::InDoubt, reason: reason.to_owned(), at }));
}

/// What the answer said about the recipient.
fn remember(recorded: &Recorded, events: &mut Events, remarks: &mut Remarks) {
    let item = &recorded.item;
    if recorded.recipient_invalid.is_none() && recorded.recipient_cool_until.is_none() {
        return;
    }
    let entry = remarks.entry((item.tenant, item.recipient)).or_default();
    entry.cool_until = entry.cool_until.max(recorded.recipient_cool_until);
    if let Some(code) = recorded.recipient_invalid {
        entry.invalid = Some((code, recorded.at));
        let head = Head {
            tenant: item.tenant,
            kind: Kind::RecipientInvalid,
            subject: item.message.bytes(),
            actor: ACTOR,
            trace: Some(item.trace),
            at: recorded.at,
        };
        events.push(head, |out| {
            write!(out, r#"{{"attempt":{},"code":{code}}}"#, item.attempt).expect(WRITES);
        });
    }
}

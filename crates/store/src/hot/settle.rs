//! Deciding about attempts whose outcome nobody told us.

use std::fmt::Write as _;

use tidings_domain::actor::{Actor, SystemLoop};
use tidings_domain::event::Kind;
use tidings_domain::lifecycle::{AttemptState, Terminal};
use tidings_domain::limits::ATTEMPTS_PER_MESSAGE_MAX;
use tidings_domain::time::Timestamp;

use super::leases::are_current;
use super::ledger::{Change, Ledger, Progress};
use super::record::retry;
use super::rows::{Note, insert_due};
use crate::conn::Conn;
use crate::error::{Result, StoreError};
use crate::events::Events;
use crate::executor::{Group, Ticket, Work};
use crate::model::{AttentionKind, DueItem, Epoch, OpenAttempt, Settle};
use crate::scope::SystemScope;
use crate::store::Store;

pub(crate) struct SettleJob {
    epoch: Epoch,
    items: Vec<(OpenAttempt, Settle)>,
    at: Timestamp,
}

const WRITES: &str = "a string takes all";

impl Store {
    /// Carries out decisions about open attempts of one slot, each only if the attempt is still open: a receipt that came
    /// in between wins. Fails when the epoch is over.
    pub async fn settle(
        &self,
        _system: &SystemScope,
        epoch: Epoch,
        items: Vec<(OpenAttempt, Settle)>,
        at: Timestamp,
    ) -> Result<()> {
        let current = self.executor().hot(SettleJob { epoch, items, at }).await?;
        if current { Ok(()) } else { Err(StoreError::Conflict("the lease was lost")) }
    }
}

impl Group for SettleJob {
    /// Whether the epoch was current.
    type Output = bool;
    const WHAT: &'static str = "settle";

    fn rows(&self) -> usize {
        self.items.len().max(1)
    }
    fn into_work(ticket: Ticket<Self>) -> Work {
        Work::Settle(ticket)
    }

    async fn run(conn: &Conn, jobs: &[Ticket<Self>]) -> Result<Vec<bool>> {
        let outputs = are_current(conn, jobs.iter().map(|ticket| ticket.job.epoch)).await?;
        let all: Vec<(&SettleJob, &OpenAttempt, &Settle)> = jobs
            .iter()
            .zip(&outputs)
            .filter(|(_, current)| **current)
            .flat_map(|(ticket, _)| ticket.job.items.iter().map(|(open, settle)| (&ticket.job, open, settle)))
            .collect();
        let mut ledger = Ledger::default();
        ledger
            .load(conn, all.iter().map(|(_, open, _)| (open.item.tenant, open.item.message)).collect())
            .await?;
        let mut events = Events::default();
        let mut due = Vec::new();
        for (job, open, settle) in all {
            let progress = ledger.get(&(open.item.tenant, open.item.message)).expect("loaded above");
            if let Some(index) = progress.find(open.item.attempt)
                && progress.attempts[index].state <= AttemptState::InDoubt
            {
                due.extend(decide(progress, index, open, settle, &mut events, job.at));
            }
        }
        let at = jobs.iter().map(|ticket| ticket.job.at).max().unwrap_or_default();
        ledger.close(conn, &mut events, &mut due, at).await?;
        ledger.write(conn, 0).await?;
        futures_util::try_join!(insert_due(conn, &due), events.append(conn))?;
        Ok(outputs)
    }
}

/// One decision; the due row that comes of it.
fn decide(
    progress: &mut Progress,
    index: usize,
    open: &OpenAttempt,
    settle: &Settle,
    events: &mut Events,
    at: Timestamp,
) -> Option<DueItem> {
    let reconcile = Actor::System(SystemLoop::Reconcile);
    let n = open.item.attempt;
    match settle {
        // Only the claim that is meant: another one of the same message may be on its way.
        Settle::Requeue
            if progress.attempts[index].state == AttemptState::Claimed
                && progress.attempts[index].claimed_at == open.claimed_at =>
        {
            progress.attempts[index].change = Change::Delete;
            let recovery = Actor::System(SystemLoop::Recovery);
            events.push(progress.head(index, Kind::MessageRequeued, recovery, at), |out| {
                write!(out, r#"{{"attempt":{n}}}"#).expect(WRITES);
            });
            return Some(open.item.clone());
        }
        // What is in doubt already may have left.
        Settle::Requeue => {}
        Settle::Doubt { reason, until } => doubt(progress, index, reason, *until, events, at),
        Settle::Extend { until } => {
            progress.attempts[index].doubt_until = Some(*until);
            progress.attempts[index].touch();
        }
        Settle::Resend { at: resend_at } => {
            progress.join(index, AttemptState::Unknown);
            if progress.succeeded() || progress.goes_on(n) || n >= ATTEMPTS_PER_MESSAGE_MAX {
                give_up(progress, index, open.decided_by(), events, at);
                return None;
            }
            resolved(progress, index, open.decided_by(), "resend", events, reconcile, at);
            let next = DueItem { due_at: *resend_at, attempt: n + 1, ..open.item.clone() };
            retry(progress, index, &next, "in_doubt", events, reconcile, at);
            progress.set_note(None);
            return Some(next);
        }
        Settle::Unknown => {
            progress.join(index, AttemptState::Unknown);
            give_up(progress, index, open.decided_by(), events, at);
        }
    }
    None
}

pub(crate) fn doubt(
    progress: &mut Progress,
    index: usize,
    reason: &str,
    until: Timestamp,
    events: &mut Events,
    at: Timestamp,
) {
    let (from, to) = progress.join(index, AttemptState::InDoubt);
    let attempt = &mut progress.attempts[index];
    attempt.doubted = true;
    attempt.doubt_until = Some(until);
    attempt.touch();
    let n = attempt.n;
    if from != to {
        let recovery = Actor::System(SystemLoop::Recovery);
        events.push(progress.head(index, Kind::MessageInDoubt, recovery, at), |out| {
            write!(out, r#"{{"attempt":{n},"reason":"{reason}","until":"{until}"}}"#).expect(WRITES);
        });
    }
    progress.set_note(Some(Note { kind: AttentionKind::InDoubt, reason: reason.to_owned(), at }));
}

fn resolved(
    progress: &Progress,
    index: usize,
    by: &str,
    outcome: &str,
    events: &mut Events,
    actor: Actor,
    at: Timestamp,
) {
    let n = progress.attempts[index].n;
    events.push(progress.head(index, Kind::DoubtResolved, actor, at), |out| {
        write!(out, r#"{{"attempt":{n},"by":"{by}","outcome":"{outcome}"}}"#).expect(WRITES);
    });
}

/// Nobody will ever know, unless a receipt still comes.
fn give_up(progress: &mut Progress, index: usize, by: &str, events: &mut Events, at: Timestamp) {
    let reconcile = Actor::System(SystemLoop::Reconcile);
    resolved(progress, index, by, "unknown", events, reconcile, at);
    if progress.succeeded() {
        progress.conclude(index, events, reconcile, at);
    } else if progress.goes_on(progress.attempts[index].n) {
        progress.set_note(None);
    } else {
        let reason = "doubt.unresolved".to_owned();
        progress.end(index, Terminal::Unknown, AttentionKind::Unknown, reason, events, reconcile, at);
    }
}

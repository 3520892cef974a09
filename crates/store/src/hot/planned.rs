//! Plans at the moment of a claim, and when their time runs out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use tidings_domain::actor::{Actor, SystemLoop};
use tidings_domain::event::Kind;
use tidings_domain::id::Id as _;
use tidings_domain::lifecycle::{AttemptState, Terminal};
use tidings_domain::time::Timestamp;

use super::claim::Entry;
use super::leases::are_current;
use super::ledger::{Ledger, Progress};
use super::plans::plans;
use super::rows::{MessageKey, insert_due};
use crate::conn::{Conn, vals};
use crate::error::Result;
use crate::events::{Events, Head};
use crate::limits::{PLAN_LOOK_AGAIN_US, PLANS_AT_ONCE_MAX};
use crate::model::{DueItem, Epoch, FellBack, Judgement, SlotSet};
use crate::scope::SystemScope;
use crate::store::Store;

const LATE: &str = "not_in_time";

/// Leaves out later ways of those who have answered meanwhile: whoever answers has been reached.
pub(super) async fn unanswered<'a>(conn: &Conn, entries: Vec<Entry<'a>>) -> Result<Vec<Entry<'a>>> {
    let later: Vec<usize> = (0..entries.len()).filter(|&n| entries[n].item.attempt > 1).collect();
    if later.is_empty() {
        return Ok(entries);
    }
    let keys: Vec<MessageKey> =
        later.iter().map(|&n| (entries[n].item.tenant, entries[n].item.message)).collect();
    let mut answered = BTreeSet::new();
    let found = plans(conn, &keys).await?;
    if found.iter().all(Option::is_none) {
        return Ok(entries);
    }
    let mut ledger = Ledger::default();
    ledger.load(conn, keys.clone()).await?;
    let mut events = Events::default();
    for ((n, key), plan) in later.into_iter().zip(&keys).zip(found) {
        let Some(plan) = plan.filter(|plan| plan.step > 0) else { continue };
        if has_answered(conn, key, &plan).await? {
            answered.insert(n);
            let progress = ledger.get(key).expect("loaded above");
            progress.plan = Some(Box::new(plan));
            progress.forget_retry();
            end(progress, "answered", &mut events, entries[n].at());
        }
    }
    ledger.write(conn, 0).await?;
    events.append(conn).await?;
    let keep = |(n, entry)| (!answered.contains(&n)).then_some(entry);
    Ok(entries.into_iter().enumerate().filter_map(keep).collect())
}

/// Whether one of the people of a plan has written since it was made.
async fn has_answered(conn: &Conn, key: &MessageKey, plan: &super::plans::Plan) -> Result<bool> {
    let recipients: BTreeSet<_> = plan.steps.iter().map(|step| step.recipient).collect();
    for recipient in recipients {
        let sql = "SELECT 1 FROM inbound WHERE tenant_id = $1 AND recipient = $2 AND received_at > $3
            ORDER BY id DESC LIMIT 1";
        if conn.query_opt(sql, vals![&key.0, &recipient, plan.created_at]).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// For messages that policy denies on this way: the next way, where there is one.
pub(super) async fn other_ways(
    conn: &Conn,
    entries: &[Entry<'_>],
    verdicts: &[Judgement],
    events: &mut Events,
) -> Result<BTreeMap<MessageKey, DueItem>> {
    let denied: Vec<(MessageKey, &str, Timestamp)> = entries
        .iter()
        .zip(verdicts)
        .filter_map(|(entry, verdict)| match verdict {
            Judgement::Deny { code, .. } => {
                Some(((entry.item.tenant, entry.item.message), code.as_str(), entry.at()))
            }
            _ => None,
        })
        .collect();
    let mut found = BTreeMap::new();
    if denied.is_empty() {
        return Ok(found);
    }
    let mut ledger = Ledger::default();
    ledger.load(conn, denied.iter().map(|(key, ..)| *key).collect()).await?;
    ledger.load_all_plans(conn).await?;
    for (key, code, at) in denied {
        let progress = ledger.get(&key).expect("loaded above");
        if let Some(item) = progress.fall_back(code, events, Actor::System(SystemLoop::Dispatch), at) {
            found.insert(key, item);
        }
    }
    ledger.write(conn, 0).await?;
    Ok(found)
}

fn end(progress: &mut Progress, why: &str, events: &mut Events, at: Timestamp) {
    let key = progress.key;
    let Some(plan) = &mut progress.plan else { return };
    plan.end(why);
    let trace = Some(plan.trace());
    if !progress.stands() {
        progress.give_up_as(Terminal::Canceled, &format!("plan.{why}"));
    }
    let actor = Actor::System(SystemLoop::Reconcile);
    let head = Head { tenant: key.0, kind: Kind::PlanEnded, subject: key.1.bytes(), actor, trace, at };
    events.push(head, |out| write!(out, r#"{{"because":"{why}"}}"#).expect("a string takes all"));
}

impl Store {
    /// Takes the next way of the plans of these slots whose time has run out. Does nothing for an epoch that is over.
    pub async fn fall_back(
        &self,
        _system: &SystemScope,
        epochs: &[Epoch],
        at: Timestamp,
    ) -> Result<Vec<FellBack>> {
        let slots: SlotSet = epochs.iter().map(|epoch| epoch.slot).collect();
        let mut late = self.read(move |conn| Box::pin(async move { late(conn, slots, at).await })).await?;
        let mut taken = Vec::new();
        for epoch in epochs.iter().copied() {
            let Some(due) = late.remove(&epoch.slot) else { continue };
            let work = self.write(move |conn| Box::pin(async move { fall_back(conn, epoch, due, at).await }));
            taken.extend(work.await?);
        }
        Ok(taken)
    }
}

async fn late(conn: &Conn, slots: SlotSet, at: Timestamp) -> Result<BTreeMap<u8, Vec<MessageKey>>> {
    let sql = "SELECT slot, tenant_id, message_id FROM plans WHERE deadline <= $1
        AND (CAST($2 AS BIGINT) >> CAST(slot AS INTEGER)) & 1 = 1 ORDER BY deadline LIMIT $3";
    let mut late: BTreeMap<u8, Vec<MessageKey>> = BTreeMap::new();
    for row in conn.query(sql, vals![at, slots.bits(), PLANS_AT_ONCE_MAX]).await? {
        late.entry(row.get(0)?).or_default().push((row.id(1)?, row.id(2)?));
    }
    Ok(late)
}

async fn fall_back(conn: &Conn, epoch: Epoch, keys: Vec<MessageKey>, at: Timestamp) -> Result<Vec<FellBack>> {
    if are_current(conn, std::iter::once(epoch)).await? != [true] {
        return Ok(Vec::new());
    }
    let mut ledger = Ledger::default();
    ledger.load(conn, keys.clone()).await?;
    ledger.load_all_plans(conn).await?;
    let (mut events, mut due) = (Events::default(), Vec::new());
    for key in &keys {
        let progress = ledger.get(key).expect("loaded above");
        due.extend(one(conn, progress, &mut events, at).await?);
    }
    ledger.write(conn, epoch.number).await?;
    insert_due(conn, &due).await?;
    events.append(conn).await?;
    Ok(due.iter().map(|item| FellBack { sender: item.sender, category: item.category }).collect())
}

/// What is to be done about one plan whose time has run out.
async fn one(
    conn: &Conn,
    progress: &mut Progress,
    events: &mut Events,
    at: Timestamp,
) -> Result<Option<DueItem>> {
    let succeeded = progress.succeeded();
    let submitting = progress.attempts.iter().any(|attempt| attempt.state == AttemptState::Claimed);
    let key = progress.key;
    let Some(plan) = &mut progress.plan else { return Ok(None) };
    // Somebody has looked at it meanwhile.
    if plan.deadline.is_none_or(|deadline| deadline > at) {
        return Ok(None);
    }
    if succeeded || plan.terminal != Terminal::None || plan.expires_at <= at {
        plan.end(if succeeded { "succeeded" } else { "over" });
        return Ok(None);
    }
    if has_answered(conn, &key, plan).await? {
        end(progress, "answered", events, at);
        return Ok(None);
    }
    if submitting {
        plan.watch(Some(at.plus(PLAN_LOOK_AGAIN_US)));
        return Ok(None);
    }
    match take_back(conn, progress, at).await? {
        Waiting::Deferred(until) => {
            let plan = progress.plan.as_mut().expect("looked at above");
            let wait_us = plan.under_way().until.wait_us.unwrap_or_default();
            plan.watch(Some(until.plus(wait_us)));
            Ok(None)
        }
        Waiting::Elsewhere => {
            let plan = progress.plan.as_mut().expect("looked at above");
            plan.watch(Some(at.plus(PLAN_LOOK_AGAIN_US)));
            Ok(None)
        }
        Waiting::Nowhere => {
            let item = progress.fall_back(LATE, events, Actor::System(SystemLoop::Reconcile), at);
            if item.is_none() {
                progress.plan.as_mut().expect("looked at above").end("over");
            }
            Ok(item)
        }
    }
}

/// Where the way that is under way waits in a queue.
enum Waiting {
    /// Not, or not any more.
    Nowhere,
    /// It is not to go before then.
    Deferred(Timestamp),
    /// It should wait and does not: somebody is about to claim it.
    Elsewhere,
}

async fn take_back(conn: &Conn, progress: &mut Progress, at: Timestamp) -> Result<Waiting> {
    let key = progress.key;
    let plan = progress.plan.as_ref().expect("asked of a plan");
    let last = progress.attempts.last();
    let retry_at = last.and_then(|attempt| attempt.retry_at);
    if last.is_some() && retry_at.is_none() {
        return Ok(Waiting::Nowhere);
    }
    let sender = plan.under_way().sender;
    let times = [retry_at, Some(plan.due_at)].into_iter().flatten();
    if let Some(until) = times.clone().filter(|time| *time > at).max() {
        return Ok(Waiting::Deferred(until));
    }
    for time in times {
        let sql =
            "DELETE FROM due WHERE sender_id = $1 AND category = $2 AND due_at = $3 AND message_id = $4";
        if conn.execute(sql, vals![&sender, plan.category, time, &key.1]).await? > 0 {
            progress.forget_retry();
            return Ok(Waiting::Nowhere);
        }
    }
    Ok(Waiting::Elsewhere)
}

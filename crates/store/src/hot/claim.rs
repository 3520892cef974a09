//! Claiming: the right to submit becomes durable before the request leaves.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use tidings_domain::actor::{Actor, SystemLoop};
use tidings_domain::event::Kind;
use tidings_domain::id::{Id as _, MessageId};
use tidings_domain::lifecycle::{AttemptState, Terminal};
use tidings_domain::time::Timestamp;

use super::accept::{deferred_body, denied_body};
use super::facts::{Wanted, facts};
use super::leases::are_current;
use super::planned::{other_ways, unanswered};
use super::plans::steps_of;
use super::rows::{Note, contents, defer, insert_due, note, set_terminal};
use super::tally::{Tally, Watched};
use crate::conn::{Batch, Bulk, Conn, Insert, cells};
use crate::error::{Result, StoreError};
use crate::events::{Events, Head};
use crate::executor::{Group, Ticket, Work};
use crate::model::{
    AttentionKind, ClaimJudge, Claimed, DueItem, Epoch, Judgement, RecipientFacts, Swap, Watch,
};
use crate::scope::{Part, STEP_CONTENT, SystemScope, TenantScope, step_row};
use crate::store::Store;

pub(crate) struct ClaimJob {
    epoch: Epoch,
    items: Vec<DueItem>,
    judge: ClaimJudge,
    at: Timestamp,
    /// New contents of messages that are swapped, sealed.
    swapped: BTreeMap<MessageId, Vec<u8>>,
}

/// The content of one way of a message.
pub(crate) struct Sealed {
    step: u8,
    data: Vec<u8>,
}

/// What became of an item, with its content still sealed.
pub(crate) enum Verdict {
    Won(Option<Sealed>),
    Denied(String),
    Deferred(Timestamp),
    Expired,
    Gone,
}

impl Store {
    /// Claims due items for submission, in their order. Recipient facts are read in the same transaction: an
    /// opt-out committed before is honoured.
    pub async fn claim(
        &self,
        _system: &SystemScope,
        epoch: Epoch,
        items: Vec<DueItem>,
        judge: ClaimJudge,
        at: Timestamp,
    ) -> Result<Vec<Claimed>> {
        let swaps = Arc::clone(&judge.swaps);
        let swapped = self.sealed_swaps(&items, &swaps).await?;
        let job = ClaimJob { epoch, items: items.clone(), judge, at, swapped };
        let verdicts = self.executor().hot(job).await?;
        let mut claimed = Vec::with_capacity(items.len());
        for (mut item, verdict) in items.into_iter().zip(verdicts) {
            if let (Verdict::Won(_), Some(swap)) = (&verdict, swaps.get(&item.message)) {
                item.template = Some(swap.template.clone());
                item.language = Some(swap.language.clone());
            }
            claimed.push(match verdict {
                Verdict::Won(sealed) => {
                    let scope = self.scope_of(item.tenant).await?;
                    let scope = scope.ok_or(StoreError::Corrupt("a due message has no tenant"))?;
                    let content = opened(&scope, &item, sealed);
                    Claimed::Won { item, content }
                }
                Verdict::Denied(code) => Claimed::Denied { item, code },
                Verdict::Deferred(until) => Claimed::Deferred { item, until },
                Verdict::Expired => Claimed::Expired { item },
                Verdict::Gone => Claimed::Gone { item },
            });
        }
        Ok(claimed)
    }

    async fn sealed_swaps(
        &self,
        items: &[DueItem],
        swaps: &BTreeMap<MessageId, Swap>,
    ) -> Result<BTreeMap<MessageId, Vec<u8>>> {
        let mut sealed = BTreeMap::new();
        for item in items {
            let Some(swap) = swaps.get(&item.message) else { continue };
            let scope = self.scope_of(item.tenant).await?;
            let scope = scope.ok_or(StoreError::Corrupt("a due message has no tenant"))?;
            let data = scope.seal(Part::Content.table(), item.message.as_bytes(), &swap.content);
            sealed.insert(item.message, data);
        }
        Ok(sealed)
    }
}

/// Nothing where the content is gone or was tampered with: that message fails for its content, and no other one
/// that was claimed with it.
fn opened(scope: &TenantScope, item: &DueItem, sealed: Option<Sealed>) -> Vec<u8> {
    let id = item.message.as_bytes();
    let open = |sealed: Sealed| match sealed.step {
        0 => scope.open(Part::Content.table(), id, &sealed.data).ok(),
        step => scope.open(STEP_CONTENT, &step_row(id, step), &sealed.data).ok(),
    };
    let content = sealed.and_then(open);
    content.unwrap_or_else(|| {
        tracing::error!(message = %item.message, "the stored content cannot be opened");
        Vec::new()
    })
}

impl Group for ClaimJob {
    type Output = Vec<Verdict>;
    const WHAT: &'static str = "claim";

    fn rows(&self) -> usize {
        self.items.len().max(1)
    }
    fn into_work(ticket: Ticket<Self>) -> Work {
        Work::Claim(ticket)
    }

    async fn run(conn: &Conn, jobs: &[Ticket<Self>]) -> Result<Vec<Self::Output>> {
        let mut outputs: Vec<Vec<Verdict>> = Vec::with_capacity(jobs.len());
        let mut entries: Vec<Entry<'_>> = Vec::new();
        let current = are_current(conn, jobs.iter().map(|ticket| ticket.job.epoch)).await?;
        for ((n, ticket), current) in jobs.iter().enumerate().zip(current) {
            let job = &ticket.job;
            outputs.push(job.items.iter().map(|_| Verdict::Gone).collect());
            if current {
                let of_job = |(index, item)| Entry { output: (n, index), job, item };
                entries.extend(job.items.iter().enumerate().map(of_job));
            }
        }
        let entries = take(conn, entries).await?;
        let entries = unanswered(conn, entries).await?;
        let verdicts = judge(conn, &entries).await?;
        let won = store(conn, &entries, &verdicts).await?;
        swap(conn, &entries, &won).await?;
        let items: Vec<&DueItem> = won.iter().map(|&n| entries[n].item).collect();
        let steps = steps_of(conn, &items).await?;
        let mut sealed: Vec<Option<Sealed>> = entries.iter().map(|_| None).collect();
        for ((n, step), content) in won.into_iter().zip(&steps).zip(contents(conn, &items, &steps).await?) {
            sealed[n] = content.map(|data| Sealed { step: *step, data });
        }
        for ((entry, verdict), content) in entries.iter().zip(verdicts).zip(sealed) {
            let (job, index) = entry.output;
            outputs[job][index] = match verdict {
                Judgement::Allow { .. } => Verdict::Won(content),
                Judgement::Deny { code, .. } => Verdict::Denied(code),
                Judgement::Defer { until, .. } => Verdict::Deferred(until),
                Judgement::Expire => Verdict::Expired,
            };
        }
        Ok(outputs)
    }
}

pub(super) struct Entry<'a> {
    output: (usize, usize),
    job: &'a ClaimJob,
    pub(super) item: &'a DueItem,
}

impl Entry<'_> {
    pub(super) fn at(&self) -> Timestamp {
        self.job.at
    }
}

const TAKE: Bulk = Bulk {
    sqlite: "DELETE FROM due WHERE sender_id = ?1 AND category = ?2 AND due_at = ?3 AND message_id = ?4",
    postgres: "DELETE FROM due d USING UNNEST($1::bytea[], $2::bigint[], $3::bigint[], $4::bytea[])
        WITH ORDINALITY AS k (sender_id, category, due_at, message_id, ord)
        WHERE d.sender_id = k.sender_id AND d.category = k.category AND d.due_at = k.due_at
        AND d.message_id = k.message_id RETURNING k.ord",
};

/// Deletes the due rows; whoever is not deleted was taken by somebody else.
async fn take<'a>(conn: &Conn, entries: Vec<Entry<'a>>) -> Result<Vec<Entry<'a>>> {
    let mut keys = Batch::new(4, entries.len());
    for entry in &entries {
        let item = entry.item;
        keys.push(cells![&item.sender, item.category, item.due_at, &item.message]);
    }
    let taken = conn.touches(&TAKE, &keys).await?;
    Ok(entries.into_iter().zip(taken).filter(|(_, taken)| *taken).map(|(entry, _)| entry).collect())
}

async fn judge(conn: &Conn, entries: &[Entry<'_>]) -> Result<Vec<Judgement>> {
    let wanted: Vec<Wanted<'_>> = entries
        .iter()
        .map(|entry| Wanted {
            tenant: &entry.item.tenant,
            recipient: &entry.item.recipient,
            window_of: (entry.item.free_form || entry.job.judge.watch.pool.is_some())
                .then_some(&entry.item.sender),
            message: Some(&entry.item.message),
        })
        .collect();
    let known = facts(conn, &wanted).await?;
    let watched = |entry: &Entry<'_>| entry.job.judge.watch != Watch::default();
    if !entries.iter().any(watched) {
        return Ok(entries.iter().zip(&known).map(|(entry, facts)| verdict(entry, facts)).collect());
    }
    let watched: Vec<Watched<'_>> = entries
        .iter()
        .map(|entry| Watched { item: entry.item, watch: entry.job.judge.watch, at: entry.job.at })
        .collect();
    let mut tally = Tally::read(conn, &watched).await?;
    let mut verdicts = Vec::with_capacity(entries.len());
    // One after the other: what the first takes is not there for the second.
    for ((entry, mut facts), watched) in entries.iter().zip(known).zip(&watched) {
        tally.tell(watched, &mut facts);
        let verdict = verdict(entry, &facts);
        if matches!(verdict, Judgement::Allow { .. }) {
            tally.count(watched, &facts);
        }
        verdicts.push(verdict);
    }
    tally.write(conn).await?;
    Ok(verdicts)
}

fn verdict(entry: &Entry<'_>, facts: &RecipientFacts) -> Judgement {
    if entry.item.expires_at <= entry.job.at {
        return Judgement::Expire;
    }
    (entry.job.judge.judge)(entry.item, facts)
}

const CLAIM: Insert = Insert {
    copy: "COPY attempts (tenant_id, message_id, n, sender_id, account_id, trace, state, epoch, claimed_at)
        FROM STDIN (FORMAT binary)",
    rows: Bulk {
    sqlite: "INSERT INTO attempts (tenant_id, message_id, n, sender_id, account_id, trace, state, epoch, claimed_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    postgres: "INSERT INTO attempts (tenant_id, message_id, n, sender_id, account_id, trace, state, epoch, claimed_at)
        SELECT * FROM UNNEST($1::bytea[], $2::bytea[], $3::bigint[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bigint[],
        $8::bigint[], $9::bigint[])",
},
};

const SWAP: Bulk = Bulk {
    sqlite: "UPDATE messages SET template = ?3, language = ?4 WHERE tenant_id = ?1 AND id = ?2",
    postgres: "UPDATE messages m SET template = k.template, language = k.language
        FROM UNNEST($1::bytea[], $2::bytea[], $3::text[], $4::text[]) AS k (tenant_id, id, template, language)
        WHERE m.tenant_id = k.tenant_id AND m.id = k.id",
};

/// What was erased stays erased.
const RESEAL: Bulk = Bulk {
    sqlite: "UPDATE sealed SET data = ?4 WHERE tenant_id = ?1 AND owner = ?2 AND part = ?3",
    postgres: "UPDATE sealed s SET data = k.data
        FROM UNNEST($1::bytea[], $2::bytea[], $3::bigint[], $4::bytea[]) AS k (tenant_id, owner, part, data)
        WHERE s.tenant_id = k.tenant_id AND s.owner = k.owner AND s.part = k.part",
};

/// Messages that were won with another template carry it from now on.
async fn swap(conn: &Conn, entries: &[Entry<'_>], won: &[usize]) -> Result<()> {
    let (mut templates, mut contents) = (Batch::new(4, 0), Batch::new(4, 0));
    for entry in won.iter().map(|&n| &entries[n]) {
        let (item, job) = (entry.item, entry.job);
        let (Some(swap), Some(data)) = (job.judge.swaps.get(&item.message), job.swapped.get(&item.message))
        else {
            continue;
        };
        templates.push(cells![&item.tenant, &item.message, swap.template.as_str(), swap.language.as_str()]);
        contents.push(cells![&item.tenant, &item.message, Part::Content.code(), data]);
    }
    conn.bulk(&SWAP, &templates).await?;
    conn.bulk(&RESEAL, &contents).await.map(|_| ())
}

/// Writes the verdicts; returns the entries that were won.
async fn store(conn: &Conn, entries: &[Entry<'_>], verdicts: &[Judgement]) -> Result<Vec<usize>> {
    let mut attempts = Batch::new(9, entries.len());
    let mut events = Events::default();
    let (mut won, mut notes, mut ended, mut deferred) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut other = other_ways(conn, entries, verdicts, &mut events).await?;
    for (n, (entry, verdict)) in entries.iter().zip(verdicts).enumerate() {
        let (item, at) = (entry.item, entry.job.at);
        let key = (item.tenant, item.message);
        match verdict {
            Judgement::Allow { .. } => {
                attempts.push(cells![
                    &item.tenant,
                    &item.message,
                    item.attempt,
                    &item.sender,
                    &item.account,
                    &item.trace,
                    AttemptState::Claimed,
                    entry.job.epoch.number,
                    at,
                ]);
                won.push(n);
            }
            Judgement::Deny { .. } if other.contains_key(&key) => deferred.extend(other.remove(&key)),
            Judgement::Deny { code, .. } => {
                ended.push((key, Terminal::Denied, Some(code.clone())));
                notes.push((key, Some(Note { kind: AttentionKind::Denied, reason: code.clone(), at })));
            }
            Judgement::Defer { until, .. } => deferred.push(DueItem { due_at: *until, ..item.clone() }),
            Judgement::Expire => ended.push((key, Terminal::Expired, None)),
        }
        write_event(&mut events, item, verdict, at);
    }
    futures_util::try_join!(
        conn.insert(&CLAIM, &attempts),
        events.append(conn),
        set_terminal(conn, &ended),
        note(conn, &notes),
        insert_due(conn, &deferred),
        defer(conn, &deferred),
    )?;
    Ok(won)
}

fn write_event(events: &mut Events, item: &DueItem, verdict: &Judgement, at: Timestamp) {
    let head = Head {
        tenant: item.tenant,
        kind: match verdict {
            Judgement::Allow { .. } => Kind::MessageSubmitting,
            Judgement::Deny { .. } => Kind::MessageDenied,
            Judgement::Defer { .. } => Kind::MessageDeferred,
            Judgement::Expire => Kind::MessageExpired,
        },
        subject: item.message.bytes(),
        actor: Actor::System(SystemLoop::Dispatch),
        trace: Some(item.trace),
        at,
    };
    events.push(head, |out| match verdict {
        Judgement::Allow { decisions } => {
            write!(out, r#"{{"attempt":{},"decisions":{decisions}}}"#, item.attempt)
                .expect("a string takes all");
        }
        Judgement::Deny { code, decisions } => denied_body(out, code, decisions),
        Judgement::Defer { until, code, decisions } => deferred_body(out, *until, code, decisions),
        Judgement::Expire => out.push_str("{}"),
    });
}

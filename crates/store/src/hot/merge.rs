//! Merging what one verified callback says: receipts, inbound messages, consents, templates, the rest.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use tidings_domain::actor::Actor;
use tidings_domain::event::Kind;
use tidings_domain::id::{AccountId, AttemptId, Id as _};
use tidings_domain::lifecycle::AttemptState;
use tidings_domain::time::Timestamp;

use super::inbound;
use super::ledger::{Attempt, Ledger, Proof};
use super::record::PROVIDER_ID;
use super::rows::{MessageKey, Remarks, insert_due, remark};
use crate::conn::{Batch, Bulk, Conn, cells};
use crate::error::Result;
use crate::events::{Events, Head};
use crate::executor::{Group, Ticket, Work};
use crate::model::{CallbackWrite, Hash16, Merged, NewReceipt};
use crate::scope::TenantScope;
use crate::store::Store;

pub(crate) struct MergeJob {
    pub(super) scope: TenantScope,
    pub(super) account: AccountId,
    pub(super) write: CallbackWrite,
    /// Hashes of the receipts' provider ids.
    hashes: Vec<Hash16>,
    pub(super) rest: inbound::Sealed,
}

impl Store {
    /// Commits everything that a callback means for one account, or nothing. Repetitions and other orders of
    /// the same facts end in the same state. The answer is in the order of the receipts.
    pub async fn merge(
        &self,
        scope: &TenantScope,
        account: AccountId,
        write: CallbackWrite,
    ) -> Result<Vec<Merged>> {
        let hashes =
            write.receipts.iter().map(|receipt| scope.hash_provider_id(&receipt.provider_id)).collect();
        let rest = inbound::seal(scope, &write);
        let job = MergeJob { scope: scope.clone(), account, write, hashes, rest };
        self.executor().hot(job).await
    }
}

impl Group for MergeJob {
    type Output = Vec<Merged>;
    const WHAT: &'static str = "merge";

    fn rows(&self) -> usize {
        let write = &self.write;
        (write.receipts.len() + 4 * (write.inbound.len() + write.consents.len()) + write.kept.len()).max(1)
    }
    fn into_work(ticket: Ticket<Self>) -> Work {
        Work::Merge(ticket)
    }

    async fn run(conn: &Conn, jobs: &[Ticket<Self>]) -> Result<Vec<Vec<Merged>>> {
        let mut events = Events::default();
        let mut outputs: Vec<Vec<Merged>> =
            jobs.iter().map(|ticket| Vec::with_capacity(ticket.job.write.receipts.len())).collect();
        let entries: Vec<Entry<'_>> =
            jobs.iter().enumerate().flat_map(|(n, ticket)| entries(n, &ticket.job)).collect();
        if !entries.is_empty() {
            receipts(conn, &entries, &mut events, &mut outputs).await?;
        }
        for ticket in jobs {
            inbound::store(conn, &ticket.job, &mut events).await?;
        }
        events.append(conn).await?;
        Ok(outputs)
    }
}

struct Entry<'a> {
    output: usize,
    job: &'a MergeJob,
    receipt: &'a NewReceipt,
    hash: &'a Hash16,
}

fn entries(output: usize, job: &MergeJob) -> impl Iterator<Item = Entry<'_>> {
    job.write.receipts.iter().zip(&job.hashes).map(move |(receipt, hash)| Entry {
        output,
        job,
        receipt,
        hash,
    })
}

impl Entry<'_> {
    fn key_of(&self, attempt: AttemptId) -> MessageKey {
        (self.job.scope.tenant(), attempt.message())
    }
}

/// Which attempt a receipt is about.
type Target = Option<(MessageKey, u8)>;

async fn receipts(
    conn: &Conn,
    entries: &[Entry<'_>],
    events: &mut Events,
    outputs: &mut [Vec<Merged>],
) -> Result<()> {
    let mut ledger = Ledger::default();
    let targets = targets(conn, entries, &mut ledger).await?;
    let mut known = Vec::new();
    let mut remarks = Remarks::new();
    remember(conn, entries, &targets, &mut ledger, &mut remarks, events).await?;
    for (entry, target) in entries.iter().zip(&targets) {
        let Some((key, n)) = target else { continue };
        let progress = ledger.get(key).expect("targets are loaded");
        let Some(index) = progress.find(*n) else { continue };
        let attempt = &mut progress.attempts[index];
        // The receipt came before the answer, which may never come: learn the provider's id from it.
        if !attempt.has_provider_id && attempt.state <= AttemptState::Unknown {
            let id = AttemptId::of(key.1, *n);
            let plain = entry.receipt.provider_id.as_bytes();
            attempt.provider_id = Some(entry.job.scope.seal(PROVIDER_ID, id.as_bytes(), plain));
            attempt.has_provider_id = true;
            attempt.touch();
            let at = entry.job.write.received_at;
            known.push(KnownId { key: *key, account: entry.job.account, hash: *entry.hash, n: *n, at });
        }
    }
    let adopted = adopt(conn, &mut known).await?;
    for (entry, target) in entries.iter().zip(&targets) {
        let merged = match target {
            None => Merged::Kept,
            Some((key, n)) => {
                let progress = ledger.get(key).expect("targets are loaded");
                let index = progress.find(*n).expect("targets exist");
                let receipt = entry.receipt;
                let proof = Proof {
                    state: receipt.state,
                    at: receipt.at,
                    code: receipt.code,
                    pricing: receipt.pricing.as_deref(),
                };
                let (from, to) = progress.prove(index, &proof, events, entry.job.write.received_at);
                let Attempt { sender, trace, .. } = progress.attempts[index];
                if from == to {
                    Merged::Same
                } else {
                    Merged::Moved { message: key.1, sender, trace, from, to }
                }
            }
        };
        outputs[entry.output].push(merged);
    }
    for (id, orphan) in adopted {
        let progress = ledger.get(&id.key).expect("targets are loaded");
        if let Some(index) = progress.find(id.n) {
            let proof = Proof {
                state: orphan.state,
                at: orphan.at,
                code: orphan.code,
                pricing: orphan.pricing.as_deref(),
            };
            progress.prove(index, &proof, events, orphan.received_at);
        }
    }
    let at = entries.iter().map(|entry| entry.job.write.received_at).max().unwrap_or_default();
    let mut due = Vec::new();
    ledger.close(conn, events, &mut due, at).await?;
    ledger.write(conn, 0).await?;
    insert_due(conn, &due).await?;
    keep(conn, entries, &targets).await?;
    remark(conn, &remarks).await
}

/// Finds the attempts: by the echo of our own id if tenant and account agree, else by the provider's id.
async fn targets(conn: &Conn, entries: &[Entry<'_>], ledger: &mut Ledger) -> Result<Vec<Target>> {
    let echoes =
        entries.iter().filter_map(|entry| entry.receipt.attempt.map(|attempt| entry.key_of(attempt)));
    ledger.load(conn, echoes.collect()).await?;
    let mut targets: Vec<Target> = entries
        .iter()
        .map(|entry| {
            let attempt = entry.receipt.attempt?;
            let key = entry.key_of(attempt);
            let progress = ledger.get(&key)?;
            let index = progress.find(attempt.number())?;
            (progress.attempts[index].account == entry.job.account).then_some((key, attempt.number()))
        })
        .collect();
    let open = |targets: &[Target]| (0..targets.len()).filter(|&n| targets[n].is_none()).collect::<Vec<_>>();
    let unknown = open(&targets);
    if unknown.is_empty() {
        return Ok(targets);
    }
    by_provider_id(conn, &BY_PROVIDER_ID, entries, &unknown, &mut targets).await?;
    let unknown = open(&targets);
    if !unknown.is_empty() {
        // Stand in the way of whoever is about to name the id: after this, either it is known or the receipt
        // that is kept below will be seen by the one who names it.
        reserve(conn, entries, &unknown).await?;
        if conn.is_postgres() {
            by_provider_id(conn, &LOCKED, entries, &unknown, &mut targets).await?;
        }
    }
    ledger.load(conn, targets.iter().flatten().map(|(key, _)| *key).collect()).await?;
    for target in &mut targets {
        if let Some((key, n)) = target
            && ledger.get(key).is_none_or(|progress| progress.find(*n).is_none())
        {
            *target = None;
        }
    }
    Ok(targets)
}

const BY_PROVIDER_ID: Bulk = Bulk {
    sqlite: "SELECT message_id, n FROM provider_ids WHERE tenant_id = ?1 AND account_id = ?2 AND hash = ?3
        AND message_id IS NOT NULL",
    postgres: "SELECT k.ord, p.message_id, p.n
        FROM UNNEST($1::bytea[], $2::bytea[], $3::bytea[]) WITH ORDINALITY AS k (tenant_id, account_id, hash, ord)
        JOIN provider_ids p ON p.tenant_id = k.tenant_id AND p.account_id = k.account_id AND p.hash = k.hash
        WHERE p.message_id IS NOT NULL",
};

/// A place that an earlier receipt reserved is locked as if it were ours: whoever names the id now has to see what is
/// kept here.
const LOCKED: Bulk = Bulk {
    sqlite: BY_PROVIDER_ID.sqlite,
    postgres: "SELECT k.ord, p.message_id, p.n
        FROM UNNEST($1::bytea[], $2::bytea[], $3::bytea[]) WITH ORDINALITY AS k (tenant_id, account_id, hash, ord)
        JOIN provider_ids p ON p.tenant_id = k.tenant_id AND p.account_id = k.account_id AND p.hash = k.hash
        ORDER BY p.tenant_id, p.account_id, p.hash FOR UPDATE OF p",
};

async fn by_provider_id(
    conn: &Conn,
    look: &Bulk,
    entries: &[Entry<'_>],
    unknown: &[usize],
    targets: &mut [Target],
) -> Result<()> {
    let tenants: Vec<_> = unknown.iter().map(|&n| entries[n].job.scope.tenant()).collect();
    let mut keys = Batch::new(3, unknown.len());
    for (&n, tenant) in unknown.iter().zip(&tenants) {
        keys.push(cells![tenant, &entries[n].job.account, entries[n].hash]);
    }
    for (index, row) in conn.lookup(look, &keys).await? {
        if let Some(message) = row.opt_id(0)? {
            targets[unknown[index]] = Some(((tenants[index], message), row.get(1)?));
        }
    }
    Ok(())
}

const RESERVE: Bulk = Bulk {
    sqlite: "INSERT INTO provider_ids (tenant_id, account_id, hash, created_at) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT DO NOTHING",
    postgres: "INSERT INTO provider_ids (tenant_id, account_id, hash, created_at)
        SELECT * FROM UNNEST($1::bytea[], $2::bytea[], $3::bytea[], $4::bigint[]) AS k (a, b, c, d) ORDER BY a, b, c
        ON CONFLICT DO NOTHING",
};

async fn reserve(conn: &Conn, entries: &[Entry<'_>], unknown: &[usize]) -> Result<()> {
    let tenants: Vec<_> = unknown.iter().map(|&n| entries[n].job.scope.tenant()).collect();
    let mut rows = Batch::new(4, unknown.len());
    for (&n, tenant) in unknown.iter().zip(&tenants) {
        let job = entries[n].job;
        rows.push(cells![tenant, &job.account, entries[n].hash, job.write.received_at]);
    }
    conn.bulk(&RESERVE, &rows).await.map(|_| ())
}

const KEEP: Bulk = Bulk {
    sqlite: "INSERT INTO orphans (tenant_id, account_id, hash, state, at, code, pricing, received_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING",
    postgres: "INSERT INTO orphans (tenant_id, account_id, hash, state, at, code, pricing, received_at)
        SELECT * FROM UNNEST($1::bytea[], $2::bytea[], $3::bytea[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[],
        $8::bigint[]) ON CONFLICT DO NOTHING",
};

/// Keeps receipts for ids that nobody has named yet.
async fn keep(conn: &Conn, entries: &[Entry<'_>], targets: &[Target]) -> Result<()> {
    let tenants: Vec<_> = entries.iter().map(|entry| entry.job.scope.tenant()).collect();
    let mut rows = Batch::new(8, 0);
    for ((entry, target), tenant) in entries.iter().zip(targets).zip(&tenants) {
        if target.is_none() {
            let receipt = entry.receipt;
            let (account, hash, received_at) = (&entry.job.account, entry.hash, entry.job.write.received_at);
            let pricing = receipt.pricing.as_deref();
            rows.push(cells![
                tenant,
                account,
                hash,
                receipt.state,
                receipt.at,
                receipt.code,
                pricing,
                received_at
            ]);
        }
    }
    conn.bulk(&KEEP, &rows).await.map(|_| ())
}

/// Remarks about recipients, which need the message's row.
async fn remember(
    conn: &Conn,
    entries: &[Entry<'_>],
    targets: &[Target],
    ledger: &mut Ledger,
    remarks: &mut Remarks,
    events: &mut Events,
) -> Result<()> {
    let says =
        |receipt: &NewReceipt| receipt.recipient_invalid.is_some() || receipt.recipient_cool_until.is_some();
    let telling: Vec<(&Entry<'_>, MessageKey, u8)> = entries
        .iter()
        .zip(targets)
        .filter(|(entry, _)| says(entry.receipt))
        .filter_map(|(entry, target)| target.map(|(key, n)| (entry, key, n)))
        .collect();
    let keys: Vec<MessageKey> = telling.iter().map(|(_, key, _)| *key).collect();
    ledger.load_recipients(conn, &keys).await?;
    for (entry, key, n) in telling {
        let Some(progress) = ledger.get(&key) else { continue };
        let (Some(row), Some(first)) = (&progress.row, progress.attempts.first()) else { continue };
        let of_way = progress.plan.as_ref().map(|plan| plan.step_of(n).recipient);
        let (recipient, trace) = (of_way.unwrap_or(row.recipient), first.trace);
        let remark = remarks.entry((key.0, recipient)).or_default();
        remark.cool_until = remark.cool_until.max(entry.receipt.recipient_cool_until);
        if let Some(code) = entry.receipt.recipient_invalid {
            remark.invalid = Some((code, entry.receipt.at));
            let head = Head {
                tenant: key.0,
                kind: Kind::RecipientInvalid,
                subject: key.1.bytes(),
                actor: Actor::Provider,
                trace: Some(trace),
                at: entry.job.write.received_at,
            };
            events.push(head, |out| write!(out, r#"{{"code":{code}}}"#).expect("a string takes all"));
        }
    }
    Ok(())
}

/// A provider's id that became known.
#[derive(Debug, Clone)]
pub(super) struct KnownId {
    pub(super) key: MessageKey,
    pub(super) account: AccountId,
    pub(super) hash: Hash16,
    pub(super) n: u8,
    pub(super) at: Timestamp,
}

/// A receipt that came before its id was known.
#[derive(Debug, Clone)]
pub(super) struct Orphan {
    pub(super) state: AttemptState,
    pub(super) at: Timestamp,
    pub(super) code: Option<i64>,
    pub(super) pricing: Option<String>,
    pub(super) received_at: Timestamp,
}

const NAME: Bulk = Bulk {
    sqlite: "INSERT INTO provider_ids (tenant_id, account_id, hash, message_id, n, created_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT (tenant_id, account_id, hash) DO UPDATE SET message_id = excluded.message_id, n = excluded.n
        WHERE provider_ids.message_id IS NULL",
    postgres: "INSERT INTO provider_ids (tenant_id, account_id, hash, message_id, n, created_at)
        SELECT * FROM UNNEST($1::bytea[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bigint[], $6::bigint[])
        ON CONFLICT (tenant_id, account_id, hash) DO UPDATE SET message_id = excluded.message_id, n = excluded.n
        WHERE provider_ids.message_id IS NULL",
};

const ORPHANS: Bulk = Bulk {
    sqlite: "SELECT state, at, code, pricing, received_at FROM orphans
        WHERE tenant_id = ?1 AND account_id = ?2 AND hash = ?3 ORDER BY state",
    postgres: "SELECT k.ord, o.state, o.at, o.code, o.pricing, o.received_at
        FROM UNNEST($1::bytea[], $2::bytea[], $3::bytea[]) WITH ORDINALITY AS k (tenant_id, account_id, hash, ord)
        JOIN orphans o ON o.tenant_id = k.tenant_id AND o.account_id = k.account_id AND o.hash = k.hash
        ORDER BY k.ord, o.state",
};

const ADOPTED: Bulk = Bulk {
    sqlite: "DELETE FROM orphans WHERE tenant_id = ?1 AND account_id = ?2 AND hash = ?3",
    postgres: "DELETE FROM orphans o USING UNNEST($1::bytea[], $2::bytea[], $3::bytea[]) AS k (tenant_id, account_id, hash)
        WHERE o.tenant_id = k.tenant_id AND o.account_id = k.account_id AND o.hash = k.hash",
};

/// Names ids and takes over the receipts that were kept for them. The naming comes first: it waits for a
/// transaction that is keeping a receipt right now, and what it has kept is then seen.
pub(super) async fn adopt(conn: &Conn, known: &mut Vec<KnownId>) -> Result<Vec<(KnownId, Orphan)>> {
    known.sort_by_key(|id| (id.key.0, id.account, id.hash));
    known.dedup_by(|a, b| (a.key.0, a.account, a.hash) == (b.key.0, b.account, b.hash));
    let mut rows = Batch::new(6, known.len());
    let mut keys = Batch::new(3, known.len());
    for id in known.iter() {
        rows.push(cells![&id.key.0, &id.account, &id.hash, &id.key.1, id.n, id.at]);
        keys.push(cells![&id.key.0, &id.account, &id.hash]);
    }
    conn.bulk(&NAME, &rows).await?;
    let mut adopted = Vec::new();
    let mut emptied = BTreeSet::new();
    for (index, row) in conn.lookup(&ORPHANS, &keys).await? {
        emptied.insert(index);
        adopted.push((
            known[index].clone(),
            Orphan {
                state: row.get(0)?,
                at: row.get(1)?,
                code: row.get(2)?,
                pricing: row.get(3)?,
                received_at: row.get(4)?,
            },
        ));
    }
    let mut gone = Batch::new(3, emptied.len());
    for &index in &emptied {
        let id = &known[index];
        gone.push(cells![&id.key.0, &id.account, &id.hash]);
    }
    conn.bulk(&ADOPTED, &gone).await?;
    Ok(adopted)
}

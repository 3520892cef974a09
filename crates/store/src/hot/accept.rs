//! Intake: messages become durable, with the verdict of policy and the answer of their idempotency key.

use std::collections::HashMap;
use std::fmt::Write as _;

use tidings_domain::event::Kind;
use tidings_domain::id::{Id as _, TenantId};
use tidings_domain::lifecycle::Terminal;
use tidings_domain::time::Timestamp;

use super::facts::{Wanted, facts};
use super::plans;
use super::rows::{Note, insert_message_topics, insert_new_due, insert_sealed, note};
use crate::conn::{Batch, Bulk, Conn, Insert, cells};
use crate::error::Result;
use crate::events::{Events, Head, json_text};
use crate::executor::{Group, Ticket, Work};
use crate::model::{Accept, Accepted, AttentionKind, Judgement, NewMessage, RecipientFacts};
use crate::scope::{Part, STEP_CONTENT, TenantScope, step_part, step_row};
use crate::store::Store;

pub(crate) struct AcceptJob {
    scope: TenantScope,
    accept: Accept,
    /// Contents in the order of the messages.
    sealed: Vec<Vec<u8>>,
    /// Contents of the other ways: message, step, data.
    ways: Vec<(usize, u8, Vec<u8>)>,
    at: Timestamp,
}

/// What `sealed` names the answers that idempotency keys give back.
pub(crate) const ANSWERS: &str = "idempotency";

impl Store {
    /// Stores messages durably and judges them in the same transaction, so that an opt-out committed before
    /// is honoured. Denied ones are stored as such.
    pub async fn accept(&self, scope: &TenantScope, mut accept: Accept) -> Result<Accepted> {
        let seal = |message: &mut NewMessage| {
            let content = std::mem::take(&mut message.content);
            scope.seal(Part::Content.table(), message.id.as_bytes(), &content)
        };
        let sealed = accept.messages.iter_mut().map(seal).collect();
        let ways = accept.messages.iter_mut().enumerate().flat_map(|(n, m)| ways(scope, n, m)).collect();
        let key = accept.idempotent.as_ref().map(|idempotent| idempotent.key);
        let job = AcceptJob { scope: scope.clone(), accept, sealed, ways, at: self.now() };
        match self.executor().hot(job).await? {
            Accepted::Replay { fingerprint, status, body } => {
                let body = scope.open(ANSWERS, &key.unwrap_or_default(), &body)?;
                Ok(Accepted::Replay { fingerprint, status, body })
            }
            stored => Ok(stored),
        }
    }
}

/// Seals the contents of the other ways of a message.
fn ways(scope: &TenantScope, n: usize, message: &mut NewMessage) -> Vec<(usize, u8, Vec<u8>)> {
    let id = *message.id.as_bytes();
    let Some(plan) = &mut message.plan else { return Vec::new() };
    let fallbacks = plan.fallbacks.iter_mut();
    (1u8..)
        .zip(fallbacks)
        .map(|(step, way)| {
            let content = std::mem::take(&mut way.content);
            (n, step, scope.seal(STEP_CONTENT, &step_row(&id, step), &content))
        })
        .collect()
}

impl Group for AcceptJob {
    type Output = Accepted;
    const WHAT: &'static str = "accept";

    fn rows(&self) -> usize {
        self.accept.messages.len().max(1)
    }
    fn into_work(ticket: Ticket<Self>) -> Work {
        Work::Accept(ticket)
    }

    async fn run(conn: &Conn, jobs: &[Ticket<Self>]) -> Result<Vec<Accepted>> {
        let jobs: Vec<&Self> = jobs.iter().map(|ticket| &ticket.job).collect();
        let mut outputs = reserve(conn, &jobs).await?;
        // A key that comes twice in one set: the first one wins, the second replays it.
        let mut first: HashMap<[u8; 32], usize> = HashMap::new();
        let fresh: Vec<bool> = (0..jobs.len())
            .map(|n| {
                let unseen = jobs[n].accept.idempotent.as_ref().is_none_or(|each| {
                    let before = *first.entry(each.key).or_insert(n);
                    before == n
                });
                unseen && outputs[n].is_none()
            })
            .collect();
        let entries: Vec<Entry<'_>> = jobs
            .iter()
            .enumerate()
            .filter(|(n, _)| fresh[*n])
            .flat_map(|(n, job)| {
                let of = |index: usize| {
                    let first = job.ways.partition_point(|(message, ..)| *message < index);
                    job.ways[first..].iter().take_while(move |(message, ..)| *message == index)
                };
                job.accept.messages.iter().zip(&job.sealed).enumerate().map(
                    move |(index, (message, sealed))| Entry {
                        job: n,
                        scope: &job.scope,
                        accept: &job.accept,
                        message,
                        sealed,
                        ways: of(index).map(|(_, step, data)| (*step, &**data)).collect(),
                    },
                )
            })
            .collect();
        let verdicts = judge(conn, &entries).await?;
        store(conn, &entries, &verdicts).await?;
        let mut by_job: Vec<Vec<Judgement>> = jobs.iter().map(|job| Vec::with_capacity(job.rows())).collect();
        for (entry, verdict) in entries.iter().zip(verdicts) {
            by_job[entry.job].push(verdict);
        }
        let mut answers = Vec::new();
        for (n, verdicts) in by_job.into_iter().enumerate() {
            if !fresh[n] {
                continue;
            }
            if let Some(idempotent) = &jobs[n].accept.idempotent {
                let (status, body) = (idempotent.respond)(&verdicts);
                answers.push((n, status, jobs[n].scope.seal(ANSWERS, &idempotent.key, &body)));
            }
            outputs[n] = Some(Accepted::Stored(verdicts));
        }
        answer(conn, &jobs, &answers).await?;
        Ok(finish(&jobs, &first, &answers, outputs))
    }
}

fn finish(
    jobs: &[&AcceptJob],
    first: &HashMap<[u8; 32], usize>,
    answers: &[(usize, u16, Vec<u8>)],
    mut outputs: Vec<Option<Accepted>>,
) -> Vec<Accepted> {
    for n in 0..jobs.len() {
        if outputs[n].is_some() {
            continue;
        }
        let idempotent = jobs[n].accept.idempotent.as_ref().expect("only a repeated key has no verdicts");
        let winner = first[&idempotent.key];
        outputs[n] = match answers.iter().find(|(each, ..)| *each == winner) {
            Some((_, status, body)) => {
                let won = jobs[winner].accept.idempotent.as_ref().expect("the winner has the key");
                Some(Accepted::Replay { fingerprint: won.fingerprint, status: *status, body: body.clone() })
            }
            None => outputs[winner].clone(),
        };
    }
    outputs.into_iter().map(|output| output.expect("every job was decided")).collect()
}

struct Entry<'a> {
    job: usize,
    scope: &'a TenantScope,
    accept: &'a Accept,
    message: &'a NewMessage,
    sealed: &'a [u8],
    ways: Vec<(u8, &'a [u8])>,
}

const RESERVE: Bulk = Bulk {
    sqlite: "INSERT INTO idempotency (key, tenant_id, fingerprint, status, created_at) VALUES (?1, ?2, ?3, 0, ?4)
        ON CONFLICT (key) DO NOTHING",
    postgres: "INSERT INTO idempotency (key, tenant_id, fingerprint, status, created_at)
        SELECT k.key, k.tenant_id, k.fingerprint, 0, k.at
        FROM UNNEST($1::bytea[], $2::bytea[], $3::bytea[], $4::bigint[]) AS k (key, tenant_id, fingerprint, at)
        ORDER BY k.key ON CONFLICT (key) DO NOTHING",
};

const RESERVED: Bulk = Bulk {
    sqlite: "SELECT fingerprint, status, body FROM idempotency WHERE key = ?1",
    postgres: "SELECT k.ord, i.fingerprint, i.status, i.body
        FROM UNNEST($1::bytea[]) WITH ORDINALITY AS k (key, ord) JOIN idempotency i ON i.key = k.key",
};

/// Takes the keys. Where another transaction holds one, this waits for it; what it committed is replayed.
/// A row without a status is our own.
async fn reserve(conn: &Conn, jobs: &[&AcceptJob]) -> Result<Vec<Option<Accepted>>> {
    let mut outputs = vec![None; jobs.len()];
    let keyed: Vec<usize> = (0..jobs.len()).filter(|&n| jobs[n].accept.idempotent.is_some()).collect();
    let tenants: Vec<_> = keyed.iter().map(|&n| jobs[n].scope.tenant()).collect();
    let mut rows = Batch::new(4, keyed.len());
    let mut keys = Batch::new(1, keyed.len());
    for (&n, tenant) in keyed.iter().zip(&tenants) {
        let idempotent = jobs[n].accept.idempotent.as_ref().expect("filtered by it");
        rows.push(cells![&idempotent.key, tenant, &idempotent.fingerprint, jobs[n].at]);
        keys.push(cells![&idempotent.key]);
    }
    conn.bulk(&RESERVE, &rows).await?;
    for (index, row) in conn.lookup(&RESERVED, &keys).await? {
        let status: u16 = row.get(1)?;
        if status != 0 {
            outputs[keyed[index]] =
                Some(Accepted::Replay { fingerprint: row.get(0)?, status, body: row.get(2)? });
        }
    }
    Ok(outputs)
}

const ANSWER: Bulk = Bulk {
    sqlite: "UPDATE idempotency SET status = ?2, body = ?3 WHERE key = ?1",
    postgres: "UPDATE idempotency i SET status = k.status, body = k.body
        FROM UNNEST($1::bytea[], $2::bigint[], $3::bytea[]) AS k (key, status, body) WHERE i.key = k.key",
};

async fn answer(conn: &Conn, jobs: &[&AcceptJob], answers: &[(usize, u16, Vec<u8>)]) -> Result<()> {
    let mut rows = Batch::new(3, answers.len());
    for (n, status, body) in answers {
        let idempotent = jobs[*n].accept.idempotent.as_ref().expect("only keyed jobs have answers");
        rows.push(cells![&idempotent.key, *status, body]);
    }
    conn.bulk(&ANSWER, &rows).await.map(|_| ())
}

async fn judge(conn: &Conn, entries: &[Entry<'_>]) -> Result<Vec<Judgement>> {
    let tenants: Vec<_> = entries.iter().map(|entry| entry.scope.tenant()).collect();
    let wanted: Vec<Wanted<'_>> = entries
        .iter()
        .zip(&tenants)
        .map(|(entry, tenant)| Wanted {
            tenant,
            recipient: &entry.message.recipient,
            window_of: entry.message.free_form.then_some(&entry.message.sender),
            message: None,
        })
        .collect();
    let mut known = facts(conn, &wanted).await?;
    for (entry, facts) in entries.iter().zip(&mut known) {
        facts.topic = entry.message.topic;
    }
    Ok(entries.iter().zip(&known).map(|(entry, facts)| verdict(entry, facts)).collect())
}

/// A way that is closed now is no reason to deny a message that has others: the claim takes the next one.
fn verdict(entry: &Entry<'_>, facts: &RecipientFacts) -> Judgement {
    match (entry.accept.judge)(entry.message, facts) {
        Judgement::Deny { decisions, .. } if entry.message.plan.is_some() => Judgement::Allow { decisions },
        other => other,
    }
}

const MESSAGES: Insert = Insert {
    copy: "COPY messages (tenant_id, id, account_id, sender_id, channel, category, recipient, country, template, language,
        created_at, due_at, expires_at, ordered, free_form, trace, trace_given, reference, terminal, reason)
        FROM STDIN (FORMAT binary)",
    rows: Bulk {
    sqlite: "INSERT INTO messages (tenant_id, id, account_id, sender_id, channel, category, recipient, country, template,
        language, created_at, due_at, expires_at, ordered, free_form, trace, trace_given, reference, terminal, reason)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
    postgres: "INSERT INTO messages (tenant_id, id, account_id, sender_id, channel, category, recipient, country, template,
        language, created_at, due_at, expires_at, ordered, free_form, trace, trace_given, reference, terminal, reason)
        SELECT * FROM UNNEST($1::bytea[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bigint[], $6::bigint[], $7::bytea[],
        $8::text[], $9::text[], $10::text[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[],
        $16::bytea[], $17::bigint[], $18::bytea[], $19::bigint[], $20::text[])",
},
};

/// How a verdict is stored: when the message is due, or why it ended.
fn outcome<'a>(message: &NewMessage, verdict: &'a Judgement) -> (Timestamp, Terminal, Option<&'a str>) {
    match verdict {
        Judgement::Allow { .. } => (message.due_at, Terminal::None, None),
        Judgement::Defer { until, .. } => (*until, Terminal::None, None),
        Judgement::Deny { code, .. } => (message.due_at, Terminal::Denied, Some(code)),
        Judgement::Expire => (message.due_at, Terminal::Expired, None),
    }
}

async fn store(conn: &Conn, entries: &[Entry<'_>], verdicts: &[Judgement]) -> Result<()> {
    let size = conn.rows_at_once();
    for (entries, verdicts) in entries.chunks(size).zip(verdicts.chunks(size)) {
        store_part(conn, entries, verdicts).await?;
    }
    Ok(())
}

async fn store_part(conn: &Conn, entries: &[Entry<'_>], verdicts: &[Judgement]) -> Result<()> {
    let tenants: Vec<_> = entries.iter().map(|entry| entry.scope.tenant()).collect();
    let mut messages = Batch::new(20, entries.len());
    let mut sealed = Batch::new(4, entries.len());
    let mut due = Batch::new(15, entries.len());
    let mut events = Events::default();
    let mut notes = Vec::new();
    let mut topics = Batch::new(3, 0);
    let mut plans = Vec::new();
    let places: Vec<_> = entries.iter().map(|entry| entry.message.place.to_text()).collect();
    for (((entry, verdict), tenant), country) in entries.iter().zip(verdicts).zip(&tenants).zip(&places) {
        let m = entry.message;
        if let Some(topic) = &m.topic {
            topics.push(cells![tenant, &m.id, topic]);
        }
        let (due_at, terminal, reason) = outcome(m, verdict);
        let country = country.as_deref();
        let (template, language) = (m.template.as_deref(), m.language.as_deref());
        messages.push(cells![
            tenant,
            &m.id,
            &m.account,
            &m.sender,
            m.channel,
            m.category,
            &m.recipient,
            country,
            template,
            language,
            m.created_at,
            due_at,
            m.expires_at,
            m.ordered,
            m.free_form,
            &m.trace,
            m.trace_given,
            m.reference.as_ref(),
            terminal,
            reason,
        ]);
        push_contents(&mut sealed, tenant, entry);
        if let Some(plan) = &m.plan {
            plans.push((*tenant, m, &**plan));
        }
        if terminal == Terminal::None {
            due.push(cells![
                &m.sender,
                m.category,
                due_at,
                &m.id,
                tenant,
                &m.account,
                1i64,
                m.expires_at,
                &m.recipient,
                country,
                m.ordered,
                m.free_form,
                template,
                language,
                &m.trace,
            ]);
        }
        if let Judgement::Deny { code, .. } = verdict {
            let denied = Note { kind: AttentionKind::Denied, reason: code.clone(), at: m.created_at };
            notes.push(((*tenant, m.id), Some(denied)));
        }
        write_events(&mut events, entry, verdict);
    }
    futures_util::try_join!(
        conn.insert(&MESSAGES, &messages),
        insert_sealed(conn, &sealed),
        insert_new_due(conn, &due),
        events.append(conn),
        note(conn, &notes),
        insert_message_topics(conn, &topics),
        plans::insert(conn, &plans),
    )?;
    Ok(())
}

/// What it says, on each of its ways.
fn push_contents<'a>(sealed: &mut Batch<'a>, tenant: &'a TenantId, entry: &'a Entry<'_>) {
    let id = &entry.message.id;
    sealed.push(cells![tenant, id, Part::Content.code(), entry.sealed]);
    for (step, data) in &entry.ways {
        sealed.push(cells![tenant, id, step_part(*step), *data]);
    }
}

fn write_events(events: &mut Events, entry: &Entry<'_>, verdict: &Judgement) {
    let m = entry.message;
    let head = Head {
        tenant: entry.scope.tenant(),
        kind: Kind::MessageAccepted,
        subject: m.id.bytes(),
        actor: entry.accept.actor,
        trace: Some(m.trace),
        at: m.created_at,
    };
    match verdict {
        Judgement::Allow { decisions } => events.push(head, |out| accepted_body(out, m, decisions)),
        Judgement::Deny { code, decisions } => {
            events.push(Head { kind: Kind::MessageDenied, ..head }, |out| denied_body(out, code, decisions));
        }
        Judgement::Defer { until, code, decisions } => {
            events.push(head, |out| accepted_body(out, m, decisions));
            let head = Head { kind: Kind::MessageDeferred, ..head };
            events.push(head, |out| deferred_body(out, *until, code, decisions));
        }
        Judgement::Expire => {
            events.push(Head { kind: Kind::MessageExpired, ..head }, |out| out.push_str("{}"))
        }
    }
}

const WRITES: &str = "a string takes all";

fn accepted_body(out: &mut String, m: &NewMessage, decisions: &str) {
    let scheduled = m.due_at > m.created_at;
    let status = if scheduled { "scheduled" } else { "queued" };
    write!(
        out,
        r#"{{"status":"{status}","category":"{}","sender":"{}","channel":"{}""#,
        m.category, m.sender, m.channel
    )
    .expect(WRITES);
    for (name, value) in [("template", &m.template), ("language", &m.language)] {
        if let Some(value) = value {
            write!(out, r#","{name}":"#).expect(WRITES);
            json_text(out, value);
        }
    }
    if scheduled {
        write!(out, r#","send_at":"{}""#, m.due_at).expect(WRITES);
    }
    write!(out, r#","expires_at":"{}","decisions":{decisions}}}"#, m.expires_at).expect(WRITES);
}

pub(super) fn denied_body(out: &mut String, code: &str, decisions: &str) {
    out.push_str(r#"{"code":"#);
    json_text(out, code);
    write!(out, r#","decisions":{decisions}}}"#).expect(WRITES);
}

pub(super) fn deferred_body(out: &mut String, until: Timestamp, code: &str, decisions: &str) {
    write!(out, r#"{{"until":"{until}","code":"#).expect(WRITES);
    json_text(out, code);
    write!(out, r#","decisions":{decisions}}}"#).expect(WRITES);
}

//! Attempts of some messages in memory for the length of one transaction: facts are joined here, and what
//! changed is written once, however many facts there were.

use std::collections::HashMap;
use std::fmt::Write as _;

use smallvec::SmallVec;
use tidings_domain::actor::Actor;
use tidings_domain::category::Category;
use tidings_domain::event::Kind;
use tidings_domain::id::{AccountId, Id as _, SenderId};
use tidings_domain::lifecycle::{AttemptState, Terminal};
use tidings_domain::time::Timestamp;
use tidings_domain::trace::TraceId;

use super::plans::{Plan, plans, succeeds};
use super::rows::{MessageKey, Note, note, set_terminal};
use crate::conn::{Batch, Bulk, Conn, Row, cells};
use crate::error::Result;
use crate::events::{Events, Head};
use crate::model::{AttentionKind, Hash16};

/// One attempt as it stands now, the facts of this transaction included.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    pub(crate) n: u8,
    pub(crate) sender: SenderId,
    pub(crate) account: AccountId,
    pub(crate) trace: TraceId,
    pub(crate) state: AttemptState,
    pub(crate) claimed_at: Timestamp,
    pub(crate) answered_at: Option<Timestamp>,
    pub(crate) code: Option<i64>,
    pub(crate) retry_at: Option<Timestamp>,
    pub(crate) doubt_until: Option<Timestamp>,
    pub(crate) doubted: bool,
    pub(crate) pricing: Option<String>,
    pub(crate) has_provider_id: bool,
    /// Sealed, where it became known now.
    pub(crate) provider_id: Option<Vec<u8>>,
    pub(crate) change: Change,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    None,
    Update,
    Insert,
    Delete,
}

impl Attempt {
    pub(crate) fn touch(&mut self) {
        if self.change == Change::None {
            self.change = Change::Update;
        }
    }
    /// Claimed or in doubt.
    fn is_open(&self) -> bool {
        self.state <= AttemptState::InDoubt && self.change != Change::Delete
    }
}

/// What the message's own row says, loaded only where a fact may change it.
#[derive(Debug, Clone)]
pub(crate) struct MessageRow {
    pub(crate) terminal: Terminal,
    pub(crate) category: Category,
    pub(crate) due_at: Timestamp,
    pub(crate) recipient: Hash16,
}

#[derive(Debug)]
pub(crate) struct Progress {
    pub(crate) key: MessageKey,
    pub(crate) attempts: SmallVec<[Attempt; 1]>,
    pub(crate) row: Option<MessageRow>,
    /// Loaded where a fact may lead to another way.
    pub(crate) plan: Option<Box<Plan>>,
    /// What the message ends with, unless its plan knows another way.
    pub(super) ending: Option<Ending>,
    ended: Option<(Terminal, Option<String>)>,
    note: Option<Option<Note>>,
    /// Due rows of resends that a receipt made needless: sender, category, time.
    withdrawn: SmallVec<[(SenderId, Category, Timestamp); 1]>,
}

/// How a message would end.
#[derive(Debug)]
pub(super) struct Ending {
    pub(super) index: usize,
    pub(super) terminal: Terminal,
    kind: AttentionKind,
    pub(super) reason: String,
    pub(super) actor: Actor,
    at: Timestamp,
}

/// A fact about an attempt that came from outside.
#[derive(Debug, Clone)]
pub(crate) struct Proof<'a> {
    pub(crate) state: AttemptState,
    pub(crate) at: Timestamp,
    pub(crate) code: Option<i64>,
    pub(crate) pricing: Option<&'a str>,
}

const WRITES: &str = "a string takes all";

impl Progress {
    pub(crate) fn find(&self, n: u8) -> Option<usize> {
        self.attempts.iter().position(|attempt| attempt.n == n && attempt.change != Change::Delete)
    }
    pub(crate) fn stands(&self) -> bool {
        self.attempts.iter().any(|attempt| attempt.state.stands())
    }
    /// An attempt stands, and has reached what the plan asks of it.
    pub(crate) fn succeeded(&self) -> bool {
        let plan = self.plan.as_deref();
        self.attempts.iter().any(|attempt| succeeds(plan, attempt.n, attempt.state))
    }
    /// A later attempt was made, or one is waiting to be.
    pub(crate) fn goes_on(&self, n: u8) -> bool {
        self.attempts.iter().any(|attempt| attempt.n > n || (attempt.n == n && attempt.retry_at.is_some()))
    }
    /// Anything that may still change without our doing.
    fn is_open(&self) -> bool {
        let last = self.attempts.last();
        self.attempts.iter().any(Attempt::is_open) || last.is_some_and(|attempt| attempt.retry_at.is_some())
    }
    pub(crate) fn head(&self, index: usize, kind: Kind, actor: Actor, at: Timestamp) -> Head {
        let trace = Some(self.attempts[index].trace);
        Head { tenant: self.key.0, kind, subject: self.key.1.bytes(), actor, trace, at }
    }
    pub(crate) fn set_note(&mut self, note: Option<Note>) {
        self.note = Some(note);
    }

    /// Joins a state; what it was and what it is.
    pub(crate) fn join(&mut self, index: usize, state: AttemptState) -> (AttemptState, AttemptState) {
        let attempt = &mut self.attempts[index];
        let from = attempt.state;
        let to = from.join(state);
        if to != from {
            attempt.state = to;
            attempt.touch();
        }
        if to > AttemptState::InDoubt && attempt.doubt_until.is_some() {
            attempt.doubt_until = None;
            attempt.touch();
        }
        (from, to)
    }

    /// Joins a receipt; the order and the number of receipts make no difference to what is stored.
    pub(crate) fn prove(
        &mut self,
        index: usize,
        proof: &Proof<'_>,
        events: &mut Events,
        received_at: Timestamp,
    ) -> (AttemptState, AttemptState) {
        let attempt = &mut self.attempts[index];
        // The greater of two is taken because taking the later one would depend on the order.
        if proof.pricing > attempt.pricing.as_deref() {
            attempt.pricing = proof.pricing.map(str::to_owned);
            attempt.touch();
        }
        if proof.state == AttemptState::Failed && proof.code > attempt.code {
            attempt.code = proof.code;
            attempt.touch();
        }
        let (from, to) = self.join(index, proof.state);
        if to == from {
            return (from, to);
        }
        if matches!(from, AttemptState::InDoubt | AttemptState::Unknown) {
            self.doubt_resolved(index, "receipt", events, Actor::Provider, received_at);
        }
        let kind = match to {
            AttemptState::Sent => Kind::MessageSent,
            AttemptState::Failed => Kind::AttemptFailed,
            AttemptState::Delivered => Kind::MessageDelivered,
            AttemptState::Read => Kind::MessageRead,
            AttemptState::Played => Kind::MessagePlayed,
            _ => Kind::MessageSubmitted,
        };
        let n = self.attempts[index].n;
        events.push(self.head(index, kind, Actor::Provider, received_at), |out| {
            write!(out, r#"{{"attempt":{n},"at":"{}""#, proof.at).expect(WRITES);
            if let Some(code) = proof.code {
                write!(out, r#","code":{code}"#).expect(WRITES);
            }
            out.push('}');
        });
        self.conclude(index, events, Actor::Provider, received_at);
        (from, to)
    }

    pub(crate) fn doubt_resolved(
        &self,
        index: usize,
        by: &str,
        events: &mut Events,
        actor: Actor,
        at: Timestamp,
    ) {
        let attempt = &self.attempts[index];
        events.push(self.head(index, Kind::DoubtResolved, actor, at), |out| {
            let state = attempt.state.as_str();
            write!(out, r#"{{"attempt":{},"by":"{by}","state":"{state}"}}"#, attempt.n).expect(WRITES);
        });
    }

    /// What follows for the message from where its attempts stand.
    pub(crate) fn conclude(&mut self, index: usize, events: &mut Events, actor: Actor, at: Timestamp) {
        if self.succeeded() {
            self.withdraw();
            let ended =
                self.ended.as_ref().map_or(self.row.as_ref().map(|row| row.terminal), |each| Some(each.0));
            if ended.is_some_and(|terminal| terminal != Terminal::None) {
                self.ended = Some((Terminal::None, None));
            }
            // The row was loaded wherever there may be a note.
            if self.row.is_some() || self.note.is_some() {
                self.note = Some(None);
            }
        } else if self.attempts[index].state == AttemptState::Failed && !self.is_open() && !self.stands() {
            let reason = match self.attempts[index].code {
                Some(code) => format!("provider.{code}"),
                None => "provider.failed".to_owned(),
            };
            self.end(index, Terminal::Failed, AttentionKind::Failed, reason, events, actor, at);
        } else if self.attempts[index].state > AttemptState::InDoubt && self.row.is_some() {
            self.note = Some(None);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "each is a column of the row or of its event")]
    pub(crate) fn end(
        &mut self,
        index: usize,
        terminal: Terminal,
        kind: AttentionKind,
        reason: String,
        events: &mut Events,
        actor: Actor,
        at: Timestamp,
    ) {
        if let Some(earlier) = self.ending.take() {
            self.tell_ending(earlier, events);
        }
        self.ending = Some(Ending { index, terminal, kind, reason, actor, at });
    }

    /// The message ends so.
    pub(super) fn tell_ending(&mut self, ending: Ending, events: &mut Events) {
        let Ending { index, terminal, kind, reason, actor, at } = ending;
        if self.plan.is_some() && self.stands() {
            // Another way stands, though not as far as was wanted.
            return;
        }
        let event = if terminal == Terminal::Unknown { Kind::MessageUnknown } else { Kind::MessageFailed };
        let n = self.attempts[index].n;
        events.push(self.head(index, event, actor, at), |out| {
            write!(out, r#"{{"attempt":{n},"reason":"#).expect(WRITES);
            crate::events::json_text(out, &reason);
            out.push('}');
        });
        if !self.stands() {
            self.note = Some(Some(Note { kind, reason: reason.clone(), at }));
            self.ended = Some((terminal, Some(reason)));
        }
    }

    pub(super) fn give_up_as(&mut self, terminal: Terminal, reason: &str) {
        self.ended = Some((terminal, Some(reason.to_owned())));
    }

    /// What waited is taken out of its queue.
    pub(super) fn forget_retry(&mut self) {
        if let Some(last) = self.attempts.last_mut()
            && last.retry_at.take().is_some()
        {
            last.touch();
        }
    }

    /// Takes back a resend that waits: an attempt stands.
    fn withdraw(&mut self) {
        let last = self.attempts.len() - 1;
        let Some(retry_at) = self.attempts[last].retry_at.take() else { return };
        self.attempts[last].touch();
        if let Some(row) = &self.row {
            let sender =
                self.plan.as_ref().map_or(self.attempts[last].sender, |plan| plan.under_way().sender);
            self.withdrawn.push((sender, row.category, retry_at));
            if row.due_at != retry_at {
                self.withdrawn.push((sender, row.category, row.due_at));
            }
        }
    }

    /// Whether anything but plain progress was seen, so that the message's row may have to change.
    fn is_troubled(&self) -> bool {
        use AttemptState as S;
        self.attempts.len() > 1
            || self.attempts.iter().any(|attempt| {
                matches!(attempt.state, S::InDoubt | S::Unknown | S::Failed) || attempt.retry_at.is_some()
            })
    }
}

/// The messages of one transaction, each once.
#[derive(Default)]
pub(crate) struct Ledger {
    index: HashMap<MessageKey, usize>,
    all: Vec<Progress>,
}

const ATTEMPTS: Bulk = Bulk {
    sqlite: "SELECT n, sender_id, account_id, trace, state, claimed_at, answered_at, code, retry_at, doubt_until, doubted,
        pricing, provider_id IS NOT NULL FROM attempts WHERE tenant_id = ?1 AND message_id = ?2 ORDER BY n",
    // Locked in the order of the keys, so that two transactions never wait for each other.
    postgres: "SELECT k.ord, a.n, a.sender_id, a.account_id, a.trace, a.state, a.claimed_at, a.answered_at, a.code,
        a.retry_at, a.doubt_until, a.doubted, a.pricing, a.provider_id IS NOT NULL
        FROM UNNEST($1::bytea[], $2::bytea[]) WITH ORDINALITY AS k (tenant_id, id, ord)
        JOIN attempts a ON a.tenant_id = k.tenant_id AND a.message_id = k.id ORDER BY k.ord, a.n FOR UPDATE OF a",
};

const ROWS: Bulk = Bulk {
    sqlite: "SELECT terminal, category, due_at, recipient FROM messages WHERE tenant_id = ?1 AND id = ?2",
    postgres: "SELECT k.ord, m.terminal, m.category, m.due_at, m.recipient
        FROM UNNEST($1::bytea[], $2::bytea[]) WITH ORDINALITY AS k (tenant_id, id, ord)
        JOIN messages m ON m.tenant_id = k.tenant_id AND m.id = k.id",
};

fn attempt(row: &Row) -> Result<Attempt> {
    Ok(Attempt {
        n: row.get(0)?,
        sender: row.id(1)?,
        account: row.id(2)?,
        trace: row.get(3)?,
        state: row.get(4)?,
        claimed_at: row.get(5)?,
        answered_at: row.get(6)?,
        code: row.get(7)?,
        retry_at: row.get(8)?,
        doubt_until: row.get(9)?,
        doubted: row.get(10)?,
        pricing: row.get(11)?,
        has_provider_id: row.get(12)?,
        provider_id: None,
        change: Change::None,
    })
}

impl Ledger {
    pub(crate) fn get(&mut self, key: &MessageKey) -> Option<&mut Progress> {
        self.index.get(key).map(|&index| &mut self.all[index])
    }

    /// Loads messages that are not loaded yet. A message without attempts is there too.
    pub(crate) async fn load(&mut self, conn: &Conn, mut keys: Vec<MessageKey>) -> Result<()> {
        keys.sort_unstable();
        keys.dedup();
        keys.retain(|key| !self.index.contains_key(key));
        let first = self.all.len();
        let mut batch = Batch::new(2, keys.len());
        for (n, key) in keys.iter().enumerate() {
            batch.push(cells![&key.0, &key.1]);
            self.index.insert(*key, first + n);
            self.all.push(Progress {
                key: *key,
                attempts: SmallVec::new(),
                row: None,
                plan: None,
                ending: None,
                ended: None,
                note: None,
                withdrawn: SmallVec::new(),
            });
        }
        for (n, row) in conn.lookup(&ATTEMPTS, &batch).await? {
            self.all[first + n].attempts.push(attempt(&row)?);
        }
        let troubled: Vec<usize> = (first..self.all.len()).filter(|&n| self.all[n].is_troubled()).collect();
        self.load_plans(conn, &troubled).await?;
        self.load_rows(conn, troubled).await
    }

    async fn load_plans(&mut self, conn: &Conn, wanted: &[usize]) -> Result<()> {
        let keys: Vec<MessageKey> = wanted.iter().map(|&n| self.all[n].key).collect();
        for (&n, plan) in wanted.iter().zip(plans(conn, &keys).await?) {
            self.all[n].plan = plan.map(Box::new);
        }
        Ok(())
    }

    /// Of messages that are about to end; of the others it was loaded where it matters.
    pub(super) async fn load_plans_of_ending(&mut self, conn: &Conn) -> Result<()> {
        let ending = |n: &usize| self.all[*n].ending.is_some() && self.all[*n].plan.is_none();
        let wanted: Vec<usize> = (0..self.all.len()).filter(ending).collect();
        self.load_plans(conn, &wanted).await
    }

    /// Of all messages, whatever happened to them.
    pub(super) async fn load_all_plans(&mut self, conn: &Conn) -> Result<()> {
        let wanted: Vec<usize> = (0..self.all.len()).filter(|&n| self.all[n].plan.is_none()).collect();
        self.load_plans(conn, &wanted).await
    }

    pub(super) fn ending(&mut self) -> impl Iterator<Item = &mut Progress> {
        self.all.iter_mut().filter(|progress| progress.ending.is_some())
    }

    /// Loads the message's own row where a remark about the recipient needs it.
    pub(crate) async fn load_recipients(&mut self, conn: &Conn, keys: &[MessageKey]) -> Result<()> {
        let mut wanted: Vec<usize> = keys.iter().filter_map(|key| self.index.get(key).copied()).collect();
        wanted.sort_unstable();
        wanted.dedup();
        wanted.retain(|&n| self.all[n].row.is_none());
        self.load_rows(conn, wanted).await
    }

    async fn load_rows(&mut self, conn: &Conn, wanted: Vec<usize>) -> Result<()> {
        let mut batch = Batch::new(2, wanted.len());
        for &n in &wanted {
            batch.push(cells![&self.all[n].key.0, &self.all[n].key.1]);
        }
        let rows = conn.lookup(&ROWS, &batch).await?;
        drop(batch);
        for (n, row) in rows {
            self.all[wanted[n]].row = Some(MessageRow {
                terminal: row.get(0)?,
                category: row.get(1)?,
                due_at: row.get(2)?,
                recipient: row.get(3)?,
            });
        }
        Ok(())
    }

    /// Writes what changed.
    pub(crate) async fn write(&self, conn: &Conn, epoch: i64) -> Result<()> {
        let (mut ended, mut notes) = (Vec::new(), Vec::new());
        for progress in &self.all {
            if let Some((terminal, reason)) = &progress.ended {
                ended.push((progress.key, *terminal, reason.clone()));
            }
            if let Some(note) = &progress.note {
                notes.push((progress.key, note.clone()));
            }
        }
        debug_assert!(self.all.iter().all(|each| each.ending.is_none()), "closed before it is written");
        self.write_attempts(conn, epoch).await?;
        super::plans::write(conn, &self.all).await?;
        self.withdraw(conn).await?;
        set_terminal(conn, &ended).await?;
        note(conn, &notes).await
    }

    async fn write_attempts(&self, conn: &Conn, epoch: i64) -> Result<()> {
        let mut updates = Batch::new(11, self.all.len());
        let mut inserts = Batch::new(9, 0);
        let mut deletes = Batch::new(3, 0);
        for progress in &self.all {
            let (tenant, message) = &progress.key;
            for a in &progress.attempts {
                if a.change == Change::Insert {
                    let (claimed_at, trace) = (a.claimed_at, &a.trace);
                    inserts.push(cells![
                        tenant, message, a.n, &a.sender, &a.account, trace, a.state, epoch, claimed_at
                    ]);
                }
                match a.change {
                    Change::None => {}
                    Change::Insert | Change::Update => updates.push(cells![
                        tenant,
                        message,
                        a.n,
                        a.state,
                        a.answered_at,
                        a.code,
                        a.retry_at,
                        a.doubt_until,
                        a.doubted,
                        a.pricing.as_deref(),
                        a.provider_id.as_ref(),
                    ]),
                    Change::Delete => deletes.push(cells![tenant, message, a.n]),
                }
            }
        }
        conn.bulk(&INSERT, &inserts).await?;
        conn.bulk(&UPDATE, &updates).await?;
        conn.bulk(&DELETE, &deletes).await?;
        Ok(())
    }

    async fn withdraw(&self, conn: &Conn) -> Result<()> {
        let mut batch = Batch::new(4, 0);
        for progress in &self.all {
            for (sender, category, due_at) in &progress.withdrawn {
                batch.push(cells![sender, *category, *due_at, &progress.key.1]);
            }
        }
        conn.bulk(&WITHDRAW, &batch).await.map(|_| ())
    }
}

const UPDATE: Bulk = Bulk {
    sqlite: "UPDATE attempts SET state = ?4, answered_at = ?5, code = ?6, retry_at = ?7, doubt_until = ?8, doubted = ?9,
        pricing = ?10, provider_id = COALESCE(?11, provider_id) WHERE tenant_id = ?1 AND message_id = ?2 AND n = ?3",
    postgres: "UPDATE attempts a SET state = k.state, answered_at = k.answered_at, code = k.code, retry_at = k.retry_at,
        doubt_until = k.doubt_until, doubted = k.doubted, pricing = k.pricing,
        provider_id = COALESCE(k.provider_id, a.provider_id)
        FROM UNNEST($1::bytea[], $2::bytea[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
        $8::bigint[], $9::bigint[], $10::text[], $11::bytea[])
        AS k (tenant_id, id, n, state, answered_at, code, retry_at, doubt_until, doubted, pricing, provider_id)
        WHERE a.tenant_id = k.tenant_id AND a.message_id = k.id AND a.n = k.n",
};

const INSERT: Bulk = Bulk {
    sqlite: "INSERT INTO attempts (tenant_id, message_id, n, sender_id, account_id, trace, state, epoch, claimed_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    postgres: "INSERT INTO attempts (tenant_id, message_id, n, sender_id, account_id, trace, state, epoch, claimed_at)
        SELECT * FROM UNNEST($1::bytea[], $2::bytea[], $3::bigint[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bigint[],
        $8::bigint[], $9::bigint[])",
};

const DELETE: Bulk = Bulk {
    sqlite: "DELETE FROM attempts WHERE tenant_id = ?1 AND message_id = ?2 AND n = ?3",
    postgres:
        "DELETE FROM attempts a USING UNNEST($1::bytea[], $2::bytea[], $3::bigint[]) AS k (tenant_id, id, n)
        WHERE a.tenant_id = k.tenant_id AND a.message_id = k.id AND a.n = k.n",
};

const WITHDRAW: Bulk = Bulk {
    sqlite: "DELETE FROM due WHERE sender_id = ?1 AND category = ?2 AND due_at = ?3 AND message_id = ?4",
    postgres: "DELETE FROM due d USING UNNEST($1::bytea[], $2::bigint[], $3::bigint[], $4::bytea[])
        AS k (sender_id, category, due_at, message_id) WHERE d.sender_id = k.sender_id AND d.category = k.category
        AND d.due_at = k.due_at AND d.message_id = k.message_id",
};

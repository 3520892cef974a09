//! The plan of a message: which way is under way, what it must reach until when, and what comes next.
//!
//! Taking the next way is a consequence of facts: whoever joins the fact that ends a way takes the next one in the same
//! transaction. Only the time that runs out is watched, by the owner of the plan's slot.

use std::fmt::Write as _;

use tidings_domain::actor::Actor;
use tidings_domain::category::{Category, Channel};
use tidings_domain::event::Kind;
use tidings_domain::id::{AccountId, Id as _, SenderId};
use tidings_domain::lifecycle::{AttemptState, Terminal};
use tidings_domain::limits::ATTEMPTS_PER_MESSAGE_MAX;
use tidings_domain::policy::Place;
use tidings_domain::time::Timestamp;
use tidings_domain::trace::TraceId;

use super::ledger::{Ledger, Progress};
use super::rows::{MessageKey, place};
use crate::conn::{Batch, Bulk, Conn, Row, Val, cells};
use crate::error::Result;
use crate::events::{Events, Head, json_text};
use crate::model::{DueItem, Hash16, NewMessage, NewPlan, PlanView, StepView, Until};
use crate::scope::SystemScope;
use crate::store::Store;

const WRITES: &str = "a string takes all";

/// A plan within one transaction, with what its message's row says.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) step: u8,
    pub(crate) deadline: Option<Timestamp>,
    pub(crate) ended: Option<String>,
    pub(crate) steps: Vec<Step>,
    pub(crate) terminal: Terminal,
    pub(crate) category: Category,
    pub(crate) due_at: Timestamp,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    ordered: bool,
    trace: TraceId,
    pub(crate) touched: bool,
}

#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) first_attempt: Option<u8>,
    pub(crate) sender: SenderId,
    account: AccountId,
    pub(crate) channel: Channel,
    pub(crate) recipient: Hash16,
    place: Place,
    free_form: bool,
    template: Option<String>,
    language: Option<String>,
    pub(crate) until: Until,
    reason: String,
}

impl Plan {
    /// The way to which an attempt belongs.
    pub(crate) fn step_of(&self, n: u8) -> &Step {
        let taken = self.steps.iter().rev().find(|step| step.first_attempt.is_some_and(|first| first <= n));
        taken.unwrap_or(&self.steps[0])
    }
    pub(crate) fn under_way(&self) -> &Step {
        &self.steps[usize::from(self.step)]
    }
    fn has_next(&self) -> bool {
        self.ended.is_none() && usize::from(self.step) + 1 < self.steps.len()
    }
    /// No other way will be taken.
    pub(crate) fn end(&mut self, why: &str) {
        self.deadline = None;
        self.ended = Some(why.to_owned());
        self.touched = true;
    }
    pub(crate) fn trace(&self) -> TraceId {
        self.trace
    }
    pub(crate) fn watch(&mut self, deadline: Option<Timestamp>) {
        self.deadline = deadline;
        self.touched = true;
    }
}

const PLANS: Bulk = Bulk {
    sqlite: "SELECT p.step, p.deadline, p.ended, m.terminal, m.category, m.due_at, m.created_at, m.expires_at, m.ordered,
        m.trace FROM plans p JOIN messages m ON m.tenant_id = p.tenant_id AND m.id = p.message_id
        WHERE p.tenant_id = ?1 AND p.message_id = ?2",
    postgres: "SELECT k.ord, p.step, p.deadline, p.ended, m.terminal, m.category, m.due_at, m.created_at, m.expires_at,
        m.ordered, m.trace FROM UNNEST($1::bytea[], $2::bytea[]) WITH ORDINALITY AS k (tenant_id, id, ord)
        JOIN plans p ON p.tenant_id = k.tenant_id AND p.message_id = k.id
        JOIN messages m ON m.tenant_id = p.tenant_id AND m.id = p.message_id ORDER BY k.ord FOR UPDATE OF p",
};

const STEPS: Bulk = Bulk {
    sqlite: "SELECT first_attempt, sender_id, account_id, channel, recipient, country, free_form, template, language,
        wait_us, success, reason FROM plan_steps WHERE tenant_id = ?1 AND message_id = ?2 ORDER BY step",
    postgres: "SELECT k.ord, s.first_attempt, s.sender_id, s.account_id, s.channel, s.recipient, s.country, s.free_form,
        s.template, s.language, s.wait_us, s.success, s.reason
        FROM UNNEST($1::bytea[], $2::bytea[]) WITH ORDINALITY AS k (tenant_id, id, ord)
        JOIN plan_steps s ON s.tenant_id = k.tenant_id AND s.message_id = k.id ORDER BY k.ord, s.step",
};

fn step(row: &Row) -> Result<Step> {
    Ok(Step {
        first_attempt: row.get(0)?,
        sender: row.id(1)?,
        account: row.id(2)?,
        channel: row.get(3)?,
        recipient: row.get(4)?,
        place: place(row, 5)?,
        free_form: row.get(6)?,
        template: row.get(7)?,
        language: row.get(8)?,
        until: Until { wait_us: row.get(9)?, success: row.get(10)? },
        reason: row.get(11)?,
    })
}

/// The plans of those messages that have one, in the order of the keys.
pub(crate) async fn plans(conn: &Conn, keys: &[MessageKey]) -> Result<Vec<Option<Plan>>> {
    let mut batch = Batch::new(2, keys.len());
    for (tenant, message) in keys {
        batch.push(cells![tenant, message]);
    }
    let mut found: Vec<Option<Plan>> = keys.iter().map(|_| None).collect();
    let rows = conn.lookup(&PLANS, &batch).await?;
    if rows.is_empty() {
        return Ok(found);
    }
    for (n, row) in rows {
        found[n] = Some(Plan {
            step: row.get(0)?,
            deadline: row.get(1)?,
            ended: row.get(2)?,
            steps: Vec::new(),
            terminal: row.get(3)?,
            category: row.get(4)?,
            due_at: row.get(5)?,
            created_at: row.get(6)?,
            expires_at: row.get(7)?,
            ordered: row.get(8)?,
            trace: row.get(9)?,
            touched: false,
        });
    }
    for (n, row) in conn.lookup(&STEPS, &batch).await? {
        if let Some(plan) = &mut found[n] {
            plan.steps.push(step(&row)?);
        }
    }
    Ok(found)
}

impl Progress {
    /// Takes the next way, if there is one and time for it. What waits for the way before must be taken back first.
    pub(super) fn fall_back(
        &mut self,
        why: &str,
        events: &mut Events,
        actor: Actor,
        at: Timestamp,
    ) -> Option<DueItem> {
        let key = self.key;
        let last = self.attempts.last().map_or(1, |attempt| attempt.n);
        let plan = self.plan.as_mut().filter(|plan| plan.has_next() && at < plan.expires_at)?;
        // Also where no attempt was made: a number belongs to one way only.
        let n = last.max(plan.under_way().first_attempt.unwrap_or(1)) + 1;
        if n > ATTEMPTS_PER_MESSAGE_MAX {
            return None;
        }
        plan.step += 1;
        let ordinal = usize::from(plan.step);
        plan.steps[ordinal].first_attempt = Some(n);
        plan.watch(plan.steps[ordinal].until.wait_us.map(|wait_us| at.plus(wait_us)));
        let (step, trace) = (&plan.steps[ordinal], plan.trace);
        let kind = Kind::MessageFellBack;
        let head = Head { tenant: key.0, kind, subject: key.1.bytes(), actor, trace: Some(trace), at };
        events.push(head, |out| {
            let (channel, sender) = (step.channel, step.sender);
            write!(
                out,
                r#"{{"step":{ordinal},"attempt":{n},"channel":"{channel}","sender":"{sender}","because":"#
            )
            .expect(WRITES);
            json_text(out, why);
            out.push('}');
        });
        let item = DueItem {
            tenant: key.0,
            account: step.account,
            sender: step.sender,
            category: plan.category,
            due_at: at,
            message: key.1,
            attempt: n,
            expires_at: plan.expires_at,
            recipient: step.recipient,
            place: step.place,
            ordered: plan.ordered,
            free_form: step.free_form,
            template: step.template.clone(),
            language: step.language.clone(),
            trace,
        };
        if let Some(attempt) = self.attempts.last_mut() {
            attempt.retry_at = Some(at);
            attempt.touch();
        }
        self.set_note(None);
        Some(item)
    }
}

impl Ledger {
    /// Before it is written: where a message ended in a failure and its plan knows another way, that is taken instead.
    pub(super) async fn close(
        &mut self,
        conn: &Conn,
        events: &mut Events,
        due: &mut Vec<DueItem>,
        at: Timestamp,
    ) -> Result<()> {
        self.load_plans_of_ending(conn).await?;
        for progress in self.ending() {
            let Some(ending) = progress.ending.take() else { continue };
            let failed = matches!(ending.terminal, Terminal::Failed | Terminal::Unknown);
            let next = failed.then(|| progress.fall_back(&ending.reason, events, ending.actor, at)).flatten();
            match next {
                Some(item) => due.push(item),
                None => progress.tell_ending(ending, events),
            }
        }
        Ok(())
    }
}

const UPDATE: Bulk = Bulk {
    sqlite: "UPDATE plans SET step = ?3, deadline = ?4, ended = ?5 WHERE tenant_id = ?1 AND message_id = ?2",
    postgres: "UPDATE plans p SET step = k.step, deadline = k.deadline, ended = k.ended
        FROM UNNEST($1::bytea[], $2::bytea[], $3::bigint[], $4::bigint[], $5::text[])
        AS k (tenant_id, id, step, deadline, ended) WHERE p.tenant_id = k.tenant_id AND p.message_id = k.id",
};

const TAKEN: Bulk = Bulk {
    sqlite: "UPDATE plan_steps SET first_attempt = ?4 WHERE tenant_id = ?1 AND message_id = ?2 AND step = ?3",
    postgres: "UPDATE plan_steps s SET first_attempt = k.n
        FROM UNNEST($1::bytea[], $2::bytea[], $3::bigint[], $4::bigint[]) AS k (tenant_id, id, step, n)
        WHERE s.tenant_id = k.tenant_id AND s.message_id = k.id AND s.step = k.step",
};

/// Writes the plans that changed.
pub(super) async fn write(conn: &Conn, all: &[Progress]) -> Result<()> {
    let mut plans = Batch::new(5, 0);
    let mut taken = Batch::new(4, 0);
    for progress in all {
        let Some(plan) = progress.plan.as_deref().filter(|plan| plan.touched) else { continue };
        let (tenant, message) = &progress.key;
        plans.push(cells![tenant, message, plan.step, plan.deadline, plan.ended.as_deref()]);
        taken.push(cells![tenant, message, plan.step, plan.under_way().first_attempt]);
    }
    conn.bulk(&UPDATE, &plans).await?;
    conn.bulk(&TAKEN, &taken).await.map(|_| ())
}

const NEW: Bulk = Bulk {
    sqlite: "INSERT INTO plans (tenant_id, message_id, step, slot, deadline, created_at) VALUES (?1, ?2, 0, ?3, ?4, ?5)",
    postgres: "INSERT INTO plans (tenant_id, message_id, step, slot, deadline, created_at)
        SELECT k.tenant_id, k.id, 0, k.slot, k.deadline, k.at
        FROM UNNEST($1::bytea[], $2::bytea[], $3::bigint[], $4::bigint[], $5::bigint[]) AS k (tenant_id, id, slot, deadline, at)",
};

const NEW_STEPS: Bulk = Bulk {
    sqlite: "INSERT INTO plan_steps (tenant_id, message_id, step, first_attempt, sender_id, account_id, channel, recipient,
        country, free_form, template, language, wait_us, success, reason)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
    postgres: "INSERT INTO plan_steps (tenant_id, message_id, step, first_attempt, sender_id, account_id, channel,
        recipient, country, free_form, template, language, wait_us, success, reason)
        SELECT * FROM UNNEST($1::bytea[], $2::bytea[], $3::bigint[], $4::bigint[], $5::bytea[], $6::bytea[], $7::bigint[],
        $8::bytea[], $9::text[], $10::bigint[], $11::text[], $12::text[], $13::bigint[], $14::bigint[], $15::text[])",
};

/// Stores the plans of new messages.
pub(super) async fn insert(
    conn: &Conn,
    all: &[(tidings_domain::id::TenantId, &NewMessage, &NewPlan)],
) -> Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    let countries: Vec<Vec<_>> = all
        .iter()
        .map(|(_, message, plan)| {
            let own = std::iter::once(message.place.to_text());
            own.chain(plan.fallbacks.iter().map(|step| step.place.to_text())).collect()
        })
        .collect();
    let mut plans = Batch::new(5, all.len());
    let mut steps = Batch::new(15, all.len());
    for ((tenant, m, plan), countries) in all.iter().zip(&countries) {
        let deadline = plan.first.wait_us.map(|wait_us| m.due_at.plus(wait_us));
        plans.push(cells![tenant, &m.id, plan.slot, deadline, m.created_at]);
        let (first, until) = (0i64, plan.first);
        let country = countries[0].as_deref();
        let (template, language) = (m.template.as_deref(), m.language.as_deref());
        steps.push(cells![
            tenant,
            &m.id,
            first,
            1i64,
            &m.sender,
            &m.account,
            m.channel,
            &m.recipient,
            country,
            m.free_form,
            template,
            language,
            until.wait_us,
            until.success,
            plan.reason
        ]);
        for ((n, step), country) in (1i64..).zip(&plan.fallbacks).zip(&countries[1..]) {
            let (template, language) = (step.template.as_deref(), step.language.as_deref());
            steps.push(cells![
                tenant,
                &m.id,
                n,
                Val::Null,
                &step.sender,
                &step.account,
                step.channel,
                &step.recipient,
                country.as_deref(),
                step.free_form,
                template,
                language,
                step.until.wait_us,
                step.until.success,
                step.reason
            ]);
        }
    }
    conn.bulk(&NEW, &plans).await?;
    conn.bulk(&NEW_STEPS, &steps).await.map(|_| ())
}

const STEP_OF: Bulk = Bulk {
    sqlite: "SELECT MAX(step) FROM plan_steps WHERE tenant_id = ?1 AND message_id = ?2 AND first_attempt <= ?3
        HAVING MAX(step) IS NOT NULL",
    postgres: "SELECT k.ord, s.step
        FROM UNNEST($1::bytea[], $2::bytea[], $3::bigint[]) WITH ORDINALITY AS k (tenant_id, id, n, ord)
        JOIN LATERAL (SELECT MAX(step) AS step FROM plan_steps s WHERE s.tenant_id = k.tenant_id AND s.message_id = k.id
        AND s.first_attempt <= k.n) s ON s.step IS NOT NULL",
};

/// The way to which each attempt belongs; 0 where there is no plan. Only later attempts are looked up.
pub(super) async fn steps_of(conn: &Conn, items: &[&DueItem]) -> Result<Vec<u8>> {
    let mut steps = vec![0; items.len()];
    let later: Vec<usize> = (0..items.len()).filter(|&n| items[n].attempt > 1).collect();
    let mut batch = Batch::new(3, later.len());
    for &n in &later {
        batch.push(cells![&items[n].tenant, &items[n].message, items[n].attempt]);
    }
    for (n, row) in conn.lookup(&STEP_OF, &batch).await? {
        steps[later[n]] = row.get(0)?;
    }
    Ok(steps)
}

impl Store {
    /// The step of its plan whose content a due message goes with; 0 is the message's own.
    pub async fn step_of(&self, _system: &SystemScope, item: &DueItem) -> Result<u8> {
        if item.attempt <= 1 {
            return Ok(0);
        }
        let item = item.clone();
        self.read(move |conn| {
            Box::pin(async move { Ok(steps_of(conn, &[&item]).await?.pop().unwrap_or_default()) })
        })
        .await
    }
}

const WAYS: Bulk = Bulk {
    sqlite: "DELETE FROM sealed WHERE tenant_id = ?1 AND owner = ?2 AND part = 1 OR tenant_id = ?1 AND owner = ?2 AND part > 16",
    postgres: "DELETE FROM sealed s USING UNNEST($1::bytea[], $2::bytea[]) AS k (tenant_id, owner)
        WHERE s.tenant_id = k.tenant_id AND s.owner = k.owner AND (s.part = 1 OR s.part > 16)",
};

/// Erases what messages say, on every way. Rows of tenant and message.
pub(crate) async fn erase_contents(conn: &Conn, keys: &Batch<'_>) -> Result<u64> {
    conn.bulk(&WAYS, keys).await
}

const GONE_STEPS: Bulk = Bulk {
    sqlite: "DELETE FROM plan_steps WHERE tenant_id = ?1 AND message_id = ?2",
    postgres: "DELETE FROM plan_steps s USING UNNEST($1::bytea[], $2::bytea[]) AS k (tenant_id, id)
        WHERE s.tenant_id = k.tenant_id AND s.message_id = k.id",
};

const GONE: Bulk = Bulk {
    sqlite: "DELETE FROM plans WHERE tenant_id = ?1 AND message_id = ?2",
    postgres: "DELETE FROM plans p USING UNNEST($1::bytea[], $2::bytea[]) AS k (tenant_id, id)
        WHERE p.tenant_id = k.tenant_id AND p.message_id = k.id",
};

/// Drops the plans of messages. Rows of tenant and message.
pub(crate) async fn forget(conn: &Conn, keys: &Batch<'_>) -> Result<()> {
    conn.bulk(&GONE_STEPS, keys).await?;
    conn.bulk(&GONE, keys).await.map(|_| ())
}

/// A message that is sent again by hand begins with its first way.
pub(crate) async fn begin_again(conn: &Conn, key: MessageKey, attempt: u8, at: Timestamp) -> Result<()> {
    let (tenant, message) = &key;
    let sql = "UPDATE plan_steps SET first_attempt = CASE WHEN step = 0 THEN CAST($3 AS BIGINT) END
        WHERE tenant_id = $1 AND message_id = $2 RETURNING step, wait_us";
    let steps = conn.query(sql, crate::conn::vals![tenant, message, attempt]).await?;
    let first = steps.iter().find(|row| row.get::<u8>(0).is_ok_and(|step| step == 0));
    let Some(first) = first else { return Ok(()) };
    let deadline = first.get::<Option<i64>>(1)?.map(|wait_us| at.plus(wait_us));
    let sql =
        "UPDATE plans SET step = 0, ended = NULL, deadline = $3 WHERE tenant_id = $1 AND message_id = $2";
    conn.execute(sql, crate::conn::vals![tenant, message, deadline]).await.map(|_| ())
}

/// Nothing more is tried.
pub(crate) async fn cancel(conn: &Conn, (tenant, message): MessageKey) -> Result<()> {
    let sql = "UPDATE plans SET deadline = NULL, ended = 'canceled' WHERE tenant_id = $1 AND message_id = $2";
    conn.execute(sql, crate::conn::vals![&tenant, &message]).await.map(|_| ())
}

/// The sender in whose queue the way under way may wait, where that is not the first one.
pub(crate) async fn waiting_sender(conn: &Conn, (tenant, message): MessageKey) -> Result<Option<SenderId>> {
    let sql = "SELECT s.sender_id FROM plans p JOIN plan_steps s ON s.tenant_id = p.tenant_id
        AND s.message_id = p.message_id AND s.step = p.step WHERE p.tenant_id = $1 AND p.message_id = $2 AND p.step > 0";
    let row = conn.query_opt(sql, crate::conn::vals![&tenant, &message]).await?;
    row.map(|row| row.id(0)).transpose()
}

/// A plan as readers see it.
pub(crate) async fn view(conn: &Conn, key: MessageKey) -> Result<Option<PlanView>> {
    let Some(plan) = read_only(conn, key).await? else { return Ok(None) };
    let view = |step: Step| StepView {
        channel: step.channel,
        sender: step.sender,
        first_attempt: step.first_attempt,
        until: step.until,
        reason: step.reason,
    };
    Ok(Some(PlanView {
        step: plan.0,
        deadline: plan.1,
        ended: plan.2,
        steps: plan.3.into_iter().map(view).collect(),
    }))
}

type Looked = (u8, Option<Timestamp>, Option<String>, Vec<Step>);

/// Without a lock, which a reader may not take.
async fn read_only(conn: &Conn, (tenant, message): MessageKey) -> Result<Option<Looked>> {
    let sql = "SELECT step, deadline, ended FROM plans WHERE tenant_id = $1 AND message_id = $2";
    let Some(row) = conn.query_opt(sql, crate::conn::vals![&tenant, &message]).await? else {
        return Ok(None);
    };
    let mut batch = Batch::new(2, 1);
    batch.push(cells![&tenant, &message]);
    let steps = conn.lookup(&STEPS, &batch).await?;
    let steps = steps.iter().map(|(_, row)| step(row)).collect::<Result<_>>()?;
    Ok(Some((row.get(0)?, row.get(1)?, row.get(2)?, steps)))
}

/// Whether an attempt of a way has reached what it must.
pub(crate) fn succeeds(plan: Option<&Plan>, n: u8, state: AttemptState) -> bool {
    state.stands() && plan.is_none_or(|plan| plan.ended.is_some() || state >= plan.step_of(n).until.success)
}

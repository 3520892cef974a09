//! What caps and limits count, in the transaction that claims: messages per recipient and category, and people
//! reached by a portfolio. Nothing is read or written for tenants that have neither.

use std::collections::{BTreeMap, BTreeSet};

use tidings_domain::category::Category;
use tidings_domain::id::{MessageId, TenantId};
use tidings_domain::limits::SERVICE_WINDOW_US;
use tidings_domain::time::{DAY, MINUTE, Timestamp};

use crate::conn::{Batch, Bulk, Conn, cells, vals};
use crate::error::Result;
use crate::model::{DueItem, Hash16, Reached, RecipientFacts, Watch};

/// Microseconds of a span in which reached people are counted. A span counts until all of it is a day old.
const SPAN_US: i64 = 15 * MINUTE;

/// What is watched for one message.
pub(crate) struct Watched<'a> {
    pub(crate) item: &'a DueItem,
    pub(crate) watch: Watch,
    pub(crate) at: Timestamp,
}

impl Watched<'_> {
    fn cap_us(&self) -> i64 {
        self.watch.caps_us[usize::from(self.item.category.priority())]
    }
    /// The recipient, as the portfolio sees it; nothing where it has no limit.
    fn person(&self) -> Option<Person> {
        Some((self.item.tenant, self.watch.pool?, self.item.recipient))
    }
    fn touch(&self) -> (TenantId, Hash16, Category) {
        (self.item.tenant, self.item.recipient, self.item.category)
    }
}

/// A portfolio of a tenant.
type Pool = (TenantId, Hash16);
/// Somebody whom a portfolio writes to.
type Person = (TenantId, Hash16, Hash16);

/// What has been counted, with what this transaction adds.
#[derive(Default)]
pub(crate) struct Tally {
    touches: BTreeMap<(TenantId, Hash16, Category), Vec<(Timestamp, MessageId)>>,
    reached: BTreeMap<Person, Timestamp>,
    spans: BTreeMap<(Pool, i64), i64>,
    new_touches: Vec<(TenantId, Hash16, Category, MessageId, Timestamp, i64)>,
    new_reached: BTreeMap<Person, Timestamp>,
    changes: BTreeMap<(Pool, i64), i64>,
}

const TOUCHES: Bulk = Bulk {
    sqlite: "SELECT at, message_id FROM touches WHERE tenant_id = ?1 AND hash = ?2 AND category = ?3 AND at > ?4",
    postgres: "SELECT k.ord, t.at, t.message_id
        FROM UNNEST($1::bytea[], $2::bytea[], $3::bigint[], $4::bigint[]) WITH ORDINALITY
        AS k (tenant_id, hash, category, since, ord)
        JOIN touches t ON t.tenant_id = k.tenant_id AND t.hash = k.hash AND t.category = k.category AND t.at > k.since",
};

const REACHED: Bulk = Bulk {
    sqlite: "SELECT at FROM reached WHERE tenant_id = ?1 AND pool = ?2 AND hash = ?3",
    postgres: "SELECT k.ord, r.at FROM UNNEST($1::bytea[], $2::bytea[], $3::bytea[]) WITH ORDINALITY
        AS k (tenant_id, pool, hash, ord)
        JOIN reached r ON r.tenant_id = k.tenant_id AND r.pool = k.pool AND r.hash = k.hash",
};

const ADD_TOUCHES: Bulk = Bulk {
    sqlite: "INSERT INTO touches (tenant_id, hash, category, message_id, at) VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (tenant_id, hash, category, message_id) DO NOTHING",
    postgres: "INSERT INTO touches (tenant_id, hash, category, message_id, at)
        SELECT * FROM UNNEST($1::bytea[], $2::bytea[], $3::bigint[], $4::bytea[], $5::bigint[])
        ON CONFLICT (tenant_id, hash, category, message_id) DO NOTHING",
};

/// Keeps a person's rows as few as the longest cap needs.
const DROP_TOUCHES: Bulk = Bulk {
    sqlite: "DELETE FROM touches WHERE tenant_id = ?1 AND hash = ?2 AND category = ?3 AND at <= ?4",
    postgres: "DELETE FROM touches t USING UNNEST($1::bytea[], $2::bytea[], $3::bigint[], $4::bigint[])
        AS k (tenant_id, hash, category, before)
        WHERE t.tenant_id = k.tenant_id AND t.hash = k.hash AND t.category = k.category AND t.at <= k.before",
};

const ADD_REACHED: Bulk = Bulk {
    sqlite: "INSERT INTO reached (tenant_id, pool, hash, at) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (tenant_id, pool, hash) DO UPDATE SET at = excluded.at",
    postgres: "INSERT INTO reached (tenant_id, pool, hash, at)
        SELECT * FROM UNNEST($1::bytea[], $2::bytea[], $3::bytea[], $4::bigint[])
        ON CONFLICT (tenant_id, pool, hash) DO UPDATE SET at = excluded.at",
};

const ADD_COUNTS: Bulk = Bulk {
    sqlite: "INSERT INTO reach_counts (tenant_id, pool, span, recipients) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (tenant_id, pool, span) DO UPDATE SET recipients = recipients + excluded.recipients",
    postgres: "INSERT INTO reach_counts (tenant_id, pool, span, recipients)
        SELECT * FROM UNNEST($1::bytea[], $2::bytea[], $3::bigint[], $4::bigint[])
        ON CONFLICT (tenant_id, pool, span) DO UPDATE SET recipients = reach_counts.recipients + excluded.recipients",
};

fn span_of(at: Timestamp) -> i64 {
    at.micros().div_euclid(SPAN_US)
}

/// The first span that still counts.
fn first_span(at: Timestamp) -> i64 {
    span_of(at.plus(-DAY))
}

impl Tally {
    /// Reads what the caps and limits of these messages need.
    pub(crate) async fn read(conn: &Conn, watched: &[Watched<'_>]) -> Result<Self> {
        let mut tally = Self::default();
        let capped: BTreeMap<_, _> = watched
            .iter()
            .filter(|each| each.cap_us() > 0)
            .map(|each| (each.touch(), each.at.plus(-each.cap_us())))
            .collect();
        let reserving: BTreeMap<_, _> =
            watched.iter().filter_map(|each| Some((each.person()?, each.at))).collect();
        if capped.is_empty() && reserving.is_empty() {
            return Ok(tally);
        }
        lock(conn, watched).await?;
        tally.read_touches(conn, &capped).await?;
        tally.read_reach(conn, &reserving).await?;
        Ok(tally)
    }

    async fn read_touches(
        &mut self,
        conn: &Conn,
        capped: &BTreeMap<(TenantId, Hash16, Category), Timestamp>,
    ) -> Result<()> {
        let mut keys = Batch::new(4, capped.len());
        for ((tenant, hash, category), since) in capped {
            keys.push(cells![tenant, hash, *category, *since]);
        }
        let known: Vec<_> = capped.keys().copied().collect();
        for (index, row) in conn.lookup(&TOUCHES, &keys).await? {
            self.touches.entry(known[index]).or_default().push((row.get(0)?, row.id(1)?));
        }
        Ok(())
    }

    async fn read_reach(&mut self, conn: &Conn, reserving: &BTreeMap<Person, Timestamp>) -> Result<()> {
        let mut keys = Batch::new(3, reserving.len());
        for (tenant, pool, hash) in reserving.keys() {
            keys.push(cells![tenant, pool, hash]);
        }
        let known: Vec<_> = reserving.keys().copied().collect();
        for (index, row) in conn.lookup(&REACHED, &keys).await? {
            self.reached.insert(known[index], row.get(0)?);
        }
        let oldest: BTreeMap<Pool, Timestamp> =
            reserving.iter().map(|((tenant, pool, _), at)| ((*tenant, *pool), *at)).collect();
        for ((tenant, pool), at) in oldest {
            for (span, recipients) in spans(conn, tenant, pool, at).await? {
                self.spans.insert(((tenant, pool), span), recipients);
            }
        }
        Ok(())
    }

    /// Gives the judge what was counted for a message, itself not included.
    pub(crate) fn tell(&self, watched: &Watched<'_>, facts: &mut RecipientFacts) {
        if watched.cap_us() > 0 {
            let known = self.touches.get(&watched.touch()).map_or(&[][..], Vec::as_slice);
            let others = known.iter().filter(|(_, message)| *message != watched.item.message);
            facts.touched_at = others.map(|(at, _)| *at).collect();
            facts.touched_at.sort_unstable();
        }
        if let Some(person) = watched.person() {
            facts.reach = Some(self.reach(watched, person));
        }
    }

    fn reach(&self, watched: &Watched<'_>, person: Person) -> Reached {
        let (pool, first) = ((person.0, person.1), first_span(watched.at));
        let spans = self.spans.range((pool, first)..=(pool, i64::MAX));
        let reached = self.reached.get(&person);
        reach_of(
            spans.map(|((_, span), recipients)| (*span, *recipients)),
            reached.is_some_and(|at| span_of(*at) >= first),
            watched.at,
        )
    }

    /// Counts a message that was won. One inside an open window reaches nobody anew.
    pub(crate) fn count(&mut self, watched: &Watched<'_>, facts: &RecipientFacts) {
        let (item, at, cap_us) = (watched.item, watched.at, watched.cap_us());
        if cap_us > 0 {
            let (tenant, hash, category) = watched.touch();
            self.touches.entry(watched.touch()).or_default().push((at, item.message));
            self.new_touches.push((tenant, hash, category, item.message, at, cap_us));
        }
        let open = facts.last_inbound_at.is_some_and(|last| at.since(last) < SERVICE_WINDOW_US);
        let Some(person) = watched.person().filter(|_| !open) else { return };
        let before = self.reached.insert(person, at).map(span_of);
        let (pool, span) = ((person.0, person.1), span_of(at));
        if before == Some(span) {
            return;
        }
        if let Some(before) = before.filter(|before| *before >= first_span(at)) {
            self.change(pool, before, -1);
        }
        self.change(pool, span, 1);
        self.new_reached.insert(person, at);
    }

    fn change(&mut self, pool: Pool, span: i64, by: i64) {
        *self.spans.entry((pool, span)).or_default() += by;
        *self.changes.entry((pool, span)).or_default() += by;
    }

    /// Writes what was counted.
    pub(crate) async fn write(&self, conn: &Conn) -> Result<()> {
        let mut touches = Batch::new(5, self.new_touches.len());
        let mut old = Batch::new(4, self.new_touches.len());
        for (tenant, hash, category, message, at, cap_us) in &self.new_touches {
            touches.push(cells![tenant, hash, *category, message, *at]);
            old.push(cells![tenant, hash, *category, at.plus(-cap_us)]);
        }
        let mut reached = Batch::new(4, self.new_reached.len());
        for ((tenant, pool, hash), at) in &self.new_reached {
            reached.push(cells![tenant, pool, hash, *at]);
        }
        let mut counts = Batch::new(4, self.changes.len());
        for (((tenant, pool), span), by) in self.changes.iter().filter(|(_, by)| **by != 0) {
            counts.push(cells![tenant, pool, *span, *by]);
        }
        conn.bulk(&DROP_TOUCHES, &old).await?;
        conn.bulk(&ADD_TOUCHES, &touches).await?;
        conn.bulk(&ADD_REACHED, &reached).await?;
        conn.bulk(&ADD_COUNTS, &counts).await?;
        Ok(())
    }
}

/// What the spans of a portfolio come to.
pub(crate) fn reach_of(spans: impl Iterator<Item = (i64, i64)>, counted: bool, at: Timestamp) -> Reached {
    let (mut recipients, mut oldest) = (0, span_of(at));
    for (span, found) in spans.filter(|(_, found)| *found > 0) {
        recipients += found;
        oldest = oldest.min(span);
    }
    let frees_at = Timestamp::from_micros((oldest + 1) * SPAN_US).plus(DAY);
    Reached { recipients: u32::try_from(recipients).unwrap_or(u32::MAX), counted, frees_at }
}

/// Spans that still count, with the people that were reached in them.
pub(crate) async fn spans(
    conn: &Conn,
    tenant: TenantId,
    pool: Hash16,
    at: Timestamp,
) -> Result<Vec<(i64, i64)>> {
    let sql = "SELECT span, recipients FROM reach_counts WHERE tenant_id = $1 AND pool = $2 AND span >= $3
        ORDER BY span";
    let rows = conn.query(sql, vals![&tenant, &pool, first_span(at)]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// The first span that a claim of now could still count.
pub(crate) fn first_kept(now: Timestamp) -> i64 {
    first_span(now) - 1
}

/// Whether a person reached then still counts.
pub(crate) fn still_counts(reached_at: Timestamp, at: Timestamp) -> bool {
    span_of(reached_at) >= first_span(at)
}

/// Two claims of one tenant must not both take the last place. SQLite has one writer anyway.
async fn lock(conn: &Conn, watched: &[Watched<'_>]) -> Result<()> {
    if !conn.is_postgres() {
        return Ok(());
    }
    let tenants: BTreeSet<TenantId> = watched
        .iter()
        .filter(|each| each.cap_us() > 0 || each.watch.pool.is_some())
        .map(|each| each.item.tenant)
        .collect();
    for tenant in tenants {
        conn.query("SELECT 1 FROM tenants WHERE id = $1 FOR NO KEY UPDATE", vals![&tenant]).await?;
    }
    Ok(())
}

/// Tells what was counted of many people of one tenant, as a claim of theirs would see it; for dry runs.
pub(crate) async fn tell_all(
    conn: &Conn,
    tenant: TenantId,
    people: &[Hash16],
    category: Category,
    watch: Watch,
    at: Timestamp,
    facts: &mut [RecipientFacts],
) -> Result<()> {
    let cap_us = watch.caps_us[usize::from(category.priority())];
    if cap_us > 0 {
        let mut keys = Batch::new(4, people.len());
        for hash in people {
            keys.push(cells![&tenant, hash, category, at.plus(-cap_us)]);
        }
        for (index, row) in conn.lookup(&TOUCHES, &keys).await? {
            facts[index].touched_at.push(row.get(0)?);
        }
        facts.iter_mut().for_each(|each| each.touched_at.sort_unstable());
    }
    if let Some(pool) = watch.pool {
        let spans = spans(conn, tenant, pool, at).await?;
        let nobody = reach_of(spans.into_iter(), false, at);
        facts.iter_mut().for_each(|each| each.reach = Some(nobody));
        let mut keys = Batch::new(3, people.len());
        for hash in people {
            keys.push(cells![&tenant, &pool, hash]);
        }
        for (index, row) in conn.lookup(&REACHED, &keys).await? {
            facts[index].reach = Some(Reached { counted: still_counts(row.get(0)?, at), ..nobody });
        }
    }
    Ok(())
}

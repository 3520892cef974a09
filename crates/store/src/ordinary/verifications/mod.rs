//! One-time passwords: who asked, what they were told, and how often. Everything that decides about one request
//! is read and written in one transaction, so two requests at once cannot both be the last one allowed.

mod counts;
mod figures;
mod lists;
mod settings;

use serde_json::json;

use tidings_domain::actor::Actor;
use tidings_domain::address::{Address, CountryCode};
use tidings_domain::event::Kind;
use tidings_domain::id::{Id, MessageId, TenantId, VerificationId};
use tidings_domain::time::Timestamp;
use tidings_domain::verification::{Scope, Status};

use super::log;
use crate::conn::{Batch, Conn, Row, cells, vals};
use crate::error::{Result, StoreError};
use crate::hot::plans;
use crate::limits::PRUNE_ROWS_MAX;
use crate::model::{
    AskForCode, Asked, AskedFacts, CodeChecked, CodeVerdict, CountedKey, Hash16, Verification,
};
use crate::scope::{SystemScope, TenantScope};
use crate::store::Store;

/// Bytes of the keyed hash of a code.
const CODE_BYTES: usize = 32;
const ID_BYTES: usize = 16;

const COLUMNS: &str = "id, recipient, country, status, messages, wrong, attempts, sends, created_at, sent_at,
    expires_at, ended_at, codes, counted";

/// A row with what never leaves the store.
struct Kept {
    verification: Verification,
    codes: Vec<u8>,
    counted: Vec<CountedKey>,
}

impl Store {
    /// Asks whether a code may be sent, and if so makes it good.
    pub async fn ask_for_code(&self, scope: &TenantScope, ask: AskForCode) -> Result<Asked> {
        let scope = scope.clone();
        self.write(move |conn| Box::pin(async move { answer(conn, &scope, &ask).await })).await
    }

    /// Notes with which message a code went.
    pub async fn note_code_message(
        &self,
        scope: &TenantScope,
        id: VerificationId,
        message: MessageId,
    ) -> Result<()> {
        let tenant = scope.tenant();
        self.write(move |conn| {
            Box::pin(async move {
                take_turns(conn, &tenant).await?;
                let Some(mut kept) = find(conn, &tenant, &id).await? else { return Ok(()) };
                kept.verification.messages.push(message);
                keep(conn, &tenant, &kept).await
            })
        })
        .await
    }

    /// Compares a code with those that are good, in constant time, and counts it.
    pub async fn check_code(
        &self,
        scope: &TenantScope,
        id: VerificationId,
        code: [u8; CODE_BYTES],
        actor: Actor,
        at: Timestamp,
    ) -> Result<CodeChecked> {
        let scope = scope.clone();
        self.write(move |conn| Box::pin(async move { check(conn, &scope, id, code, actor, at).await })).await
    }

    /// Ends it before its time. Nothing if there is no such verification.
    pub async fn cancel_verification(
        &self,
        scope: &TenantScope,
        id: VerificationId,
        actor: Actor,
        at: Timestamp,
    ) -> Result<Option<Verification>> {
        let scope = scope.clone();
        self.write(move |conn| {
            Box::pin(async move {
                take_turns(conn, &scope.tenant()).await?;
                let Some(mut kept) = find(conn, &scope.tenant(), &id).await? else { return Ok(None) };
                kept.age(at);
                if kept.verification.status == Status::Pending {
                    end(conn, &scope, &mut kept, Status::Canceled, actor, at).await?;
                }
                Ok(Some(kept.verification))
            })
        })
        .await
    }

    /// Erases what messages said, whatever becomes of them.
    pub async fn erase_contents(&self, scope: &TenantScope, messages: Vec<MessageId>) -> Result<()> {
        let tenant = scope.tenant();
        self.write(move |conn| Box::pin(async move { erase(conn, &tenant, &messages).await })).await
    }

    /// Ends what has expired: its codes are good for nothing, and what was sent is erased. How many they were.
    pub async fn expire_verifications(&self, _system: &SystemScope, now: Timestamp) -> Result<u64> {
        self.write(move |conn| {
            Box::pin(async move {
                // One tenant after another in a fixed order, as two that wait for each other would wait for good.
                let sql = "SELECT id, tenant_id FROM verifications WHERE status = 0 AND expires_at < $1
                    ORDER BY tenant_id LIMIT $2";
                let rows = conn.query(sql, vals![now, PRUNE_ROWS_MAX]).await?;
                for row in &rows {
                    let (tenant, id): (TenantId, VerificationId) = (row.id(1)?, row.id(0)?);
                    take_turns(conn, &tenant).await?;
                    let Some(mut kept) = find(conn, &tenant, &id).await? else { continue };
                    if kept.verification.status != Status::Pending {
                        continue;
                    }
                    kept.age(now);
                    kept.codes.clear();
                    keep(conn, &tenant, &kept).await?;
                    erase(conn, &tenant, &kept.verification.messages).await?;
                }
                Ok(rows.len() as u64)
            })
        })
        .await
    }

    pub async fn verification(
        &self,
        scope: &TenantScope,
        id: VerificationId,
        now: Timestamp,
    ) -> Result<Option<Verification>> {
        let tenant = scope.tenant();
        self.read(move |conn| {
            Box::pin(async move {
                let found = find(conn, &tenant, &id).await?;
                Ok(found.map(|kept| kept.seen(now)))
            })
        })
        .await
    }

    /// The newest verification of a number.
    pub async fn newest_verification(
        &self,
        scope: &TenantScope,
        recipient: Hash16,
        now: Timestamp,
    ) -> Result<Option<Verification>> {
        let tenant = scope.tenant();
        self.read(move |conn| {
            Box::pin(async move {
                let found = newest(conn, &tenant, &recipient).await?;
                Ok(found.map(|kept| kept.seen(now)))
            })
        })
        .await
    }
}

/// On PostgreSQL the requests of one tenant go one after another: what is counted for one is read by the next.
/// SQLite has one writer anyway.
async fn take_turns(conn: &Conn, tenant: &TenantId) -> Result<()> {
    if conn.is_postgres() {
        let (high, low) = tenant.as_bytes().split_at(8);
        let [high, low] =
            [high, low].map(|half| i64::from_be_bytes(half.try_into().expect("half of sixteen")));
        conn.query("SELECT CAST(pg_advisory_xact_lock($1) AS TEXT)", vals![high ^ low]).await?;
    }
    Ok(())
}

async fn answer(conn: &Conn, scope: &TenantScope, ask: &AskForCode) -> Result<Asked> {
    let tenant = scope.tenant();
    take_turns(conn, &tenant).await?;
    let recipient = scope.hash(&Address::from(ask.phone.clone()).canonical());
    let mut pending = newest(conn, &tenant, &recipient).await?;
    if let Some(kept) = &mut pending {
        kept.age(ask.at);
    }
    let mut pending = pending.filter(|kept| kept.verification.status == Status::Pending);
    if ask.pending != pending.as_ref().map(|kept| kept.verification.id) {
        return Ok(Asked::Changed);
    }
    let lists = lists::named(conn, &tenant, &ask.listed_as).await?;
    let facts = AskedFacts {
        pending: pending.as_ref().map(|kept| kept.verification.clone()),
        histories: counts::histories(conn, &tenant, &ask.keys, ask.at).await?,
        neighbours: counts::lately(conn, &tenant, &ask.neighbours, ask.at).await?,
        allowed: lists.allowed,
        blocked: lists.blocked,
    };
    let CodeVerdict { refusal, alerts } = (ask.judge)(&facts);
    tell(conn, scope, ask, &alerts).await?;
    if let Some(refusal) = refusal {
        if refusal.counts {
            counts::add(conn, &tenant, &ask.keys, counts::What::Refused, ask.at).await?;
        }
        let body = json!({"code": refusal.code, "rule": refusal.rule, "country": ask.phone.country()});
        let subject = facts.pending.map_or(ask.id, |pending| pending.id);
        log(conn, tenant, Kind::VerificationRefused, subject.bytes(), ask.actor, ask.at, body).await?;
        return Ok(Asked::Refused(refusal));
    }
    counts::add(conn, &tenant, &ask.keys, counts::What::Started, ask.at).await?;
    let verification = match &mut pending {
        Some(kept) => again(conn, scope, kept, ask).await?,
        None => begin(conn, scope, recipient, ask).await?,
    };
    Ok(Asked::Send(verification))
}

async fn again(conn: &Conn, scope: &TenantScope, kept: &mut Kept, ask: &AskForCode) -> Result<Verification> {
    kept.codes.extend_from_slice(&ask.code);
    kept.verification.sends += 1;
    kept.verification.sent_at = ask.at;
    keep(conn, &scope.tenant(), kept).await?;
    Ok(kept.verification.clone())
}

async fn begin(
    conn: &Conn,
    scope: &TenantScope,
    recipient: Hash16,
    ask: &AskForCode,
) -> Result<Verification> {
    let tenant = scope.tenant();
    let verification = Verification {
        id: ask.id,
        recipient,
        country: ask.phone.country(),
        status: Status::Pending,
        messages: Vec::new(),
        wrong: 0,
        attempts: ask.attempts,
        sends: 1,
        created_at: ask.at,
        sent_at: ask.at,
        expires_at: ask.expires_at,
        ended_at: None,
    };
    let kept = Kept { verification, codes: ask.code.to_vec(), counted: ask.keys.clone() };
    let v = &kept.verification;
    let sql = "INSERT INTO verifications (tenant_id, id, recipient, country, status, codes, messages, counted, wrong,
        attempts, sends, created_at, sent_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    let (none, counted): (&[u8], _) = (&[], counted_bytes(&kept.counted));
    let status = v.status.code();
    let params = vals![
        &tenant,
        &v.id,
        &v.recipient,
        v.country.as_str(),
        status,
        &kept.codes,
        none,
        &counted,
        v.wrong,
        v.attempts,
        v.sends,
        v.created_at,
        v.sent_at,
        v.expires_at
    ];
    conn.execute(sql, params).await?;
    let body = json!({"country": v.country, "expires_at": v.expires_at});
    log(conn, tenant, Kind::VerificationStarted, v.id.bytes(), ask.actor, ask.at, body).await?;
    Ok(kept.verification)
}

async fn check(
    conn: &Conn,
    scope: &TenantScope,
    id: VerificationId,
    code: [u8; CODE_BYTES],
    actor: Actor,
    at: Timestamp,
) -> Result<CodeChecked> {
    let tenant = scope.tenant();
    take_turns(conn, &tenant).await?;
    let Some(mut kept) = find(conn, &tenant, &id).await? else { return Ok(CodeChecked::NotFound) };
    kept.age(at);
    if kept.verification.status != Status::Pending {
        return Ok(CodeChecked::Over(kept.verification));
    }
    // Each of the good codes is compared to its end, whichever is the right one.
    let right = kept.codes.chunks_exact(CODE_BYTES).fold(false, |right, good| {
        right | aws_lc_rs::constant_time::verify_slices_are_equal(good, &code).is_ok()
    });
    if right {
        counts::add(conn, &tenant, &kept.counted, counts::What::Approved, kept.verification.created_at)
            .await?;
        end(conn, scope, &mut kept, Status::Approved, actor, at).await?;
        return Ok(CodeChecked::Approved(kept.verification));
    }
    kept.verification.wrong += 1;
    if kept.verification.wrong >= kept.verification.attempts {
        end(conn, scope, &mut kept, Status::Failed, actor, at).await?;
        return Ok(CodeChecked::Over(kept.verification));
    }
    keep(conn, &tenant, &kept).await?;
    Ok(CodeChecked::Wrong(kept.verification))
}

/// Ends it: its codes are good for nothing any more, and what was sent is erased where it stood.
async fn end(
    conn: &Conn,
    scope: &TenantScope,
    kept: &mut Kept,
    status: Status,
    actor: Actor,
    at: Timestamp,
) -> Result<()> {
    let tenant = scope.tenant();
    kept.codes.clear();
    kept.verification.status = status;
    kept.verification.ended_at = Some(at);
    keep(conn, &tenant, kept).await?;
    let (kind, v) = (kind_of(status), &kept.verification);
    let body = json!({"country": v.country, "sends": v.sends, "wrong": v.wrong});
    log(conn, tenant, kind, v.id.bytes(), actor, at, body).await
}

fn kind_of(status: Status) -> Kind {
    match status {
        Status::Approved => Kind::VerificationApproved,
        Status::Canceled => Kind::VerificationCanceled,
        _ => Kind::VerificationFailed,
    }
}

/// Tells people about abuse, once an hour for what the requests have in common.
async fn tell(
    conn: &Conn,
    scope: &TenantScope,
    ask: &AskForCode,
    alerts: &[(Scope, &'static str)],
) -> Result<()> {
    let tenant = scope.tenant();
    for (about, rule) in alerts {
        let Some(key) = ask.keys.iter().find(|key| key.scope == *about) else { continue };
        if counts::mark_alerted(conn, &tenant, key, ask.at).await? {
            let body = json!({"rule": rule, "scope": about, "country": ask.phone.country()});
            log(conn, tenant, Kind::VerificationAlert, key.key.0, ask.actor, ask.at, body).await?;
        }
    }
    Ok(())
}

impl Kept {
    /// As it stands at that time.
    fn seen(mut self, now: Timestamp) -> Verification {
        self.age(now);
        self.verification
    }

    /// What time alone has made of it.
    fn age(&mut self, now: Timestamp) {
        let v = &mut self.verification;
        if v.status == Status::Pending && v.expires_at <= now {
            (v.status, v.ended_at) = (Status::Expired, Some(v.expires_at));
        }
    }
}

async fn find(conn: &Conn, tenant: &TenantId, id: &VerificationId) -> Result<Option<Kept>> {
    let sql = format!("SELECT {COLUMNS} FROM verifications WHERE tenant_id = $1 AND id = $2");
    conn.query_opt(&sql, vals![tenant, id]).await?.as_ref().map(kept).transpose()
}

async fn newest(conn: &Conn, tenant: &TenantId, recipient: &Hash16) -> Result<Option<Kept>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM verifications WHERE tenant_id = $1 AND recipient = $2 ORDER BY id DESC LIMIT 1"
    );
    conn.query_opt(&sql, vals![tenant, recipient]).await?.as_ref().map(kept).transpose()
}

/// Writes what changes.
async fn keep(conn: &Conn, tenant: &TenantId, kept: &Kept) -> Result<()> {
    let v = &kept.verification;
    let messages: Vec<u8> = v.messages.iter().flat_map(Id::bytes).collect();
    let sql = "UPDATE verifications SET status = $3, codes = $4, messages = $5, wrong = $6, sends = $7, sent_at = $8,
        ended_at = $9 WHERE tenant_id = $1 AND id = $2";
    let status = v.status.code();
    let params =
        vals![tenant, &v.id, status, &kept.codes, &messages, v.wrong, v.sends, v.sent_at, v.ended_at];
    conn.execute(sql, params).await.map(|_| ())
}

async fn erase(conn: &Conn, tenant: &TenantId, messages: &[MessageId]) -> Result<()> {
    let mut keys = Batch::new(2, messages.len());
    for message in messages {
        keys.push(cells![tenant, message]);
    }
    plans::erase_contents(conn, &keys).await.map(|_| ())
}

fn counted_bytes(keys: &[CountedKey]) -> Vec<u8> {
    keys.iter().flat_map(|each| std::iter::once(each.scope.code() as u8).chain(each.key.0)).collect()
}

fn kept(row: &Row) -> Result<Kept> {
    let unreadable = StoreError::Corrupt("a verification does not read");
    let country = CountryCode::parse(row.text(2)?);
    let status = Status::from_code(row.get(3)?);
    let chunks = row.blob(4)?.chunks_exact(ID_BYTES);
    let messages =
        chunks.map(|id| MessageId::from_bytes(id.try_into().expect("chunks of sixteen"))).collect();
    let counted = row.blob(13)?.chunks_exact(1 + ID_BYTES).filter_map(|each| {
        let scope = Scope::from_code(i64::from(each[0]))?;
        Some(CountedKey { scope, key: Hash16(each[1..].try_into().expect("sixteen are left")) })
    });
    Ok(Kept {
        verification: Verification {
            id: row.id(0)?,
            recipient: row.get(1)?,
            country: country.ok_or_else(|| unreadable.clone())?,
            status: status.ok_or(unreadable)?,
            messages,
            wrong: row.get(5)?,
            attempts: row.get(6)?,
            sends: row.get(7)?,
            created_at: row.get(8)?,
            sent_at: row.get(9)?,
            expires_at: row.get(10)?,
            ended_at: row.get(11)?,
        },
        codes: row.blob(12)?.to_vec(),
        counted: counted.collect(),
    })
}

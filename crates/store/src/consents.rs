//! The ledger of consents, and the facts derived from it.
//!
//! Facts are always derived from the whole ledger of a person, so the order in which entries arrive makes no
//! difference; and under the lock of the contact, so that of two transactions the later one sees both.

use std::fmt::Write as _;

use tidings_domain::actor::Actor;
use tidings_domain::category::{Category, Channel};
use tidings_domain::consent::{Choices, Purpose, Reach, Source, Stated};
use tidings_domain::event::Kind;
use tidings_domain::id::{ContactId, Id as _};
use tidings_domain::time::Timestamp;

use crate::conn::{Conn, Row, vals};
use crate::error::{Result, StoreError};
use crate::events::{Events, Head, json_text};
use crate::model::{Appended, Counting, Hash16, NewConsent};
use crate::people::{self, Identity};
use crate::scope::{Part, TenantScope};

/// An entry with its address, proof and evidence sealed.
pub(crate) struct SealedConsent {
    identity: Identity,
    data: Vec<u8>,
}

/// The sealed part of an entry.
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct ConsentRecord {
    /// In canonical form; gone where the person was erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) address: Option<String>,
    pub(crate) evidence: Option<String>,
    #[serde(default)]
    pub(crate) proof: tidings_domain::consent::Proof,
}

impl SealedConsent {
    pub(crate) fn of(scope: &TenantScope, consent: &NewConsent) -> Self {
        let record = ConsentRecord {
            address: Some(consent.address.canonical()),
            evidence: consent.about.evidence.clone(),
            proof: consent.about.proof.clone(),
        };
        let plain = serde_json::to_vec(&record).expect("texts are JSON");
        Self {
            identity: Identity::of(scope, &consent.address),
            data: scope.seal(Part::Consent.table(), consent.id.as_bytes(), &plain),
        }
    }
}

/// Appends an entry and derives the facts anew. What a callback repeats changes nothing.
pub(crate) async fn add_consent(
    conn: &Conn,
    scope: &TenantScope,
    consent: &NewConsent,
    sealed: &SealedConsent,
    now: Timestamp,
    events: &mut Events,
) -> Result<Appended> {
    let identity = &sealed.identity;
    if consent.actor == Actor::Provider && is_repeated(conn, scope, consent, &identity.hash).await? {
        return Ok(Appended::Unneeded);
    }
    let (contact, hashes) = people::link(conn, scope, std::slice::from_ref(identity), now).await?;
    lock(conn, scope, contact).await?;
    let mut known = choices_of(conn, scope, &hashes).await?;
    let unneeded = match consent.counting {
        Counting::IfRevoked => !is_revoked(&known, consent),
        Counting::UnlessRevoked => is_revoked(&known, consent),
        Counting::Now | Counting::AsStated => false,
    };
    if unneeded {
        return Ok(Appended::Unneeded);
    }
    let at = match consent.counting {
        Counting::Now | Counting::UnlessRevoked => {
            let last = known.iter().filter(|each| each.purpose == consent.purpose).map(|each| each.at).max();
            last.map_or(consent.at, |last| consent.at.max(last.plus(1)))
        }
        Counting::AsStated | Counting::IfRevoked => consent.at,
    };
    let category = category_of(conn, scope, consent.purpose).await?;
    insert(conn, scope, (consent, sealed), (category, at, now)).await?;
    let new = Stated {
        purpose: consent.purpose,
        reach: consent.channel,
        granted: consent.granted,
        platform: consent.source == Source::ProviderWebhook,
        at,
    };
    known = Choices::of(known.iter().copied().chain([new]));
    write(conn, scope, &hashes, &known).await?;
    announce(scope, consent, (contact, category, at), events);
    Ok(Appended::At(at))
}

fn is_revoked(known: &Choices, consent: &NewConsent) -> bool {
    let channels = Channel::ALL.into_iter().filter(|channel| consent.channel.covers(*channel));
    channels.into_iter().any(|channel| known.standing(consent.purpose, channel).revoked().is_some())
}

/// A callback that comes twice says the same twice; a client that records something twice meant it.
async fn is_repeated(conn: &Conn, scope: &TenantScope, consent: &NewConsent, hash: &Hash16) -> Result<bool> {
    let consents = conn.by_index("consents", "consents_by_recipient");
    let sql = format!(
        "SELECT topic FROM {consents} WHERE tenant_id = $1 AND recipient = $2 AND granted = $3 AND source = $4
         AND at = $5 AND channel = $6"
    );
    let (source, reach) = (consent.source.as_str(), consent.channel.code());
    let tenant = scope.tenant();
    let params = vals![&tenant, hash, consent.granted, source, consent.at, reach];
    let topic = consent.purpose.topic();
    let mut repeated = false;
    for row in conn.query(&sql, params).await? {
        repeated |= row.opt_id(0)? == topic;
    }
    Ok(repeated)
}

/// The category that an entry is about, or that its topic belongs to.
async fn category_of(conn: &Conn, scope: &TenantScope, purpose: Purpose) -> Result<Category> {
    let topic = match purpose {
        Purpose::Category(category) => return Ok(category),
        Purpose::Topic(topic) => topic,
    };
    let sql = "SELECT category FROM topics WHERE tenant_id = $1 AND id = $2";
    let row = conn.query_opt(sql, vals![&scope.tenant(), &topic]).await?;
    row.ok_or(StoreError::Conflict("there is no such topic"))?.get(0)
}

async fn insert(
    conn: &Conn,
    scope: &TenantScope,
    (consent, sealed): (&NewConsent, &SealedConsent),
    (category, at, now): (Category, Timestamp, Timestamp),
) -> Result<()> {
    let tenant = scope.tenant();
    let actor = consent.actor.to_string();
    let topic = consent.purpose.topic();
    let sql =
        "INSERT INTO consents (tenant_id, id, recipient, channel, purpose, granted, source, at, actor, topic,
        source_detail, basis, recorded_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    conn.execute(
        sql,
        vals![
            &tenant,
            &consent.id,
            &sealed.identity.hash,
            consent.channel.code(),
            category,
            consent.granted,
            consent.source.as_str(),
            at,
            &actor,
            topic.as_ref(),
            consent.about.source_detail.as_deref(),
            consent.about.basis.map(|basis| basis.as_str()),
            now,
        ],
    )
    .await?;
    let sql = "INSERT INTO sealed (tenant_id, owner, part, data) VALUES ($1, $2, $3, $4)";
    conn.execute(sql, vals![&tenant, &consent.id, Part::Consent.code(), &sealed.data]).await.map(|_| ())
}

fn announce(
    scope: &TenantScope,
    consent: &NewConsent,
    (contact, category, at): (ContactId, Category, Timestamp),
    events: &mut Events,
) {
    let kind = if consent.granted { Kind::ConsentGranted } else { Kind::ConsentRevoked };
    let (tenant, subject, actor) = (scope.tenant(), contact.bytes(), consent.actor);
    let head = Head { tenant, kind, subject, actor, trace: None, at };
    events.push(head, |out| {
        let (id, channel) = (&consent.id, consent.channel);
        write!(out, r#"{{"consent":"{id}","channel":"{channel}","purpose":"{category}""#).expect(WRITES);
        if let Some(topic) = consent.purpose.topic() {
            write!(out, r#","topic":"{topic}""#).expect(WRITES);
        }
        write!(out, r#","source":"{}""#, consent.source).expect(WRITES);
        if let Some(detail) = &consent.about.source_detail {
            out.push_str(r#","source_detail":"#);
            json_text(out, detail);
        }
        out.push('}');
    });
}

const WRITES: &str = "a string takes all";

/// Holds a contact until the transaction ends: without it, two entries that are written at once would each derive
/// the facts without the other. An SQLite store has one writer anyway.
pub(crate) async fn lock(conn: &Conn, scope: &TenantScope, contact: ContactId) -> Result<()> {
    if conn.is_postgres() {
        let sql = "SELECT id FROM contacts WHERE tenant_id = $1 AND id = $2 FOR UPDATE";
        conn.query(sql, vals![&scope.tenant(), &contact]).await?;
    }
    Ok(())
}

/// The newest statements of a person, from the ledger of all their identities.
async fn choices_of(conn: &Conn, scope: &TenantScope, hashes: &[Hash16]) -> Result<Choices> {
    let consents = conn.by_index("consents", "consents_by_recipient");
    let sql = format!(
        "SELECT purpose, topic, channel, granted, source, MAX(at) FROM {consents}
         WHERE tenant_id = $1 AND recipient = $2 GROUP BY purpose, topic, channel, granted, source"
    );
    let mut all = Vec::new();
    for hash in hashes {
        for row in conn.query(&sql, vals![&scope.tenant(), hash]).await? {
            let platform = row.text(4)? == Source::ProviderWebhook.as_str();
            let (purpose, reach) = (purpose(&row, 0)?, reach(&row, 2)?);
            all.push(Stated { purpose, reach, granted: row.get(3)?, platform, at: row.get(5)? });
        }
    }
    Ok(Choices::of(all))
}

/// Derives the facts of a person anew, after identities came together or went apart.
pub(crate) async fn derive(conn: &Conn, scope: &TenantScope, hashes: &[Hash16]) -> Result<()> {
    let choices = choices_of(conn, scope, hashes).await?;
    if !choices.is_empty() {
        return write(conn, scope, hashes, &choices).await;
    }
    // Nothing was ever said: what came from identities that are no longer theirs goes.
    let sql = "UPDATE recipients SET revoked_0 = NULL, revoked_1 = NULL, revoked_2 = NULL, revoked_3 = NULL,
        choices = NULL WHERE tenant_id = $1 AND hash = $2 AND choices IS NOT NULL";
    for hash in hashes {
        conn.execute(sql, vals![&scope.tenant(), hash]).await?;
    }
    Ok(())
}

/// Writes what stands to all identities.
async fn write(conn: &Conn, scope: &TenantScope, hashes: &[Hash16], choices: &Choices) -> Result<()> {
    let tenant = scope.tenant();
    let packed = choices.pack();
    let revoked = Category::ALL.map(|each| choices.standing(each, Channel::Whatsapp).revoked());
    let sql = "INSERT INTO recipients (tenant_id, hash, revoked_0, revoked_1, revoked_2, revoked_3, choices)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (tenant_id, hash) DO UPDATE SET
         revoked_0 = excluded.revoked_0, revoked_1 = excluded.revoked_1, revoked_2 = excluded.revoked_2,
         revoked_3 = excluded.revoked_3, choices = excluded.choices";
    for hash in hashes {
        let params = vals![&tenant, hash, revoked[0], revoked[1], revoked[2], revoked[3], &packed];
        conn.execute(sql, params).await?;
    }
    Ok(())
}

/// The purpose in the columns `purpose, topic`.
pub(crate) fn purpose(row: &Row, at: usize) -> Result<Purpose> {
    Ok(match row.opt_id(at + 1)? {
        Some(topic) => Purpose::Topic(topic),
        None => Purpose::Category(row.get(at)?),
    })
}

pub(crate) fn reach(row: &Row, at: usize) -> Result<Reach> {
    Reach::from_code(row.get(at)?).ok_or(StoreError::Corrupt("a consent for an unknown channel"))
}

pub(crate) fn source(row: &Row, at: usize) -> Result<Source> {
    Source::parse(row.text(at)?).ok_or(StoreError::Corrupt("a consent from an unknown source"))
}

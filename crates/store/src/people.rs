//! People as a tenant knows them: contacts with their identities, and the facts derived from consents.
//!
//! Facts about a person are written to every identity of the contact, so that judging a message is one
//! look-up by the hash of its address. They are always derived from the ledger of consents, so the order in
//! which consents arrive makes no difference.

use std::fmt::Write as _;

use tidings_domain::actor::Actor;
use tidings_domain::address::Address;
use tidings_domain::category::Category;
use tidings_domain::event::Kind;
use tidings_domain::fact::Identities;
use tidings_domain::id::{ContactId, Id as _};
use tidings_domain::time::Timestamp;

use crate::conn::{Conn, vals};
use crate::error::Result;
use crate::events::{Events, Head, json_text};
use crate::model::{Hash16, NewConsent};
use crate::scope::{Part, TenantScope};

/// What `identities.value` is sealed for; the row is the hash.
pub(crate) const IDENTITY: &str = "identities";

/// An address ready for its row.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) hash: Hash16,
    pub(crate) kind: &'static str,
    sealed: Vec<u8>,
}

impl Identity {
    pub(crate) fn of(scope: &TenantScope, address: &Address) -> Self {
        let canonical = address.canonical();
        let hash = scope.hash(&canonical);
        Self { hash, kind: address.kind(), sealed: scope.seal(IDENTITY, &hash.0, canonical.as_bytes()) }
    }
}

/// The addresses by which a provider named a person, the main one first.
pub(crate) fn addresses(who: &Identities) -> Vec<Address> {
    let phone = who.phone.clone().map(Address::from);
    let others = [who.bsuid.clone(), who.parent_bsuid.clone()];
    phone.into_iter().chain(others.into_iter().flatten().map(Address::from)).collect()
}

/// Makes sure that these identities belong to one contact; they may have been strangers until now.
/// Returns the contact and all its identities.
pub(crate) async fn link(
    conn: &Conn,
    scope: &TenantScope,
    identities: &[Identity],
    at: Timestamp,
) -> Result<(ContactId, Vec<Hash16>)> {
    let tenant = scope.tenant();
    let mut found: Vec<ContactId> = Vec::new();
    let mut missing = Vec::new();
    for identity in identities {
        let sql = "SELECT contact_id FROM identities WHERE tenant_id = $1 AND hash = $2";
        match conn.query_opt(sql, vals![&tenant, &identity.hash]).await? {
            Some(row) => found.push(row.id(0)?),
            None => missing.push(identity),
        }
    }
    found.sort_unstable();
    found.dedup();
    let contact = match found.first() {
        Some(oldest) => *oldest,
        None => {
            let contact: ContactId = scope.ids().next(at);
            let sql = "INSERT INTO contacts (tenant_id, id, created_at) VALUES ($1, $2, $3)";
            conn.execute(sql, vals![&tenant, &contact, at]).await?;
            contact
        }
    };
    for other in found.iter().skip(1) {
        let sql = "UPDATE identities SET contact_id = $3 WHERE tenant_id = $1 AND contact_id = $2";
        conn.execute(sql, vals![&tenant, other, &contact]).await?;
        let sql = "UPDATE inbound SET contact_id = $3 WHERE tenant_id = $1 AND contact_id = $2";
        conn.execute(sql, vals![&tenant, other, &contact]).await?;
        conn.execute("DELETE FROM contacts WHERE tenant_id = $1 AND id = $2", vals![&tenant, other]).await?;
        leave_sign(conn, scope, *other, contact, at).await?;
    }
    for identity in &missing {
        let sql = "INSERT INTO identities (tenant_id, hash, contact_id, kind, value, created_at)
            VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, hash) DO UPDATE SET contact_id = excluded.contact_id";
        conn.execute(sql, vals![&tenant, &identity.hash, &contact, identity.kind, &identity.sealed, at])
            .await?;
    }
    let hashes = hashes_of(conn, scope, contact).await?;
    if hashes.len() > 1 && (found.len() > 1 || !missing.is_empty()) {
        for purpose in Category::ALL {
            derive(conn, scope, &hashes, purpose).await?;
        }
    }
    Ok((contact, hashes))
}

/// The kind of an identity that is no address but the id of a contact that was merged into this one. It moves on
/// with the rest when that contact is merged again, so an id that was ever given out leads to the person.
pub(crate) const MERGED: &str = "merged";

/// What the sign of a merged contact is found by.
pub(crate) fn sign_of(scope: &TenantScope, contact: ContactId) -> Hash16 {
    scope.hash(&format!("contact:{contact}"))
}

async fn leave_sign(
    conn: &Conn,
    scope: &TenantScope,
    gone: ContactId,
    survivor: ContactId,
    at: Timestamp,
) -> Result<()> {
    let hash = sign_of(scope, gone);
    let sealed = scope.seal(IDENTITY, &hash.0, gone.to_string().as_bytes());
    let sql = "INSERT INTO identities (tenant_id, hash, contact_id, kind, value, created_at)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, hash) DO UPDATE SET contact_id = excluded.contact_id";
    conn.execute(sql, vals![&scope.tenant(), &hash, &survivor, MERGED, &sealed, at]).await.map(|_| ())
}

/// The hashes of all addresses of a contact.
pub(crate) async fn hashes_of(conn: &Conn, scope: &TenantScope, contact: ContactId) -> Result<Vec<Hash16>> {
    let sql = "SELECT hash FROM identities WHERE tenant_id = $1 AND contact_id = $2 AND kind <> 'merged'
        ORDER BY hash";
    conn.query(sql, vals![&scope.tenant(), &contact]).await?.iter().map(|row| row.get(0)).collect()
}

/// A consent with its address and evidence sealed.
pub(crate) struct SealedConsent {
    identity: Identity,
    data: Vec<u8>,
}

/// The sealed part of a consent.
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct ConsentRecord {
    /// In canonical form.
    pub(crate) address: String,
    pub(crate) evidence: Option<String>,
}

impl SealedConsent {
    pub(crate) fn of(scope: &TenantScope, consent: &NewConsent) -> Self {
        let record =
            ConsentRecord { address: consent.address.canonical(), evidence: consent.evidence.clone() };
        let plain = serde_json::to_vec(&record).expect("texts are JSON");
        Self {
            identity: Identity::of(scope, &consent.address),
            data: scope.seal(Part::Consent.table(), consent.id.as_bytes(), &plain),
        }
    }
}

/// Appends a consent and derives the facts anew; when it counts from. A repetition of one that is there
/// already changes nothing.
pub(crate) async fn add_consent(
    conn: &Conn,
    scope: &TenantScope,
    consent: &NewConsent,
    sealed: &SealedConsent,
    events: &mut Events,
) -> Result<Timestamp> {
    let tenant = scope.tenant();
    let identity = &sealed.identity;
    let sql =
        "SELECT 1 FROM consents WHERE tenant_id = $1 AND recipient = $2 AND purpose = $3 AND granted = $4
        AND source = $5 AND at = $6 AND channel = $7";
    let (purpose, granted, at) = (consent.purpose, consent.granted, consent.at);
    let params = vals![&tenant, &identity.hash, purpose, granted, &consent.source, at, consent.channel];
    // A callback that comes twice says the same twice; a client that records something twice meant it.
    if consent.actor == Actor::Provider && conn.query_opt(sql, params).await?.is_some() {
        return Ok(at);
    }
    let (contact, hashes) = link(conn, scope, std::slice::from_ref(identity), at).await?;
    let at = match newest(conn, scope, &hashes, purpose).await? {
        // A client speaks of now, which is after all that is known, whatever our clock or the platform's say.
        Some((known, _)) if consent.actor != Actor::Provider => at.max(known.plus(1)),
        _ => at,
    };
    let actor = consent.actor.to_string();
    let sql = "INSERT INTO consents (tenant_id, id, recipient, channel, purpose, granted, source, at, actor)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let (id, hash, channel, source) = (&consent.id, &identity.hash, consent.channel, &consent.source);
    conn.execute(sql, vals![&tenant, id, hash, channel, purpose, granted, source, at, &actor]).await?;
    let sql = "INSERT INTO sealed (tenant_id, owner, part, data) VALUES ($1, $2, $3, $4)";
    conn.execute(sql, vals![&tenant, id, Part::Consent.code(), &sealed.data]).await?;
    derive(conn, scope, &hashes, purpose).await?;
    let kind = if granted { Kind::ConsentGranted } else { Kind::ConsentRevoked };
    let head = Head { tenant, kind, subject: contact.bytes(), actor: consent.actor, trace: None, at };
    events.push(head, |out| {
        write!(out, r#"{{"consent":"{id}","channel":"{channel}","purpose":"{purpose}","source":"#)
            .expect("a string takes all");
        json_text(out, source);
        out.push('}');
    });
    Ok(at)
}

/// When the newest consent of a contact for a purpose was given, and whether it revokes.
async fn newest(
    conn: &Conn,
    scope: &TenantScope,
    hashes: &[Hash16],
    purpose: Category,
) -> Result<Option<(Timestamp, bool)>> {
    let mut newest: Option<(Timestamp, bool)> = None;
    for hash in hashes {
        let sql = "SELECT at, granted FROM consents WHERE tenant_id = $1 AND recipient = $2 AND purpose = $3
            ORDER BY at DESC, granted ASC LIMIT 1";
        if let Some(row) = conn.query_opt(sql, vals![&scope.tenant(), hash, purpose]).await? {
            let revoked = !row.get::<bool>(1)?;
            newest = newest.max(Some((row.get(0)?, revoked)));
        }
    }
    Ok(newest)
}

/// Writes what the newest consent of a contact says of a purpose to all its identities. Of two at the same
/// moment, the revocation counts.
async fn derive(conn: &Conn, scope: &TenantScope, hashes: &[Hash16], purpose: Category) -> Result<()> {
    let tenant = scope.tenant();
    let newest = newest(conn, scope, hashes, purpose).await?;
    let Some((at, revoked)) = newest else { return Ok(()) };
    let column = purpose.code();
    let sql = format!(
        "INSERT INTO recipients (tenant_id, hash, revoked_{column}) VALUES ($1, $2, $3)
         ON CONFLICT (tenant_id, hash) DO UPDATE SET revoked_{column} = excluded.revoked_{column}"
    );
    for hash in hashes {
        conn.execute(&sql, vals![&tenant, hash, revoked.then_some(at)]).await?;
    }
    Ok(())
}

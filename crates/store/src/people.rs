//! People as a tenant knows them: contacts with their identities.
//!
//! Facts about a person are written to every identity of the contact, so that judging a message is one
//! look-up by the hash of its address.

use tidings_domain::actor::Actor;
use tidings_domain::address::Address;
use tidings_domain::event::Kind;
use tidings_domain::fact::Identities;
use tidings_domain::id::{ContactId, TenantId};
use tidings_domain::time::Timestamp;

use crate::cards;
use crate::conn::{Conn, vals};
use crate::consents;
use crate::error::Result;
use crate::model::Hash16;
use crate::scope::TenantScope;

/// What `identities.value` is sealed for; the row is the hash.
pub(crate) const IDENTITY: &str = "identities";

/// An address ready for its row.
#[derive(Debug, Clone)]
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
    let email = who.email.clone().map(Address::from);
    phone.into_iter().chain(others.into_iter().flatten().map(Address::from)).chain(email).collect()
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
        let sql = "SELECT contact_id FROM identities WHERE tenant_id = $1 AND hash = $2 AND kind <> 'former'";
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
        absorb(conn, scope, *other, contact, Actor::Provider, at).await?;
    }
    for identity in &missing {
        let sql = "INSERT INTO identities (tenant_id, hash, contact_id, kind, value, created_at)
            VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, hash)
            DO UPDATE SET contact_id = excluded.contact_id, kind = excluded.kind";
        conn.execute(sql, vals![&tenant, &identity.hash, &contact, identity.kind, &identity.sealed, at])
            .await?;
    }
    let hashes = hashes_of(conn, scope, contact).await?;
    if hashes.len() > 1 && (found.len() > 1 || !missing.is_empty()) {
        consents::derive(conn, scope, &hashes).await?;
        if let Some(zone) = cards::profile(conn, scope, contact).await?.time_zone {
            cards::place(conn, scope, &hashes, Some(&zone)).await?;
        }
    }
    Ok((contact, hashes))
}

/// Makes a contact part of another one. What it was known by, what was heard from it and what was known of it go over;
/// its id leads to the one that is left.
pub(crate) async fn absorb(
    conn: &Conn,
    scope: &TenantScope,
    gone: ContactId,
    left: ContactId,
    actor: Actor,
    at: Timestamp,
) -> Result<()> {
    let tenant = scope.tenant();
    // What was heard is found by who wrote it: a contact's messages have no index of their own.
    for hash in hashes_of(conn, scope, gone).await? {
        let sql =
            "UPDATE inbound SET contact_id = $3 WHERE tenant_id = $1 AND recipient = $2 AND contact_id = $4";
        conn.execute(sql, vals![&tenant, &hash, &left, &gone]).await?;
    }
    let sql = "UPDATE identities SET contact_id = $3 WHERE tenant_id = $1 AND contact_id = $2";
    conn.execute(sql, vals![&tenant, &gone, &left]).await?;
    cards::merge(conn, scope, gone, left).await?;
    conn.execute("DELETE FROM contacts WHERE tenant_id = $1 AND id = $2", vals![&tenant, &gone]).await?;
    leave_sign(conn, scope, gone, left, at).await?;
    let detail = serde_json::json!({"contact": gone});
    cards::note(conn, scope, left, (Kind::ContactMerged, "merged"), actor, at, &detail).await
}

/// The person moved from one address to another: both are theirs, and what was said by the old one counts for the
/// new one. Messages go to the new one from now on.
pub(crate) async fn change_number(
    conn: &Conn,
    scope: &TenantScope,
    (new, previous): (&[Identity], &[Identity]),
    at: Timestamp,
) -> Result<()> {
    let all: Vec<Identity> = new.iter().chain(previous).cloned().collect();
    if new.is_empty() || previous.is_empty() {
        return Ok(());
    }
    let (contact, _) = link(conn, scope, &all, at).await?;
    let tenant = scope.tenant();
    for each in previous.iter().filter(|each| !new.iter().any(|other| other.hash == each.hash)) {
        let sql = "UPDATE identities SET kind = $3 WHERE tenant_id = $1 AND hash = $2";
        conn.execute(sql, vals![&tenant, &each.hash, FORMER]).await?;
    }
    let detail = serde_json::json!({});
    let what = (Kind::NumberChanged, "number_changed");
    cards::note(conn, scope, contact, what, Actor::Provider, at, &detail).await
}

/// The kind of an identity that the person has given up: what was said by it still counts for them, and nobody is
/// written to by it. Whoever is met under it later is somebody else.
pub(crate) const FORMER: &str = "former";

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
    let identities = conn.by_index("identities", "identities_by_contact");
    let sql = format!(
        "SELECT hash FROM {identities} WHERE tenant_id = $1 AND contact_id = $2 AND kind <> 'merged' ORDER BY hash"
    );
    conn.query(&sql, vals![&scope.tenant(), &contact]).await?.iter().map(|row| row.get(0)).collect()
}

/// Every hash by which the person behind one is known, whether or not the tenant knows them.
pub(crate) async fn names_of(conn: &Conn, tenant: TenantId, hash: Hash16) -> Result<Vec<Hash16>> {
    let identities = conn.by_index("identities i", "identities_by_contact");
    let sql = format!(
        "SELECT i.hash FROM {identities} WHERE i.tenant_id = $1 AND i.contact_id =
         (SELECT contact_id FROM identities WHERE tenant_id = $1 AND hash = $2)"
    );
    let rows = conn.query(&sql, vals![&tenant, &hash]).await?;
    let mut all = rows.iter().map(|row| row.get(0)).collect::<Result<Vec<Hash16>>>()?;
    if !all.contains(&hash) {
        all.push(hash);
    }
    Ok(all)
}

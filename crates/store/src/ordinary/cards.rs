//! Contacts as people look after them: profile, attributes, merge, split, a changed number, history, erasure.

use serde_json::{Value, json};

use tidings_domain::actor::Actor;
use tidings_domain::address::Address;
use tidings_domain::event::Kind;
use tidings_domain::id::{ConsentId, ContactId, InboundId};
use tidings_domain::time::Timestamp;

use crate::cards::{self, HISTORY, SPOILT};
use crate::conn::{Batch, Bulk, Conn, Val, cells, vals};
use crate::consents::{self, ConsentRecord};
use crate::error::{Result, StoreError};
use crate::model::{AttributeType, ContactCard, Erased, Hash16, HistoryEntry, Profile};
use crate::people::{self, Identity};
use crate::scope::{Part, TenantScope};
use crate::store::Store;

const UNSEAL: Bulk = Bulk {
    sqlite: "DELETE FROM sealed WHERE tenant_id = ?1 AND owner = ?2 AND part = ?3",
    postgres: "DELETE FROM sealed s USING UNNEST($1::bytea[], $2::bytea[], $3::bigint[]) AS k (tenant_id, owner, part)
        WHERE s.tenant_id = k.tenant_id AND s.owner = k.owner AND s.part = k.part",
};

impl Store {
    /// A contact by any id that it ever had, with its profile.
    pub async fn contact_card(&self, scope: &TenantScope, id: ContactId) -> Result<Option<ContactCard>> {
        let Some(contact) = self.contact(scope, id).await? else { return Ok(None) };
        let (tenant, id) = (scope.tenant(), contact.id);
        let row = self
            .read(move |conn| {
                Box::pin(async move {
                    let sql = "SELECT profile, erased_at FROM contacts WHERE tenant_id = $1 AND id = $2";
                    conn.query_opt(sql, vals![&tenant, &id]).await
                })
            })
            .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(ContactCard {
            id,
            created_at: contact.created_at,
            erased_at: row.get(1)?,
            addresses: contact.addresses,
            profile: cards::opened(scope, id, row.get(0)?)?,
        }))
    }

    /// The contact of an address, made if there is none.
    pub async fn contact_for(
        &self,
        scope: &TenantScope,
        address: &Address,
        at: Timestamp,
    ) -> Result<ContactId> {
        let (own, identity) = (scope.clone(), Identity::of(scope, address));
        self.write(move |conn| {
            Box::pin(async move {
                let (contact, _) = people::link(conn, &own, std::slice::from_ref(&identity), at).await?;
                Ok(contact)
            })
        })
        .await
    }

    pub async fn set_profile(
        &self,
        scope: &TenantScope,
        id: ContactId,
        profile: Profile,
        actor: Actor,
        at: Timestamp,
    ) -> Result<()> {
        let own = scope.clone();
        self.write(move |conn| {
            Box::pin(async move {
                cards::set_profile(conn, &own, id, &profile).await?;
                cards::note(conn, &own, id, (Kind::ContactChanged, "changed"), actor, at, &json!({})).await
            })
        })
        .await
    }

    /// Declares an attribute. A name keeps its type.
    pub async fn add_attribute_type(&self, scope: &TenantScope, new: AttributeType) -> Result<bool> {
        let tenant = scope.tenant();
        self.write(move |conn| {
            Box::pin(async move {
                let sql = "INSERT INTO contact_attributes (tenant_id, name, type, created_at)
                    VALUES ($1, $2, $3, $4) ON CONFLICT (tenant_id, name) DO NOTHING";
                let params = vals![&tenant, &new.name, &new.kind, new.created_at];
                Ok(conn.execute(sql, params).await? > 0)
            })
        })
        .await
    }

    pub async fn attribute_types(&self, scope: &TenantScope) -> Result<Vec<AttributeType>> {
        let tenant = scope.tenant();
        let rows = self
            .read(move |conn| {
                Box::pin(async move {
                    let sql = "SELECT name, type, created_at FROM contact_attributes WHERE tenant_id = $1
                        ORDER BY name";
                    conn.query(sql, vals![&tenant]).await
                })
            })
            .await?;
        let one = |row: &crate::conn::Row| {
            Ok(AttributeType { name: row.get(0)?, kind: row.get(1)?, created_at: row.get(2)? })
        };
        rows.iter().map(one).collect()
    }

    /// Makes two contacts one; the older one is left.
    pub async fn merge_contacts(
        &self,
        scope: &TenantScope,
        (one, other): (ContactId, ContactId),
        actor: Actor,
        at: Timestamp,
    ) -> Result<ContactId> {
        let own = scope.clone();
        self.write(move |conn| {
            Box::pin(async move {
                let (left, gone) = (one.min(other), one.max(other));
                people::absorb(conn, &own, gone, left, actor, at).await?;
                let hashes = people::hashes_of(conn, &own, left).await?;
                consents::derive(conn, &own, &hashes).await?;
                Ok(left)
            })
        })
        .await
    }

    /// Takes an address out of a contact: it was another person's. What was said by that address goes with it.
    pub async fn split_contact(
        &self,
        scope: &TenantScope,
        id: ContactId,
        address: &Address,
        actor: Actor,
        at: Timestamp,
    ) -> Result<Option<ContactId>> {
        let (own, hash) = (scope.clone(), scope.hash(&address.canonical()));
        let shown = json!({"address": address.canonical()});
        self.write(move |conn| {
            Box::pin(async move {
                let tenant = own.tenant();
                let hashes = people::hashes_of(conn, &own, id).await?;
                if !hashes.contains(&hash) || hashes.len() < 2 {
                    return Ok(None);
                }
                let new: ContactId = own.ids().next(at);
                let sql = "INSERT INTO contacts (tenant_id, id, created_at) VALUES ($1, $2, $3)";
                conn.execute(sql, vals![&tenant, &new, at]).await?;
                let sql = "UPDATE identities SET contact_id = $3 WHERE tenant_id = $1 AND hash = $2";
                conn.execute(sql, vals![&tenant, &hash, &new]).await?;
                let sql = "UPDATE inbound SET contact_id = $3 WHERE tenant_id = $1 AND recipient = $2";
                conn.execute(sql, vals![&tenant, &hash, &new]).await?;
                let rest: Vec<Hash16> = hashes.into_iter().filter(|each| *each != hash).collect();
                consents::derive(conn, &own, &rest).await?;
                consents::derive(conn, &own, &[hash]).await?;
                cards::place(conn, &own, &[hash], None).await?;
                let mut detail = shown.clone();
                detail["contact"] = json!(new);
                let what = (Kind::ContactSplit, "split");
                cards::note(conn, &own, id, what, actor, at, &detail).await?;
                detail["contact"] = json!(id);
                cards::note(conn, &own, new, what, actor, at, &detail).await?;
                Ok(Some(new))
            })
        })
        .await
    }

    /// Newest first.
    pub async fn contact_history(&self, scope: &TenantScope, id: ContactId) -> Result<Vec<HistoryEntry>> {
        let tenant = scope.tenant();
        let rows = self
            .read(move |conn| {
                Box::pin(async move {
                    let sql = "SELECT at, what, actor, data FROM contact_history
                        WHERE tenant_id = $1 AND contact_id = $2 ORDER BY at DESC, n LIMIT 500";
                    conn.query(sql, vals![&tenant, &id]).await
                })
            })
            .await?;
        let one = |row: &crate::conn::Row| {
            let detail = match row.get::<Option<Vec<u8>>>(3)? {
                Some(data) => {
                    let plain = scope.open(HISTORY, id.as_bytes(), &data)?;
                    serde_json::from_slice(&plain).map_err(|_| SPOILT)?
                }
                None => Value::Null,
            };
            Ok(HistoryEntry { at: row.get(0)?, what: row.get(1)?, actor: row.get(2)?, detail })
        };
        rows.iter().map(one).collect()
    }

    /// Takes everything away that names a person, and keeps what honours their choices: the hashes of their
    /// addresses, the facts derived from the ledger, and the ledger without names.
    pub async fn erase_contact(
        &self,
        scope: &TenantScope,
        id: ContactId,
        actor: Actor,
        at: Timestamp,
    ) -> Result<Erased> {
        let own = scope.clone();
        self.write(move |conn| {
            Box::pin(async move {
                let hashes = people::hashes_of(conn, &own, id).await?;
                let mut erased = Erased::default();
                for hash in &hashes {
                    erased.inbound += erase_inbound(conn, &own, hash).await?;
                    erased.consents += erase_names(conn, &own, hash).await?;
                    for table in ["public_links", "windows"] {
                        let column = if table == "windows" { "hash" } else { "recipient" };
                        let sql = format!("DELETE FROM {table} WHERE tenant_id = $1 AND {column} = $2");
                        conn.execute(&sql, vals![&own.tenant(), hash]).await?;
                    }
                }
                cards::place(conn, &own, &hashes, None).await?;
                let sql = "DELETE FROM identities WHERE tenant_id = $1 AND contact_id = $2";
                conn.execute(sql, vals![&own.tenant(), &id]).await?;
                erased.identities = hashes.len() as u64;
                let sql = "DELETE FROM contact_history WHERE tenant_id = $1 AND contact_id = $2";
                conn.execute(sql, vals![&own.tenant(), &id]).await?;
                let sql =
                    "UPDATE contacts SET profile = NULL, erased_at = $3 WHERE tenant_id = $1 AND id = $2";
                conn.execute(sql, vals![&own.tenant(), &id, at]).await?;
                let counts = json!({"identities": erased.identities, "inbound": erased.inbound,
                    "consents_kept": erased.consents});
                let what = (Kind::ContactErased, "erased");
                cards::note(conn, &own, id, what, actor, at, &json!({"counts": counts})).await?;
                Ok(erased)
            })
        })
        .await
    }
}

async fn erase_inbound(conn: &Conn, scope: &TenantScope, hash: &Hash16) -> Result<u64> {
    let tenant = scope.tenant();
    let sql = "SELECT id FROM inbound WHERE tenant_id = $1 AND recipient = $2";
    let rows = conn.query(sql, vals![&tenant, hash]).await?;
    let ids = rows.iter().map(|row| row.id(0)).collect::<Result<Vec<InboundId>>>()?;
    let mut keys = Batch::new(3, ids.len());
    for id in &ids {
        keys.push(cells![&tenant, id, Val::Int(Part::Inbound.code())]);
    }
    conn.bulk(&UNSEAL, &keys).await?;
    let sql = "DELETE FROM opt_out_reviews WHERE tenant_id = $1 AND recipient = $2";
    conn.execute(sql, vals![&tenant, hash]).await?;
    // Without its sealed half an inbound message says nothing that could be shown.
    let sql = "DELETE FROM inbound WHERE tenant_id = $1 AND recipient = $2";
    conn.execute(sql, vals![&tenant, hash]).await
}

/// Keeps of each entry what proves it without naming anybody: the words, their version, the business, the times.
async fn erase_names(conn: &Conn, scope: &TenantScope, hash: &Hash16) -> Result<u64> {
    let tenant = scope.tenant();
    let sql =
        "SELECT c.id, s.data FROM consents c CROSS JOIN sealed s WHERE c.tenant_id = $1 AND c.recipient = $2
        AND s.tenant_id = c.tenant_id AND s.owner = c.id AND s.part = $3";
    let rows = conn.query(sql, vals![&tenant, hash, Part::Consent.code()]).await?;
    for row in &rows {
        let id: ConsentId = row.id(0)?;
        let plain = scope.open(Part::Consent.table(), id.as_bytes(), row.blob(1)?)?;
        let spoilt = StoreError::Corrupt("a consent does not read");
        let mut record: ConsentRecord = serde_json::from_slice(&plain).map_err(|_| spoilt)?;
        record.address = None;
        record.evidence = None;
        record.proof.ip = None;
        record.proof.document_url = None;
        let plain = serde_json::to_vec(&record).expect("texts are JSON");
        let data = scope.seal(Part::Consent.table(), id.as_bytes(), &plain);
        let sql = "UPDATE sealed SET data = $4 WHERE tenant_id = $1 AND owner = $2 AND part = $3";
        conn.execute(sql, vals![&tenant, &id, Part::Consent.code(), &data]).await?;
    }
    Ok(rows.len() as u64)
}

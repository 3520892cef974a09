//! The consent ledger: appended to and read, never changed.

use tidings_domain::actor::Actor;
use tidings_domain::address::Address;
use tidings_domain::id::{ConsentId, ContactId, Id};

use crate::conn::{Conn, Row, vals};
use crate::error::{Result, StoreError};
use crate::events::Events;
use crate::hot::facts::{Wanted, facts};
use crate::model::{Consent, Hash16, NewConsent, Page, RecipientFacts};
use crate::people::{self, ConsentRecord, SealedConsent};
use crate::scope::{Part, TenantScope};
use crate::store::Store;

const UNREADABLE: StoreError = StoreError::Corrupt("a consent does not read");

impl Store {
    pub async fn add_consent(&self, scope: &TenantScope, new: NewConsent) -> Result<Consent> {
        let consent = Consent {
            id: new.id,
            address: new.address.clone(),
            channel: new.channel,
            purpose: new.purpose,
            granted: new.granted,
            source: new.source.clone(),
            evidence: new.evidence.clone(),
            at: new.at,
            actor: new.actor.to_string(),
        };
        let (own, sealed) = (scope.clone(), SealedConsent::of(scope, &new));
        self.write(move |conn| {
            Box::pin(async move {
                let mut events = Events::default();
                people::add_consent(conn, &own, &new, &sealed, &mut events).await?;
                events.append(conn).await
            })
        })
        .await?;
        Ok(consent)
    }

    /// Newest first; of the person behind an address, by whichever identity, if one is given.
    pub async fn list_consents(
        &self,
        scope: &TenantScope,
        address: Option<&Address>,
        cursor: Option<ConsentId>,
        limit: usize,
    ) -> Result<Page<Consent, ConsentId>> {
        let own = scope.clone();
        let hash = address.map(|address| scope.hash(&address.canonical()));
        let rows = self
            .read(move |conn| {
                Box::pin(async move {
                    let last = cursor.unwrap_or(ConsentId::from_bytes([0xff; 16]));
                    match hash {
                        None => newest(conn, &own, &last, limit).await,
                        Some(hash) => of_person(conn, &own, &hash, &last, limit).await,
                    }
                })
            })
            .await?;
        let items: Result<Vec<Consent>> = rows.iter().map(|row| consent(scope, row)).collect();
        Ok(Page::cut(items?, limit, |consent| consent.id))
    }

    /// What is known of a recipient now, for a dry run.
    pub async fn recipient_facts(
        &self,
        scope: &TenantScope,
        recipient: Hash16,
        sender: tidings_domain::id::SenderId,
    ) -> Result<RecipientFacts> {
        let tenant = scope.tenant();
        self.read(move |conn| {
            Box::pin(async move {
                let wanted = [Wanted { tenant: &tenant, recipient: &recipient, window_of: Some(&sender) }];
                Ok(facts(conn, &wanted).await?.remove(0))
            })
        })
        .await
    }
}

const COLUMNS: &str = "c.id, c.channel, c.purpose, c.granted, c.source, c.at, c.actor, s.data";
const FROM: &str =
    "FROM consents c JOIN sealed s ON s.tenant_id = c.tenant_id AND s.owner = c.id AND s.part = 3";

async fn newest(conn: &Conn, scope: &TenantScope, last: &ConsentId, limit: usize) -> Result<Vec<Row>> {
    let sql =
        format!("SELECT {COLUMNS} {FROM} WHERE c.tenant_id = $1 AND c.id < $2 ORDER BY c.id DESC LIMIT $3");
    conn.query(&sql, vals![&scope.tenant(), last, limit as i64 + 1]).await
}

async fn of_person(
    conn: &Conn,
    scope: &TenantScope,
    hash: &Hash16,
    last: &ConsentId,
    limit: usize,
) -> Result<Vec<Row>> {
    let tenant = scope.tenant();
    let sql = "SELECT contact_id FROM identities WHERE tenant_id = $1 AND hash = $2";
    let hashes = match conn.query_opt(sql, vals![&tenant, hash]).await? {
        None => vec![*hash],
        Some(row) => people::hashes_of(conn, scope, row.id::<ContactId>(0)?).await?,
    };
    let mut rows = Vec::new();
    for hash in &hashes {
        let sql = format!(
            "SELECT {COLUMNS} {FROM} WHERE c.tenant_id = $1 AND c.recipient = $2 AND c.id < $3 ORDER BY c.id DESC LIMIT $4"
        );
        rows.extend(conn.query(&sql, vals![&tenant, hash, last, limit as i64 + 1]).await?);
    }
    rows.sort_by(|a, b| b.blob(0).unwrap_or_default().cmp(a.blob(0).unwrap_or_default()));
    rows.truncate(limit + 1);
    Ok(rows)
}

fn consent(scope: &TenantScope, row: &Row) -> Result<Consent> {
    let id: ConsentId = row.id(0)?;
    let plain = scope.open(Part::Consent.table(), &id.bytes(), row.blob(7)?)?;
    let record: ConsentRecord = serde_json::from_slice(&plain).map_err(|_| UNREADABLE)?;
    let actor: String = row.get(6)?;
    debug_assert!(Actor::parse(&actor).is_some(), "an actor that was written by us is read by us");
    Ok(Consent {
        id,
        address: Address::from_canonical(&record.address).ok_or(UNREADABLE)?,
        channel: row.get(1)?,
        purpose: row.get(2)?,
        granted: row.get(3)?,
        source: row.get(4)?,
        evidence: record.evidence,
        at: row.get(5)?,
        actor,
    })
}

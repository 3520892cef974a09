//! The ledger of consents: appended to, never changed.

use tidings_domain::address::Address;
use tidings_domain::id::{ConsentId, Id as _};

use crate::conn::{Row, vals};
use crate::error::{Result, StoreError};
use crate::events::Events;
use crate::model::{Consent, NewConsent, Page};
use crate::people::{self, ConsentRecord, SealedConsent};
use crate::scope::{Part, TenantScope};
use crate::store::Store;

/// Rows of the ledger with their sealed half; the terms that select follow. The joins of lists are `CROSS JOIN`,
/// which SQLite takes in the order written: left to itself it may begin with the greater table.
const SELECT: &str = "SELECT c.id, c.channel, c.purpose, c.granted, c.source, c.at, c.actor, s.data
    FROM consents c CROSS JOIN sealed s
    WHERE s.tenant_id = c.tenant_id AND s.owner = c.id AND s.part = $2 AND c.tenant_id = $1 AND c.id < $3";

impl Store {
    /// Appends to the ledger; the facts of all identities of the contact follow in the same transaction.
    pub async fn add_consent(&self, scope: &TenantScope, new: NewConsent) -> Result<Consent> {
        let sealed = SealedConsent::of(scope, &new);
        let mut consent = Consent {
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
        let own = scope.clone();
        consent.at = self
            .write(move |conn| {
                Box::pin(async move {
                    let mut events = Events::default();
                    let at = people::add_consent(conn, &own, &new, &sealed, &mut events).await?;
                    events.append(conn).await?;
                    Ok(at)
                })
            })
            .await?;
        Ok(consent)
    }

    /// Newest first; with an address, what concerns the person behind it by any of their identities.
    pub async fn list_consents(
        &self,
        scope: &TenantScope,
        address: Option<&Address>,
        after: Option<ConsentId>,
        limit: usize,
    ) -> Result<Page<Consent, ConsentId>> {
        let tenant = scope.tenant();
        let person = address.map(|address| scope.hash(&address.canonical()));
        let before = after.map_or([0xff; 16], |id| id.bytes());
        let rows = self
            .read(move |conn| {
                Box::pin(async move {
                    let (part, limit) = (Part::Consent.code(), limit as i64 + 1);
                    let Some(hash) = person else {
                        let sql = format!("{SELECT} ORDER BY c.id DESC LIMIT $4");
                        return conn.query(&sql, vals![&tenant, part, &before, limit]).await;
                    };
                    let sql = format!(
                        "{SELECT} AND c.recipient IN (SELECT i.hash FROM identities i WHERE i.tenant_id = $1
                         AND i.contact_id = (SELECT contact_id FROM identities WHERE tenant_id = $1 AND hash = $5))
                         ORDER BY c.id DESC LIMIT $4"
                    );
                    conn.query(&sql, vals![&tenant, part, &before, limit, &hash]).await
                })
            })
            .await?;
        let items = rows.iter().map(|row| consent(scope, row)).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(items, limit, |consent| consent.id))
    }
}

fn consent(scope: &TenantScope, row: &Row) -> Result<Consent> {
    let id: ConsentId = row.id(0)?;
    let unreadable = StoreError::Corrupt("a consent does not read");
    let plain = scope.open(Part::Consent.table(), id.as_bytes(), row.blob(7)?)?;
    let record: ConsentRecord = serde_json::from_slice(&plain).map_err(|_| unreadable.clone())?;
    Ok(Consent {
        id,
        address: Address::from_canonical(&record.address).ok_or(unreadable)?,
        channel: row.get(1)?,
        purpose: row.get(2)?,
        granted: row.get(3)?,
        source: row.get(4)?,
        evidence: record.evidence,
        at: row.get(5)?,
        actor: row.get(6)?,
    })
}

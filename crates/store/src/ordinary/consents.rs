//! The ledger of consents: appended to, never changed.

use tidings_domain::address::Address;
use tidings_domain::consent::Basis;
use tidings_domain::id::{ConsentId, Id as _};

use super::newest_first;
use crate::conn::{Row, vals};
use crate::consents::{self, ConsentRecord, SealedConsent};
use crate::error::{Result, StoreError};
use crate::events::Events;
use crate::limits::LEDGER_OF_PERSON_MAX;
use crate::model::{About, Appended, Consent, NewConsent, Page};
use crate::people;
use crate::scope::{Part, TenantScope};
use crate::store::Store;

/// Rows of the ledger with their sealed half; the terms that select follow. The joins of lists are `CROSS JOIN`,
/// which SQLite takes in the order written: left to itself it may begin with the greater table.
fn select(consents: &str) -> String {
    format!(
        "SELECT c.id, c.channel, c.purpose, c.topic, c.granted, c.source, c.source_detail, c.basis, c.at,
         c.recorded_at, c.actor, s.data FROM {consents} CROSS JOIN sealed s
         WHERE s.tenant_id = c.tenant_id AND s.owner = c.id AND s.part = $2 AND c.tenant_id = $1 AND c.id < $3"
    )
}

impl Store {
    /// Appends to the ledger; the facts of all identities of the contact follow in the same transaction.
    pub async fn add_consent(&self, scope: &TenantScope, new: NewConsent) -> Result<Consent> {
        let mut consent = Consent {
            id: new.id,
            address: Some(new.address.clone()),
            channel: new.channel,
            purpose: new.purpose,
            granted: new.granted,
            source: new.source,
            about: new.about.clone(),
            at: new.at,
            recorded_at: self.now(),
            actor: new.actor.to_string(),
        };
        if let Some(Appended::At(at)) = self.add_consents(scope, vec![new]).await?.first() {
            consent.at = *at;
        }
        Ok(consent)
    }

    /// Appends several entries in one transaction, in their order.
    pub async fn add_consents(&self, scope: &TenantScope, new: Vec<NewConsent>) -> Result<Vec<Appended>> {
        let sealed: Vec<SealedConsent> = new.iter().map(|each| SealedConsent::of(scope, each)).collect();
        let (own, now) = (scope.clone(), self.now());
        self.write(move |conn| {
            Box::pin(async move {
                let mut events = Events::default();
                let mut done = Vec::with_capacity(new.len());
                for (each, sealed) in new.iter().zip(&sealed) {
                    done.push(consents::add_consent(conn, &own, each, sealed, now, &mut events).await?);
                }
                events.append(conn).await?;
                Ok(done)
            })
        })
        .await
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
                        let sql = format!("{} ORDER BY c.id DESC LIMIT $4", select("consents c"));
                        return conn.query(&sql, vals![&tenant, part, &before, limit]).await;
                    };
                    let consents = conn.by_index("consents c", "consents_by_recipient");
                    let sql =
                        format!("{} AND c.recipient = $5 ORDER BY c.id DESC LIMIT $4", select(&consents));
                    let mut rows = Vec::new();
                    for hash in people::names_of(conn, tenant, hash).await? {
                        rows.extend(conn.query(&sql, vals![&tenant, part, &before, limit, &hash]).await?);
                    }
                    newest_first(rows)
                })
            })
            .await?;
        let items = rows.iter().map(|row| consent(scope, row)).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(items, limit, |consent| consent.id))
    }

    /// The whole ledger of the person behind an address, newest first.
    pub async fn ledger_of(&self, scope: &TenantScope, address: &Address) -> Result<Vec<Consent>> {
        Ok(self.list_consents(scope, Some(address), None, LEDGER_OF_PERSON_MAX).await?.items)
    }
}

fn consent(scope: &TenantScope, row: &Row) -> Result<Consent> {
    let id: ConsentId = row.id(0)?;
    let unreadable = StoreError::Corrupt("a consent does not read");
    let plain = scope.open(Part::Consent.table(), id.as_bytes(), row.blob(11)?)?;
    let record: ConsentRecord = serde_json::from_slice(&plain).map_err(|_| unreadable.clone())?;
    let address = record.address.map(|text| Address::from_canonical(&text).ok_or(unreadable)).transpose()?;
    let basis: Option<String> = row.get(7)?;
    Ok(Consent {
        id,
        address,
        channel: consents::reach(row, 1)?,
        purpose: consents::purpose(row, 2)?,
        granted: row.get(4)?,
        source: consents::source(row, 5)?,
        about: About {
            source_detail: row.get(6)?,
            basis: basis.as_deref().and_then(Basis::parse),
            proof: record.proof,
            evidence: record.evidence,
        },
        at: row.get(8)?,
        recorded_at: row.get(9)?,
        actor: row.get(10)?,
    })
}

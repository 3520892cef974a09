//! Many people at once, for dry runs: who they are, and what is known of them.

use tidings_domain::address::Address;
use tidings_domain::category::Category;
use tidings_domain::id::{ContactId, SenderId};
use tidings_domain::time::Timestamp;

use super::contacts::open_address;
use crate::conn::vals;
use crate::error::Result;
use crate::hot::facts::{Wanted, facts};
use crate::hot::tally;
use crate::limits::AUDIENCE_PAGE;
use crate::model::{Hash16, RecipientFacts, Watch};
use crate::scope::TenantScope;
use crate::store::Store;

/// A contact's address, with the key under which the next page goes on.
#[derive(Debug, Clone)]
pub struct Reachable {
    pub hash: Hash16,
    pub contact: ContactId,
    pub address: Address,
}

impl Store {
    /// Addresses of contacts that a message can go to, a page in the order of their hashes: numbers, and user ids of
    /// those of whom no number is known.
    pub async fn reachable(&self, scope: &TenantScope, after: Option<Hash16>) -> Result<Vec<Reachable>> {
        let (tenant, after) = (scope.tenant(), after.unwrap_or(Hash16([0; 16])));
        let rows = self
            .read(move |conn| {
                Box::pin(async move {
                    let identities = conn.by_index("identities p", "identities_by_contact");
                    let sql = format!(
                        "SELECT i.hash, i.contact_id, i.value FROM identities i
                        WHERE i.tenant_id = $1 AND i.hash > $2 AND (i.kind = 'phone' OR i.kind = 'bsuid' AND NOT EXISTS
                        (SELECT 1 FROM {identities} WHERE p.tenant_id = $1 AND p.contact_id = i.contact_id
                         AND p.kind = 'phone'))
                        ORDER BY i.hash LIMIT $3"
                    );
                    let limit = i64::try_from(AUDIENCE_PAGE).unwrap_or(i64::MAX);
                    conn.query(&sql, vals![&tenant, &after, limit]).await
                })
            })
            .await?;
        rows.iter()
            .map(|row| {
                let hash = row.get(0)?;
                Ok(Reachable { hash, contact: row.id(1)?, address: open_address(scope, hash, row.blob(2)?)? })
            })
            .collect()
    }

    /// What is known of many recipients, in their order, with what a claim would count.
    pub async fn audience_facts(
        &self,
        scope: &TenantScope,
        people: Vec<(Hash16, SenderId)>,
        category: Category,
        watch: Watch,
        at: Timestamp,
    ) -> Result<Vec<RecipientFacts>> {
        let tenant = scope.tenant();
        self.read(move |conn| {
            Box::pin(async move {
                let wanted: Vec<Wanted<'_>> = people
                    .iter()
                    .map(|(recipient, sender)| Wanted {
                        tenant: &tenant,
                        recipient,
                        window_of: Some(sender),
                        message: None,
                    })
                    .collect();
                let mut known = facts(conn, &wanted).await?;
                let hashes: Vec<Hash16> = people.iter().map(|(hash, _)| *hash).collect();
                tally::tell_all(conn, tenant, &hashes, category, watch, at, &mut known).await?;
                Ok(known)
            })
        })
        .await
    }
}

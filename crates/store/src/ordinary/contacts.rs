//! Contacts: the ways to reach a person, and what is known when they are written to.

use tidings_domain::address::Address;
use tidings_domain::id::{ContactId, SenderId};
use tidings_domain::time::Timestamp;

use crate::conn::vals;
use crate::error::{Result, StoreError};
use crate::hot::facts::{Wanted, facts};
use crate::model::{Contact, Hash16, RecipientFacts};
use crate::people::{FORMER, IDENTITY, MERGED, sign_of};
use crate::scope::TenantScope;
use crate::store::Store;

impl Store {
    /// A contact by its id, or by that of one that was merged into it.
    pub async fn contact(&self, scope: &TenantScope, id: ContactId) -> Result<Option<Contact>> {
        let (tenant, sign) = (scope.tenant(), sign_of(scope, id));
        let found = self
            .read(move |conn| {
                Box::pin(async move {
                    let sql = "SELECT id, created_at FROM contacts WHERE tenant_id = $1 AND id = COALESCE(
                        (SELECT contact_id FROM identities WHERE tenant_id = $1 AND hash = $3 AND kind = $4), $2)";
                    let Some(row) = conn.query_opt(sql, vals![&tenant, &id, &sign, MERGED]).await? else {
                        return Ok(None);
                    };
                    let (id, created_at): (ContactId, Timestamp) = (row.id(0)?, row.get(1)?);
                    let identities = conn.by_index("identities", "identities_by_contact");
                    let sql = format!(
                        "SELECT hash, value FROM {identities} WHERE tenant_id = $1 AND contact_id = $2
                         AND kind <> $3 AND kind <> $4 ORDER BY kind DESC, created_at, hash"
                    );
                    let rows = conn.query(&sql, vals![&tenant, &id, MERGED, FORMER]).await?;
                    Ok(Some((id, created_at, rows)))
                })
            })
            .await?;
        let Some((id, created_at, rows)) = found else { return Ok(None) };
        let addresses = rows.iter().map(|row| open_address(scope, row.get(0)?, row.blob(1)?));
        Ok(Some(Contact { id, created_at, addresses: addresses.collect::<Result<_>>()? }))
    }

    /// The addresses of a contact, phone numbers first; none if the tenant has no such contact.
    pub async fn contact_addresses(&self, scope: &TenantScope, contact: ContactId) -> Result<Vec<Address>> {
        Ok(self.contact(scope, contact).await?.map(|contact| contact.addresses).unwrap_or_default())
    }

    /// The person behind an address, if the tenant knows one.
    pub async fn contact_of(&self, scope: &TenantScope, address: &Address) -> Result<Option<ContactId>> {
        let (tenant, hash) = (scope.tenant(), scope.hash(&address.canonical()));
        self.read(move |conn| {
            Box::pin(async move {
                let sql = "SELECT contact_id FROM identities WHERE tenant_id = $1 AND hash = $2";
                conn.query_opt(sql, vals![&tenant, &hash]).await?.map(|row| row.id(0)).transpose()
            })
        })
        .await
    }

    /// What is known of a recipient, the service window towards a sender included.
    pub async fn recipient_facts(
        &self,
        scope: &TenantScope,
        recipient: Hash16,
        sender: SenderId,
    ) -> Result<RecipientFacts> {
        let tenant = scope.tenant();
        self.read(move |conn| {
            Box::pin(async move {
                let wanted = Wanted {
                    tenant: &tenant,
                    recipient: &recipient,
                    window_of: Some(&sender),
                    message: None,
                };
                Ok(facts(conn, &[wanted]).await?.pop().unwrap_or_default())
            })
        })
        .await
    }
}

pub(super) fn open_address(scope: &TenantScope, hash: Hash16, sealed: &[u8]) -> Result<Address> {
    let text = scope.open_text(IDENTITY, &hash.0, sealed)?;
    Address::from_canonical(&text).ok_or(StoreError::Corrupt("an identity is no address"))
}

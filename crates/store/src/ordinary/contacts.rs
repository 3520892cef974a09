//! Contacts: the ways to reach one person.

use tidings_domain::address::Address;
use tidings_domain::id::ContactId;

use crate::conn::vals;
use crate::error::{Result, StoreError};
use crate::model::Hash16;
use crate::people::IDENTITY;
use crate::scope::TenantScope;
use crate::store::Store;

impl Store {
    /// The addresses of a contact, phone first; empty where there is no such contact.
    pub async fn contact_addresses(&self, scope: &TenantScope, contact: ContactId) -> Result<Vec<Address>> {
        let tenant = scope.tenant();
        let rows = self
            .read(move |conn| {
                Box::pin(async move {
                    let sql = "SELECT hash, value FROM identities WHERE tenant_id = $1 AND contact_id = $2
                        ORDER BY kind DESC, hash";
                    conn.query(sql, vals![&tenant, &contact]).await
                })
            })
            .await?;
        rows.iter()
            .map(|row| {
                let hash: Hash16 = row.get(0)?;
                let canonical = scope.open_text(IDENTITY, &hash.0, row.blob(1)?)?;
                Address::from_canonical(&canonical).ok_or(StoreError::Corrupt("an identity does not read"))
            })
            .collect()
    }
}

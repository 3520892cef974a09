//! Tags of contacts: the attributes that are true of them, as rules see them.

use serde_json::Value;
use tidings_domain::id::ContactId;

use crate::cards;
use crate::conn::{Batch, Bulk, cells};
use crate::error::Result;
use crate::limits::CONTACT_TAGS_MAX;
use crate::model::Hash16;
use crate::scope::TenantScope;
use crate::store::Store;

const PROFILES: Bulk = Bulk {
    sqlite: "SELECT c.id, c.profile FROM identities i JOIN contacts c ON c.tenant_id = i.tenant_id
        AND c.id = i.contact_id WHERE i.tenant_id = ?1 AND i.hash = ?2 AND c.profile IS NOT NULL",
    postgres: "SELECT k.ord, c.id, c.profile
        FROM UNNEST($1::bytea[], $2::bytea[]) WITH ORDINALITY AS k (tenant_id, hash, ord)
        JOIN identities i ON i.tenant_id = k.tenant_id AND i.hash = k.hash
        JOIN contacts c ON c.tenant_id = i.tenant_id AND c.id = i.contact_id WHERE c.profile IS NOT NULL",
};

impl Store {
    /// The names of the boolean attributes that are true of each of these people, in their order; at most
    /// [`CONTACT_TAGS_MAX`] of one person.
    pub async fn contact_tags(&self, scope: &TenantScope, people: Vec<Hash16>) -> Result<Vec<Vec<String>>> {
        let tenant = scope.tenant();
        let mut tags = vec![Vec::new(); people.len()];
        let rows = self
            .read(move |conn| {
                Box::pin(async move {
                    let mut keys = Batch::new(2, people.len());
                    for hash in &people {
                        keys.push(cells![&tenant, hash]);
                    }
                    conn.lookup(&PROFILES, &keys).await
                })
            })
            .await?;
        for (index, row) in rows {
            let id: ContactId = row.id(0)?;
            let profile = cards::opened(scope, id, row.get(1)?)?;
            let on = profile.attributes.into_iter().filter(|(_, value)| *value == Value::Bool(true));
            tags[index] = on.map(|(name, _)| name).take(CONTACT_TAGS_MAX).collect();
        }
        Ok(tags)
    }
}

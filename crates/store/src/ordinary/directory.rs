//! All contacts of a tenant: page by page, and taken in by an import.

use std::collections::HashMap;

use serde_json::json;

use tidings_domain::actor::Actor;
use tidings_domain::address::Address;
use tidings_domain::event::Kind;
use tidings_domain::id::{ContactId, Id as _};
use tidings_domain::time::Timestamp;

use super::contacts::open_address;
use super::log;
use crate::cards;
use crate::conn::{Conn, vals};
use crate::consents;
use crate::error::Result;
use crate::model::{ContactCard, NewContact, Page};
use crate::people::{self, FORMER, Identity, MERGED};
use crate::scope::TenantScope;
use crate::store::Store;

/// What came of a line about a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    Known,
    /// Its addresses belong to two contacts, and nothing says that they are one person.
    TwoPeople,
}

impl Store {
    /// Contacts, newest first, without those that were erased.
    pub async fn contacts(
        &self,
        scope: &TenantScope,
        after: Option<ContactId>,
        limit: usize,
    ) -> Result<Page<ContactCard, ContactId>> {
        let tenant = scope.tenant();
        let before = after.map_or([0xff; 16], |id| id.bytes());
        let (people, names) = self
            .read(move |conn| {
                Box::pin(async move {
                    let sql = "SELECT id, created_at, profile FROM contacts WHERE tenant_id = $1 AND id < $2
                        AND erased_at IS NULL ORDER BY id DESC LIMIT $3";
                    let people = conn.query(sql, vals![&tenant, &before, limit as i64 + 1]).await?;
                    let (Some(first), Some(last)) = (people.last(), people.first()) else {
                        return Ok((people, Vec::new()));
                    };
                    let (first, last): (ContactId, ContactId) = (first.id(0)?, last.id(0)?);
                    let identities = conn.by_index("identities", "identities_by_contact");
                    let sql = format!(
                        "SELECT contact_id, hash, value FROM {identities} WHERE tenant_id = $1
                         AND contact_id >= $2 AND contact_id <= $3 AND kind <> $4 AND kind <> $5
                         ORDER BY kind DESC, created_at, hash"
                    );
                    let names = conn.query(&sql, vals![&tenant, &first, &last, MERGED, FORMER]).await?;
                    Ok((people, names))
                })
            })
            .await?;
        let mut addresses: HashMap<ContactId, Vec<Address>> = HashMap::with_capacity(people.len());
        for row in &names {
            let address = open_address(scope, row.get(1)?, row.blob(2)?)?;
            addresses.entry(row.id(0)?).or_default().push(address);
        }
        let mut cards = Vec::with_capacity(people.len());
        for row in &people {
            let id: ContactId = row.id(0)?;
            cards.push(ContactCard {
                id,
                created_at: row.get(1)?,
                erased_at: None,
                addresses: addresses.remove(&id).unwrap_or_default(),
                profile: cards::opened(scope, id, row.get(2)?)?,
            });
        }
        Ok(Page::cut(cards, limit, |card| card.id))
    }

    /// Writes down that somebody took all contacts with them.
    pub async fn note_export(&self, scope: &TenantScope, actor: Actor, at: Timestamp) -> Result<()> {
        let tenant = scope.tenant();
        self.write(move |conn| {
            Box::pin(async move {
                log(conn, tenant, Kind::ContactExported, tenant.bytes(), actor, at, json!({})).await
            })
        })
        .await
    }
}

/// Makes or completes the contact of these addresses. Strangers among the addresses become part of it; two contacts
/// are never made one by a line of a file.
pub(super) async fn take_contact(
    conn: &Conn,
    scope: &TenantScope,
    (new, identities): (&NewContact, &[Identity]),
    at: Timestamp,
) -> Result<Taken> {
    let tenant = scope.tenant();
    let mut owner: Option<ContactId> = None;
    for identity in identities {
        let sql = "SELECT contact_id FROM identities WHERE tenant_id = $1 AND hash = $2 AND kind <> $3";
        if let Some(row) = conn.query_opt(sql, vals![&tenant, &identity.hash, FORMER]).await? {
            let found = row.id(0)?;
            if owner.is_some_and(|known| known != found) {
                return Ok(Taken::TwoPeople);
            }
            owner = Some(found);
        }
    }
    let (contact, _) = people::link(conn, scope, identities, at).await?;
    consents::lock(conn, scope, contact).await?;
    let before = cards::profile(conn, scope, contact).await?;
    let mut after = before.clone();
    after.overlay(new.profile.clone());
    if after != before {
        cards::set_profile(conn, scope, contact, &after).await?;
        let what = (Kind::ContactChanged, "changed");
        cards::note(conn, scope, contact, what, new.actor, at, &json!({"by": "import"})).await?;
    }
    Ok(Taken::Known)
}

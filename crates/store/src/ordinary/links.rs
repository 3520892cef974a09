//! Links that a recipient is given: an unguessable token, stored as a keyed hash, with what it stands for sealed.

use serde_json::json;

use tidings_domain::actor::Actor;
use tidings_domain::address::Address;
use tidings_domain::event::Kind;
use tidings_domain::id::Id as _;
use tidings_domain::secret::Secret;
use tidings_domain::time::{DAY, Timestamp};

use super::log;
use crate::conn::vals;
use crate::consents::{self, SealedConsent};
use crate::error::{Result, StoreError};
use crate::events::Events;
use crate::model::{FoundLink, LinkKind, NewConsent, NewLink};
use crate::people::{self, Identity};
use crate::scope::TenantScope;
use crate::store::Store;

/// What `public_links.data` is sealed for; the row is the hash.
const LINKS: &str = "public_links";
/// For so long after its end a link is still told apart from a forged one.
const REMEMBERED_US: i64 = 30 * DAY;

impl Store {
    /// Makes a link for the person behind an address; they become a contact if they are none.
    pub async fn mint_link(
        &self,
        scope: &TenantScope,
        new: NewLink,
        actor: Actor,
        at: Timestamp,
    ) -> Result<Secret> {
        let token = self.random_token("");
        let hash = self.hash_token(token.expose());
        let data = scope.seal(LINKS, &hash, new.data.as_bytes());
        let identity = Identity::of(scope, &new.address);
        let own = scope.clone();
        self.write(move |conn| {
            Box::pin(async move {
                let tenant = own.tenant();
                let sql = "DELETE FROM public_links WHERE expires_at < $1";
                conn.execute(sql, vals![at.plus(-REMEMBERED_US)]).await?;
                let (contact, _) = people::link(conn, &own, std::slice::from_ref(&identity), at).await?;
                let sql = "INSERT INTO public_links (hash, tenant_id, kind, recipient, data, created_at, expires_at)
                    VALUES ($1, $2, $3, $4, $5, $6, $7)";
                let kind = new.kind as i64;
                let params = vals![&hash, &tenant, kind, &identity.hash, &data, at, new.expires_at];
                conn.execute(sql, params).await?;
                let kind = match new.kind {
                    LinkKind::Preferences => Kind::PreferenceLinkMade,
                    LinkKind::Confirmation => Kind::ConsentPending,
                };
                let body = json!({"expires_at": new.expires_at});
                log(conn, tenant, kind, contact.bytes(), actor, at, body).await
            })
        })
        .await?;
        Ok(token)
    }

    /// What a token stands for, with the scope of its tenant. `None`: nobody ever made it.
    pub async fn link(&self, token: &str, kind: LinkKind) -> Result<Option<(TenantScope, FoundLink)>> {
        let hash = self.hash_token(token);
        let row = self
            .read(move |conn| {
                Box::pin(async move {
                    let sql = "SELECT tenant_id, recipient, data, expires_at, used_at FROM public_links
                        WHERE hash = $1 AND kind = $2";
                    conn.query_opt(sql, vals![&hash, kind as i64]).await
                })
            })
            .await?;
        let Some(row) = row else { return Ok(None) };
        let scope = self.scope_of(row.id(0)?).await?;
        let scope = scope.ok_or(StoreError::Corrupt("a link of no tenant"))?;
        let data = scope.open_text(LINKS, &hash, row.blob(2)?)?;
        let found = FoundLink { recipient: row.get(1)?, data, expires_at: row.get(3)?, used_at: row.get(4)? };
        Ok(Some((scope, found)))
    }

    /// Uses a link up and appends these entries with it; whether this was the first use.
    pub async fn use_link(
        &self,
        scope: &TenantScope,
        token: &str,
        new: Vec<NewConsent>,
        at: Timestamp,
    ) -> Result<bool> {
        let sealed: Vec<SealedConsent> = new.iter().map(|each| SealedConsent::of(scope, each)).collect();
        let (own, hash) = (scope.clone(), self.hash_token(token));
        self.write(move |conn| {
            Box::pin(async move {
                let sql = "UPDATE public_links SET used_at = $3
                    WHERE hash = $1 AND tenant_id = $2 AND used_at IS NULL";
                if conn.execute(sql, vals![&hash, &own.tenant(), at]).await? == 0 {
                    return Ok(false);
                }
                let mut events = Events::default();
                for (each, sealed) in new.iter().zip(&sealed) {
                    consents::add_consent(conn, &own, each, sealed, at, &mut events).await?;
                }
                events.append(conn).await?;
                Ok(true)
            })
        })
        .await
    }

    /// How many links of a kind were made for an address since a time, counted up to a limit.
    pub async fn links_since(
        &self,
        scope: &TenantScope,
        address: &Address,
        kind: LinkKind,
        since: Timestamp,
    ) -> Result<u32> {
        let (tenant, hash) = (scope.tenant(), scope.hash(&address.canonical()));
        self.read(move |conn| {
            Box::pin(async move {
                let sql = "SELECT COUNT(*) FROM public_links
                    WHERE tenant_id = $1 AND recipient = $2 AND created_at > $3 AND kind = $4";
                let row = conn.query_opt(sql, vals![&tenant, &hash, since, kind as i64]).await?;
                row.map_or(Ok(0), |row| row.get(0))
            })
        })
        .await
    }

    /// All addresses of the person behind one, phone numbers first; that one alone if nobody is known.
    pub async fn addresses_like(&self, scope: &TenantScope, address: &Address) -> Result<Vec<Address>> {
        let contact = self.contact_of(scope, address).await?;
        let known = match contact {
            Some(contact) => self.contact_addresses(scope, contact).await?,
            None => Vec::new(),
        };
        Ok(if known.is_empty() { vec![address.clone()] } else { known })
    }
}

//! One click that ends marketing by e-mail (RFC 8058). The address in the mail's head alone says who and what; looking
//! at it changes nothing, posting to it does.

use tidings_domain::actor::Actor;
use tidings_domain::address::{Address, Email};
use tidings_domain::category::{Category, Channel};
use tidings_domain::consent::{MarketingRule, Proof, Purpose, Source, Standing};
use tidings_domain::id::{Id as _, SenderId};
use tidings_store::Store;
use tidings_store::model::{About, Counting, NewConsent};
use tidings_store::scope::TenantScope;

use super::preferences::{Closed, Shown};
use crate::intake::unsubscribe::PURPOSE;
use crate::limits::UNSUBSCRIBE_CHARS_MAX;
use crate::pipeline::Engine;

/// What the page shows.
#[derive(Debug)]
pub struct Unsubscribing {
    pub business: String,
    /// Whether marketing goes to this address now.
    pub on: bool,
}

struct Opened {
    store: Store,
    scope: TenantScope,
    address: Address,
}

impl Engine {
    /// What the page behind such an address shows.
    pub async fn unsubscribing(&self, region: &str, token: &str) -> Result<Unsubscribing, Closed> {
        let opened = self.open_unsubscribe(region, token).await?;
        let snapshot = self.0.catalogs.get(&opened.store, &opened.scope, self.now()).await?;
        let recipient = opened.scope.hash(&opened.address.canonical());
        // The service window is of no interest, and so is the sender.
        let sender = SenderId::from_bytes([0; 16]);
        let facts = opened.store.recipient_facts(&opened.scope, recipient, sender).await?;
        let settings = &snapshot.consent.settings;
        let on = match facts.choices.standing(Purpose::Category(Category::Marketing), Channel::Email) {
            Standing::Granted(_) => true,
            Standing::Revoked(_) => false,
            Standing::Silent => settings.marketing == MarketingRule::OptOut,
        };
        Ok(Unsubscribing { business: settings.business_name.clone().unwrap_or_default(), on })
    }

    /// Ends marketing by e-mail to the address of the token. Once or often is the same.
    pub async fn unsubscribe(&self, region: &str, token: &str, shown: Shown) -> Result<(), Closed> {
        let opened = self.open_unsubscribe(region, token).await?;
        let now = self.now();
        let proof = Proof {
            text: None,
            text_version: Some(shown.text_version.to_owned()),
            business_name: None,
            ip: shown.ip,
            language: Some(shown.language).filter(|language| !language.is_empty()),
            document_url: None,
        };
        let entry = NewConsent {
            id: self.0.ids.next(now),
            address: opened.address,
            channel: Channel::Email.into(),
            purpose: Purpose::Category(Category::Marketing),
            granted: false,
            source: Source::OneClick,
            about: About {
                source_detail: Some("list_unsubscribe".to_owned()),
                basis: None,
                proof,
                evidence: None,
            },
            at: now,
            counting: Counting::Now,
            actor: Actor::Recipient,
        };
        opened.store.add_consents(&opened.scope, vec![entry]).await?;
        self.tick();
        Ok(())
    }

    async fn open_unsubscribe(&self, region: &str, token: &str) -> Result<Opened, Closed> {
        if token.len() > UNSUBSCRIBE_CHARS_MAX || !token.is_ascii() {
            return Err(Closed::Unknown);
        }
        let store = self.region(region).ok_or(Closed::Unknown)?.clone();
        let (scope, email) = store.open_token(PURPOSE, token).await?.ok_or(Closed::Unknown)?;
        let email = Email::parse(&email).map_err(|_| Closed::Unknown)?;
        Ok(Opened { store, scope, address: Address::Email(email) })
    }
}

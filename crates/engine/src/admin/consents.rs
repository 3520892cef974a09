//! Consent: granted and revoked, never changed; and the recipients that cannot be reached.

use tidings_domain::actor::Permission;
use tidings_domain::address::Address;
use tidings_domain::category::{Category, Channel};
use tidings_store::model::{Consent, InvalidRecipient, NewConsent, Page};

use crate::caller::Caller;
use crate::error::{EngineError, Result};
use crate::limits::{EVIDENCE_BYTES_MAX, SOURCE_CHARS_MAX};
use crate::pipeline::Engine;
use crate::report::{limit, store_cursor};

#[derive(Debug)]
pub struct NewConsentInput {
    pub address: Address,
    pub channel: Channel,
    pub purpose: Category,
    pub granted: bool,
    pub source: String,
    /// JSON.
    pub evidence: Option<String>,
}

impl Engine {
    pub async fn add_consent(&self, caller: &Caller, input: NewConsentInput) -> Result<Consent> {
        caller.require(Permission::ConsentsWrite)?;
        if input.source.trim().is_empty() || input.source.chars().count() > SOURCE_CHARS_MAX {
            return Err(EngineError::invalid(
                "source",
                "source.size",
                "Say in a word or two where the consent comes from.",
            ));
        }
        if input.evidence.as_ref().is_some_and(|text| text.len() > EVIDENCE_BYTES_MAX) {
            return Err(EngineError::invalid(
                "evidence",
                "evidence.size",
                "The evidence is too large; link to it.",
            ));
        }
        let now = self.now();
        let new = NewConsent {
            id: self.0.ids.next(now),
            address: input.address,
            channel: input.channel,
            purpose: input.purpose,
            granted: input.granted,
            source: input.source,
            evidence: input.evidence,
            at: now,
            actor: caller.actor,
        };
        let consent = caller.store.add_consent(&caller.scope, new).await?;
        self.tick();
        Ok(consent)
    }

    /// The ledger, newest first; of one person if an address is given.
    pub async fn consents(
        &self,
        caller: &Caller,
        address: Option<Address>,
        cursor: Option<&str>,
        max: Option<usize>,
    ) -> Result<Page<Consent, String>> {
        caller.require(Permission::ConsentsRead)?;
        let page = caller
            .store
            .list_consents(&caller.scope, address.as_ref(), store_cursor(cursor)?, limit(max)?)
            .await?;
        Ok(page.encoded())
    }

    pub async fn invalid_recipients(
        &self,
        caller: &Caller,
        cursor: Option<&str>,
        max: Option<usize>,
    ) -> Result<Page<InvalidRecipient, String>> {
        caller.require(Permission::ConsentsRead)?;
        let page = caller.store.invalid_recipients(&caller.scope, store_cursor(cursor)?, limit(max)?).await?;
        Ok(page.encoded())
    }

    /// Forgets that a recipient was called unreachable.
    pub async fn lift_invalid(&self, caller: &Caller, address: &Address) -> Result<()> {
        caller.require(Permission::ConsentsWrite)?;
        if caller.store.lift_invalid(&caller.scope, address, caller.actor, self.now()).await? {
            Ok(())
        } else {
            Err(EngineError::NotFound("remembered invalid recipient"))
        }
    }
}

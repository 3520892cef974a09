//! Capture: a submitted form, a double opt-in and its confirmation.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use tidings_domain::actor::{Actor, Permission, Role};
use tidings_domain::address::Address;
use tidings_domain::consent::{Basis, Confirmation, Form, Proof, Purpose, Reach, Source};
use tidings_domain::id::{FormId, Id};
use tidings_domain::time::{DAY, Timestamp};
use tidings_store::Store;
use tidings_store::model::{About, Counting, LinkKind, NewConsent, NewLink};
use tidings_store::scope::TenantScope;

use super::ledger::purpose_of;
use super::preferences::{Closed, Link};
use crate::caller::Caller;
use crate::error::{EngineError, Result};
use crate::intake::AcceptOptions;
use crate::limits::{CONFIRM_LINKS_PER_DAY_MAX, TOKEN_CHARS_MAX};
use crate::pipeline::Engine;

/// A double opt-in is confirmed within this time.
const CONFIRM_WITHIN_US: i64 = 7 * DAY;

/// What a person is asked to agree to.
#[derive(Debug)]
pub struct OptIn {
    pub address: Address,
    pub channel: Reach,
    /// Categories, or codes of topics.
    pub purposes: Vec<String>,
    pub source: Source,
    pub source_detail: Option<String>,
    pub proof: Proof,
    pub confirmation: Option<Confirmation>,
}

/// What waits for its confirmation; sealed with the link.
#[derive(Serialize, Deserialize)]
struct Pending {
    address: String,
    channel: Reach,
    purposes: Vec<String>,
    source: Source,
    source_detail: Option<String>,
    proof: Proof,
    asked_at: Timestamp,
}

/// What the page of a confirmation shows.
#[derive(Debug)]
pub struct Asked {
    pub business: String,
    pub text: String,
    pub language: Option<String>,
    /// It was confirmed before.
    pub done: bool,
}

/// What came of a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Submitted {
    Recorded,
    /// A link is on its way to the person.
    Pending,
}

impl Engine {
    /// Begins a double opt-in: the link goes out by the confirmation's template, or is handed to the caller to send.
    /// Nothing counts before the person has confirmed.
    pub async fn begin_opt_in(&self, caller: &Caller, asked: OptIn, base: &str) -> Result<Link> {
        caller.require(Permission::ConsentsWrite)?;
        asked.proof.check().map_err(EngineError::Invalid)?;
        let snapshot = self.snapshot(caller).await?;
        if asked.purposes.is_empty() {
            let words = "Name at least one purpose.";
            return Err(EngineError::invalid("purposes", "purposes.count", words));
        }
        for purpose in &asked.purposes {
            purpose_of(&snapshot, purpose).map_err(|problem| EngineError::Invalid(vec![problem]))?;
        }
        let now = self.now();
        let made = caller
            .store
            .links_since(&caller.scope, &asked.address, LinkKind::Confirmation, now.plus(-DAY))
            .await?;
        if made >= CONFIRM_LINKS_PER_DAY_MAX {
            return Err(EngineError::TooMany { retry_after_s: 3_600 });
        }
        let pending = Pending {
            address: asked.address.canonical(),
            channel: asked.channel,
            purposes: asked.purposes,
            source: asked.source,
            source_detail: asked.source_detail,
            proof: asked.proof,
            asked_at: now,
        };
        let data = serde_json::to_string(&pending).expect("texts are JSON");
        let expires_at = now.plus(CONFIRM_WITHIN_US);
        let new = NewLink { kind: LinkKind::Confirmation, address: asked.address.clone(), data, expires_at };
        let token = caller.store.mint_link(&caller.scope, new, caller.actor, now).await?;
        let path = format!("/p/{}/c/{}", caller.region, token.expose());
        if let Some(confirmation) = &asked.confirmation {
            let link = format!("{}{path}", base.trim_end_matches('/'));
            let intent = intent(confirmation, &asked.address, &link, token.expose());
            let options = AcceptOptions { idempotency_key: None, method_path: "double opt-in", trace: None };
            self.accept(caller, intent.to_string().as_bytes(), options).await?;
        }
        Ok(Link { path, expires_at })
    }

    /// What the page of a confirmation shows.
    pub async fn asked(&self, region: &str, token: &str) -> std::result::Result<Asked, Closed> {
        let (_, _, pending, done) = self.open_pending(region, token).await?;
        Ok(Asked {
            business: pending.proof.business_name.unwrap_or_default(),
            text: pending.proof.text.unwrap_or_default(),
            language: pending.proof.language,
            done,
        })
    }

    /// The person confirms; whether they had not before.
    pub async fn confirm(
        &self,
        region: &str,
        token: &str,
        ip: Option<String>,
    ) -> std::result::Result<bool, Closed> {
        let (store, scope, pending, done) = self.open_pending(region, token).await?;
        if done {
            return Ok(false);
        }
        let now = self.now();
        let snapshot = self.0.catalogs.get(&store, &scope, now).await?;
        let address = Address::from_canonical(&pending.address).ok_or(Closed::Unknown)?;
        // Both steps are in the entry: what was asked when and from where, and that it was confirmed.
        let evidence =
            json!({"asked_at": pending.asked_at, "asked_by": pending.source, "confirmed_from": ip});
        let about = About {
            source_detail: pending.source_detail.clone(),
            basis: Some(Basis::Consent),
            proof: pending.proof.clone(),
            evidence: Some(evidence.to_string()),
        };
        let purposes = pending.purposes.iter().filter_map(|text| purpose_of(&snapshot, text).ok());
        let entries = purposes.map(|purpose| NewConsent {
            id: self.0.ids.next(now),
            address: address.clone(),
            channel: pending.channel,
            purpose,
            granted: true,
            source: Source::DoubleOptIn,
            about: about.clone(),
            at: now,
            counting: Counting::Now,
            actor: Actor::Recipient,
        });
        let first = store.use_link(&scope, token, entries.collect(), now).await?;
        self.tick();
        Ok(first)
    }

    async fn open_pending(
        &self,
        region: &str,
        token: &str,
    ) -> std::result::Result<(Store, TenantScope, Pending, bool), Closed> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if token.is_empty() || token.len() > TOKEN_CHARS_MAX || !token.bytes().all(plain) {
            return Err(Closed::Unknown);
        }
        let store = self.region(region).ok_or(Closed::Unknown)?.clone();
        let (scope, found) = store.link(token, LinkKind::Confirmation).await?.ok_or(Closed::Unknown)?;
        if found.expires_at <= self.now() {
            return Err(Closed::Expired);
        }
        let pending = serde_json::from_str(&found.data).map_err(|_| Closed::Unknown)?;
        Ok((store, scope, pending, found.used_at.is_some()))
    }

    /// The newest version of an open form, for its page, with the titles of its purposes in a language.
    pub async fn public_form(
        &self,
        region: &str,
        id: &str,
        language: &str,
    ) -> std::result::Result<(Form, Vec<(String, Option<String>)>), Closed> {
        let (caller, form) = self.open_form(region, id).await?;
        let snapshot = self.snapshot(&caller).await?;
        let title = |purpose: &String| {
            let topic = snapshot.topic(purpose);
            (purpose.clone(), topic.map(|topic| topic.title(language).to_owned()))
        };
        let titles = form.definition.purposes.iter().map(title).collect();
        Ok((form, titles))
    }

    /// Somebody submitted a form. It may be anybody: without a confirmation it lifts no opt-out.
    pub async fn submit_form(
        &self,
        region: &str,
        id: &str,
        (address, purposes): (Address, Vec<String>),
        (ip, base): (Option<String>, &str),
    ) -> std::result::Result<Submitted, Closed> {
        let (caller, form) = self.open_form(region, id).await?;
        let snapshot = self.snapshot(&caller).await?;
        let chosen: Vec<String> =
            form.definition.purposes.iter().filter(|each| purposes.contains(each)).cloned().collect();
        let proof = form.proof(ip);
        if form.definition.double_opt_in {
            let asked = OptIn {
                address,
                channel: form.definition.channel,
                purposes: chosen,
                source: Source::WebForm,
                source_detail: Some(form.id.to_string()),
                proof,
                confirmation: form.definition.confirmation.clone(),
            };
            return match self.begin_opt_in(&caller, asked, base).await {
                // Whoever asks again and again is told the same and sent nothing.
                Ok(_) | Err(EngineError::TooMany { .. }) => Ok(Submitted::Pending),
                Err(error) => Err(error.into()),
            };
        }
        let now = self.now();
        let purposes: Vec<Purpose> =
            chosen.iter().filter_map(|text| purpose_of(&snapshot, text).ok()).collect();
        let entries = purposes.into_iter().map(|purpose| NewConsent {
            id: self.0.ids.next(now),
            address: address.clone(),
            channel: form.definition.channel,
            purpose,
            granted: true,
            source: Source::WebForm,
            about: About {
                source_detail: Some(form.id.to_string()),
                basis: Some(Basis::Consent),
                proof: proof.clone(),
                evidence: None,
            },
            at: now,
            counting: Counting::UnlessRevoked,
            actor: Actor::Recipient,
        });
        caller.store.add_consents(&caller.scope, entries.collect()).await?;
        self.tick();
        Ok(Submitted::Recorded)
    }

    async fn open_form(&self, region: &str, id: &str) -> std::result::Result<(Caller, Form), Closed> {
        let id = FormId::parse(id).map_err(|_| Closed::Unknown)?;
        let store = self.region(region).ok_or(Closed::Unknown)?.clone();
        let scope = store.scope_of_form(id).await?.ok_or(Closed::Unknown)?;
        let caller = Caller {
            tenant: scope.tenant(),
            region: region.to_owned(),
            store,
            scope,
            permissions: Role::Developer.permissions(),
            role: Role::Developer,
            actor: Actor::Recipient,
        };
        let snapshot = self.snapshot(&caller).await?;
        // The newest version of each form comes first.
        let form = snapshot.consent.forms.iter().find(|form| form.id == id && !form.closed);
        let form = form.cloned().ok_or(Closed::Expired)?;
        Ok((caller, form))
    }
}

/// The intent of the message that carries the link. It holds no advertising, and is judged like any other.
fn intent(confirmation: &Confirmation, address: &Address, link: &str, token: &str) -> Value {
    let template = &confirmation.template;
    let mut intent = json!({
        "to": {address.kind(): address.expose()},
        "template": {
            "name": template.name, "language": template.language,
            "variables": filled(&template.variables, link, token),
        },
    });
    if let Some(from) = &confirmation.from {
        intent["from"] = json!(from);
    }
    intent
}

fn filled(value: &Value, link: &str, token: &str) -> Value {
    match value {
        Value::String(text) => json!(text.replace("{link}", link).replace("{token}", token)),
        Value::Array(all) => all.iter().map(|each| filled(each, link, token)).collect(),
        Value::Object(map) => {
            map.iter().map(|(name, each)| (name.clone(), filled(each, link, token))).collect()
        }
        other => other.clone(),
    }
}

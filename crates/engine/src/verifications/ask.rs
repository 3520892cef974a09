//! Somebody wants a code.

use serde_json::json;

use tidings_domain::actor::Permission;
use tidings_domain::address::{Address, Phone};
use tidings_domain::category::{Category, Channel};
use tidings_domain::id::{Id, MessageId, VerificationId};
use tidings_domain::secret::Secret;
use tidings_domain::time::SECOND;
use tidings_domain::trace::TraceId;
use tidings_domain::verification::{self, Scope, Settings};
use tidings_store::model::{AskForCode, Asked, CodeRefusal, CountedKey, Hash16, Verification};

use super::{VerificationView, guard, hash};
use crate::caller::Caller;
use crate::catalog::is_sendable;
use crate::content::Content;
use crate::error::{EngineError, Result};
use crate::intake::AcceptOptions;
use crate::limits::{CLIENT_TEXT_CHARS_MAX, CODE_TRIES_MAX};
use crate::pipeline::Engine;

/// A request for a code.
#[derive(Debug, Clone)]
pub struct AskCode {
    pub phone: Phone,
    pub channel: Channel,
    /// Id or address of the sender to use.
    pub from: Option<String>,
    pub template: Option<String>,
    pub language: Option<String>,
    /// As the tenant's own server saw whoever asks.
    pub client_ip: Option<String>,
    pub device: Option<String>,
    /// The application has proof of its own that a person asks.
    pub challenge_passed: bool,
    /// Only if this verification is under way: its code is to be sent again.
    pub again: Option<VerificationId>,
    pub trace: Option<TraceId>,
}

impl Engine {
    /// Makes a code, sends it, and says where its verification stands. A number that has one under way gets a new
    /// code for that one.
    pub async fn ask_code(&self, caller: &Caller, ask: AskCode) -> Result<VerificationView> {
        caller.require(Permission::MessagesWrite)?;
        check_texts(&ask)?;
        let settings = caller.store.verification_settings(&caller.scope).await?;
        let template = self.code_template(caller, &ask, &settings).await?;
        let (code, mut verification) = self.begin(caller, &ask, &settings).await?;
        let id = verification.id;
        let message = match self.send_code(caller, &ask, &template, &code, &verification).await {
            Ok(message) => message,
            Err(error) => {
                caller.store.cancel_verification(&caller.scope, id, caller.actor, self.now()).await?;
                return Err(error);
            }
        };
        caller.store.note_code_message(&caller.scope, id, message).await?;
        verification.messages.push(message);
        Ok(VerificationView::of(verification, &settings))
    }

    /// Makes a code that is good from now on. A code is hashed for its verification, so one that another request
    /// began or ended meanwhile needs another look.
    async fn begin(
        &self,
        caller: &Caller,
        ask: &AskCode,
        settings: &Settings,
    ) -> Result<(Secret, Verification)> {
        for _ in 0..CODE_TRIES_MAX {
            let now = self.now();
            let code = verification::make(settings.alphabet, settings.code_length.into(), |into| {
                self.0.ids.random(into);
            });
            let pending = self.pending(caller, ask).await?;
            if ask.again.is_some() && ask.again != pending {
                return Err(EngineError::NotFound("verification under way"));
            }
            let id = pending.unwrap_or_else(|| self.0.ids.next(now));
            let request = AskForCode {
                phone: ask.phone.clone(),
                pending,
                id,
                code: hash(caller, id, code.expose()),
                expires_at: now.plus(settings.ttl_us()),
                attempts: settings.attempts,
                keys: keys(caller, ask),
                neighbours: hashes(caller, Scope::Phone, verification::neighbours(&ask.phone)),
                listed_as: listed_as(caller, ask),
                actor: caller.actor,
                at: now,
                judge: guard::judge(settings.clone(), ask.challenge_passed, now),
            };
            match caller.store.ask_for_code(&caller.scope, request).await? {
                Asked::Send(verification) => return Ok((code, verification)),
                Asked::Refused(refusal) => return Err(refused(refusal)),
                Asked::Changed => {}
            }
        }
        Err(EngineError::Conflict("another request for a code to this number is under way".to_owned()))
    }

    async fn pending(&self, caller: &Caller, ask: &AskCode) -> Result<Option<VerificationId>> {
        let recipient = caller.scope.hash(&Address::from(ask.phone.clone()).canonical());
        let newest = caller.store.newest_verification(&caller.scope, recipient, self.now()).await?;
        Ok(newest.filter(|each| each.status == verification::Status::Pending).map(|each| each.id))
    }

    /// Sends another code for a verification under way. The number is read from what was sent before: nothing else
    /// knows it.
    pub async fn resend_code(
        &self,
        caller: &Caller,
        id: VerificationId,
        channel: Option<Channel>,
        challenge_passed: bool,
        trace: Option<TraceId>,
    ) -> Result<VerificationView> {
        caller.require(Permission::MessagesWrite)?;
        let gone = || EngineError::NotFound("verification under way");
        let found = caller.store.verification(&caller.scope, id, self.now()).await?;
        let found = found.filter(|each| each.status == verification::Status::Pending).ok_or_else(gone)?;
        let last = *found.messages.last().ok_or_else(gone)?;
        let message = caller.store.message(&caller.scope, last).await?.ok_or_else(gone)?;
        let content =
            message.content.as_ref().and_then(|text| Content::read(text.as_bytes())).ok_or_else(gone)?;
        let Address::Phone(phone) = content.to else { return Err(gone()) };
        let template = content.message.template();
        let ask = AskCode {
            phone,
            channel: channel.unwrap_or(message.head.channel),
            from: Some(message.head.sender.to_string()).filter(|_| channel.is_none()),
            template: template.map(|each| each.name.clone()),
            language: template.map(|each| each.language.code.clone()),
            client_ip: None,
            device: None,
            challenge_passed,
            again: Some(id),
            trace,
        };
        self.ask_code(caller, ask).await
    }

    async fn send_code(
        &self,
        caller: &Caller,
        ask: &AskCode,
        (template, language): &(String, String),
        code: &Secret,
        verification: &Verification,
    ) -> Result<MessageId> {
        let mut intent = json!({
            "to": {"phone": ask.phone.as_str()}, "channel": ask.channel, "category": "authentication",
            "template": {"name": template, "language": language, "variables": [code.expose()]},
            "expires_at": verification.expires_at, "reference": verification.id,
        });
        if let Some(from) = &ask.from {
            intent["from"] = json!(from);
        }
        let options = AcceptOptions { idempotency_key: None, method_path: "", trace: ask.trace };
        let reply = self.accept(caller, intent.to_string().as_bytes(), options).await?;
        let answer: serde_json::Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        if answer["status"] == "denied" {
            let reason = answer["reason"].as_str().unwrap_or("policy").to_owned();
            return Err(EngineError::CodeRefused {
                code: "verification_denied",
                detail: format!("policy lets no code go to this number ({reason})"),
                retry_after_s: None,
            });
        }
        let id = answer["id"].as_str().and_then(|id| MessageId::parse(id).ok());
        Ok(id.expect("intake answers with the id of the message"))
    }

    /// The template that was asked for, the tenant's own choice, or the first that fits.
    async fn code_template(
        &self,
        caller: &Caller,
        ask: &AskCode,
        settings: &Settings,
    ) -> Result<(String, String)> {
        let snapshot = self.0.catalogs.get(&caller.store, &caller.scope, self.now()).await?;
        let name = ask.template.as_ref().or(settings.template.as_ref());
        let language = ask.language.as_ref().or(settings.language.as_ref());
        let fits = |wanted: Option<&String>, own: &String| wanted.is_none_or(|wanted| wanted == own);
        let found = snapshot.templates().find(|each| {
            each.category == Some(Category::Authentication)
                && is_sendable(&each.status)
                && fits(name, &each.definition.name)
                && fits(language, &each.definition.language)
        });
        let found = found.ok_or_else(|| {
            EngineError::invalid(
                "template",
                "verification.template",
                "There is no approved authentication template with this name and language; create one, or sync the \
                 templates.",
            )
        })?;
        Ok((found.definition.name.clone(), found.definition.language.clone()))
    }
}

fn check_texts(ask: &AskCode) -> Result<()> {
    for (field, text) in [("client_ip", &ask.client_ip), ("device", &ask.device)] {
        if text.as_ref().is_some_and(|text| text.is_empty() || text.chars().count() > CLIENT_TEXT_CHARS_MAX) {
            let detail = format!("Give 1 to {CLIENT_TEXT_CHARS_MAX} characters, or leave it out.");
            return Err(EngineError::invalid(field, "text.size", detail));
        }
    }
    Ok(())
}

pub(super) fn key(caller: &Caller, scope: Scope, text: &str) -> Hash16 {
    caller.scope.hash(&format!("verification:{}:{text}", scope.as_str()))
}

fn hashes(caller: &Caller, scope: Scope, texts: Vec<String>) -> Vec<Hash16> {
    texts.iter().map(|text| key(caller, scope, text)).collect()
}

/// Everything a request is counted under.
fn keys(caller: &Caller, ask: &AskCode) -> Vec<CountedKey> {
    let mut texts = verification::keys_of(&ask.phone).to_vec();
    texts.extend(ask.client_ip.clone().map(|ip| (Scope::ClientIp, ip)));
    texts.extend(ask.device.clone().map(|device| (Scope::Device, device)));
    texts.push((Scope::Tenant, String::new()));
    texts.into_iter().map(|(scope, text)| CountedKey { scope, key: key(caller, scope, &text) }).collect()
}

/// Everything that a list may name it by: each beginning of the number among it.
fn listed_as(caller: &Caller, ask: &AskCode) -> Vec<Hash16> {
    let digits = ask.phone.digits();
    let prefixes = (1..=digits.len()).map(|n| ("prefix", digits[..n].to_owned()));
    let mut texts: Vec<(&str, String)> = prefixes.collect();
    texts.push(("phone", digits.to_owned()));
    texts.push(("country", ask.phone.country().to_string()));
    texts.extend(ask.client_ip.clone().map(|ip| ("client_ip", ip)));
    texts.extend(ask.device.clone().map(|device| ("device", device)));
    texts.iter().map(|(kind, text)| super::lists::key(caller, kind, text)).collect()
}

fn refused(refusal: CodeRefusal) -> EngineError {
    let what = match refusal.code {
        "verification_limited" => "too many codes were asked for",
        "verification_too_soon" => "a code was sent a moment ago",
        "verification_resends_used" => "the code was sent as often as it may be; wait until it expires",
        "verification_slowed" => {
            "many codes that nobody used went to numbers like this one; codes to them go slowly"
        }
        "verification_challenge_required" => {
            "requests like this one look automated; let the person pass a challenge and say so with `challenge_passed`"
        }
        _ => "no codes are sent to numbers like this one",
    };
    let about =
        refusal.scope.map_or_else(String::new, |scope| format!(" ({}: {})", scope.as_str(), refusal.rule));
    EngineError::CodeRefused {
        code: refusal.code,
        detail: format!("{what}{about}"),
        retry_after_s: refusal.retry_after_us.map(|us| u32::try_from(us / SECOND + 1).unwrap_or(u32::MAX)),
    }
}

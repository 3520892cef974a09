//! From a record to an entry of the ledger, or to the reason why it is none.

use serde::{Deserialize, Serialize};

use tidings_domain::address::Address;
use tidings_domain::category::Channel;
use tidings_domain::consent::{Basis, Proof, Reach, Source};
use tidings_domain::problem::FieldProblem;
use tidings_domain::time::Timestamp;
use tidings_store::model::{About, Counting, NewConsent};

use super::desk::Desk;
use super::layout::{address, named, truth};
use crate::limits::STATED_AHEAD_US_MAX;

/// What is taken where a line says nothing.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Defaults {
    pub purpose: Option<String>,
    pub channel: Option<Reach>,
    pub granted: Option<bool>,
    pub source_detail: Option<String>,
}

impl Desk<'_> {
    pub(super) fn consent(&self, fields: &[String]) -> std::result::Result<NewConsent, FieldProblem> {
        let of = |name: &str| self.layout.field(fields, name);
        let defaults = &self.layout.defaults;
        let address = only_address(&of)?;
        let channel = match of("channel") {
            Some(text) => Reach::parse(&text.to_lowercase()).ok_or_else(|| {
                FieldProblem::new("channel", "channel.unknown", "A channel is whatsapp, sms, email or any.")
            })?,
            None => defaults.channel.unwrap_or_else(|| usual(&address)),
        };
        let purpose = of("purpose").or(defaults.purpose.as_deref()).unwrap_or("marketing");
        let purpose = self.snapshot.purpose(&purpose.to_lowercase()).ok_or_else(|| {
            FieldProblem::new(
                "purpose",
                "purpose.unknown",
                "Name a category or the code of a topic of yours.",
            )
        })?;
        let granted = match of("granted") {
            Some(text) => truth(text).ok_or_else(|| {
                FieldProblem::new(
                    "granted",
                    "granted.unknown",
                    "Write yes or no: whether it was granted or revoked.",
                )
            })?,
            None => defaults.granted.ok_or_else(|| {
                FieldProblem::new(
                    "granted",
                    "granted.missing",
                    "Say whether it was granted or revoked: yes or no.",
                )
            })?,
        };
        let at = of("at").map(time).transpose()?;
        if at.is_some_and(|at| at > self.now.plus(STATED_AHEAD_US_MAX)) {
            return Err(FieldProblem::new("at", "time.future", "The time lies in the future."));
        }
        let counting = match (at, granted) {
            (Some(_), _) => Counting::AsStated,
            (None, true) => Counting::UnlessRevoked,
            (None, false) => Counting::Now,
        };
        Ok(NewConsent {
            id: self.ids.next(self.now),
            address,
            channel,
            purpose,
            granted,
            source: source(of("source"))?,
            about: self.about(&of)?,
            at: at.unwrap_or(self.now).min(self.now),
            counting,
            actor: self.actor,
        })
    }

    fn about<'f>(&self, of: &impl Fn(&str) -> Option<&'f str>) -> std::result::Result<About, FieldProblem> {
        let text = |name: &str| of(name).map(str::to_owned);
        let proof = Proof {
            text: text("text"),
            text_version: text("text_version"),
            business_name: text("business_name"),
            ip: text("ip"),
            document_url: text("document_url"),
            language: text("language"),
        };
        proof.check().map_err(|mut problems| problems.swap_remove(0))?;
        let basis = match of("basis") {
            None => None,
            Some(name) => Some(Basis::parse(&name.to_lowercase()).ok_or_else(|| {
                FieldProblem::new(
                    "basis",
                    "basis.unknown",
                    "A basis is consent, soft_opt_in, contract, legal or vital.",
                )
            })?),
        };
        let source_detail = text("source_detail").or_else(|| self.layout.defaults.source_detail.clone());
        Ok(About { source_detail, basis, proof, evidence: None })
    }
}

fn only_address<'f>(of: &impl Fn(&str) -> Option<&'f str>) -> std::result::Result<Address, FieldProblem> {
    match named(of).as_slice() {
        [(kind, text)] => address(kind, text),
        [] => Err(FieldProblem::new("phone", "recipient.missing", "The line names nobody.")),
        _ => Err(FieldProblem::new(
            "phone",
            "recipient.one",
            "The line names a person in more than one way; use a line for each.",
        )),
    }
}

fn usual(address: &Address) -> Reach {
    let fits = |channel: &Channel| address.fits(*channel);
    Channel::ALL.into_iter().find(fits).map_or(Reach::Any, Reach::On)
}

fn source(text: Option<&str>) -> std::result::Result<Source, FieldProblem> {
    let Some(text) = text else { return Ok(Source::Import) };
    // The platform's own word comes by its webhooks alone.
    Source::parse(&text.to_lowercase()).filter(|source| *source != Source::ProviderWebhook).ok_or_else(|| {
        FieldProblem::new("source", "source.unknown", "Use one of the known sources, or leave it out.")
    })
}

/// A time with its offset, or a day, which counts from its beginning in UTC.
fn time(text: &str) -> std::result::Result<Timestamp, FieldProblem> {
    let day = || (text.len() == 10).then(|| Timestamp::parse(&format!("{text}T00:00:00Z")))?;
    let blank =
        || (text.as_bytes().get(10) == Some(&b' ')).then(|| Timestamp::parse(&text.replacen(' ', "T", 1)))?;
    Timestamp::parse(text).or_else(day).or_else(blank).ok_or_else(|| {
        FieldProblem::new(
            "at",
            "time.form",
            "Write the time like 2026-05-03T14:00:00Z, or the day like 2026-05-03.",
        )
    })
}

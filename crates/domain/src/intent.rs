//! An intent: what a client asks to be told to whom.
//!
//! Reading is strict, because a misspelt field that is silently dropped sends the wrong message; each
//! problem names the field and says what to do.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::address::{Address, Bsuid, Email, Phone};
use crate::category::{Category, Channel};
use crate::id::{ContactId, Id};
use crate::lifecycle::AttemptState;
use crate::limits::{
    FALLBACK_AFTER_S_MAX, FALLBACKS_MAX, METADATA_BYTES_MAX, REFERENCE_BYTES_MAX, SEND_AT_AHEAD_US_MAX,
};
use crate::outgoing::{Mail, Sms};
use crate::problem::{Checked, FieldProblem};
use crate::time::Timestamp;
use crate::whatsapp::Outgoing;

/// Whom a message is for.
#[derive(Debug, Clone, PartialEq)]
pub enum To {
    Address(Address),
    Contact(ContactId),
}

/// What a message says.
#[derive(Debug, Clone)]
pub enum Body {
    /// A template in the short form: variables are put into its places by the template's definition.
    Template {
        name: String,
        language: String,
        variables: serde_json::Value,
    },
    /// A Cloud API message object, plain text included.
    Message(Box<Outgoing>),
    Sms(Sms),
    Email(Box<Mail>),
}

/// One message to one person, as asked for.
#[derive(Debug, Clone)]
pub struct Intent {
    pub to: To,
    /// Id or address of the sender to use.
    pub from: Option<String>,
    pub channel: Channel,
    pub category: Option<Category>,
    /// The code of a topic of the tenant's own.
    pub topic: Option<String>,
    pub body: Body,
    pub send_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    pub ordered: bool,
    pub metadata: Option<Box<RawValue>>,
    pub reference: Option<String>,
    /// Other ways, in their order, where this one does not succeed.
    pub fallback: Vec<Fallback>,
}

/// Another way, taken when the one before it fails, is not allowed, or has not succeeded in time.
#[derive(Debug, Clone)]
pub struct Fallback {
    /// Seconds that the way before it has; by category if none are given.
    pub after_s: Option<u32>,
    /// What the way before it must reach within them: `Accepted`, `Delivered` or `Read`.
    pub unless: AttemptState,
    /// The person's own address on the channel if none is given.
    pub to: Option<To>,
    pub from: Option<String>,
    pub channel: Channel,
    /// What the message says, in plain words, if none is given.
    pub body: Option<Body>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireFallback<'a> {
    after_s: Option<u32>,
    unless: Option<Unless>,
    #[serde(borrow)]
    to: Option<WireTo<'a>>,
    #[serde(borrow)]
    from: Option<Cow<'a, str>>,
    channel: Channel,
    #[serde(borrow)]
    template: Option<WireTemplate<'a>>,
    #[serde(borrow)]
    text: Option<WireText<'a>>,
    whatsapp: Option<serde_json::Value>,
    sms: Option<Sms>,
    email: Option<Box<Mail>>,
}

/// What counts as success.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Unless {
    Accepted,
    Delivered,
    Read,
}

impl Unless {
    fn state(self) -> AttemptState {
        match self {
            Self::Accepted => AttemptState::Accepted,
            Self::Delivered => AttemptState::Delivered,
            Self::Read => AttemptState::Read,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire<'a> {
    #[serde(borrow)]
    to: WireTo<'a>,
    #[serde(borrow)]
    from: Option<Cow<'a, str>>,
    channel: Option<Channel>,
    category: Option<Category>,
    #[serde(borrow)]
    topic: Option<Cow<'a, str>>,
    #[serde(borrow)]
    template: Option<WireTemplate<'a>>,
    #[serde(borrow)]
    text: Option<WireText<'a>>,
    whatsapp: Option<serde_json::Value>,
    sms: Option<Sms>,
    email: Option<Box<Mail>>,
    send_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    #[serde(default)]
    ordered: bool,
    #[serde(borrow)]
    metadata: Option<&'a RawValue>,
    #[serde(borrow)]
    reference: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    fallback: Vec<WireFallback<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireTo<'a> {
    #[serde(borrow)]
    phone: Option<Cow<'a, str>>,
    #[serde(borrow)]
    bsuid: Option<Cow<'a, str>>,
    #[serde(borrow)]
    email: Option<Cow<'a, str>>,
    #[serde(borrow)]
    contact: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireTemplate<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    language: Cow<'a, str>,
    #[serde(default)]
    variables: serde_json::Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireText<'a> {
    #[serde(borrow)]
    body: Cow<'a, str>,
    #[serde(default)]
    preview_url: bool,
}

impl Body {
    /// The channel that it is for, unless the intent names another.
    pub fn channel(&self) -> Channel {
        match self {
            Self::Template { .. } | Self::Message(_) => Channel::Whatsapp,
            Self::Sms(_) => Channel::Sms,
            Self::Email(_) => Channel::Email,
        }
    }
}

impl Intent {
    /// Reads and checks everything that can be checked without knowing the tenant.
    pub fn parse(json: &[u8], now: Timestamp) -> Checked<Self> {
        match serde_json::from_slice::<Wire<'_>>(json) {
            Ok(wire) => Self::check(wire, now),
            Err(_) => Err(vec![explain_json(json)]),
        }
    }

    fn check(wire: Wire<'_>, now: Timestamp) -> Checked<Self> {
        let mut problems = Vec::new();
        let to = keep(&mut problems, read_to(&wire.to));
        let body = keep(&mut problems, Said::of(&wire).read());
        let fallback = read_fallbacks(&wire.fallback, &mut problems);
        check_times(&wire, now, &mut problems);
        check_sizes(&wire, &mut problems);
        match (to, body) {
            (Some(to), Some(body)) if problems.is_empty() => Ok(Self {
                to,
                from: wire.from.map(Cow::into_owned),
                channel: wire.channel.unwrap_or_else(|| body.channel()),
                category: wire.category,
                topic: wire.topic.map(Cow::into_owned),
                body,
                send_at: wire.send_at.filter(|at| *at > now),
                expires_at: wire.expires_at,
                ordered: wire.ordered,
                metadata: wire.metadata.map(ToOwned::to_owned),
                reference: wire.reference.map(Cow::into_owned),
                fallback,
            }),
            _ => Err(problems),
        }
    }
}

fn keep<T>(problems: &mut Vec<FieldProblem>, read: Checked<T>) -> Option<T> {
    read.map_err(|found| problems.extend(found)).ok()
}

fn problem(field: &str, code: &'static str, detail: &str) -> FieldProblem {
    FieldProblem { field: field.to_owned(), code, detail: detail.to_owned() }
}

fn read_to(wire: &WireTo<'_>) -> Checked<To> {
    let given =
        [&wire.phone, &wire.bsuid, &wire.email, &wire.contact].iter().filter(|each| each.is_some()).count();
    if given != 1 {
        return Err(vec![problem(
            "to",
            "recipient.one",
            "Give exactly one of `phone`, `bsuid`, `email` and `contact`.",
        )]);
    }
    if let Some(contact) = &wire.contact {
        return match ContactId::parse(contact) {
            Ok(id) => Ok(To::Contact(id)),
            Err(why) => Err(vec![problem("to.contact", "id.malformed", &format!("{why}."))]),
        };
    }
    read_address(wire.phone.as_deref(), wire.bsuid.as_deref(), wire.email.as_deref()).map(To::Address)
}

/// Reads an address where exactly one form is given; fields are named below `to`.
pub fn read_address(phone: Option<&str>, bsuid: Option<&str>, email: Option<&str>) -> Checked<Address> {
    let read = match (phone, bsuid, email) {
        (Some(phone), None, None) => Phone::parse(phone).map(Address::Phone),
        (None, Some(bsuid), None) => Bsuid::parse(bsuid).map(Address::Bsuid),
        (None, None, Some(email)) => Email::parse(email).map(Address::Email),
        _ => {
            return Err(vec![problem(
                "to",
                "recipient.one",
                "Give exactly one of `phone`, `bsuid` and `email`.",
            )]);
        }
    };
    crate::problem::under("to", read)
}

/// The fields of which one says what is sent.
struct Said<'a> {
    template: Option<&'a WireTemplate<'a>>,
    text: Option<&'a WireText<'a>>,
    whatsapp: Option<&'a serde_json::Value>,
    sms: Option<&'a Sms>,
    email: Option<&'a Mail>,
}

impl<'a> Said<'a> {
    fn of(wire: &'a Wire<'_>) -> Self {
        Self {
            template: wire.template.as_ref(),
            text: wire.text.as_ref(),
            whatsapp: wire.whatsapp.as_ref(),
            sms: wire.sms.as_ref(),
            email: wire.email.as_deref(),
        }
    }

    fn of_fallback(wire: &'a WireFallback<'_>) -> Self {
        Self {
            template: wire.template.as_ref(),
            text: wire.text.as_ref(),
            whatsapp: wire.whatsapp.as_ref(),
            sms: wire.sms.as_ref(),
            email: wire.email.as_deref(),
        }
    }

    fn count(&self) -> usize {
        let given = [
            self.template.is_some(),
            self.text.is_some(),
            self.whatsapp.is_some(),
            self.sms.is_some(),
            self.email.is_some(),
        ];
        given.iter().filter(|each| **each).count()
    }

    fn read(&self) -> Checked<Body> {
        read_body(self)
    }
}

fn read_fallbacks(wires: &[WireFallback<'_>], problems: &mut Vec<FieldProblem>) -> Vec<Fallback> {
    if wires.len() > FALLBACKS_MAX {
        let detail = format!("A message takes at most {FALLBACKS_MAX} other ways.");
        problems.push(problem("fallback", "fallback.many", &detail));
        return Vec::new();
    }
    let mut ways = Vec::with_capacity(wires.len());
    for (n, wire) in wires.iter().enumerate() {
        match read_fallback(wire) {
            Ok(way) => ways.push(way),
            Err(found) => problems.extend(found.into_iter().map(|mut each| {
                each.field = format!("fallback[{n}].{}", each.field);
                each
            })),
        }
    }
    ways
}

fn read_fallback(wire: &WireFallback<'_>) -> Checked<Fallback> {
    let mut problems = Vec::new();
    if wire.after_s.is_some_and(|after_s| after_s == 0 || after_s > FALLBACK_AFTER_S_MAX) {
        let detail = format!("Give between 1 and {FALLBACK_AFTER_S_MAX} seconds.");
        problems.push(problem("after_s", "fallback.after", &detail));
    }
    let to = wire.to.as_ref().and_then(|to| keep(&mut problems, read_to(to)));
    let said = Said::of_fallback(wire);
    let body = if said.count() == 0 { None } else { keep(&mut problems, said.read()) };
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(Fallback {
        after_s: wire.after_s,
        unless: wire.unless.unwrap_or(Unless::Delivered).state(),
        to,
        from: wire.from.as_deref().map(str::to_owned),
        channel: wire.channel,
        body,
    })
}

fn read_body(wire: &Said<'_>) -> Checked<Body> {
    if wire.count() != 1 {
        return Err(vec![problem(
            "template",
            "content.one",
            "Give exactly one of `template`, `text`, `whatsapp`, `sms` and `email`.",
        )]);
    }
    if let Some(template) = wire.template {
        return Ok(Body::Template {
            name: template.name.clone().into_owned(),
            language: template.language.clone().into_owned(),
            variables: template.variables.clone(),
        });
    }
    if let Some(text) = wire.text {
        let outgoing = Outgoing::text(&text.body, text.preview_url);
        return outgoing.validate().map(|()| Body::Message(Box::new(outgoing)));
    }
    if let Some(sms) = wire.sms {
        return sms.validate().map(|()| Body::Sms(sms.clone()));
    }
    if let Some(email) = wire.email {
        return email.validate().map(|()| Body::Email(Box::new(email.clone())));
    }
    let value = wire.whatsapp.expect("one of the five is given");
    let prefixed = |mut found: Vec<FieldProblem>| {
        for each in &mut found {
            each.field = format!("whatsapp.{}", each.field);
        }
        found
    };
    let outgoing = Outgoing::from_json(value).map_err(prefixed)?;
    outgoing.validate().map_err(prefixed)?;
    Ok(Body::Message(Box::new(outgoing)))
}

fn check_times(wire: &Wire<'_>, now: Timestamp, problems: &mut Vec<FieldProblem>) {
    if wire.send_at.is_some_and(|at| at > now.plus(SEND_AT_AHEAD_US_MAX)) {
        problems.push(problem("send_at", "time.too_far", "`send_at` lies at most 365 days ahead."));
    }
    let Some(expires_at) = wire.expires_at else { return };
    if expires_at <= wire.send_at.unwrap_or(now).max(now) {
        problems.push(problem(
            "expires_at",
            "time.past",
            "`expires_at` must lie in the future and after `send_at`.",
        ));
    }
}

fn check_sizes(wire: &Wire<'_>, problems: &mut Vec<FieldProblem>) {
    if wire.reference.as_ref().is_some_and(|text| text.is_empty() || text.len() > REFERENCE_BYTES_MAX) {
        problems.push(problem("reference", "reference.size", "`reference` takes 1 to 256 bytes."));
    }
    let Some(metadata) = wire.metadata else { return };
    if metadata.get().len() > METADATA_BYTES_MAX {
        problems.push(problem("metadata", "metadata.size", "`metadata` takes at most 4096 bytes as JSON."));
    } else if !metadata.get().trim_start().starts_with('{') {
        problems.push(problem("metadata", "metadata.object", "`metadata` is a JSON object."));
    }
}

/// Reads again, slowly, to say where it went wrong.
fn explain_json(json: &[u8]) -> FieldProblem {
    let mut reader = serde_json::Deserializer::from_slice(json);
    match serde_path_to_error::deserialize::<_, Wire<'_>>(&mut reader) {
        Ok(_) => problem("", "json.trailing", "There is something after the end of the JSON object."),
        Err(error) => {
            let path = error.path().to_string();
            let inner = error.into_inner();
            let field = if path == "." { String::new() } else { path };
            let code = match inner.to_string() {
                _ if !inner.is_data() => "json.malformed",
                text if text.starts_with("unknown field") => "field.unknown",
                text if text.starts_with("missing field") => "field.missing",
                _ => "field.invalid",
            };
            FieldProblem { field, code, detail: clean(&inner) }
        }
    }
}

/// serde's words without the value it met, which may be personal.
fn clean(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if error.is_data()
        && (text.starts_with("unknown field")
            || text.starts_with("missing field")
            || text.starts_with("a time"))
    {
        return text;
    }
    if error.is_data() {
        let wanted = text.split("expected ").nth(1).unwrap_or("another kind of value");
        return format!("expected {wanted}");
    }
    format!("the JSON breaks off or is malformed at line {} column {}", error.line(), error.column())
}

#[cfg(test)]
#[path = "intent_tests.rs"]
mod tests;

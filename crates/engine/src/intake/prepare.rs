//! From an intent to a message that could be stored: everything that can be refused is refused here.

use std::sync::Arc;

use serde_json::Value;
use serde_json::value::RawValue;

use tidings_domain::address::Address;
use tidings_domain::category::{Category, Channel};
use tidings_domain::decision::Decision;
use tidings_domain::id::{AccountId, Id, MessageId, SenderId, TopicId};
use tidings_domain::intent::{Body, Intent, To};
use tidings_domain::outgoing::{Outgoing, Sms};
use tidings_domain::policy::Place;
use tidings_domain::time::Timestamp;
use tidings_domain::trace::TraceId;
use tidings_domain::whatsapp;
use tidings_store::model::{Hash16, NewMessage, Shown, StoredTemplate};

use crate::caller::Caller;
use crate::catalog::Snapshot;
use crate::content::Content;
use crate::error::{EngineError, Result};
use crate::intake::choose::{Chosen, Reader, choose};
use crate::intake::ways::{First, plan, words};
use crate::pipeline::{Ahead, Engine, Route};

/// A message that fits, with the snapshot it was checked against.
pub(crate) struct Prepared {
    pub message: NewMessage,
    pub route: Route,
    /// What was chosen on the way, for the timeline.
    pub decisions: Vec<Decision>,
}

/// Who a message will be, and since when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Birth {
    pub id: MessageId,
    pub at: Timestamp,
}

impl Birth {
    pub fn new(engine: &Engine, at: Timestamp) -> Self {
        Self { id: engine.0.ids.next::<MessageId>(at).rooted(), at }
    }

    /// Of messages that come together. Their ids rise, since the queue goes by time and id.
    pub fn row(engine: &Engine, at: Timestamp, n: usize) -> impl Iterator<Item = Self> {
        engine.0.ids.row::<MessageId>(at, n).into_iter().map(move |id| Self { id: id.rooted(), at })
    }
}

pub(crate) async fn prepare(
    caller: &Caller,
    snapshot: &Arc<Snapshot>,
    json: &[u8],
    trace: Option<TraceId>,
    ahead: Ahead,
    birth: Birth,
) -> Result<Prepared> {
    let Birth { id, at: now } = birth;
    let mut intent = Intent::parse(json, now).map_err(EngineError::Invalid)?;
    let address = resolve(caller, &intent.to, intent.channel).await?;
    let recipient = caller.scope.hash(&address.canonical());
    let route = (ahead.plan)(snapshot, &intent, &address, recipient)?;
    let place = Place::of(&address);
    let whom = Whom { recipient, country: place.country.as_ref().map(|code| code.as_str()), at: now };
    let Chosen { mut outgoing, template, decisions, ruled, mut values } =
        say(snapshot, &route, intent.channel, taken(&mut intent.body), whom)?;
    let mut screened = (ahead.screen)(snapshot, &mut outgoing);
    if !screened.is_empty() {
        values.iter_mut().for_each(|values| scrub(snapshot, values));
    }
    screened.extend(ruled);
    let category = category(intent.category, template)?;
    super::unsubscribe::name(caller, snapshot, category, &address, &mut outgoing);
    let tags = tags(caller, snapshot, recipient).await?;
    let topic = topic(snapshot, intent.topic.as_deref(), category)?;
    if matches!(address, Address::Bsuid(_)) && category == Category::Authentication {
        return Err(EngineError::invalid(
            "to.bsuid",
            "recipient.needs_phone",
            "Authentication templates can only be sent to a phone number.",
        ));
    }
    let plan = match intent.fallback.is_empty() {
        true => None,
        false => {
            let first = First { address: &address, outgoing: &outgoing, template, category, route: &route };
            Some(Box::pin(plan(caller, snapshot, &intent, first, ahead, birth)).await?)
        }
    };
    let due_at = intent.send_at.unwrap_or(now);
    let expires_at = intent.expires_at.unwrap_or_else(|| due_at.plus(category.default_expiry_us()));
    let message = NewMessage {
        id,
        account: route.account,
        sender: route.sender,
        channel: intent.channel,
        category,
        recipient,
        place,
        topic,
        template: outgoing.template().map(|each| each.name.clone()),
        language: outgoing.template().map(|each| each.language.code.clone()),
        created_at: now,
        due_at,
        expires_at,
        ordered: intent.ordered,
        free_form: outgoing.is_free_form(),
        // Without a trace of the client's the message's own id serves: sixteen random enough bytes.
        trace: trace.or_else(|| TraceId::from_bytes(id.bytes())).expect("a message id is never all zero"),
        trace_given: trace.is_some(),
        shown: shown(snapshot, intent.metadata.as_deref(), tags, screened),
        reference: intent.reference.as_ref().map(|text| caller.scope.hash(&format!("reference:{text}"))),
        content: Content {
            to: address,
            message: outgoing,
            metadata: intent.metadata,
            reference: intent.reference,
            values,
        }
        .write(),
        plan,
    };
    Ok(Prepared { message, route, decisions })
}

/// What the tenant's rules look at; nothing for those who look at nothing.
fn shown(
    snapshot: &Snapshot,
    metadata: Option<&RawValue>,
    tags: Vec<String>,
    decisions: Vec<Decision>,
) -> Option<Arc<Shown>> {
    let wanted = snapshot.policy.reads_metadata();
    if !wanted && tags.is_empty() && decisions.is_empty() {
        return None;
    }
    let metadata = metadata.filter(|_| wanted).and_then(|raw| serde_json::from_str(raw.get()).ok());
    Some(Arc::new(Shown { metadata: metadata.unwrap_or_default(), tags, decisions }))
}

/// Read only for tenants whose rules look at them.
async fn tags(caller: &Caller, snapshot: &Snapshot, recipient: Hash16) -> Result<Vec<String>> {
    if !snapshot.policy.reads_tags() {
        return Ok(Vec::new());
    }
    Ok(caller.store.contact_tags(&caller.scope, vec![recipient]).await?.pop().unwrap_or_default())
}

/// What is taken out of the content is taken out of the values that are kept with it.
fn scrub(snapshot: &Snapshot, values: &mut Value) {
    match values {
        Value::String(text) => {
            let rules = &snapshot.policy.settings.content;
            if let Some(clean) = rules.scrub(text, &rules.find(text)) {
                *text = clean;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|each| scrub(snapshot, each)),
        Value::Object(fields) => fields.values_mut().for_each(|each| scrub(snapshot, each)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

pub(super) async fn resolve(caller: &Caller, to: &To, channel: Channel) -> Result<Address> {
    match to {
        To::Address(address) => Ok(address.clone()),
        To::Contact(contact) => {
            let addresses = caller.store.contact_addresses(&caller.scope, *contact).await?;
            let usable = |address: &&Address| address.fits(channel);
            addresses.iter().find(usable).cloned().ok_or_else(|| {
                EngineError::invalid(
                    "to.contact",
                    "contact.unreachable",
                    "There is no contact with this id that can be reached on this channel.",
                )
            })
        }
    }
}

/// For whom the content is made.
#[derive(Clone, Copy)]
pub(super) struct Whom<'a> {
    pub recipient: Hash16,
    pub country: Option<&'a str>,
    pub at: Timestamp,
}

/// What goes out on a channel.
pub(super) fn say<'a>(
    snapshot: &'a Snapshot,
    route: &Route,
    channel: Channel,
    body: Body,
    whom: Whom<'_>,
) -> Result<Chosen<'a>> {
    match channel {
        Channel::Whatsapp => compose(snapshot, route, body, whom),
        Channel::Sms => match body {
            Body::Template { name, language, variables } => {
                short_template(snapshot, &name, &language, &variables, whom)
            }
            body => Ok(Chosen::plain(short(body)?, None)),
        },
        Channel::Email => Ok(Chosen::plain(mail(body)?, None)),
    }
}

/// The body is needed once; the rest of the intent is read on.
fn taken(body: &mut Body) -> Body {
    std::mem::replace(body, Body::Sms(Sms { text: String::new() }))
}

fn unfit(field: &str, detail: &str) -> EngineError {
    EngineError::invalid(field, "content.channel", detail)
}

fn short(body: Body) -> Result<Outgoing> {
    match body {
        Body::Sms(sms) => Ok(Outgoing::Sms(sms)),
        Body::Message(message) => {
            let text = message
                .as_text()
                .ok_or_else(|| unfit("whatsapp", "An SMS carries text only; give `sms`."))?;
            let sms = Sms { text: text.to_owned() };
            sms.validate().map_err(EngineError::Invalid)?;
            Ok(Outgoing::Sms(sms))
        }
        Body::Email(_) => Err(unfit("email", "This content is for the channel `email`.")),
        Body::Template { .. } => Err(unfit("template", "This template has no plain words; give `sms`.")),
    }
}

fn mail(body: Body) -> Result<Outgoing> {
    match body {
        Body::Email(email) => Ok(Outgoing::Email(email)),
        Body::Message(_) | Body::Sms(_) | Body::Template { .. } => {
            Err(unfit("email", "A mail needs a subject; give its content in `email`."))
        }
    }
}

/// A template of any of the tenant's accounts, in plain words.
fn short_template<'a>(
    snapshot: &'a Snapshot,
    name: &str,
    language: &str,
    variables: &Value,
    whom: Whom<'_>,
) -> Result<Chosen<'a>> {
    let known = |account: &AccountId| {
        snapshot.logical_template(*account, name).is_some()
            || snapshot.template(*account, name, language).is_some()
    };
    let account = snapshot.accounts.keys().find(|account| known(account)).ok_or_else(|| {
        EngineError::invalid(
            "template",
            "template.unknown",
            "There is no template with this name and language.",
        )
    })?;
    let route = Route { sender: SenderId::from_bytes([0; 16]), account: *account, reason: "" };
    let body =
        Body::Template { name: name.to_owned(), language: language.to_owned(), variables: variables.clone() };
    let chosen = compose(snapshot, &route, body, whom)?;
    let text = words(&chosen.outgoing, chosen.template)
        .ok_or_else(|| unfit("template", "This template has no plain words; give `sms`."))?;
    let sms = Sms { text };
    sms.validate().map_err(EngineError::Invalid)?;
    // The category is the template's; what goes out is no template of a platform.
    Ok(Chosen { outgoing: Outgoing::Sms(sms), ..chosen })
}

/// The message object to send, and its template as the platform knows it.
fn compose<'a>(snapshot: &'a Snapshot, route: &Route, body: Body, whom: Whom<'_>) -> Result<Chosen<'a>> {
    match body {
        Body::Template { name, language, variables } => {
            if let Some(logical) = snapshot.logical_template(route.account, &name) {
                let Whom { recipient, country, at } = whom;
                let reader = Reader { language: &language, country, recipient, at };
                return choose(snapshot, logical, &variables, reader);
            }
            let known = known_template(snapshot, route, &name, &language)?;
            let template =
                whatsapp::fill_template(&known.definition, &variables).map_err(EngineError::Invalid)?;
            Ok(Chosen::plain(whatsapp::Outgoing::from_template(template), Some(known)))
        }
        Body::Sms(_) => Err(unfit("sms", "This content is for the channel `sms`.")),
        Body::Email(_) => Err(unfit("email", "This content is for the channel `email`.")),
        Body::Message(outgoing) => {
            let known = match outgoing.template() {
                None => None,
                Some(template) => {
                    let known = known_template(snapshot, route, &template.name, &template.language.code)?;
                    known.definition.check(template).map_err(EngineError::Invalid)?;
                    Some(known)
                }
            };
            Ok(Chosen::plain(*outgoing, known))
        }
    }
}

fn known_template<'a>(
    snapshot: &'a Snapshot,
    route: &Route,
    name: &str,
    language: &str,
) -> Result<&'a StoredTemplate> {
    snapshot.template(route.account, name, language).ok_or_else(|| {
        EngineError::invalid(
            "template",
            "template.unknown",
            "The sender's account has no template with this name and language. Check both, or sync the templates.",
        )
    })
}

fn category(wanted: Option<Category>, template: Option<&StoredTemplate>) -> Result<Category> {
    let own = template.and_then(|known| known.category);
    match (wanted, own, template.is_some()) {
        (Some(wanted), Some(own), _) if wanted != own => Err(EngineError::invalid(
            "category",
            "category.mismatch",
            format!("The platform lists this template as `{own}`; leave `category` out or give that."),
        )),
        (_, Some(own), _) => Ok(own),
        (Some(wanted), None, _) => Ok(wanted),
        (None, None, false) => Ok(Category::Service),
        (None, None, true) => Err(EngineError::invalid(
            "category",
            "category.unknown",
            "The platform lists this template in a category that is not known here; give `category`.",
        )),
    }
}

/// The topic by its code; it must be one of the message's category, whose opt-outs it is about.
fn topic(snapshot: &Snapshot, code: Option<&str>, category: Category) -> Result<Option<TopicId>> {
    let Some(code) = code else { return Ok(None) };
    let Some(topic) = snapshot.topic(code).filter(|topic| !topic.archived) else {
        return Err(EngineError::invalid(
            "topic",
            "topic.unknown",
            "You have no topic with this code, or it is archived. Make it first, or leave `topic` out.",
        ));
    };
    if topic.category != category {
        let detail =
            format!("This topic is one of {} messages, and the message is {category}.", topic.category);
        return Err(EngineError::invalid("topic", "topic.category", detail));
    }
    Ok(Some(topic.id))
}

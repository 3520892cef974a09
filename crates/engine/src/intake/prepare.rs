//! From an intent to a message that could be stored: everything that can be refused is refused here.

use std::sync::Arc;

use serde_json::value::RawValue;

use tidings_domain::address::Address;
use tidings_domain::category::{Category, Channel};
use tidings_domain::decision::Decision;
use tidings_domain::id::{Id, MessageId, TopicId};
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
    let intent = Intent::parse(json, now).map_err(EngineError::Invalid)?;
    let address = resolve(caller, &intent).await?;
    let recipient = caller.scope.hash(&address.canonical());
    let route = (ahead.plan)(snapshot, &intent, &address, recipient)?;
    let place = Place::of(&address);
    let whom = Whom { recipient, country: place.country.as_ref().map(|code| code.as_str()), at: now };
    let Chosen { mut outgoing, template, decisions } = match intent.channel {
        Channel::Whatsapp => compose(snapshot, &route, intent.body, whom)?,
        Channel::Sms => plainly(short(intent.body)?),
        Channel::Email => plainly(mail(intent.body)?),
    };
    let screened = (ahead.screen)(snapshot, &mut outgoing);
    let category = category(intent.category, template)?;
    super::unsubscribe::name(caller, snapshot, category, &address, &mut outgoing);
    let topic = topic(snapshot, intent.topic.as_deref(), category)?;
    if matches!(address, Address::Bsuid(_)) && category == Category::Authentication {
        return Err(EngineError::invalid(
            "to.bsuid",
            "recipient.needs_phone",
            "Authentication templates can only be sent to a phone number.",
        ));
    }
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
        plan: None,
        free_form: outgoing.is_free_form(),
        // Without a trace of the client's the message's own id serves: sixteen random enough bytes.
        trace: trace.or_else(|| TraceId::from_bytes(id.bytes())).expect("a message id is never all zero"),
        trace_given: trace.is_some(),
        shown: shown(snapshot, intent.metadata.as_deref(), screened),
        reference: intent.reference.as_ref().map(|text| caller.scope.hash(&format!("reference:{text}"))),
        content: Content {
            to: address,
            message: outgoing,
            metadata: intent.metadata,
            reference: intent.reference,
        }
        .write(),
    };
    Ok(Prepared { message, route, decisions })
}

/// What the tenant's rules look at; nothing for those who look at nothing.
fn shown(snapshot: &Snapshot, metadata: Option<&RawValue>, decisions: Vec<Decision>) -> Option<Arc<Shown>> {
    let wanted = snapshot.policy.reads_metadata();
    if !wanted && decisions.is_empty() {
        return None;
    }
    let metadata = metadata.filter(|_| wanted).and_then(|raw| serde_json::from_str(raw.get()).ok());
    Some(Arc::new(Shown { metadata: metadata.unwrap_or_default(), decisions }))
}

async fn resolve(caller: &Caller, intent: &Intent) -> Result<Address> {
    match &intent.to {
        To::Address(address) => Ok(address.clone()),
        To::Contact(contact) => {
            let addresses = caller.store.contact_addresses(&caller.scope, *contact).await?;
            let usable = |address: &&Address| address.fits(intent.channel);
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
struct Whom<'a> {
    recipient: Hash16,
    country: Option<&'a str>,
    at: Timestamp,
}

fn plainly<'a>(outgoing: Outgoing) -> Chosen<'a> {
    Chosen { outgoing, template: None, decisions: Vec::new() }
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
        Body::Template { .. } => Err(unfit("template", "Give the text of an SMS in `sms`.")),
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

/// The message object to send, and its template as the platform knows it.
fn compose<'a>(snapshot: &'a Snapshot, route: &Route, body: Body, whom: Whom<'_>) -> Result<Chosen<'a>> {
    let plain = |outgoing: whatsapp::Outgoing, template| Chosen {
        outgoing: outgoing.into(),
        template,
        decisions: Vec::new(),
    };
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
            Ok(plain(whatsapp::Outgoing::from_template(template), Some(known)))
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
            Ok(plain(*outgoing, known))
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

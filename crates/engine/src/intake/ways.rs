//! The other ways of a message: each gets its address, its sender and its content when the message is taken in, so that
//! nothing is missing when one is needed.

use std::sync::Arc;

use tidings_domain::address::Address;
use tidings_domain::category::{Category, Channel};
use tidings_domain::decision::Verdict;
use tidings_domain::intent::{Body, Fallback, Intent, To};
use tidings_domain::lifecycle::AttemptState;
use tidings_domain::outgoing::{Outgoing, Sms};
use tidings_domain::policy::Place;
use tidings_domain::time::{DAY, MINUTE, SECOND};
use tidings_domain::whatsapp;
use tidings_store::model::{NewPlan, NewStep, StoredTemplate, Until};

use super::choose::Chosen;
use super::prepare::{Birth, Whom, resolve, say};
use crate::caller::Caller;
use crate::catalog::Snapshot;
use crate::content::Content;
use crate::error::{EngineError, Result};
use crate::pipeline::{Ahead, Route};

/// The way that the intent itself names.
pub(super) struct First<'a> {
    pub address: &'a Address,
    pub outgoing: &'a Outgoing,
    pub template: Option<&'a StoredTemplate>,
    pub category: Category,
    pub route: &'a Route,
}

/// How long a way has where the intent does not say.
fn usual_wait_us(category: Category) -> i64 {
    match category {
        Category::Authentication => 30 * SECOND,
        Category::Service | Category::Utility => 5 * MINUTE,
        Category::Marketing => DAY,
    }
}

pub(super) async fn plan(
    caller: &Caller,
    snapshot: &Arc<Snapshot>,
    intent: &Intent,
    first: First<'_>,
    ahead: Ahead,
    birth: Birth,
) -> Result<Box<NewPlan>> {
    let wait = |way: &Fallback| {
        let us = way.after_s.map(|after_s| i64::from(after_s) * SECOND);
        Until { wait_us: Some(us.unwrap_or_else(|| usual_wait_us(first.category))), success: way.unless }
    };
    let last = Until { wait_us: None, success: AttemptState::Accepted };
    let mut fallbacks = Vec::with_capacity(intent.fallback.len());
    for (n, way) in intent.fallback.iter().enumerate() {
        let until = intent.fallback.get(n + 1).map_or(last, wait);
        let made = step(caller, snapshot, intent, way, &first, ahead, birth).await;
        fallbacks.push(NewStep { until, ..made.map_err(|error| under(error, n))? });
    }
    let slot = snapshot.accounts.get(&first.route.account).map_or(0, |account| account.slot);
    let until = intent.fallback.first().map_or(last, wait);
    Ok(Box::new(NewPlan { slot, first: until, reason: first.route.reason, fallbacks }))
}

async fn step(
    caller: &Caller,
    snapshot: &Arc<Snapshot>,
    intent: &Intent,
    way: &Fallback,
    first: &First<'_>,
    ahead: Ahead,
    birth: Birth,
) -> Result<NewStep> {
    let address = match &way.to {
        Some(to) => resolve(caller, to, way.channel).await?,
        None => known_address(caller, &intent.to, first.address, way.channel).await?,
    };
    let recipient = caller.scope.hash(&address.canonical());
    let body = match &way.body {
        Some(body) => body.clone(),
        None => in_plain_words(first, way.channel)?,
    };
    let asked = Intent {
        to: To::Address(address.clone()),
        from: way.from.clone(),
        channel: way.channel,
        body: body.clone(),
        fallback: Vec::new(),
        ..intent.clone()
    };
    let route = (ahead.plan)(snapshot, &asked, &address, recipient)?;
    let place = Place::of(&address);
    let whom = Whom { recipient, country: place.country.as_ref().map(|code| code.as_str()), at: birth.at };
    let Chosen { mut outgoing, template, ruled, .. } = say(snapshot, &route, way.channel, body, whom)?;
    if template.and_then(|known| known.category).is_some_and(|category| category != first.category) {
        return Err(EngineError::invalid(
            "template",
            "category.mismatch",
            format!("Every way of a message is of its category, which is {}.", first.category),
        ));
    }
    let mut denied = (ahead.screen)(snapshot, &mut outgoing);
    denied.extend(ruled);
    if let Some(decision) = denied.iter().find(|each| each.verdict == Verdict::Deny && !each.shadow) {
        return Err(EngineError::invalid("content", "content.denied", decision.reason.clone()));
    }
    super::unsubscribe::name(caller, snapshot, first.category, &address, &mut outgoing);
    Ok(NewStep {
        account: route.account,
        sender: route.sender,
        channel: way.channel,
        recipient,
        place,
        free_form: outgoing.is_free_form(),
        template: outgoing.template().map(|each| each.name.clone()),
        language: outgoing.template().map(|each| each.language.code.clone()),
        until: Until { wait_us: None, success: AttemptState::Accepted },
        reason: route.reason,
        // Another way is not filled anew: its plan has a next one.
        content: Content { to: address, message: outgoing, metadata: None, reference: None, values: None }
            .write(),
    })
}

/// The person's own address on a channel: the one given where it fits, else one that is known.
async fn known_address(caller: &Caller, to: &To, first: &Address, channel: Channel) -> Result<Address> {
    if first.fits(channel) {
        return Ok(first.clone());
    }
    let contact = match to {
        To::Contact(contact) => Some(*contact),
        To::Address(address) => caller.store.contact_of(&caller.scope, address).await?,
    };
    let addresses = match contact {
        Some(contact) => caller.store.contact_addresses(&caller.scope, contact).await?,
        None => Vec::new(),
    };
    addresses.into_iter().find(|address| address.fits(channel)).ok_or_else(|| {
        EngineError::invalid(
            "to",
            "contact.unreachable",
            format!("No address of this person is known for the channel `{channel}`; give one in `to`."),
        )
    })
}

/// What the first way says, for a channel that has no content of its own.
fn in_plain_words(first: &First<'_>, channel: Channel) -> Result<Body> {
    let missing = |detail: &str| EngineError::invalid(channel.as_str(), "content.one", detail);
    match (channel, first.outgoing) {
        (Channel::Email, _) => Err(missing("A mail needs a subject; give its content in `email`.")),
        (Channel::Whatsapp, Outgoing::Whatsapp(content)) => Ok(Body::Message(Box::new(content.clone()))),
        (_, outgoing) => {
            let words = words(outgoing, first.template);
            let text = words.ok_or_else(|| missing("This content has no plain words; say it in `sms`."))?;
            match channel {
                Channel::Whatsapp => Ok(Body::Message(Box::new(whatsapp::Outgoing::text(&text, false)))),
                Channel::Sms | Channel::Email => Ok(Body::Sms(Sms { text })),
            }
        }
    }
}

/// Content without anything but text.
pub(super) fn words(outgoing: &Outgoing, template: Option<&StoredTemplate>) -> Option<String> {
    match outgoing {
        Outgoing::Sms(sms) => Some(sms.text.clone()),
        Outgoing::Email(mail) => mail.text.clone(),
        Outgoing::Whatsapp(content) => match (content.template(), template) {
            (Some(filled), Some(known)) => Some(whatsapp::plain_words(&known.definition, filled)),
            _ => content.as_text().map(str::to_owned),
        },
    }
}

/// Names the way that a problem is about.
fn under(error: EngineError, n: usize) -> EngineError {
    match error {
        EngineError::Invalid(mut problems) => {
            for problem in &mut problems {
                problem.field = format!("fallback[{n}].{}", problem.field);
            }
            EngineError::Invalid(problems)
        }
        other => other,
    }
}

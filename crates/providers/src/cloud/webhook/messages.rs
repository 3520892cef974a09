//! Messages that people sent to a number, and what the platform says about the people themselves.

use serde::Deserialize;
use serde_json::value::RawValue;
use tidings_domain::fact::{Fact, Identities, Inbound};
use tidings_domain::time::Timestamp;

use super::super::lenient::{List, Maybe};
use super::envelope::object;
use super::identity::{Named, is_someone};
use super::inbound::{Message, System};
use super::value::{self, Value};
use super::{other, time_of};
use crate::limits::PROVIDER_ID_BYTES_MAX;

pub(super) fn read(item: &RawValue, value: &Value<'_>, arrived: Option<Timestamp>) -> Fact {
    let Some(message) = object::<Message<'_>>(item) else { return other("messages.messages", item) };
    if message.r#type.is("system") {
        return identity_change(&message, arrived).unwrap_or_else(|| other("messages.system", item));
    }
    inbound(item, &message, value, arrived).unwrap_or_else(|| other("messages.messages", item))
}

/// A message without an id could be stored twice, and one from nobody belongs to no contact.
fn inbound(
    item: &RawValue,
    message: &Message<'_>,
    value: &Value<'_>,
    arrived: Option<Timestamp>,
) -> Option<Fact> {
    let provider_id = message.id.get().filter(|id| id.len() <= PROVIDER_ID_BYTES_MAX)?;
    let from = sender(message).with(&value.contacts);
    if !is_someone(&from) {
        return None;
    }
    Some(Fact::Inbound(Box::new(Inbound {
        provider_id: provider_id.to_owned(),
        at: time_of(&message.timestamp, arrived),
        from,
        kind: message.r#type.get().unwrap_or("unknown").to_owned(),
        text: message.words().map(str::to_owned),
        context: message.about().map(str::to_owned),
        media: message.media(),
        object: item.to_owned(),
    })))
}

fn sender<'a>(message: &'a Message<'_>) -> Named<'a> {
    Named {
        id: message.from.get(),
        user: message.from_user_id.get(),
        parent: message.from_parent_user_id.get(),
    }
}

/// A person got another number or another id. A changed device has neither, and stays unknown here.
fn identity_change(message: &Message<'_>, arrived: Option<Timestamp>) -> Option<Fact> {
    let system: &System<'_> = message.system.get()?;
    if !matches!(
        system.r#type.get(),
        Some("user_changed_number" | "user_changed_user_id" | "customer_changed_number")
    ) {
        return None;
    }
    let who: Identities =
        Named { id: system.wa_id.get(), user: system.user_id.get(), parent: system.parent_user_id.get() }
            .identities();
    let previous = Named {
        id: message.from.get(),
        user: system.previous_user_id.get().or(message.from_user_id.get()),
        parent: system.previous_parent_user_id.get().or(message.from_parent_user_id.get()),
    }
    .identities();
    let told = is_someone(&who) && is_someone(&previous) && who != previous;
    told.then(|| Fact::IdentityChange { who, previous, at: time_of(&message.timestamp, arrived) })
}

#[derive(Deserialize)]
struct History<'a> {
    #[serde(borrow, default)]
    history: List<Maybe<Chunk<'a>>>,
}

#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(borrow, default)]
    errors: List<&'a RawValue>,
}

/// Old messages open no window and call for no answer, so they are kept as they came. Only the errors,
/// such as a business that declined to share, are facts.
pub(super) fn history(raw: &RawValue) -> Option<Vec<Fact>> {
    let history: History<'_> = object(raw)?;
    let chunks = history.history.items.iter().filter_map(Maybe::get);
    let errors = chunks.flat_map(|chunk| chunk.errors.items.iter().map(|item| value::error(item)));
    Some(errors.chain([other("history", raw)]).collect())
}

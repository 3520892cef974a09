//! The value of the field `messages`: receipts, messages and errors of one number.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use tidings_domain::time::Timestamp;

use super::super::answer::ErrorObject;
use super::super::lenient::{List, Maybe, Text};
use super::envelope::{Metadata, object};
use super::identity::Contact;
use super::{Fact, Read, messages, other, statuses};

#[derive(Default)]
pub(super) struct Value<'a> {
    metadata: Maybe<Metadata<'a>>,
    pub contacts: List<Maybe<Contact<'a>>>,
    messages: List<&'a RawValue>,
    statuses: List<&'a RawValue>,
    errors: List<&'a RawValue>,
    unknown: Vec<(Text<'a>, &'a RawValue)>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Value<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ValueVisitor(PhantomData))
    }
}

struct ValueVisitor<'a>(PhantomData<&'a ()>);

/// By hand, because a derived reader either drops unknown members or copies all of them.
impl<'de: 'a, 'a> Visitor<'de> for ValueVisitor<'a> {
    type Value = Value<'a>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value<'a>, A::Error> {
        let mut value = Value::default();
        while let Some(key) = members.next_key::<Text<'a>>()? {
            match key.get().unwrap_or_default() {
                "metadata" => value.metadata = members.next_value()?,
                "contacts" => value.contacts = members.next_value()?,
                "messages" => value.messages = members.next_value()?,
                "statuses" => value.statuses = members.next_value()?,
                "errors" => value.errors = members.next_value()?,
                "messaging_product" => {
                    members.next_value::<IgnoredAny>()?;
                }
                _ => value.unknown.push((key, members.next_value()?)),
            }
        }
        Ok(value)
    }
}

pub(super) fn read(raw: &RawValue, arrived: Option<Timestamp>) -> Read {
    let Some(value) = object::<Value<'_>>(raw) else {
        return Read { sender_ref: None, facts: vec![other("messages", raw)] };
    };
    let mut facts = Vec::with_capacity(value.statuses.items.len() + value.messages.items.len());
    facts.extend(value.statuses.items.iter().map(|item| statuses::read(item, &value, arrived)));
    facts.extend(value.messages.items.iter().map(|item| messages::read(item, &value, arrived)));
    facts.extend(value.errors.items.iter().map(|item| error(item)));
    for (key, object) in &value.unknown {
        facts.push(other(&format!("messages.{}", key.get().unwrap_or_default()), object));
    }
    if facts.is_empty() || value.statuses.odd || value.messages.odd || value.errors.odd {
        facts.push(other("messages", raw));
    }
    let sender_ref = value.metadata.get().and_then(|metadata| metadata.phone_number_id.owned());
    Read { sender_ref, facts }
}

/// An error of the system or the app, about no message of ours.
pub(super) fn error(item: &RawValue) -> Fact {
    object::<ErrorObject<'_>>(item)
        .and_then(|error| error.neutral())
        .map_or_else(|| other("messages.errors", item), Fact::ProviderError)
}

//! People who stop or resume marketing messages with the button of the app.

use serde::Deserialize;
use serde_json::value::RawValue;
use tidings_domain::fact::Fact;
use tidings_domain::time::Timestamp;

use super::super::lenient::{List, Maybe, Text};
use super::envelope::object;
use super::identity::{Contact, Named, is_someone};
use super::{other, time_of};

#[derive(Deserialize)]
struct Preferences<'a> {
    #[serde(borrow, default)]
    contacts: List<Maybe<Contact<'a>>>,
    #[serde(borrow, default)]
    user_preferences: List<&'a RawValue>,
}

#[derive(Deserialize)]
struct Preference<'a> {
    #[serde(borrow, default)]
    wa_id: Text<'a>,
    #[serde(borrow, default)]
    user_id: Text<'a>,
    #[serde(borrow, default)]
    parent_user_id: Text<'a>,
    #[serde(borrow, default)]
    category: Text<'a>,
    #[serde(borrow, default)]
    value: Text<'a>,
    #[serde(borrow, default)]
    timestamp: Text<'a>,
}

pub(super) fn read(raw: &RawValue, arrived: Option<Timestamp>) -> Option<Vec<Fact>> {
    let preferences: Preferences<'_> = object(raw)?;
    let items = &preferences.user_preferences.items;
    let fact = |item: &&RawValue| {
        one(item, &preferences, arrived).unwrap_or_else(|| other("user_preferences", item))
    };
    (!items.is_empty()).then(|| items.iter().map(fact).collect())
}

fn one(item: &RawValue, all: &Preferences<'_>, arrived: Option<Timestamp>) -> Option<Fact> {
    let preference: Preference<'_> = object(item)?;
    let stop = match preference.value.get()? {
        "stop" => true,
        "resume" => false,
        _ => return None,
    };
    let who = Named {
        id: preference.wa_id.get(),
        user: preference.user_id.get(),
        parent: preference.parent_user_id.get(),
    }
    .with(&all.contacts);
    let meant = preference.category.is("marketing_messages") && is_someone(&who);
    meant.then(|| Fact::Preference { who, stop, at: time_of(&preference.timestamp, arrived) })
}

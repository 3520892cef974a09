//! The frame around every change.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::super::lenient::{List, Maybe, Text};

#[derive(Deserialize)]
pub(super) struct Envelope<'a> {
    #[serde(borrow, default)]
    pub object: Text<'a>,
    #[serde(borrow, default)]
    pub entry: List<Maybe<Entry<'a>>>,
}

#[derive(Deserialize)]
pub(super) struct Entry<'a> {
    #[serde(borrow, default)]
    pub id: Text<'a>,
    #[serde(borrow, default)]
    pub time: Text<'a>,
    #[serde(borrow, default)]
    pub changes: List<Maybe<Change<'a>>>,
}

#[derive(Deserialize)]
pub(super) struct Change<'a> {
    #[serde(borrow, default)]
    pub field: Text<'a>,
    /// Raw, because the field that explains it may come after it.
    #[serde(borrow, default, deserialize_with = "present")]
    pub value: Option<&'a RawValue>,
}

/// A `null` that was given is something to keep; only a member that is not there is none.
fn present<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'a RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

impl<'a> Envelope<'a> {
    pub(super) fn read(text: &'a str) -> Option<Self> {
        serde_json::from_str::<Maybe<Self>>(text).ok()?.0
    }
}

/// Where a value says which sender it is about.
#[derive(Deserialize)]
pub(super) struct Metadata<'a> {
    #[serde(borrow, default)]
    pub phone_number_id: Text<'a>,
}

/// Any value, read for its sender alone.
#[derive(Deserialize)]
pub(super) struct Placed<'a> {
    #[serde(borrow, default)]
    metadata: Maybe<Metadata<'a>>,
}

impl Placed<'_> {
    pub(super) fn sender_ref(value: &RawValue) -> Option<String> {
        let placed: Placed<'_> = object(value)?;
        placed.metadata.get()?.phone_number_id.owned()
    }
}

/// An object out of a raw value, if it is one.
pub(super) fn object<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Option<T> {
    serde_json::from_str::<Maybe<T>>(raw.get()).ok()?.0
}

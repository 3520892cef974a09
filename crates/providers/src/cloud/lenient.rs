//! Reading JSON that somebody else changes: a member of an unexpected kind counts as absent, and never
//! spoils the object around it. Numbers may be texts and texts may be numbers.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A text, or a number or truth value written as one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Text<'a>(pub Option<Cow<'a, str>>);

impl<'a> Text<'a> {
    /// The text if it says anything.
    pub(super) fn get(&self) -> Option<&str> {
        self.0.as_deref().filter(|text| !text.is_empty())
    }
    pub(super) fn owned(&self) -> Option<String> {
        self.get().map(str::to_owned)
    }
    pub(super) fn is(&self, other: &str) -> bool {
        self.get() == Some(other)
    }
    pub(super) fn number(&self) -> Option<i64> {
        self.get()?.trim().parse().ok()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor(PhantomData))
    }
}

struct TextVisitor<'a>(PhantomData<&'a ()>);

impl<'de: 'a, 'a> Visitor<'de> for TextVisitor<'a> {
    type Value = Text<'a>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }
    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Text<'a>, E> {
        Ok(Text(Some(Cow::Borrowed(value))))
    }
    fn visit_str<E>(self, value: &str) -> Result<Text<'a>, E> {
        Ok(Text(Some(Cow::Owned(value.to_owned()))))
    }
    fn visit_bool<E>(self, value: bool) -> Result<Text<'a>, E> {
        Ok(Text(Some(Cow::Borrowed(if value { "true" } else { "false" }))))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Text<'a>, E> {
        Ok(Text(Some(Cow::Owned(value.to_string()))))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Text<'a>, E> {
        Ok(Text(Some(Cow::Owned(value.to_string()))))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Text<'a>, E> {
        Ok(Text(Some(Cow::Owned(value.to_string()))))
    }
    fn visit_unit<E>(self) -> Result<Text<'a>, E> {
        Ok(Text(None))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Text<'a>, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Text(None))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Text<'a>, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Text(None))
    }
}

/// An object, or nothing if something else stands in its place.
#[derive(Debug, Clone)]
pub(super) struct Maybe<T>(pub Option<T>);

impl<T> Default for Maybe<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Maybe<T> {
    pub(super) fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Maybe<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MaybeVisitor(PhantomData))
    }
}

struct MaybeVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for MaybeVisitor<T> {
    type Value = Maybe<T>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }
    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Maybe<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members)).map(|value| Maybe(Some(value)))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Maybe<T>, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Maybe(None))
    }
    fn visit_str<E>(self, _: &str) -> Result<Maybe<T>, E> {
        Ok(Maybe(None))
    }
    fn visit_bool<E>(self, _: bool) -> Result<Maybe<T>, E> {
        Ok(Maybe(None))
    }
    fn visit_i64<E>(self, _: i64) -> Result<Maybe<T>, E> {
        Ok(Maybe(None))
    }
    fn visit_u64<E>(self, _: u64) -> Result<Maybe<T>, E> {
        Ok(Maybe(None))
    }
    fn visit_f64<E>(self, _: f64) -> Result<Maybe<T>, E> {
        Ok(Maybe(None))
    }
    fn visit_unit<E>(self) -> Result<Maybe<T>, E> {
        Ok(Maybe(None))
    }
}

/// A list; empty and marked as odd if something else stands in its place.
#[derive(Debug, Clone)]
pub(super) struct List<T> {
    pub items: Vec<T>,
    pub odd: bool,
}

impl<T> List<T> {
    fn odd() -> Self {
        Self { items: Vec::new(), odd: true }
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { items: Vec::new(), odd: false }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListVisitor(PhantomData))
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
    type Value = List<T>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<List<T>, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element()? {
            all.push(item);
        }
        Ok(List { items: all, odd: false })
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<List<T>, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(List::odd())
    }
    fn visit_str<E>(self, _: &str) -> Result<List<T>, E> {
        Ok(List::odd())
    }
    fn visit_bool<E>(self, _: bool) -> Result<List<T>, E> {
        Ok(List::odd())
    }
    fn visit_i64<E>(self, _: i64) -> Result<List<T>, E> {
        Ok(List::odd())
    }
    fn visit_u64<E>(self, _: u64) -> Result<List<T>, E> {
        Ok(List::odd())
    }
    fn visit_f64<E>(self, _: f64) -> Result<List<T>, E> {
        Ok(List::odd())
    }
    fn visit_unit<E>(self) -> Result<List<T>, E> {
        Ok(List::default())
    }
}

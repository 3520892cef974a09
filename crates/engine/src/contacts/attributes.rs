//! Attributes: declared once by name and type, then set on contacts.

use std::collections::BTreeMap;

use serde_json::Value;

use tidings_domain::actor::Permission;
use tidings_domain::address::Address;
use tidings_domain::id::ContactId;
use tidings_domain::policy::Zone;
use tidings_domain::problem::FieldProblem;
use tidings_store::model::{AttributeType, ContactCard, Profile};

use crate::caller::Caller;
use crate::error::{EngineError, Result};
use crate::limits::{ATTRIBUTE_TEXT_CHARS_MAX, ATTRIBUTES_MAX, NAME_CHARS_MAX, TOPIC_CODE_CHARS_MAX};
use crate::pipeline::Engine;

/// The types that an attribute may have.
pub const KINDS: [&str; 4] = ["text", "number", "boolean", "date"];

/// What changes of a contact; a `null` takes a value away.
#[derive(Debug, Default)]
pub struct ContactPatch {
    pub name: Option<Option<String>>,
    pub time_zone: Option<Option<String>>,
    pub language: Option<Option<String>>,
    pub attributes: BTreeMap<String, Value>,
}

impl Engine {
    pub async fn declare_attribute(&self, caller: &Caller, name: &str, kind: &str) -> Result<AttributeType> {
        caller.require(Permission::ConsentsWrite)?;
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if !(1..=TOPIC_CODE_CHARS_MAX).contains(&name.len()) || !name.bytes().all(plain) {
            let words = format!("A name has 1 to {TOPIC_CODE_CHARS_MAX} lower-case letters, digits and `_`.");
            return Err(EngineError::invalid("name", "attribute.name", words));
        }
        if !KINDS.contains(&kind) {
            let words = format!("A type is one of {}.", KINDS.join(", "));
            return Err(EngineError::invalid("type", "attribute.type", words));
        }
        let known = caller.store.attribute_types(&caller.scope).await?;
        if let Some(same) = known.iter().find(|each| each.name == name) {
            if same.kind == kind {
                return Ok(same.clone());
            }
            let words = "An attribute keeps its type: values of the other one are in use. Take another name.";
            return Err(EngineError::invalid("type", "attribute.type", words));
        }
        if known.len() >= ATTRIBUTES_MAX {
            let words = format!("There are {ATTRIBUTES_MAX} attributes.");
            return Err(EngineError::invalid("name", "attributes.many", words));
        }
        let new = AttributeType { name: name.to_owned(), kind: kind.to_owned(), created_at: self.now() };
        caller.store.add_attribute_type(&caller.scope, new.clone()).await?;
        Ok(new)
    }

    pub async fn attribute_types(&self, caller: &Caller) -> Result<Vec<AttributeType>> {
        caller.require(Permission::ConsentsRead)?;
        Ok(caller.store.attribute_types(&caller.scope).await?)
    }

    /// The contact behind an address.
    pub async fn contact_of(&self, caller: &Caller, address: &Address) -> Result<ContactCard> {
        caller.require(Permission::ConsentsRead)?;
        let id = caller.store.contact_of(&caller.scope, address).await?;
        self.card(caller, id.ok_or(EngineError::NotFound("contact"))?).await
    }

    /// The contact of an address, made if there is none, with these changes.
    pub async fn put_contact(
        &self,
        caller: &Caller,
        address: &Address,
        patch: ContactPatch,
    ) -> Result<ContactCard> {
        caller.require(Permission::ConsentsWrite)?;
        check(&patch, &caller.store.attribute_types(&caller.scope).await?)?;
        let id = caller.store.contact_for(&caller.scope, address, self.now()).await?;
        self.patch_contact(caller, id, patch).await
    }

    pub async fn patch_contact(
        &self,
        caller: &Caller,
        id: ContactId,
        patch: ContactPatch,
    ) -> Result<ContactCard> {
        caller.require(Permission::ConsentsWrite)?;
        let card = self.card(caller, id).await?;
        check(&patch, &caller.store.attribute_types(&caller.scope).await?)?;
        let mut profile = card.profile.clone();
        if let Some(name) = patch.name {
            profile.name = name;
        }
        if let Some(zone) = patch.time_zone {
            profile.time_zone = zone;
        }
        if let Some(language) = patch.language {
            profile.language = language;
        }
        for (name, value) in patch.attributes {
            if value.is_null() {
                profile.attributes.remove(&name);
            } else {
                profile.attributes.insert(name, value);
            }
        }
        if profile != card.profile {
            let now = self.now();
            caller.store.set_profile(&caller.scope, card.id, profile.clone(), caller.actor, now).await?;
            self.tick();
        }
        Ok(ContactCard { profile, ..card })
    }

    pub(super) async fn card(&self, caller: &Caller, id: ContactId) -> Result<ContactCard> {
        caller.store.contact_card(&caller.scope, id).await?.ok_or(EngineError::NotFound("contact"))
    }
}

fn check(patch: &ContactPatch, types: &[AttributeType]) -> Result<()> {
    let wished = Profile {
        name: patch.name.clone().flatten(),
        time_zone: patch.time_zone.clone().flatten(),
        language: patch.language.clone().flatten(),
        attributes: patch.attributes.clone(),
    };
    let problems = check_profile(&wished, types);
    if problems.is_empty() { Ok(()) } else { Err(EngineError::Invalid(problems)) }
}

/// Everything that cannot be known of a person as it is said; `null` fits every attribute.
pub(crate) fn check_profile(wished: &Profile, types: &[AttributeType]) -> Vec<FieldProblem> {
    let mut problems = Vec::new();
    if let Some(name) = &wished.name
        && (name.trim().is_empty() || name.chars().count() > NAME_CHARS_MAX)
    {
        let words = format!("A name has 1 to {NAME_CHARS_MAX} characters.");
        problems.push(FieldProblem::new("name", "name.size", words));
    }
    if let Some(zone) = &wished.time_zone
        && (zone.len() > 64 || Zone::named(zone).is_none())
    {
        let words = "Write a time zone by its place, such as Europe/Berlin.";
        problems.push(FieldProblem::new("time_zone", "time_zone.form", words));
    }
    if let Some(language) = &wished.language {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if !(2..=12).contains(&language.len()) || !language.chars().all(plain) {
            let words = "Name the language by its code, such as `en` or `pt-BR`.";
            problems.push(FieldProblem::new("language", "language.code", words));
        }
    }
    for (name, value) in &wished.attributes {
        let field = format!("attributes.{name}");
        match types.iter().find(|each| each.name == *name) {
            None => {
                let words = "No attribute of this name is declared; declare it with its type first.";
                problems.push(FieldProblem::new(field, "attribute.unknown", words));
            }
            Some(declared) if !fits(&declared.kind, value) => {
                let words = format!("The attribute is declared as {}.", declared.kind);
                problems.push(FieldProblem::new(field, "attribute.type", words));
            }
            Some(_) => {}
        }
    }
    problems
}

fn fits(kind: &str, value: &Value) -> bool {
    match (kind, value) {
        (_, Value::Null) | ("number", Value::Number(_)) | ("boolean", Value::Bool(_)) => true,
        ("text", Value::String(text)) => text.chars().count() <= ATTRIBUTE_TEXT_CHARS_MAX,
        ("date", Value::String(text)) => {
            let day = text.len() == 10
                && tidings_domain::time::Timestamp::parse(&format!("{text}T00:00:00Z")).is_some();
            day || tidings_domain::time::Timestamp::parse(text).is_some()
        }
        _ => false,
    }
}

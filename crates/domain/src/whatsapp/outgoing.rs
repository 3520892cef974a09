//! A message on its way out: read from a client, stored, and written as the platform's request body.

use std::fmt;
use std::sync::OnceLock;

use serde::de::{self, MapAccess};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use super::check;
use super::content::{Content, Text};
use super::template::Template;
use crate::problem::{Checked, FieldProblem};

/// Fields that whoever sends decides, so a client's own value of them is left aside.
const TAKEN_APART: [&str; 5] =
    ["messaging_product", "recipient_type", "to", "recipient", "biz_opaque_callback_data"];

/// Fields around the content; each must be a text. Others pass through unread.
const TEXT_FIELDS: [&str; 3] = ["recipient_identity_key_hash", "category", "messaging_account_id"];

/// One message, without its recipient.
#[derive(Clone)]
pub struct Outgoing {
    kind: Box<str>,
    /// The object under the type's name, as the client wrote it.
    object: Box<RawValue>,
    /// Every other field that goes along, `context` included.
    envelope: Vec<(Box<str>, Box<RawValue>)>,
    /// The typed reading of `object`; made when first asked for, since sending needs none.
    content: OnceLock<Content>,
}

/// Fields whose strings people read, wherever they stand.
const READ_BY_PEOPLE: [&str; 3] = ["body", "text", "caption"];

/// Whether any text was changed.
fn change_texts(value: &mut serde_json::Value, change: &mut dyn FnMut(&str) -> Option<String>) -> bool {
    let mut changed = false;
    match value {
        serde_json::Value::Array(items) => {
            for item in items {
                changed |= change_texts(item, change);
            }
        }
        serde_json::Value::Object(fields) => {
            for (name, field) in fields {
                match field {
                    serde_json::Value::String(text) if READ_BY_PEOPLE.contains(&name.as_str()) => {
                        if let Some(new) = change(text) {
                            *text = new;
                            changed = true;
                        }
                    }
                    other => changed |= change_texts(other, change),
                }
            }
        }
        _ => {}
    }
    changed
}

/// Whom the platform shall bring it to, in its own form.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Recipient<'a> {
    /// E.164 with `+`.
    Phone(&'a str),
    Bsuid(&'a str),
    Group(&'a str),
}

impl Outgoing {
    pub fn text(body: &str, preview_url: bool) -> Self {
        let text = Text { body: body.to_owned(), preview_url };
        Self::of("text", &text, Content::Text(text.clone()))
    }

    pub fn from_template(template: Template) -> Self {
        Self::of("template", &template.clone(), Content::Template(Box::new(template)))
    }

    fn of(kind: &str, object: &impl Serialize, content: Content) -> Self {
        let object = to_raw_value(object).expect("content has only string keys");
        Self { kind: kind.into(), object, envelope: Vec::new(), content: OnceLock::from(content) }
    }

    /// Gives every text that people will read to `change`, and takes what it gives back in its place.
    pub fn change_texts(&mut self, change: &mut dyn FnMut(&str) -> Option<String>) {
        let Ok(mut object) = serde_json::from_str::<serde_json::Value>(self.object.get()) else { return };
        if change_texts(&mut object, change) {
            self.object = to_raw_value(&object).expect("a value is JSON");
            self.content = OnceLock::new();
        }
    }

    /// Answers an earlier message: people see it quoted.
    pub fn in_reply_to(mut self, message_id: &str) -> Self {
        let context = to_raw_value(&serde_json::json!({ "message_id": message_id })).expect("a plain object");
        self.envelope.retain(|(name, _)| &**name != "context");
        self.envelope.push(("context".into(), context));
        self
    }

    /// Reads a message object as clients write it: `{"type": "text", "text": {…}, "context": {…}}`.
    /// Limits are [`Self::validate`]'s matter.
    pub fn from_json(value: &Value) -> Checked<Self> {
        let problem = |field: &str, code, detail: &str| vec![FieldProblem::new(field, code, detail)];
        let Value::Object(fields) = value else {
            return Err(problem("", "message.object", "A message is a JSON object."));
        };
        let kind = match fields.get("type") {
            Some(Value::String(kind)) if !kind.is_empty() && !is_envelope(kind) => kind,
            Some(_) => {
                return Err(problem(
                    "type",
                    "field.invalid",
                    "Name the type of the message, such as `text`.",
                ));
            }
            None => {
                return Err(problem(
                    "type",
                    "field.required",
                    "Name the type of the message, such as `text`.",
                ));
            }
        };
        let Some(object) = fields.get(kind) else {
            let detail =
                format!("A message of type `{}` has its content in a field of that name.", shown(kind));
            return Err(problem(&shown(kind), "field.required", &detail));
        };
        let object = to_raw_value(object).expect("a JSON value can be written");
        let content = match Content::read(kind, object.get()) {
            Ok(content) => content,
            Err(error) => return Err(vec![misfit(kind, object.get(), &error)]),
        };
        let envelope = fields
            .iter()
            .filter(|(name, _)| *name != "type" && *name != kind && !TAKEN_APART.contains(&name.as_str()))
            .map(|(name, value)| {
                (name.as_str().into(), to_raw_value(value).expect("a JSON value can be written"))
            })
            .collect();
        let problems = envelope_problems(fields);
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Self { kind: kind.as_str().into(), object, envelope, content: OnceLock::from(content) })
    }

    /// Everything that the platform would refuse, with the field, the rule and what to do.
    pub fn validate(&self) -> Checked<()> {
        check::message(self)
    }

    /// The platform's type, such as `text`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    pub fn content(&self) -> &Content {
        self.content.get_or_init(|| {
            Content::read(&self.kind, self.object.get())
                .unwrap_or_else(|_| Content::Raw { kind: self.kind.to_string(), object: Value::Null })
        })
    }

    /// The content object as JSON, exactly as it will leave.
    pub fn object(&self) -> &str {
        self.object.get()
    }

    /// Whether it needs an open customer service window: everything but templates does, unless the
    /// platform makes a template of it (`category`).
    pub fn is_free_form(&self) -> bool {
        &*self.kind != "template" && self.field("category").is_none()
    }

    /// The words of a message that is nothing but text.
    pub fn as_text(&self) -> Option<&str> {
        match self.content() {
            Content::Text(text) => Some(&text.body),
            _ => None,
        }
    }

    pub fn template(&self) -> Option<&Template> {
        match self.content() {
            Content::Template(template) => Some(template),
            _ => None,
        }
    }

    /// The message that this one answers.
    pub fn context_message_id(&self) -> Option<String> {
        #[derive(Deserialize)]
        struct Context {
            message_id: String,
        }
        let context: Context = serde_json::from_str(self.field("context")?.get()).ok()?;
        Some(context.message_id)
    }

    /// A field around the content, such as `category`.
    pub fn field(&self, name: &str) -> Option<&RawValue> {
        self.envelope.iter().find(|(each, _)| &**each == name).map(|(_, value)| &**value)
    }

    /// Writes the body of `POST /{sender}/messages`; `opaque` comes back in every receipt.
    pub fn write_body(&self, to: Recipient<'_>, opaque: &str, out: &mut Vec<u8>) {
        let (recipient_type, field, id) = match to {
            Recipient::Phone(id) => ("individual", "to", id),
            Recipient::Bsuid(id) => ("individual", "recipient", id),
            Recipient::Group(id) => ("group", "to", id),
        };
        out.extend_from_slice(b"{\"messaging_product\":\"whatsapp\",\"recipient_type\":\"");
        out.extend_from_slice(recipient_type.as_bytes());
        out.extend_from_slice(b"\",\"");
        out.extend_from_slice(field.as_bytes());
        out.extend_from_slice(b"\":");
        write_text(id, out);
        out.extend_from_slice(b",\"type\":");
        write_text(&self.kind, out);
        let fields = self.envelope.iter().map(|(name, value)| (&**name, value));
        for (name, value) in std::iter::once((&*self.kind, &self.object)).chain(fields) {
            out.push(b',');
            write_text(name, out);
            out.push(b':');
            out.extend_from_slice(value.get().as_bytes());
        }
        out.extend_from_slice(b",\"biz_opaque_callback_data\":");
        write_text(opaque, out);
        out.push(b'}');
    }
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    serde_json::to_writer(out, text).expect("a text can be written to memory");
}

/// A client's type may be anything; only a sane one is repeated.
fn shown(kind: &str) -> String {
    let sane = kind.len() <= 40 && kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if sane { kind.to_owned() } else { "type".to_owned() }
}

fn is_envelope(kind: &str) -> bool {
    kind == "type" || kind == "context" || TAKEN_APART.contains(&kind) || TEXT_FIELDS.contains(&kind)
}

fn misfit(kind: &str, object: &str, error: &serde_json::Error) -> FieldProblem {
    let (path, text) = match Content::misfit(kind, object) {
        Some((path, error)) => (path, error.to_string()),
        None => (String::new(), error.to_string()),
    };
    if let Some(name) = text.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
        let detail = format!("Give `{name}`.");
        return FieldProblem::new(name, "field.required", detail).under(&path).under(kind);
    }
    // serde repeats the value it met before "expected"; only what it wanted is said.
    let wanted = text.split("expected ").nth(1).and_then(|rest| rest.split(" at line").next());
    let wanted = match wanted {
        Some(wanted) if !wanted.contains("struct") => wanted,
        _ => "an object",
    };
    FieldProblem::new(path, "field.invalid", format!("This should be {wanted}.")).under(kind)
}

fn envelope_problems(fields: &serde_json::Map<String, Value>) -> Vec<FieldProblem> {
    let mut problems = Vec::new();
    if let Some(context) = fields.get("context") {
        let id = context.get("message_id").and_then(Value::as_str);
        if id.is_none_or(str::is_empty) {
            let detail = "Give the id of the message to answer as a text.";
            problems.push(FieldProblem::new("context.message_id", "field.required", detail));
        }
    }
    for name in TEXT_FIELDS {
        if fields.get(name).is_some_and(|value| value.as_str().is_none_or(str::is_empty)) {
            problems.push(FieldProblem::new(
                name,
                "field.invalid",
                "This should be a text that is not empty.",
            ));
        }
    }
    problems
}

impl PartialEq for Outgoing {
    fn eq(&self, other: &Self) -> bool {
        let fields = |message: &Self| -> Vec<(String, String)> {
            let field =
                |(name, value): &(Box<str>, Box<RawValue>)| (name.to_string(), value.get().to_owned());
            message.envelope.iter().map(field).collect()
        };
        self.kind == other.kind && self.object.get() == other.object.get() && fields(self) == fields(other)
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outgoing({})", self.kind)
    }
}

impl fmt::Debug for Recipient<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Phone(_) => "Phone(…)",
            Self::Bsuid(_) => "Bsuid(…)",
            Self::Group(_) => "Group(…)",
        })
    }
}

/// The stored form is the message object itself.
impl Serialize for Outgoing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2 + self.envelope.len()))?;
        map.serialize_entry("type", &self.kind)?;
        map.serialize_entry(&*self.kind, &self.object)?;
        for (name, value) in &self.envelope {
            map.serialize_entry(&**name, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Outgoing {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> de::Visitor<'de> for Reader {
            type Value = Outgoing;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a message object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Outgoing, A::Error> {
                let mut kind: Option<Box<str>> = None;
                let mut fields: Vec<(Box<str>, Box<RawValue>)> = Vec::new();
                while let Some(name) = map.next_key::<Box<str>>()? {
                    match &*name {
                        "type" => kind = Some(map.next_value()?),
                        _ => fields.push((name, map.next_value()?)),
                    }
                }
                let kind = kind.ok_or_else(|| de::Error::missing_field("type"))?;
                let own = fields.iter().position(|(name, _)| *name == kind);
                let own = own.ok_or_else(|| de::Error::custom("the field named by `type` is missing"))?;
                let (_, object) = fields.remove(own);
                Ok(Outgoing { kind, object, envelope: fields, content: OnceLock::new() })
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

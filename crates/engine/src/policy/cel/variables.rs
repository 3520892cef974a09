//! What a rule may look at.

use serde_json::{Map, Value};

use tidings_domain::category::Category;
use tidings_domain::policy::Wall;

use super::tree::Type;

/// A declared variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Variable {
    Category,
    Channel,
    Country,
    State,
    Template,
    Language,
    FreeForm,
    Sender,
    OptedOut,
    Hour,
    Minute,
    Weekday,
    Metadata,
    Tags,
}

/// Name, type and meaning of each, for documentation and for refusals.
pub const VARIABLES: [(&str, &str, &str); 14] = [
    ("category", "string", "authentication, utility, service or marketing"),
    ("channel", "string", "whatsapp, sms or email"),
    ("country", "string", "two letters; empty if it is not known"),
    ("state", "string", "of the United States, by area code; empty if it is not known"),
    ("template.name", "string", "empty for free-form content"),
    ("template.language", "string", "empty for free-form content"),
    ("free_form", "bool", "content that needs an open service window"),
    ("sender", "string", "id of the sender"),
    ("recipient.opted_out", "bool", "of the message's category"),
    ("local.hour", "int", "0 to 23 where the recipient is; -1 if no zone is known"),
    ("local.minute", "int", "0 to 59; -1 if no zone is known"),
    ("local.weekday", "int", "1 is Monday, 7 is Sunday; 0 if no zone is known"),
    ("metadata", "map", "of the intent; values are strings, an absent one is empty"),
    ("contact.tags", "list of strings", "names of the boolean attributes that are true of the contact"),
];

const IN_ORDER: [Variable; 14] = [
    Variable::Category,
    Variable::Channel,
    Variable::Country,
    Variable::State,
    Variable::Template,
    Variable::Language,
    Variable::FreeForm,
    Variable::Sender,
    Variable::OptedOut,
    Variable::Hour,
    Variable::Minute,
    Variable::Weekday,
    Variable::Metadata,
    Variable::Tags,
];

/// What a message shows to a rule.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen<'a> {
    pub category: Category,
    pub channel: &'static str,
    pub country: &'a str,
    pub state: &'a str,
    pub template: &'a str,
    pub language: &'a str,
    pub free_form: bool,
    pub sender: &'a str,
    pub opted_out: bool,
    pub local: Option<Wall>,
    pub metadata: Option<&'a Map<String, Value>>,
    pub tags: &'a [String],
    /// Categories and topics for which a consent of the recipient stands, of those that rules ask about.
    pub granted: &'a [&'a str],
}

impl Variable {
    pub(super) fn named(name: &str) -> Option<(Self, Type)> {
        let index = VARIABLES.iter().position(|(known, ..)| *known == name)?;
        let kind = match VARIABLES[index].1 {
            "string" => Type::Text,
            "bool" => Type::Bool,
            "int" => Type::Int,
            "list of strings" => Type::Texts,
            _ => Type::Map,
        };
        Some((IN_ORDER[index], kind))
    }

    /// Whether it may change until a message is due.
    pub(super) fn is_of_time(self) -> bool {
        matches!(self, Self::OptedOut | Self::Hour | Self::Minute | Self::Weekday)
    }
}

//! What leaves, in the form of the channel that carries it.

use crate::limits::{
    EMAIL_HTML_BYTES_MAX, EMAIL_SUBJECT_CHARS_MAX, EMAIL_TEXT_BYTES_MAX, SMS_TEXT_CHARS_MAX,
};
use crate::problem::{Checked, FieldProblem};
use crate::whatsapp;

/// The content of one message for one channel.
#[derive(Debug, Clone)]
pub enum Outgoing {
    Whatsapp(whatsapp::Outgoing),
    Sms(Sms),
    Email(Box<Mail>),
}

/// A short message; how it is cut into parts is the adapter's matter.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sms {
    pub text: String,
}

/// A mail. At least one of text and HTML is there; where only HTML is, the adapter makes the text.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    pub subject: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// Where one click ends marketing, as `List-Unsubscribe` names it; filled in by us.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsubscribe_url: Option<String>,
}

impl Sms {
    pub fn validate(&self) -> Checked<()> {
        match self.text.chars().count() {
            0 => Err(problem("sms.text", "field.required", "Say something.")),
            n if n > SMS_TEXT_CHARS_MAX => Err(problem(
                "sms.text",
                "field.too_long",
                &format!("A short message has at most {SMS_TEXT_CHARS_MAX} characters."),
            )),
            _ => Ok(()),
        }
    }
}

impl Mail {
    pub fn validate(&self) -> Checked<()> {
        let mut problems = Vec::new();
        if self.subject.trim().is_empty() || self.subject.chars().count() > EMAIL_SUBJECT_CHARS_MAX {
            problems.extend(one(
                "email.subject",
                "field.length",
                &format!("A subject has between 1 and {EMAIL_SUBJECT_CHARS_MAX} characters."),
            ));
        }
        if self.subject.chars().any(char::is_control) {
            problems.extend(one(
                "email.subject",
                "field.invalid",
                "A subject is one line without control characters.",
            ));
        }
        let empty = |part: &Option<String>| part.as_deref().is_none_or(|text| text.trim().is_empty());
        if empty(&self.text) && empty(&self.html) {
            problems.extend(one("email.text", "field.required", "Give `text`, `html` or both."));
        }
        for (field, part, max) in [
            ("email.text", &self.text, EMAIL_TEXT_BYTES_MAX),
            ("email.html", &self.html, EMAIL_HTML_BYTES_MAX),
        ] {
            if part.as_deref().is_some_and(|text| text.len() > max) {
                problems.extend(one(field, "field.too_long", &format!("This part has at most {max} bytes.")));
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}

fn one(field: &str, code: &'static str, detail: &str) -> Vec<FieldProblem> {
    vec![FieldProblem { field: field.to_owned(), code, detail: detail.to_owned() }]
}

fn problem(field: &str, code: &'static str, detail: &str) -> Vec<FieldProblem> {
    one(field, code, detail)
}

impl Outgoing {
    /// What kind of content it is, in the word that its object has in the API.
    pub fn kind(&self) -> &str {
        match self {
            Self::Whatsapp(content) => content.kind(),
            Self::Sms(_) => "sms",
            Self::Email(_) => "email",
        }
    }

    pub fn whatsapp(&self) -> Option<&whatsapp::Outgoing> {
        match self {
            Self::Whatsapp(content) => Some(content),
            Self::Sms(_) | Self::Email(_) => None,
        }
    }

    /// The platform's template that it is made of.
    pub fn template(&self) -> Option<&whatsapp::Template> {
        self.whatsapp().and_then(whatsapp::Outgoing::template)
    }

    /// Whether it may only be sent into an open service window.
    pub fn is_free_form(&self) -> bool {
        self.whatsapp().is_some_and(whatsapp::Outgoing::is_free_form)
    }

    /// Gives every text that people will read to `change`, and takes what it gives back in its place.
    pub fn change_texts(&mut self, change: &mut dyn FnMut(&str) -> Option<String>) {
        match self {
            Self::Whatsapp(content) => content.change_texts(change),
            Self::Sms(sms) => replace(&mut sms.text, change),
            Self::Email(email) => {
                replace(&mut email.subject, change);
                for part in [&mut email.text, &mut email.html].into_iter().flatten() {
                    replace(part, change);
                }
            }
        }
    }
}

fn replace(text: &mut String, change: &mut dyn FnMut(&str) -> Option<String>) {
    if let Some(new) = change(text) {
        *text = new;
    }
}

impl From<whatsapp::Outgoing> for Outgoing {
    fn from(content: whatsapp::Outgoing) -> Self {
        Self::Whatsapp(content)
    }
}

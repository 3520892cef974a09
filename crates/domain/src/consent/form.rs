//! Forms that ask for consent: hosted pages, and posters with a code that opens a chat.

use serde_json::Value;

use super::{Proof, Reach};
use crate::category::Channel;
use crate::id::FormId;
use crate::limits::{
    FORM_ORIGINS_MAX, FORM_PURPOSES_MAX, PROOF_SHORT_CHARS_MAX, PROOF_TEXT_CHARS_MAX, TEMPLATE_JSON_BYTES_MAX,
};
use crate::problem::{Checked, FieldProblem};
use crate::time::Timestamp;

/// What a form says and asks. A change makes a new version; what people saw stays known.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormDefinition {
    /// For those who look after it.
    pub name: String,
    /// The language of its page.
    pub language: String,
    /// Named by the words, as the law asks.
    pub business_name: String,
    /// The words that people agree to.
    pub text: String,
    /// Categories, or codes of topics.
    pub purposes: Vec<String>,
    #[serde(default = "whatsapp")]
    pub channel: Reach,
    /// Origins that may show the page in a frame, such as `https://shop.example`.
    #[serde(default)]
    pub embed_origins: Vec<String>,
    /// Whether a submission counts only once it is confirmed by the link that the person is sent.
    #[serde(default)]
    pub double_opt_in: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<Confirmation>,
    /// What the chat says before the code; the form's name unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub join_text: Option<String>,
}

/// The message that carries the link of a double opt-in.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    pub template: ConfirmationTemplate,
}

/// A template whose variables hold `{link}` (the whole address) or `{token}` (its last part) somewhere.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfirmationTemplate {
    pub name: String,
    pub language: String,
    pub variables: Value,
}

/// One version of a form.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    pub id: FormId,
    pub version: u32,
    pub definition: FormDefinition,
    pub created_at: Timestamp,
    pub closed: bool,
}

fn whatsapp() -> Reach {
    Reach::On(Channel::Whatsapp)
}

impl FormDefinition {
    /// Everything that can be checked without knowing the tenant.
    pub fn check(&self) -> Checked<()> {
        let mut problems = Vec::new();
        let mut bounded = |field: &str, text: &str, most: usize| {
            if text.trim().is_empty() || text.chars().count() > most {
                problems.push(FieldProblem::new(
                    field,
                    "text.size",
                    format!("Write 1 to {most} characters."),
                ));
            }
        };
        bounded("name", &self.name, PROOF_SHORT_CHARS_MAX);
        bounded("business_name", &self.business_name, PROOF_SHORT_CHARS_MAX);
        bounded("text", &self.text, PROOF_TEXT_CHARS_MAX);
        bounded("join_text", self.join_text.as_deref().unwrap_or("x"), PROOF_SHORT_CHARS_MAX);
        if !(2..=12).contains(&self.language.len()) {
            let words = "Name the language by its code, such as `en` or `pt-BR`.";
            problems.push(FieldProblem::new("language", "language.code", words));
        }
        if self.purposes.is_empty() || self.purposes.len() > FORM_PURPOSES_MAX {
            let words = format!("Name 1 to {FORM_PURPOSES_MAX} purposes.");
            problems.push(FieldProblem::new("purposes", "purposes.count", words));
        }
        if !self.text.contains(&self.business_name) {
            let words = "The words must name the business: put `business_name` into them as it is.";
            problems.push(FieldProblem::new("text", "text.business", words));
        }
        self.check_origins(&mut problems);
        self.check_confirmation(&mut problems);
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    fn check_origins(&self, problems: &mut Vec<FieldProblem>) {
        if self.embed_origins.len() > FORM_ORIGINS_MAX {
            let words = format!("Give at most {FORM_ORIGINS_MAX} origins.");
            problems.push(FieldProblem::new("embed_origins", "origins.many", words));
        }
        for (n, origin) in self.embed_origins.iter().enumerate() {
            let read = url::Url::parse(origin).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
            if read.is_none_or(|url| url.origin().ascii_serialization() != *origin) {
                let words = "Write an origin alone, such as https://shop.example.";
                problems.push(FieldProblem::new(format!("embed_origins[{n}]"), "origin.form", words));
            }
        }
    }

    fn check_confirmation(&self, problems: &mut Vec<FieldProblem>) {
        match &self.confirmation {
            None if self.double_opt_in => {
                let words =
                    "Say by which template the link goes out, with {link} or {token} in its variables.";
                problems.push(FieldProblem::new("confirmation", "confirmation.missing", words));
            }
            None => {}
            Some(confirmation) => {
                let text = confirmation.template.variables.to_string();
                if !(text.contains("{link}") || text.contains("{token}")) {
                    let words = "One of the variables must hold {link} or {token}.";
                    problems.push(FieldProblem::new(
                        "confirmation.template.variables",
                        "confirmation.link",
                        words,
                    ));
                } else if text.len() > TEMPLATE_JSON_BYTES_MAX {
                    let words = "The variables are too large.";
                    problems.push(FieldProblem::new("confirmation.template.variables", "text.size", words));
                }
            }
        }
    }
}

/// Letters of a form's part of a code: those of an id, which no eye takes for another.
const CODE_CHARS: usize = 8;

impl Form {
    /// What a chat carries so that the grant is known to be for this version of this form: `K7Q2MD9A-3`.
    pub fn code(&self) -> String {
        let id = self.id.to_string();
        format!("{}-{}", id[id.len() - CODE_CHARS..].to_uppercase(), self.version)
    }

    /// What a person saw who agrees by this form.
    pub fn proof(&self, ip: Option<String>) -> Proof {
        Proof {
            text: Some(self.definition.text.clone()),
            text_version: Some(format!("{} v{}", self.id, self.version)),
            business_name: Some(self.definition.business_name.clone()),
            ip,
            document_url: None,
            language: Some(self.definition.language.clone()),
        }
    }

    /// The words with which the chat begins.
    pub fn opening(&self) -> String {
        let words = self.definition.join_text.as_deref().unwrap_or(&self.definition.name);
        format!("{words} ({})", self.code())
    }
}

/// The form whose code stands in a message.
pub fn code_in<'a>(text: &str, forms: &'a [Form]) -> Option<&'a Form> {
    if text.len() > crate::limits::KEYWORD_TEXT_BYTES_MAX || !text.contains('-') {
        return None;
    }
    let parts = text.split(|each: char| !(each.is_ascii_alphanumeric() || each == '-'));
    let codes: Vec<String> = parts.filter(|part| part.len() > CODE_CHARS).map(str::to_uppercase).collect();
    forms.iter().find(|form| codes.iter().any(|code| *code == form.code()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;

    fn form(n: u8, version: u32) -> Form {
        let definition = FormDefinition {
            name: "Counter".to_owned(),
            language: "en".to_owned(),
            business_name: "Acme".to_owned(),
            text: "Yes, Acme may send me offers.".to_owned(),
            purposes: vec!["marketing".to_owned()],
            channel: whatsapp(),
            embed_origins: vec!["https://shop.example".to_owned()],
            double_opt_in: false,
            confirmation: None,
            join_text: Some("Hello Acme".to_owned()),
        };
        let id = FormId::from_bytes([n; 16]);
        Form { id, version, definition, created_at: Timestamp::from_secs(1), closed: false }
    }

    #[test]
    fn a_code_leads_to_one_version_of_one_form() {
        let forms = [form(1, 1), form(1, 2), form(1, 12), form(9, 1)];
        for wanted in &forms {
            for text in [
                wanted.opening(),
                wanted.code().to_lowercase(),
                format!("Hi! I want this: {} :)", wanted.code()),
                format!("\u{201c}{}\u{201d}.", wanted.code()),
            ] {
                let found = code_in(&text, &forms).map(|form| (form.id, form.version));
                assert_eq!(found, Some((wanted.id, wanted.version)), "{text}");
            }
        }
        let unknown = form(3, 1).code();
        for text in ["", "Hello", "-", &unknown, &format!("X{}", forms[0].code()), "stop-1"] {
            assert!(code_in(text, &forms).is_none(), "{text}");
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let good = form(1, 1).definition;
        assert_eq!(good.check(), Ok(()));
        type Spoil = fn(&mut FormDefinition);
        let table: [(&str, Spoil); 9] = [
            ("name", |form| form.name.clear()),
            ("text", |form| "Yes, you may.".clone_into(&mut form.text)),
            ("purposes", |form| form.purposes.clear()),
            ("language", |form| form.language.clear()),
            ("embed_origins[0]", |form| form.embed_origins = vec!["https://shop.example/page".to_owned()]),
            ("embed_origins[0]", |form| form.embed_origins = vec!["*".to_owned()]),
            ("embed_origins[0]", |form| {
                form.embed_origins = vec!["https://a.example; script-src *".to_owned()]
            }),
            ("confirmation", |form| form.double_opt_in = true),
            ("confirmation.template.variables", |form| {
                let template = ConfirmationTemplate {
                    name: "confirm".to_owned(),
                    language: "en".to_owned(),
                    variables: serde_json::json!(["no link"]),
                };
                form.confirmation = Some(Confirmation { from: None, template });
            }),
        ];
        for (field, spoil) in table {
            let mut bad = good.clone();
            spoil(&mut bad);
            let problems = bad.check().expect_err(field);
            assert!(problems.iter().any(|problem| problem.field == field), "{field}: {problems:?}");
        }
    }
}

//! What the platform would say to a template before it is submitted: each finding with its rule, its place in
//! the JSON and, within a text, the character.
//!
//! An error is refused at creation or in the review; a warning is accepted, but costs something: another
//! category, or a review that takes longer.

mod authentication;
mod buttons;
mod cards;
mod correct;
mod envelope;
mod limits;
mod texts;
mod wording;

use serde::Serialize;
use serde_json::Value;

pub use correct::correct;
pub use envelope::LANGUAGES;
use texts::{Frame, component, list, text};
pub use texts::{Place, places_of};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Warning,
    Error,
}

impl Severity {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One thing that the platform would object to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Stable for programs.
    pub rule: &'static str,
    pub severity: Severity,
    /// A JSON pointer into the template, such as `/components/1/text`.
    pub pointer: String,
    /// Characters before the place within the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<usize>,
    /// What to do.
    pub detail: String,
}

/// Findings as they are gathered, below one place of the JSON.
#[derive(Default)]
struct Lint {
    findings: Vec<Finding>,
    pointer: String,
}

impl Lint {
    fn at(&mut self, part: impl std::fmt::Display, look: impl FnOnce(&mut Self)) {
        let length = self.pointer.len();
        self.pointer.push('/');
        self.pointer.push_str(&part.to_string());
        look(self);
        self.pointer.truncate(length);
    }

    /// At the part if it is there, else where it should be.
    fn at_given(&mut self, value: &Value, part: &str, look: impl FnOnce(&mut Self)) {
        if value.get(part).is_some() { self.at(part, look) } else { look(self) }
    }

    fn add(&mut self, rule: &'static str, severity: Severity, offset: Option<usize>, detail: String) {
        if self.findings.len() < limits::FINDINGS_MAX {
            let pointer = self.pointer.clone();
            self.findings.push(Finding { rule, severity, pointer, offset, detail });
        }
    }

    fn error(&mut self, rule: &'static str, detail: impl Into<String>) {
        self.add(rule, Severity::Error, None, detail.into());
    }

    fn error_at(&mut self, rule: &'static str, offset: usize, detail: impl Into<String>) {
        self.add(rule, Severity::Error, Some(offset), detail.into());
    }

    fn warn(&mut self, rule: &'static str, offset: Option<usize>, detail: impl Into<String>) {
        self.add(rule, Severity::Warning, offset, detail.into());
    }
}

/// Looks at a template as it would be submitted: `name`, `language`, `category`, `components` …
pub fn lint(template: &Value) -> Vec<Finding> {
    let mut lint = Lint::default();
    if !template.is_object() {
        lint.error("template.object", "Give the template as a JSON object.");
        return lint.findings;
    }
    envelope::envelope(&mut lint, template);
    if !template["components"].is_array() {
        return lint.findings;
    }
    let category = text(template, "category").unwrap_or_default();
    let named = text(template, "parameter_format").is_some_and(|format| format.eq_ignore_ascii_case("named"));
    let components = list(&template["components"]);
    lint.at("components", |lint| {
        if category == "AUTHENTICATION" {
            authentication::components(lint, components);
        } else {
            self::components(lint, components, &Frame { named, language: text(template, "language") });
        }
    });
    if category != "AUTHENTICATION" {
        wording::wording(&mut lint, category, components);
    }
    lint.findings
}

/// Whether the platform would take it.
pub fn is_refused(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}

const KINDS: [&str; 6] = ["HEADER", "BODY", "FOOTER", "BUTTONS", "CAROUSEL", "LIMITED_TIME_OFFER"];

fn components(lint: &mut Lint, components: &[Value], frame: &Frame<'_>) {
    if component(components, "BODY").is_none() {
        lint.error("body.missing", "Add a component of type `BODY`; every template has a text.");
    }
    let offer = component(components, "LIMITED_TIME_OFFER").is_some();
    for (index, each) in components.iter().enumerate() {
        let kind = text(each, "type").unwrap_or_default().to_ascii_uppercase();
        lint.at(index, |lint| {
            let first = components
                .iter()
                .position(|other| text(other, "type").is_some_and(|other| other.eq_ignore_ascii_case(&kind)));
            if first.is_some_and(|first| first < index) {
                lint.error("component.duplicate", format!("Give the {} once.", kind.to_lowercase()));
            }
            match kind.as_str() {
                "HEADER" => texts::header(lint, each, frame, offer),
                "BODY" => {
                    let max = if offer { limits::OFFER_BODY_CHARS_MAX } else { limits::BODY_CHARS_MAX };
                    texts::body(lint, each, frame, max);
                }
                "FOOTER" if offer => {
                    lint.error("footer.with_offer", "A limited-time offer has no footer; leave it out.");
                }
                "FOOTER" => texts::footer(lint, each),
                "BUTTONS" => buttons::buttons(lint, &each["buttons"], limits::BUTTONS_MAX),
                "CAROUSEL" => cards::carousel(lint, each, frame),
                "LIMITED_TIME_OFFER" => cards::offer(lint, each),
                _ => {
                    let detail = format!("Give a `type` of {}.", KINDS.join(", "));
                    lint.at_given(each, "type", |lint| lint.error("component.unknown", detail));
                }
            }
        });
    }
}

//! What a tenant asks of all its templates.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::limits::{NAME_CHARS_MAX, PATTERN_CHARS_MAX, TAGS_MAX};
use super::settings::Settings;
use crate::problem::{Checked, FieldProblem};
use crate::whatsapp::lint::LANGUAGES;

/// The tenant's rules about templates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TemplateRules {
    /// Names must fit one of these; `*` stands for any characters. All names fit an empty list.
    pub naming: Vec<String>,
    /// Tags that each template must have.
    pub required_tags: Vec<String>,
    /// The last language to try.
    pub default_language: Option<String>,
    /// Languages to try instead of one that is missing, such as `{"pt": ["es"]}`.
    pub language_fallbacks: BTreeMap<String, Vec<String>>,
    /// After a rejection, submit a mechanically corrected copy by itself.
    pub resubmit_corrected: bool,
    /// Send the named substitute while a template is paused or disabled.
    pub switch_to_substitute: bool,
    /// Hold a template while the platform calls its quality RED.
    pub hold_on_red: bool,
}

impl Default for TemplateRules {
    fn default() -> Self {
        Self {
            naming: Vec::new(),
            required_tags: Vec::new(),
            default_language: None,
            language_fallbacks: BTreeMap::new(),
            resubmit_corrected: false,
            switch_to_substitute: true,
            hold_on_red: true,
        }
    }
}

impl TemplateRules {
    /// Whether the rules themselves make sense.
    pub fn check(&self) -> Checked<()> {
        let mut problems = Vec::new();
        let pattern = |pattern: &String| {
            let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_*".contains(&byte);
            !pattern.is_empty() && pattern.len() <= PATTERN_CHARS_MAX && pattern.bytes().all(fits)
        };
        if self.naming.len() > TAGS_MAX || !self.naming.iter().all(pattern) {
            let detail = "Write patterns of lower-case letters, digits, underscores and `*`, at most 20.";
            problems.push(FieldProblem::new("naming", "naming.pattern", detail));
        }
        if self.required_tags.len() > TAGS_MAX || self.required_tags.iter().any(String::is_empty) {
            problems.push(FieldProblem::new("required_tags", "tags.size", "Name at most 20 tags."));
        }
        let known = |code: &String| LANGUAGES.contains(&code.as_str());
        // A base such as `pt` may stand for all its regions, though the platform has no such language.
        let base = |code: &String| LANGUAGES.iter().any(|each| each.split('_').next() == Some(code));
        let chains = self
            .language_fallbacks
            .iter()
            .all(|(code, chain)| (known(code) || base(code)) && chain.iter().all(known));
        if !chains || self.default_language.as_ref().is_some_and(|code| !known(code)) {
            let detail = "Give languages of the platform, such as `en` or `pt_BR`.";
            problems.push(FieldProblem::new("language_fallbacks", "language.unknown", detail));
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// Whether a logical template keeps to the tenant's rules.
    pub fn admit(&self, name: &str, settings: &Settings) -> Checked<()> {
        let mut problems = Vec::new();
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if name.is_empty() || name.len() > NAME_CHARS_MAX || !name.bytes().all(fits) {
            let detail = "A name has 1 to 400 lower-case letters, digits and underscores.";
            problems.push(FieldProblem::new("name", "template.name", detail));
        } else if !self.naming.is_empty() && !self.naming.iter().any(|pattern| matches(pattern, name)) {
            let detail = format!("Names here follow a convention; use one of: {}.", self.naming.join(", "));
            problems.push(FieldProblem::new("name", "template.naming", detail));
        }
        for tag in &self.required_tags {
            if settings.tags.get(tag).is_none_or(String::is_empty) {
                let detail = format!("Give the tag `{tag}`; the tenant asks for it on every template.");
                problems.push(FieldProblem::new(format!("tags.{tag}"), "template.tag_missing", detail));
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}

/// `*` stands for any characters, also for none.
fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    if !pattern.contains('*') {
        return rest.is_empty();
    }
    let parts: Vec<&str> = parts.collect();
    let (last, middle) = parts.split_last().expect("a pattern with `*` has a part behind it");
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

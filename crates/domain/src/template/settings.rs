//! What a tenant decides about one logical template.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::limits::{
    FALLBACK_CHARS_MAX, FALLBACKS_MAX, FLAG_BYTES_MAX, OWNER_CHARS_MAX, TAG_CHARS_MAX, TAGS_MAX,
    VARIABLE_CHARS_MAX, VARIABLES_MAX, VARIANT_CHARS_MAX, VARIANTS_MAX, WEIGHT_MAX,
};
use super::variables::Variable;
use crate::problem::{Checked, FieldProblem};
use crate::whatsapp::lint::LANGUAGES;

/// Everything about a logical template but its name, account and category.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    pub tags: BTreeMap<String, String>,
    /// Whom to ask about it.
    pub owner: String,
    pub variables: Vec<Variable>,
    /// A/B arms; one called `main` unless given.
    pub variants: Vec<Variant>,
    /// The logical template that stands in when this one cannot be sent.
    pub substitute: Option<String>,
    pub default_language: Option<String>,
    /// Plain texts for those for whom no approved localization exists; they go only where free text may.
    pub fallback_texts: Vec<FallbackText>,
    /// A flag of the tenant's policy; while it is off, what would be sent is recorded and the substitute goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flag: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    pub name: String,
    /// Its share among the others.
    #[serde(default = "one")]
    pub weight: u32,
    /// The version to send, by language; the newest that is approved otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pinned: Vec<Pin>,
    /// A flag of the tenant's policy; while it is off, another variant goes in place of this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flag: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    pub language: String,
    pub version: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FallbackText {
    /// For this language or its base; for all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// For recipients of this country (`DE`); for all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// `{{name}}` is filled from the declared variables.
    pub text: String,
}

fn one() -> u32 {
    1
}

impl Settings {
    pub fn check(&self) -> Checked<()> {
        let mut problems = Vec::new();
        self.check_labels(&mut problems);
        self.check_variables(&mut problems);
        self.check_variants(&mut problems);
        self.check_flags(&mut problems);
        self.check_texts(&mut problems);
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    fn check_labels(&self, problems: &mut Vec<FieldProblem>) {
        let fits = |(key, value): (&String, &String)| {
            !key.is_empty() && !long(key, TAG_CHARS_MAX) && !long(value, TAG_CHARS_MAX)
        };
        if self.tags.len() > TAGS_MAX || !self.tags.iter().all(fits) {
            let detail = "Give at most 20 tags of at most 80 characters each.";
            problems.push(FieldProblem::new("tags", "tags.size", detail));
        }
        if long(&self.owner, OWNER_CHARS_MAX) {
            let detail = "The owner has at most 200 characters.";
            problems.push(FieldProblem::new("owner", "owner.size", detail));
        }
        if self.default_language.as_ref().is_some_and(|code| !LANGUAGES.contains(&code.as_str())) {
            let detail = "Give a language of the platform, such as `en_US`.";
            problems.push(FieldProblem::new("default_language", "language.unknown", detail));
        }
    }

    fn check_variables(&self, problems: &mut Vec<FieldProblem>) {
        if self.variables.len() > VARIABLES_MAX {
            let detail = "Declare at most 40 variables.";
            problems.push(FieldProblem::new("variables", "variables.count", detail));
        }
        for (index, variable) in self.variables.iter().enumerate() {
            let field = format!("variables[{index}]");
            let mut add = |part: &str, code: &'static str, detail: &str| {
                problems.push(FieldProblem::new(format!("{field}.{part}"), code, detail));
            };
            let repeated = self.variables[..index].iter().any(|other| other.name == variable.name);
            let named = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
            if variable.name.is_empty() || !variable.name.bytes().all(named) || repeated {
                let detail =
                    "Give each variable a name of its own, of lower-case letters, digits and underscores.";
                add("name", "variable.name", detail);
            }
            let max = variable.max_chars.unwrap_or(1);
            if max == 0 || max > VARIABLE_CHARS_MAX {
                add("max_chars", "variable.max_chars", "Between 1 and 1024 characters.");
            }
            let sample = Some(&variable.sample).filter(|text| !text.is_empty());
            for (part, text) in [("sample", sample), ("fallback", variable.fallback.as_ref())] {
                if let Some(Err(detail)) = text.map(|text| variable.check(&text.as_str().into())) {
                    add(part, "variable.value", &detail);
                }
            }
        }
    }

    fn check_variants(&self, problems: &mut Vec<FieldProblem>) {
        if self.variants.len() > VARIANTS_MAX {
            problems.push(FieldProblem::new("variants", "variants.count", "Give at most 10 variants."));
        }
        for (index, variant) in self.variants.iter().enumerate() {
            let repeated = self.variants[..index].iter().any(|other| other.name == variant.name);
            let named = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
            let fits = !variant.name.is_empty() && variant.name.bytes().all(named);
            if !fits || long(&variant.name, VARIANT_CHARS_MAX) || repeated {
                let detail =
                    "Give each variant a name of its own, of at most 20 lower-case letters and digits.";
                problems.push(FieldProblem::new(format!("variants[{index}].name"), "variant.name", detail));
            }
            if variant.weight > WEIGHT_MAX {
                let field = format!("variants[{index}].weight");
                problems.push(FieldProblem::new(field, "variant.weight", "A weight is between 0 and 1000."));
            }
        }
    }

    fn check_flags(&self, problems: &mut Vec<FieldProblem>) {
        let sound = |flag: &Option<String>| {
            flag.as_ref().is_none_or(|flag| (1..=FLAG_BYTES_MAX).contains(&flag.len()))
        };
        if !sound(&self.flag) || !self.variants.iter().all(|variant| sound(&variant.flag)) {
            let detail = format!("Name a flag of the policy's settings in 1 to {FLAG_BYTES_MAX} bytes.");
            problems.push(FieldProblem::new("flag", "flag.size", detail));
        }
        if !self.variants.is_empty() && self.variants.iter().all(|variant| variant.flag.is_some()) {
            let detail = "Leave one variant without a flag: it goes while the others' flags are off.";
            problems.push(FieldProblem::new("variants", "variants.all_flagged", detail));
        }
    }

    fn check_texts(&self, problems: &mut Vec<FieldProblem>) {
        if self.fallback_texts.len() > FALLBACKS_MAX {
            let detail = "Give at most 50 texts.";
            problems.push(FieldProblem::new("fallback_texts", "fallback_texts.count", detail));
        }
        for (index, fallback) in self.fallback_texts.iter().enumerate() {
            if fallback.text.is_empty() || long(&fallback.text, FALLBACK_CHARS_MAX) {
                let field = format!("fallback_texts[{index}].text");
                let detail = "A text has 1 to 4096 characters.";
                problems.push(FieldProblem::new(field, "fallback_text.size", detail));
            }
        }
    }

    /// The arms, of which there is always one.
    pub fn arms(&self) -> Vec<Variant> {
        if self.variants.is_empty() {
            return vec![Variant {
                name: super::MAIN_VARIANT.to_owned(),
                weight: 1,
                pinned: Vec::new(),
                flag: None,
            }];
        }
        self.variants.clone()
    }

    /// The plain text for a recipient: language and region count more than either alone.
    pub fn fallback_text(&self, language: &str, region: Option<&str>) -> Option<&FallbackText> {
        let base = language.split('_').next().unwrap_or(language);
        let fits = |fallback: &&FallbackText| {
            fallback.language.as_deref().is_none_or(|code| code == language || code == base)
                && fallback.region.as_deref().is_none_or(|code| Some(code) == region)
        };
        let rank = |fallback: &&FallbackText| {
            let exact = fallback.language.as_deref() == Some(language);
            (exact, fallback.language.is_some(), fallback.region.is_some())
        };
        // The first of equals wins.
        self.fallback_texts.iter().rev().filter(fits).max_by_key(rank)
    }
}

fn long(text: &str, max: usize) -> bool {
    text.chars().count() > max
}

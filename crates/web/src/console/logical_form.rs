//! The settings of a logical template as fields of a form, and back. What the form does not show is kept.

use std::collections::BTreeMap;

use tidings_domain::problem::FieldProblem;
use tidings_domain::template::{Settings, Variable, VariableType, Variant};

use super::draft_form::Fields;
use crate::limits::{FORM_ROWS_MAX, FORM_ROWS_SPARE};

pub const TYPES: [&str; 7] = ["text", "number", "amount", "date", "url", "code", "file"];

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogicalForm {
    pub name: String,
    pub category: String,
    pub account: String,
    pub owner: String,
    /// `key: value`, a line each.
    pub tags: String,
    pub substitute: String,
    pub default_language: String,
    pub flag: String,
    pub variables: Vec<VariableFields>,
    pub variants: Vec<VariantFields>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VariableFields {
    pub name: String,
    pub kind: String,
    pub sample: String,
    pub fallback: String,
    pub max_chars: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VariantFields {
    pub name: String,
    pub weight: String,
    pub flag: String,
}

impl LogicalForm {
    pub fn read(fields: &Fields) -> Self {
        let of = |name: &str| fields.get(name).map(|text| text.trim().to_owned()).unwrap_or_default();
        let variable = |n: usize| VariableFields {
            name: of(&format!("variable{n}_name")),
            kind: of(&format!("variable{n}_type")),
            sample: of(&format!("variable{n}_sample")),
            fallback: of(&format!("variable{n}_fallback")),
            max_chars: of(&format!("variable{n}_max_chars")),
        };
        let variant = |n: usize| VariantFields {
            name: of(&format!("variant{n}_name")),
            weight: of(&format!("variant{n}_weight")),
            flag: of(&format!("variant{n}_flag")),
        };
        Self {
            name: of("name"),
            category: of("category"),
            account: of("account"),
            owner: of("owner"),
            tags: of("tags").replace("\r\n", "\n"),
            substitute: of("substitute"),
            default_language: of("default_language"),
            flag: of("flag"),
            variables: (0..FORM_ROWS_MAX).map(variable).filter(|row| !row.name.is_empty()).collect(),
            variants: (0..FORM_ROWS_MAX).map(variant).filter(|row| !row.name.is_empty()).collect(),
        }
    }

    pub fn of(name: &str, category: &str, account: &str, settings: &Settings) -> Self {
        let variable = |variable: &Variable| VariableFields {
            name: variable.name.clone(),
            kind: type_name(variable.kind).to_owned(),
            sample: variable.sample.clone(),
            fallback: variable.fallback.clone().unwrap_or_default(),
            max_chars: variable.max_chars.map(|max| max.to_string()).unwrap_or_default(),
        };
        let variant = |variant: &Variant| VariantFields {
            name: variant.name.clone(),
            weight: variant.weight.to_string(),
            flag: variant.flag.clone().unwrap_or_default(),
        };
        let tags: Vec<String> = settings.tags.iter().map(|(key, value)| format!("{key}: {value}")).collect();
        Self {
            name: name.to_owned(),
            category: category.to_owned(),
            account: account.to_owned(),
            owner: settings.owner.clone(),
            tags: tags.join("\n"),
            substitute: settings.substitute.clone().unwrap_or_default(),
            default_language: settings.default_language.clone().unwrap_or_default(),
            flag: settings.flag.clone().unwrap_or_default(),
            variables: settings.variables.iter().map(variable).collect(),
            variants: settings.variants.iter().map(variant).collect(),
        }
    }

    /// The settings with what the form says; pins and plain texts stay as they are.
    pub fn settings(&self, known: &Settings) -> Result<Settings, Vec<FieldProblem>> {
        let mut problems = Vec::new();
        let mut number = |field: String, text: &str| -> Option<u32> {
            if text.is_empty() {
                return None;
            }
            let read = text.parse().ok();
            if read.is_none() {
                problems.push(FieldProblem::new(field, "number", "Write a whole number, or leave it empty."));
            }
            read
        };
        let mut variables = Vec::new();
        for (n, row) in self.variables.iter().enumerate() {
            let max_chars = number(format!("variables[{n}].max_chars"), &row.max_chars);
            variables.push(Variable {
                name: row.name.clone(),
                kind: type_of(&row.kind),
                sample: row.sample.clone(),
                fallback: some(&row.fallback),
                max_chars: max_chars.and_then(|max| usize::try_from(max).ok()),
            });
        }
        let mut variants = Vec::new();
        for (n, row) in self.variants.iter().enumerate() {
            let weight = number(format!("variants[{n}].weight"), &row.weight).unwrap_or(1);
            let known = known.variants.iter().find(|variant| variant.name == row.name);
            let pinned = known.map(|variant| variant.pinned.clone()).unwrap_or_default();
            variants.push(Variant { name: row.name.clone(), weight, pinned, flag: some(&row.flag) });
        }
        let mut tags = BTreeMap::new();
        for line in self.tags.lines().filter(|line| !line.trim().is_empty()) {
            match line.split_once(':') {
                Some((key, value)) => drop(tags.insert(key.trim().to_owned(), value.trim().to_owned())),
                None => problems.push(FieldProblem::new("tags", "tags.shape", "Write tags as `key: value`.")),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Settings {
            tags,
            owner: self.owner.clone(),
            variables,
            variants,
            substitute: some(&self.substitute),
            default_language: some(&self.default_language),
            flag: some(&self.flag),
            fallback_texts: known.fallback_texts.clone(),
        })
    }

    /// With some empty rows to fill.
    pub fn spared(mut self) -> Self {
        for _ in 0..FORM_ROWS_SPARE {
            self.variables.push(VariableFields { kind: "text".to_owned(), ..VariableFields::default() });
        }
        for _ in 0..FORM_ROWS_SPARE - 1 {
            self.variants.push(VariantFields::default());
        }
        self
    }
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

fn type_of(name: &str) -> VariableType {
    serde_json::from_value(name.into()).unwrap_or_default()
}

fn type_name(kind: VariableType) -> &'static str {
    TYPES.into_iter().find(|name| type_of(name) == kind).unwrap_or("text")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidings_domain::template::{FallbackText, Pin};

    #[test]
    fn settings_survive_the_form_and_what_it_does_not_show_is_kept() {
        let settings: Settings = serde_json::from_value(serde_json::json!({
            "tags": {"team": "shipping", "tier": "1"}, "owner": "ops@",
            "variables": [{"name": "first_name", "sample": "Ada", "fallback": "you", "max_chars": 40},
                {"name": "due", "type": "date", "sample": "2026-01-31"}],
            "variants": [{"name": "main", "weight": 3, "pinned": [{"language": "en", "version": 2}]},
                {"name": "b", "flag": "new-tone"}],
            "substitute": "plain", "default_language": "en", "flag": "spring",
            "fallback_texts": [{"text": "On its way."}],
        }))
        .expect("settings");
        let form = LogicalForm::of("parcel", "utility", "", &settings);
        assert_eq!(form.settings(&settings), Ok(settings.clone()));
        assert_eq!(settings.variants[0].pinned, [Pin { language: "en".to_owned(), version: 2 }]);
        let kept: Vec<FallbackText> = form.settings(&settings).expect("sound").fallback_texts;
        assert_eq!(kept.len(), 1);
        // Through the posted fields, with the spare rows that nobody filled.
        let mut fields = Fields::new();
        let spared = form.clone().spared();
        for (name, value) in [
            ("name", &form.name),
            ("category", &form.category),
            ("owner", &form.owner),
            ("tags", &form.tags),
            ("substitute", &form.substitute),
            ("flag", &form.flag),
            ("default_language", &form.default_language),
        ] {
            fields.insert(name.to_owned(), value.clone());
        }
        for (n, row) in spared.variables.iter().enumerate() {
            for (part, value) in [
                ("name", &row.name),
                ("type", &row.kind),
                ("sample", &row.sample),
                ("fallback", &row.fallback),
                ("max_chars", &row.max_chars),
            ] {
                fields.insert(format!("variable{n}_{part}"), value.clone());
            }
        }
        for (n, row) in spared.variants.iter().enumerate() {
            for (part, value) in [("name", &row.name), ("weight", &row.weight), ("flag", &row.flag)] {
                fields.insert(format!("variant{n}_{part}"), value.clone());
            }
        }
        assert_eq!(LogicalForm::read(&fields), form);
    }

    #[test]
    fn what_cannot_be_read_is_said_by_field() {
        let form = LogicalForm {
            tags: "no colon".to_owned(),
            variants: vec![VariantFields {
                name: "b".to_owned(),
                weight: "heavy".to_owned(),
                ..Default::default()
            }],
            ..LogicalForm::default()
        };
        let problems = form.settings(&Settings::default()).expect_err("two fields do not read");
        let fields: Vec<_> = problems.iter().map(|problem| problem.field.as_str()).collect();
        assert_eq!(fields, ["variants[0].weight", "tags"]);
    }
}

//! Declared variables: with a type, a sample, a fallback and a limit, so that a malformed message cannot be made.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::limits::VARIABLE_CHARS_MAX;
use crate::problem::{Checked, FieldProblem};

/// Values by the name of their variable.
pub type ParameterValues = Map<String, Value>;

/// What a value must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VariableType {
    #[default]
    Text,
    /// Digits with an optional sign and fraction, as a text or as a number.
    Number,
    /// An amount with its currency: `12.50 EUR`.
    Amount,
    /// `2026-11-21`.
    Date,
    /// An address that begins with https://, or the part that goes behind one.
    Url,
    /// Letters and digits.
    Code,
    /// The header's file: a link, an id, or an object with either.
    File,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    pub name: String,
    #[serde(rename = "type", default)]
    pub kind: VariableType,
    /// What reviewers and previews see.
    #[serde(default)]
    pub sample: String,
    /// Takes the place of a value that is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_chars: Option<usize>,
}

impl Variable {
    /// Whether a value fits; the sentence says what would.
    pub fn check(&self, value: &Value) -> Result<(), String> {
        if self.kind == VariableType::File {
            let fits = value.as_object().is_some() || value.as_str().is_some_and(|text| !text.is_empty());
            return if fits {
                Ok(())
            } else {
                Err("Give a link, an id or an object with either.".to_owned())
            };
        }
        let number;
        let text = match value {
            Value::String(text) => text.as_str(),
            Value::Number(n) if matches!(self.kind, VariableType::Number | VariableType::Text) => {
                number = n.to_string();
                &number
            }
            _ => return Err("Give this variable as a text.".to_owned()),
        };
        let max = self.max_chars.unwrap_or(VARIABLE_CHARS_MAX);
        let count = text.chars().count();
        if count == 0 || count > max {
            return Err(format!("This variable takes 1 to {max} characters; it has {count}."));
        }
        let (fits, wanted) = match self.kind {
            VariableType::Text | VariableType::File => (true, ""),
            VariableType::Number => (is_number(text), "Give a number, such as 12 or 12.5."),
            VariableType::Amount => {
                (is_amount(text), "Give an amount with its currency, such as `12.50 EUR`.")
            }
            VariableType::Date => (is_date(text), "Give a date such as 2026-11-21."),
            VariableType::Url => (is_url(text), "Give an address, or the part behind one, without blanks."),
            VariableType::Code => {
                (text.chars().all(char::is_alphanumeric), "Give a code of letters and digits only.")
            }
        };
        if fits { Ok(()) } else { Err(wanted.to_owned()) }
    }
}

/// The values in the order of their declaration: what was given, else the fallback. `field` names the input.
pub fn complete(declared: &[Variable], given: &Value, field: &str) -> Checked<ParameterValues> {
    let mut problems = Vec::new();
    let mut values = Map::new();
    let by_place = given.as_array();
    let by_name = given.as_object();
    if !given.is_null() && by_place.is_none() && by_name.is_none() {
        let detail = "Give the variables as a list in order, or as an object by name.";
        return Err(vec![FieldProblem::new(field, "template.variables_form", detail)]);
    }
    for (place, variable) in declared.iter().enumerate() {
        let value = match (by_place, by_name) {
            (Some(list), _) => list.get(place),
            (_, Some(map)) => map.get(&variable.name),
            _ => None,
        };
        let path = format!("{field}.{}", variable.name);
        match (value.filter(|value| !value.is_null()), &variable.fallback) {
            (Some(value), _) => match variable.check(value) {
                Ok(()) => drop(values.insert(variable.name.clone(), value.clone())),
                Err(detail) => problems.push(FieldProblem::new(path, "template.variable_type", detail)),
            },
            (None, Some(fallback)) => {
                values.insert(variable.name.clone(), Value::String(fallback.clone()));
            }
            (None, None) => {
                let detail = format!("Give the variable `{}`; it has no fallback.", variable.name);
                problems.push(FieldProblem::new(path, "template.variable_missing", detail));
            }
        }
    }
    let known = |name: &String| declared.iter().any(|variable| variable.name == *name);
    let too_many = by_place.is_some_and(|list| list.len() > declared.len())
        || by_name.is_some_and(|map| map.keys().any(|name| !known(name)));
    if too_many {
        let names: Vec<String> = declared.iter().map(|variable| format!("`{}`", variable.name)).collect();
        let detail = match names.is_empty() {
            true => "The template takes no variables; leave them out.".to_owned(),
            false => {
                format!("Leave out what the template does not have; its variables are {}.", names.join(", "))
            }
        };
        problems.push(FieldProblem::new(field, "template.variable_unknown", detail));
    }
    if problems.is_empty() { Ok(values) } else { Err(problems) }
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    [whole, part].iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_amount(text: &str) -> bool {
    let currency = |word: &str| word.len() == 3 && word.bytes().all(|byte| byte.is_ascii_uppercase());
    text.split_once(' ').is_some_and(|(a, b)| is_number(a) && currency(b) || currency(a) && is_number(b))
}

fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    let within = |text: &str, length: usize, most: u32| {
        text.len() == length && text.parse::<u32>().is_ok_and(|n| (1..=most).contains(&n))
    };
    within(year, 4, 9_999) && within(month, 2, 12) && within(day, 2, 31)
}

fn is_url(text: &str) -> bool {
    !text.contains(char::is_whitespace) && (!text.contains("://") || text.starts_with("https://"))
}

//! Small questions to a JSON value, each with the provider's own complaint.

use serde_json::Value;
use serde_json::value::RawValue;

use crate::error::GraphError;

type Checked<T> = Result<T, GraphError>;

/// A value and the path a complaint names.
#[derive(Clone)]
pub(crate) struct Check<'v> {
    pub value: &'v Value,
    pub path: String,
}

impl<'v> Check<'v> {
    pub fn new(value: &'v Value, path: &str) -> Check<'v> {
        Check { value, path: path.to_owned() }
    }

    pub fn parse(raw: &RawValue, path: &str) -> Checked<Value> {
        serde_json::from_str(raw.get())
            .map_err(|_| GraphError::parameter(format!("Param {path} is not valid JSON.")))
    }

    fn at(&self, key: &str) -> String {
        format!("{}['{key}']", self.path)
    }

    /// The object has no other keys.
    pub fn only(&self, keys: &[&str]) -> Checked<()> {
        let Some(object) = self.value.as_object() else {
            return Err(GraphError::parameter(format!("Param {} must be a JSON object.", self.path)));
        };
        match object.keys().find(|key| !keys.contains(&key.as_str())) {
            Some(key) => {
                Err(GraphError::parameter(format!("Unexpected key \"{key}\" on param \"{}\".", self.path)))
            }
            None => Ok(()),
        }
    }

    pub fn has(&self, key: &str) -> bool {
        self.value.get(key).is_some_and(|value| !value.is_null())
    }

    pub fn need(&self, key: &str) -> Checked<Check<'v>> {
        match self.value.get(key) {
            Some(value) if !value.is_null() => Ok(Check { value, path: self.at(key) }),
            _ => Err(GraphError::missing(&self.at(key))),
        }
    }

    pub fn maybe(&self, key: &str) -> Option<Check<'v>> {
        self.has(key).then(|| Check { value: &self.value[key], path: self.at(key) })
    }

    /// A text that must be there, not empty and not too long.
    pub fn text(&self, key: &str, max: usize) -> Checked<&'v str> {
        let found = self.need(key)?;
        let Some(text) = found.value.as_str() else {
            return Err(GraphError::parameter(format!("Param {} must be a string.", found.path)));
        };
        if text.is_empty() {
            return Err(GraphError::missing(&found.path));
        }
        if text.chars().count() > max {
            return Err(GraphError::invalid(format!(
                "{} must be at most {max} characters long.",
                found.path
            )));
        }
        Ok(text)
    }

    pub fn maybe_text(&self, key: &str, max: usize) -> Checked<()> {
        if self.has(key) { self.text(key, max).map(|_| ()) } else { Ok(()) }
    }

    pub fn one_of(&self, key: &str, allowed: &[&str]) -> Checked<&'v str> {
        let text = self.text(key, 256)?;
        if allowed.contains(&text) {
            return Ok(text);
        }
        Err(GraphError::parameter(format!(
            "Param {} must be one of {{{}}}.",
            self.at(key),
            allowed.join(", ")
        )))
    }

    pub fn number(&self, key: &str, low: f64, high: f64) -> Checked<()> {
        let found = self.need(key)?;
        let number = found.value.as_f64().or_else(|| found.value.as_str()?.parse().ok());
        match number {
            Some(number) if (low..=high).contains(&number) => Ok(()),
            _ => Err(GraphError::invalid(format!("{} must be a number from {low} to {high}.", found.path))),
        }
    }

    /// A list of allowed length.
    pub fn list(&self, key: &str, min: usize, max: usize) -> Checked<Vec<Check<'v>>> {
        self.need(key)?.items(min, max)
    }

    pub fn items(&self, min: usize, max: usize) -> Checked<Vec<Check<'v>>> {
        let Some(items) = self.value.as_array() else {
            return Err(GraphError::parameter(format!("Param {} must be an array.", self.path)));
        };
        if !(min..=max).contains(&items.len()) {
            return Err(GraphError::invalid(format!("{} must have {min} to {max} items.", self.path)));
        }
        let item = |(i, value): (usize, &'v Value)| Check { value, path: format!("{}[{i}]", self.path) };
        Ok(items.iter().enumerate().map(item).collect())
    }

    pub fn url(&self, key: &str) -> Checked<()> {
        let text = self.text(key, 2000)?;
        if text.starts_with("https://") || text.starts_with("http://") {
            return Ok(());
        }
        Err(GraphError::invalid(format!("{} is not a valid URI.", self.at(key))))
    }
}

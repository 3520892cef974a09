//! Collects problems under the path that is being checked.

use std::collections::HashSet;

use crate::problem::{Checked, FieldProblem};
use crate::whatsapp::limits::PROBLEMS_MAX;

#[derive(Default)]
pub(in crate::whatsapp) struct Report {
    path: String,
    problems: Vec<FieldProblem>,
}

impl Report {
    /// Starts below a path.
    pub fn under(path: &str) -> Self {
        Self { path: path.to_owned(), problems: Vec::new() }
    }

    pub fn finish(self) -> Checked<()> {
        if self.problems.is_empty() { Ok(()) } else { Err(self.problems) }
    }

    /// Checks a part that stands in the field `name`.
    pub fn at<T>(&mut self, name: &str, check: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.path.len();
        if length > 0 {
            self.path.push('.');
        }
        self.path.push_str(name);
        let result = check(self);
        self.path.truncate(length);
        result
    }

    /// Checks each element of the list in the field `name`.
    pub fn each<T>(&mut self, name: &str, items: &[T], mut check: impl FnMut(&mut Self, &T)) {
        for (index, item) in items.iter().enumerate() {
            self.at(&format!("{name}[{index}]"), |report| check(report, item));
        }
    }

    /// Adds a problem with the field `name` of the present path; an empty name means the path itself.
    pub fn add(&mut self, name: &str, code: &'static str, detail: impl Into<String>) {
        if self.problems.len() == PROBLEMS_MAX {
            return;
        }
        self.problems.push(FieldProblem::new(name, code, detail).under(&self.path));
    }

    /// A text that must say something within `max` characters.
    pub fn text(&mut self, name: &str, text: &str, max: usize) {
        if text.trim().is_empty() {
            self.add(name, "text.empty", "This text must not be empty.");
        } else {
            self.length(name, text, max);
        }
    }

    pub fn length(&mut self, name: &str, text: &str, max: usize) {
        // Bytes bound characters from above, and most texts are far below their limit.
        if text.len() > max && text.chars().count() > max {
            self.add(name, "text.too_long", format!("Shorten this text to at most {max} characters."));
        }
    }

    /// A text that must be there, and then say something within `max` characters.
    pub fn required(&mut self, name: &str, text: Option<&str>, max: usize) {
        match text {
            Some(text) => self.text(name, text, max),
            None => self.missing(name),
        }
    }

    pub fn missing(&mut self, name: &str) {
        let last = name.rsplit('.').next().unwrap_or(name);
        self.add(name, "field.required", format!("Give `{last}`."));
    }

    pub fn unwanted(&mut self, name: &str, there: bool, why: &str) {
        if there {
            self.add(name, "field.not_allowed", why);
        }
    }

    pub fn count(&mut self, name: &str, count: usize, min: usize, max: usize) {
        if count < min {
            self.add(name, "count.too_few", format!("Give at least {min}."));
        } else if count > max {
            self.add(name, "count.too_many", format!("Give at most {max}."));
        }
    }

    /// A text from a closed list.
    pub fn one_of(&mut self, name: &str, value: &str, allowed: &[&str]) {
        if !allowed.contains(&value) {
            let list: Vec<String> = allowed.iter().map(|each| format!("`{each}`")).collect();
            self.add(name, "value.not_allowed", format!("Use {}.", list.join(" or ")));
        }
    }

    /// Values that must differ from each other.
    pub fn distinct<'a>(&mut self, name: &str, mut values: impl Iterator<Item = &'a str>) {
        let mut seen = HashSet::new();
        if values.any(|value| !seen.insert(value)) {
            self.add(name, "value.duplicate", "Each of these must be different.");
        }
    }
}

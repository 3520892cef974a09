//! What is wrong with an input, field by field, in words that say what to do.

use std::fmt;

/// One thing that is wrong with one field of an input.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FieldProblem {
    /// Where: a JSON path such as `template.components[0].parameters` or `to.phone`.
    pub field: String,
    /// The rule, stable for programs.
    pub code: &'static str,
    /// A sentence that says what to do. It never repeats a value that may be personal.
    pub detail: String,
}

/// A value, or everything that is wrong with the input.
pub type Checked<T> = Result<T, Vec<FieldProblem>>;

impl FieldProblem {
    pub fn new(field: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { field: field.into(), code, detail: detail.into() }
    }

    /// The same problem, seen from one level further out: `phone` under `to` is `to.phone`.
    pub fn under(mut self, parent: &str) -> Self {
        self.field = join(parent, &self.field);
        self
    }
}

impl fmt::Display for FieldProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() {
            return write!(f, "{} ({})", self.detail, self.code);
        }
        write!(f, "{}: {} ({})", self.field, self.detail, self.code)
    }
}

/// A refusal with a single problem.
pub fn refuse<T>(field: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Checked<T> {
    Err(vec![FieldProblem::new(field, code, detail)])
}

/// Moves every problem of a part under the field that holds the part.
pub fn under<T>(parent: &str, checked: Checked<T>) -> Checked<T> {
    checked.map_err(|problems| problems.into_iter().map(|problem| problem.under(parent)).collect())
}

fn join(parent: &str, child: &str) -> String {
    match (parent, child) {
        ("", child) => child.to_owned(),
        (parent, "") => parent.to_owned(),
        (parent, child) if child.starts_with('[') => format!("{parent}{child}"),
        (parent, child) => format!("{parent}.{child}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_nest() {
        for (parent, child, expected) in [
            ("to", "phone", "to.phone"),
            ("messages", "[3].text", "messages[3].text"),
            ("", "text.body", "text.body"),
            ("text", "", "text"),
        ] {
            assert_eq!(FieldProblem::new(child, "x", "y").under(parent).field, expected);
        }
        let nested: Checked<()> =
            under("messages", Err(vec![FieldProblem::new("[0].to", "required", "Name a recipient.")]));
        assert_eq!(nested.unwrap_err()[0].to_string(), "messages[0].to: Name a recipient. (required)");
    }
}

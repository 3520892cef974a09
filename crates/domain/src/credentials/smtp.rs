//! How a mail server is reached.

use super::check;
use crate::problem::{Checked, FieldProblem};

/// A submission server; the password is the account's access token.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Smtp {
    pub host: String,
    pub port: u16,
    /// Empty where the server asks for none.
    #[serde(default)]
    pub username: String,
}

impl Smtp {
    pub(super) fn validate(&self) -> Checked<()> {
        let mut problems: Vec<FieldProblem> = Vec::new();
        check::host(&mut problems, "host", &self.host);
        check::port(&mut problems, self.port);
        if !self.username.is_empty() {
            check::word(&mut problems, "username", &self.username, (1, 254));
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}

//! How an UltraMsg instance is reached.

use super::check;
use crate::problem::{Checked, FieldProblem};

/// One instance; its token is the account's access token.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ultramsg {
    /// Such as `https://api.ultramsg.com`.
    pub base_url: String,
    pub instance_id: String,
}

impl Ultramsg {
    pub(super) fn validate(&self) -> Checked<()> {
        let mut problems: Vec<FieldProblem> = Vec::new();
        check::base_url(&mut problems, &self.base_url);
        check::path_id(&mut problems, "instance_id", &self.instance_id);
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}

//! How an HTTP API for SMS is reached.

use super::check;
use crate::problem::{Checked, FieldProblem};

/// The account at the API; the token or password is the account's access token.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmsHttp {
    /// Such as `https://api.twilio.com`.
    pub base_url: String,
    pub account_sid: String,
    /// Who signs in, where that is an API key and not the account itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The address, as the API reaches it, at which receipts are taken: this server's public address with the account's
    /// callback path. Without it none are asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_callback: Option<String>,
}

impl SmsHttp {
    pub fn new(base_url: impl Into<String>, account_sid: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            account_sid: account_sid.into(),
            username: None,
            status_callback: None,
        }
    }

    pub(super) fn validate(&self) -> Checked<()> {
        let mut problems: Vec<FieldProblem> = Vec::new();
        check::base_url(&mut problems, &self.base_url);
        check::path_id(&mut problems, "account_sid", &self.account_sid);
        if let Some(username) = &self.username {
            check::word(&mut problems, "username", username, (1, 128));
        }
        if self.status_callback.as_ref().is_some_and(|url| url.len() > 1_024 || url::Url::parse(url).is_err())
        {
            problems.push(FieldProblem::new(
                "status_callback",
                "status_callback.form",
                "Give the whole address, such as `https://tidings.example.com/callbacks/main/acc_…`.",
            ));
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}

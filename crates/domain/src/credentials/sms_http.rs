//! How an HTTP API for SMS is reached.

/// The account at the API; the token or password is the account's access token.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmsHttp {
    /// Such as `https://api.twilio.com`.
    pub base_url: String,
    pub account_sid: String,
}

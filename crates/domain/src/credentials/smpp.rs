//! How an SMSC is reached.

/// A bind; the password is the account's access token.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Smpp {
    pub host: String,
    pub port: u16,
    pub system_id: String,
}

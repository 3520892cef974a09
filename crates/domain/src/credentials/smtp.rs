//! How a mail server is reached.

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

//! How an UltraMsg instance is reached.

/// One instance; its token is the account's access token.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ultramsg {
    /// Such as `https://api.ultramsg.com`.
    pub base_url: String,
    pub instance_id: String,
}

//! What a tenant entrusts to us to speak for an account at a provider.

use crate::secret::Secret;

/// The providers that an account can be at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderKind {
    Cloud,
}

impl ProviderKind {
    pub const ALL: [Self; 1] = [Self::Cloud];
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cloud => "cloud",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Kept sealed; `Debug` shows no value.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Credentials {
    pub access_token: Secret,
    /// The newest first; more than one while they are rotated.
    pub app_secrets: Vec<Secret>,
    pub verify_token: Secret,
}

//! What a tenant sets about policy, as it is stored.

use tidings_domain::id::RuleId;
use tidings_domain::time::Timestamp;

/// A version of a tenant's settings; the engine reads the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSettings {
    /// Rises by one with each change.
    pub version: i64,
    /// JSON.
    pub body: String,
    pub actor: String,
    pub at: Timestamp,
}

/// A rule that a tenant wrote; the engine reads the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRule {
    pub id: RuleId,
    pub name: String,
    /// Of the tenant's rules as a whole, when this one was added.
    pub version: i64,
    /// JSON.
    pub body: String,
    pub created_at: Timestamp,
}

/// What the platform said last of a portfolio.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortfolioLimit {
    /// `None`: unlimited.
    pub recipients: Option<u32>,
    /// The platform's word.
    pub tier: String,
    pub at: Timestamp,
}

/// The part of the catalog that policy reads.
#[derive(Debug, Clone, Default)]
pub struct StoredPolicy {
    pub settings: Option<StoredSettings>,
    pub rules: Vec<StoredRule>,
    /// How many rules were ever added or removed.
    pub rules_version: i64,
    pub portfolio: Option<PortfolioLimit>,
}

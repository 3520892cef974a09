//! What a tenant sets about policy, as it is stored.

use tidings_domain::category::Category;
use tidings_domain::event::Kind;
use tidings_domain::id::{MessageId, RuleId, SenderId};
use tidings_domain::policy::Place;
use tidings_domain::time::Timestamp;

use super::Hash16;

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
    /// Key of the portfolio; see [`Account::pool`](super::Account::pool).
    pub pool: Hash16,
    /// `None`: unlimited.
    pub recipients: Option<u32>,
    /// The platform's word.
    pub tier: String,
    pub at: Timestamp,
}

/// Messages of one template by one sender to one place, among the latest of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traffic {
    pub template: Option<String>,
    pub sender: SenderId,
    pub category: Category,
    pub place: Place,
    pub messages: u64,
}

/// What rules decided lately.
#[derive(Debug, Clone, Default)]
pub struct Decided {
    pub denials: Vec<Denial>,
    /// There were more than are looked at.
    pub is_denials_cut: bool,
    /// Deferrals, and whatever tells of a shadow.
    pub events: Vec<DecidedEvent>,
    /// Where the log is too long to be looked at as a whole: the time of the oldest event that was.
    pub events_since: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    pub message: MessageId,
    pub rule: String,
    pub at: Timestamp,
}

#[derive(Debug, Clone)]
pub struct DecidedEvent {
    pub message: MessageId,
    pub kind: Kind,
    pub at: Timestamp,
    /// JSON object.
    pub body: String,
}

/// The part of the catalog that policy reads.
#[derive(Debug, Clone, Default)]
pub struct StoredPolicy {
    pub settings: Option<StoredSettings>,
    pub rules: Vec<StoredRule>,
    /// How many rules were ever added or removed.
    pub rules_version: i64,
    pub portfolios: Vec<PortfolioLimit>,
}

//! Accounts, senders, templates and pauses: what the engine keeps as a snapshot per tenant.

use tidings_domain::category::{Category, Channel};
use tidings_domain::credentials::{Credentials, ProviderKind};
use tidings_domain::id::{AccountId, PauseId, SenderId, TemplateId};
use tidings_domain::time::Timestamp;
use tidings_domain::whatsapp::TemplateDefinition;

use super::{Hash16, StoredPolicy, TenantLimits};

#[derive(Debug, Clone)]
pub struct Account {
    pub id: AccountId,
    pub provider: ProviderKind,
    /// The provider's id of the account (for Meta: the WABA id).
    pub provider_ref: String,
    pub credentials: Credentials,
    /// Whoever holds this slot decides for the account; all accounts of a tenant lie in one.
    pub slot: u8,
    /// The provider's id of the business portfolio that it belongs to, where it is known.
    pub portfolio: Option<String>,
    /// Accounts with one key share a messaging limit: those of a portfolio; of an unknown one only the account.
    pub pool: Hash16,
    pub created_at: Timestamp,
}

#[derive(Debug, Clone)]
pub struct Sender {
    pub id: SenderId,
    pub account: AccountId,
    pub channel: Channel,
    /// The address people see; for a phone number E.164.
    pub address: String,
    /// The provider's id of the sender (for Meta: the phone number id).
    pub provider_ref: String,
    pub messages_per_s: f64,
    pub created_at: Timestamp,
}

/// One localization as the platform last described it.
#[derive(Debug, Clone)]
pub struct StoredTemplate {
    pub id: TemplateId,
    pub account: AccountId,
    pub definition: TemplateDefinition,
    /// The platform's status in upper case, newest of sync and webhook.
    pub status: String,
    pub category: Option<Category>,
    pub quality: Option<String>,
    pub updated_at: Timestamp,
}

/// What a pause stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PauseScope {
    Tenant,
    Account,
    Sender,
    Template,
    Category,
}

#[derive(Debug, Clone)]
pub struct Pause {
    pub id: PauseId,
    pub scope: PauseScope,
    /// Id of the tenant, account or sender, name of the template or the category.
    pub target: String,
    pub reason: String,
    /// `None`: until somebody lifts it.
    pub until: Option<Timestamp>,
    pub created_at: Timestamp,
}

/// Everything the engine judges a tenant's messages by, loaded in one read.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    pub accounts: Vec<Account>,
    pub senders: Vec<Sender>,
    pub templates: Vec<StoredTemplate>,
    pub pauses: Vec<Pause>,
    pub tenant_messages_per_s: Option<f64>,
    pub limits: TenantLimits,
    pub policy: StoredPolicy,
    pub shelf: crate::model::TemplateShelf,
    pub consent: super::ConsentSetup,
}

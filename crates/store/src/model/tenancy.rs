//! Tenants, API keys and what a verified key allows.

use tidings_domain::actor::{Actor, Permission, Role};
use tidings_domain::id::{KeyId, TenantId};
use tidings_domain::secret::Secret;
use tidings_domain::time::Timestamp;

use super::Retention;

#[derive(Debug, Clone)]
pub struct Tenant {
    pub id: TenantId,
    pub name: String,
    /// Messages per second that the tenant may submit over all its senders; `None` is unlimited.
    pub messages_per_s: Option<f64>,
    pub limits: TenantLimits,
    /// Where it differs from the installation's.
    pub retention: Option<Retention>,
    pub created_at: Timestamp,
}

/// What a tenant may take in, and whether it may do anything at all.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct TenantLimits {
    /// Nothing is taken and nothing is sent.
    pub suspended: bool,
    /// Intents per second, over all its keys; `None` is unlimited.
    pub accepts_per_s: Option<f64>,
    /// Intents per day in UTC.
    pub accepts_per_day: Option<u32>,
}

/// What changes about a tenant; the inner `None` lifts a limit.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct TenantPatch {
    pub suspended: Option<bool>,
    pub messages_per_s: Option<Option<f64>>,
    pub accepts_per_s: Option<Option<f64>>,
    pub accepts_per_day: Option<Option<u32>>,
    pub retention: Option<Option<Retention>>,
}

#[derive(Debug, Clone)]
pub struct ApiKey {
    pub id: KeyId,
    pub name: String,
    pub role: Role,
    /// Set of [`Permission::bit`]s.
    pub permissions: i64,
    pub created_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

impl ApiKey {
    pub fn allows(&self, permission: Permission) -> bool {
        self.permissions & permission.bit() != 0
    }
}

/// A console session that is alive.
#[derive(Debug, Clone)]
pub struct FoundSession {
    pub role: Role,
    pub actor: Actor,
    /// `None`: the installation's operator.
    pub tenant: Option<TenantId>,
}

/// A new key: shown once, then only its keyed hash exists.
#[derive(Debug)]
pub struct MintedKey {
    pub key: ApiKey,
    /// `tdk_<region>_<random>`.
    pub token: Secret,
}

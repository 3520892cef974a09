//! Who calls, and what they may do.

use tidings_domain::actor::{Actor, Permission, Role};
use tidings_domain::id::TenantId;
use tidings_store::Store;
use tidings_store::scope::TenantScope;

use crate::error::{EngineError, Result};

/// A verified caller within one tenant.
#[derive(Clone)]
pub struct Caller {
    pub(crate) store: Store,
    pub(crate) scope: TenantScope,
    pub(crate) permissions: i64,
    pub role: Role,
    pub actor: Actor,
    pub tenant: TenantId,
    pub region: String,
}

impl Caller {
    pub fn require(&self, permission: Permission) -> Result<()> {
        if self.permissions & permission.bit() == 0 {
            return Err(EngineError::Forbidden(permission));
        }
        Ok(())
    }
}

/// Whoever holds the installation key, or a console session made with it.
#[derive(Debug, Clone)]
pub struct Operator {
    pub actor: Actor,
}

impl std::fmt::Debug for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Caller({}, {})", self.tenant, self.actor)
    }
}

//! From a token to a caller.

use tidings_domain::actor::Actor;
use tidings_domain::id::TenantId;
use tidings_store::Store;
use tidings_store::model::ApiKey;
use tidings_store::scope::TenantScope;

use crate::caller::{Caller, Operator};
use crate::error::{EngineError, Result};
use crate::pipeline::Engine;

impl Engine {
    /// Verifies an API key (`tdk_<region>_…`).
    pub async fn caller(&self, token: &str) -> Result<Caller> {
        let store = self.0.regions.by_token(token).ok_or(EngineError::Unauthorized)?;
        let (scope, key) = store.verify_key(token).await?.ok_or(EngineError::Unauthorized)?;
        Ok(as_key(store, scope, &key))
    }

    /// Verifies the installation key (`tdi_…`), which the default region keeps.
    pub async fn operator(&self, token: &str) -> Result<Operator> {
        let store = self.0.regions.default_store();
        if token.starts_with("tdi_") && store.verify_installation_key(token).await? {
            return Ok(Operator { actor: Actor::Installation });
        }
        Err(EngineError::Unauthorized)
    }

    /// The operator looks at a tenant as its administrator would.
    pub async fn caller_for(&self, operator: &Operator, tenant: TenantId) -> Result<Caller> {
        for store in self.0.regions.iter() {
            let sys = store.system();
            if let Ok(scope) = store.scope_for_work(&sys, tenant).await {
                return Ok(Caller {
                    store: store.clone(),
                    tenant,
                    region: store.region().to_owned(),
                    scope,
                    permissions: tidings_domain::actor::Role::Operator.permissions(),
                    role: tidings_domain::actor::Role::Operator,
                    actor: operator.actor,
                });
            }
        }
        Err(EngineError::NotFound("tenant"))
    }
}

fn as_key(store: &Store, scope: TenantScope, key: &ApiKey) -> Caller {
    Caller {
        store: store.clone(),
        tenant: scope.tenant(),
        region: store.region().to_owned(),
        scope,
        permissions: key.permissions,
        role: key.role,
        actor: Actor::ApiKey(key.id),
    }
}

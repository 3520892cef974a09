//! Rotating what seals and what opens doors, while everything goes on. API keys, provider tokens and app secrets
//! are their tenant's: see `tenants` and `accounts`.

use tidings_domain::id::TenantId;
use tidings_domain::secret::Secret;

use crate::caller::Operator;
use crate::error::Result;
use crate::pipeline::Engine;

impl Engine {
    /// Wraps every key by the newest master key; how many were not yet. Nothing is sealed anew.
    pub async fn rotate_master_key(&self, operator: &Operator) -> Result<u64> {
        let mut wrapped = 0;
        for store in self.0.regions.iter() {
            wrapped += store.rewrap_keys(&store.system()).await?;
        }
        tracing::info!(actor = %operator.actor, wrapped, "keys were wrapped by the newest master key");
        Ok(wrapped)
    }

    /// Gives one tenant or every one a new data key; how many. It seals what comes a few seconds later; what was
    /// sealed before still opens.
    pub async fn rotate_data_keys(&self, operator: &Operator, tenant: Option<TenantId>) -> Result<u64> {
        if let Some(tenant) = tenant {
            let caller = self.caller_for(operator, tenant).await?;
            caller.store.rotate_data_key(&caller.scope, operator.actor, self.now()).await?;
            return Ok(1);
        }
        let mut rotated = 0;
        for store in self.0.regions.iter() {
            let system = store.system();
            for tenant in store.list_tenants(&system).await? {
                let scope = store.scope_for_work(&system, tenant.id).await?;
                store.rotate_data_key(&scope, operator.actor, self.now()).await?;
                rotated += 1;
            }
        }
        Ok(rotated)
    }

    /// A new installation key; the one before is refused at once.
    pub async fn rotate_installation_key(&self, operator: &Operator) -> Result<Secret> {
        let key = self.0.regions.default_store().mint_installation_key().await?;
        tracing::info!(actor = %operator.actor, "the installation has a new key");
        Ok(key)
    }
}

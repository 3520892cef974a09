//! Tenants and their keys.

use tidings_domain::actor::{Permission, Role};
use tidings_domain::id::{KeyId, TenantId};
use tidings_store::model::{ApiKey, MintedKey, Tenant, TenantPatch};

use crate::caller::{Caller, Operator};
use crate::error::{EngineError, Result};
use crate::limits::NAME_CHARS_MAX;
use crate::pipeline::Engine;

impl Engine {
    /// Makes a tenant with a first key of the role tenant admin.
    pub async fn create_tenant(
        &self,
        operator: &Operator,
        name: &str,
        region: Option<&str>,
        messages_per_s: Option<f64>,
    ) -> Result<(Tenant, MintedKey)> {
        check_name(name)?;
        check_rate("messages_per_s", messages_per_s)?;
        let store = match region {
            None => self.0.regions.default_store(),
            Some(region) => self.region(region).ok_or_else(|| {
                EngineError::invalid("region", "region.unknown", "There is no region with this name.")
            })?,
        };
        let (_, tenant, key) = store.create_tenant(name, messages_per_s, operator.actor, self.now()).await?;
        Ok((tenant, key))
    }

    /// Limits, suspends or frees a tenant; in force within a second on every node.
    pub async fn patch_tenant(
        &self,
        operator: &Operator,
        id: TenantId,
        patch: TenantPatch,
    ) -> Result<Tenant> {
        check_rate("messages_per_s", patch.messages_per_s.flatten())?;
        check_rate("accepts_per_s", patch.accepts_per_s.flatten())?;
        let caller = self.caller_for(operator, id).await?;
        let changed = caller.store.patch_tenant(&caller.scope, patch, operator.actor, self.now()).await?;
        self.changed(&caller);
        changed.ok_or(EngineError::NotFound("tenant"))
    }

    pub async fn tenants(&self, _operator: &Operator) -> Result<Vec<Tenant>> {
        let mut all = Vec::new();
        for store in self.0.regions.iter() {
            all.extend(store.list_tenants(&store.system()).await?);
        }
        Ok(all)
    }

    /// Without a list of permissions the key has those of its role. Nobody gives more than they have.
    pub async fn create_key(
        &self,
        caller: &Caller,
        name: &str,
        role: Role,
        permissions: Option<Vec<Permission>>,
    ) -> Result<MintedKey> {
        caller.require(Permission::KeysWrite)?;
        check_name(name)?;
        if role < caller.role {
            return Err(EngineError::invalid(
                "role",
                "role.above",
                "A key cannot have a higher role than yours.",
            ));
        }
        let bits = match permissions {
            None => role.permissions(),
            Some(list) => list.iter().fold(0, |bits, permission| bits | permission.bit()),
        };
        if bits & !caller.permissions != 0 {
            return Err(EngineError::invalid(
                "permissions",
                "permissions.above",
                "A key cannot have permissions that yours does not have.",
            ));
        }
        Ok(caller.store.mint_key(&caller.scope, name, role, bits, caller.actor, self.now()).await?)
    }

    pub async fn keys(&self, caller: &Caller) -> Result<Vec<ApiKey>> {
        caller.require(Permission::KeysWrite)?;
        Ok(caller.store.list_keys(&caller.scope).await?)
    }

    pub async fn revoke_key(&self, caller: &Caller, id: KeyId) -> Result<()> {
        caller.require(Permission::KeysWrite)?;
        if caller.store.revoke_key(&caller.scope, id, caller.actor, self.now()).await? {
            Ok(())
        } else {
            Err(EngineError::NotFound("key"))
        }
    }
}

pub(super) fn check_name(name: &str) -> Result<()> {
    let length = name.chars().count();
    if name.trim().is_empty() || length > NAME_CHARS_MAX {
        return Err(EngineError::invalid(
            "name",
            "name.size",
            format!("A name takes 1 to {NAME_CHARS_MAX} characters."),
        ));
    }
    Ok(())
}

pub(super) fn check_rate(field: &str, rate: Option<f64>) -> Result<()> {
    match rate {
        Some(rate) if !(rate.is_finite() && (0.01..=10_000.0).contains(&rate)) => {
            Err(EngineError::invalid(field, "rate.range", "Messages per second lie between 0.01 and 10000."))
        }
        _ => Ok(()),
    }
}

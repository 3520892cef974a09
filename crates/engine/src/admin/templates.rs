//! Templates as the platform lists them.

use serde::Serialize;

use tidings_domain::actor::{Actor, Permission, SystemLoop};
use tidings_domain::id::{AccountId, TenantId};
use tidings_store::Store;
use tidings_store::model::StoredTemplate;

use crate::caller::Caller;
use crate::error::Result;
use crate::pipeline::Engine;

/// What a sync found, by status.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TemplateCounts {
    pub total: usize,
    pub approved: usize,
    pub pending: usize,
    pub rejected: usize,
    pub paused: usize,
    pub disabled: usize,
    pub other: usize,
}

impl Engine {
    /// Reads all templates of an account from the provider and replaces what is stored of them.
    pub async fn sync_templates(&self, caller: &Caller, account: AccountId) -> Result<TemplateCounts> {
        caller.require(Permission::TemplatesWrite)?;
        let account = self.account(caller, account).await?;
        let provider = self.provider(&account)?;
        let found = provider.templates(&account.credentials, &account.provider_ref).await?;
        let mut counts = TemplateCounts { total: found.len(), ..TemplateCounts::default() };
        for definition in &found {
            *match definition.status.as_str() {
                "APPROVED" => &mut counts.approved,
                "PENDING" | "IN_APPEAL" => &mut counts.pending,
                "REJECTED" => &mut counts.rejected,
                "PAUSED" => &mut counts.paused,
                "DISABLED" => &mut counts.disabled,
                _ => &mut counts.other,
            } += 1;
        }
        caller.store.replace_templates(&caller.scope, account.id, found, caller.actor, self.now()).await?;
        self.changed(caller);
        Ok(counts)
    }

    /// The same for a loop of the system that has reason to think that a webhook was lost.
    pub(crate) async fn refresh_templates(
        &self,
        region: &str,
        store: &Store,
        tenant: TenantId,
        account: AccountId,
    ) -> Result<()> {
        let scope = store.scope_for_work(&store.system(), tenant).await?;
        let Some(account) = store.account(&scope, account).await? else { return Ok(()) };
        let found = self.provider(&account)?.templates(&account.credentials, &account.provider_ref).await?;
        let actor = Actor::System(SystemLoop::Sync);
        store.replace_templates(&scope, account.id, found, actor, self.now()).await?;
        self.0.catalogs.drop_copy(tenant);
        self.0.wakes.everything(region);
        Ok(())
    }

    pub async fn templates(&self, caller: &Caller) -> Result<Vec<StoredTemplate>> {
        caller.require(Permission::TemplatesRead)?;
        Ok(caller.store.templates(&caller.scope).await?)
    }
}

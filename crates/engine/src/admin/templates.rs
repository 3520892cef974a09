//! Templates as the platform lists them.

use serde::Serialize;

use tidings_domain::actor::Permission;
use tidings_domain::id::AccountId;
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

    pub async fn templates(&self, caller: &Caller) -> Result<Vec<StoredTemplate>> {
        caller.require(Permission::TemplatesRead)?;
        Ok(caller.store.templates(&caller.scope).await?)
    }
}

//! Logical templates: made, changed, taken out of use; and the tenant's rules about them.

use tidings_domain::actor::{Permission, Role};
use tidings_domain::category::Category;
use tidings_domain::id::{AccountId, CatalogueId};
use tidings_domain::template::{Settings, TemplateRules};
use tidings_store::model::LogicalTemplate;

use crate::caller::Caller;
use crate::error::{EngineError, Result};
use crate::limits::LOGICAL_TEMPLATES_MAX;
use crate::pipeline::Engine;

/// A logical template to be.
#[derive(Debug, Clone)]
pub struct NewLogical {
    /// May be left out where the tenant has one account.
    pub account: Option<AccountId>,
    pub name: String,
    pub category: Category,
    pub settings: Settings,
}

impl Engine {
    pub async fn create_logical_template(&self, caller: &Caller, new: NewLogical) -> Result<LogicalTemplate> {
        caller.require(Permission::TemplatesWrite)?;
        let account = match new.account {
            Some(account) => account,
            None => {
                let accounts = caller.store.accounts(&caller.scope).await?;
                let [only] = accounts.as_slice() else {
                    let detail = "Name the account; there is not exactly one.";
                    return Err(EngineError::invalid("account", "account.missing", detail));
                };
                only.id
            }
        };
        if caller.store.account(&caller.scope, account).await?.is_none() {
            let detail = "There is no account of yours with this id.";
            return Err(EngineError::invalid("account", "account.unknown", detail));
        }
        if new.category == Category::Service {
            let detail = "A template is utility, marketing or authentication.";
            return Err(EngineError::invalid("category", "category.template", detail));
        }
        let known = caller.store.logical_templates(&caller.scope).await?;
        if known.len() >= LOGICAL_TEMPLATES_MAX {
            return Err(EngineError::Conflict(format!(
                "A catalogue has at most {LOGICAL_TEMPLATES_MAX} templates; archive some."
            )));
        }
        self.check_settings(caller, &new.name, &new.settings, &known).await?;
        let made = caller
            .store
            .add_logical_template(
                &caller.scope,
                account,
                &new.name,
                new.category,
                new.settings,
                caller.actor,
                self.now(),
            )
            .await?
            .ok_or_else(|| EngineError::Conflict("There is a template of this name already.".to_owned()))?;
        self.changed(caller);
        Ok(made)
    }

    async fn check_settings(
        &self,
        caller: &Caller,
        name: &str,
        settings: &Settings,
        known: &[LogicalTemplate],
    ) -> Result<()> {
        settings.check().map_err(EngineError::Invalid)?;
        let rules = caller.store.template_rules(&caller.scope).await?;
        rules.admit(name, settings).map_err(EngineError::Invalid)?;
        if let Some(substitute) = &settings.substitute
            && (substitute == name || !known.iter().any(|each| each.name == *substitute))
        {
            let detail = "Name another template of the catalogue, or leave the substitute out.";
            return Err(EngineError::invalid("substitute", "substitute.unknown", detail));
        }
        Ok(())
    }

    pub async fn logical_templates(&self, caller: &Caller) -> Result<Vec<LogicalTemplate>> {
        caller.require(Permission::TemplatesRead)?;
        Ok(caller.store.logical_templates(&caller.scope).await?)
    }

    pub async fn logical_template(&self, caller: &Caller, id: CatalogueId) -> Result<LogicalTemplate> {
        caller.require(Permission::TemplatesRead)?;
        caller.store.logical_template(&caller.scope, id).await?.ok_or(EngineError::NotFound("template"))
    }

    /// Replaces the settings as a whole.
    pub async fn set_logical_template(
        &self,
        caller: &Caller,
        id: CatalogueId,
        settings: Settings,
    ) -> Result<LogicalTemplate> {
        caller.require(Permission::TemplatesWrite)?;
        let known = self.logical_template(caller, id).await?;
        let all = caller.store.logical_templates(&caller.scope).await?;
        self.check_settings(caller, &known.name, &settings, &all).await?;
        caller
            .store
            .set_logical_template(&caller.scope, id, settings, false, caller.actor, self.now())
            .await?;
        self.changed(caller);
        self.logical_template(caller, id).await
    }

    /// Takes a template out of use; what the platform has of it stays there until its versions are archived.
    pub async fn archive_logical_template(
        &self,
        caller: &Caller,
        id: CatalogueId,
    ) -> Result<LogicalTemplate> {
        caller.require(Permission::TemplatesWrite)?;
        let known = self.logical_template(caller, id).await?;
        let (settings, now) = (known.settings, self.now());
        caller.store.set_logical_template(&caller.scope, id, settings, true, caller.actor, now).await?;
        self.changed(caller);
        self.logical_template(caller, id).await
    }

    pub async fn template_rules(&self, caller: &Caller) -> Result<TemplateRules> {
        caller.require(Permission::TemplatesRead)?;
        Ok(caller.store.template_rules(&caller.scope).await?)
    }

    /// Only an administrator of the tenant.
    pub async fn set_template_rules(&self, caller: &Caller, rules: TemplateRules) -> Result<TemplateRules> {
        require_admin(caller)?;
        rules.check().map_err(EngineError::Invalid)?;
        caller.store.set_template_rules(&caller.scope, rules.clone(), caller.actor, self.now()).await?;
        self.changed(caller);
        Ok(rules)
    }
}

pub(super) fn require_admin(caller: &Caller) -> Result<()> {
    caller.require(Permission::TemplatesWrite)?;
    if matches!(caller.role, Role::Operator | Role::TenantAdmin) {
        return Ok(());
    }
    Err(EngineError::Forbidden(Permission::KeysWrite))
}

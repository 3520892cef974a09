//! Accounts: a tenant's credentials at a provider.

use tidings_domain::actor::{Actor, Permission};
use tidings_domain::credentials::{Credentials, ProviderKind};
use tidings_domain::id::AccountId;
use tidings_domain::provider::AccountHealth;
use tidings_domain::secret::Secret;
use tidings_store::model::Account;

use crate::caller::Caller;
use crate::error::{EngineError, Result};
use crate::limits::{APP_SECRETS_MAX, PROVIDER_REF_CHARS_MAX};
use crate::pipeline::Engine;

#[derive(Debug)]
pub struct NewAccount {
    pub provider: ProviderKind,
    pub provider_ref: String,
    pub credentials: Credentials,
    /// The provider's id of the business portfolio; learned from the provider where it is left out.
    pub portfolio: Option<String>,
}

#[derive(Debug, Default)]
pub struct PatchAccount {
    pub access_token: Option<Secret>,
    /// Becomes the first; the ones before stay valid until they are dropped.
    pub app_secret: Option<Secret>,
    pub drop_old_app_secrets: bool,
    pub verify_token: Option<Secret>,
    /// Empty: not known.
    pub portfolio: Option<String>,
}

impl Engine {
    pub async fn create_account(&self, caller: &Caller, new: NewAccount) -> Result<Account> {
        caller.require(Permission::AccountsWrite)?;
        check_ref("business_account_id", &new.provider_ref)?;
        if let Some(portfolio) = &new.portfolio {
            check_ref("portfolio", portfolio)?;
        }
        for (field, secret) in [
            ("access_token", Some(&new.credentials.access_token)),
            ("app_secret", new.credentials.app_secrets.first()),
            ("verify_token", Some(&new.credentials.verify_token)),
        ] {
            if secret.is_none_or(Secret::is_empty) {
                return Err(EngineError::invalid(field, "secret.empty", "This value cannot be empty."));
            }
        }
        let account = caller
            .store
            .create_account(
                &caller.scope,
                new.provider,
                &new.provider_ref,
                new.credentials,
                caller.actor,
                self.now(),
            )
            .await?;
        if let Some(portfolio) = new.portfolio {
            self.name_portfolio(caller, account.id, Some(portfolio)).await?;
        }
        self.changed(caller);
        self.account(caller, account.id).await
    }

    async fn name_portfolio(&self, caller: &Caller, id: AccountId, portfolio: Option<String>) -> Result<()> {
        let (store, scope) = (&caller.store, &caller.scope);
        Ok(store.set_account_portfolio(scope, id, portfolio, caller.actor, self.now()).await?)
    }

    pub async fn accounts(&self, caller: &Caller) -> Result<Vec<Account>> {
        caller.require(Permission::AccountsRead)?;
        Ok(caller.store.accounts(&caller.scope).await?)
    }

    pub(crate) async fn account(&self, caller: &Caller, id: AccountId) -> Result<Account> {
        caller.store.account(&caller.scope, id).await?.ok_or(EngineError::NotFound("account"))
    }

    pub async fn patch_account(
        &self,
        caller: &Caller,
        id: AccountId,
        patch: PatchAccount,
    ) -> Result<Account> {
        caller.require(Permission::AccountsWrite)?;
        let known = self.account(caller, id).await?;
        if let Some(portfolio) = patch.portfolio {
            let portfolio = Some(portfolio).filter(|portfolio| !portfolio.is_empty());
            portfolio.as_deref().map_or(Ok(()), |portfolio| check_ref("portfolio", portfolio))?;
            self.name_portfolio(caller, id, portfolio).await?;
        }
        let mut credentials = known.credentials;
        if let Some(token) = patch.access_token {
            credentials.access_token = token;
        }
        if let Some(token) = patch.verify_token {
            credentials.verify_token = token;
        }
        if let Some(secret) = patch.app_secret {
            credentials.app_secrets.retain(|each| *each != secret);
            credentials.app_secrets.insert(0, secret);
            credentials.app_secrets.truncate(APP_SECRETS_MAX);
        }
        if patch.drop_old_app_secrets {
            credentials.app_secrets.truncate(1);
        }
        caller.store.update_credentials(&caller.scope, id, credentials, caller.actor, self.now()).await?;
        self.changed(caller);
        self.account(caller, id).await
    }

    /// Asks the provider how the account does.
    pub async fn account_health(&self, caller: &Caller, id: AccountId) -> Result<AccountHealth> {
        caller.require(Permission::AccountsRead)?;
        let account = self.account(caller, id).await?;
        let provider = self.provider(&account)?;
        let health = provider.account_health(&account.credentials, &account.provider_ref).await?;
        // What somebody named stays; what nobody named is what the provider says.
        if let (None, Some(told)) = (&account.portfolio, &health.portfolio)
            && check_ref("portfolio", told).is_ok()
        {
            let (store, scope) = (&caller.store, &caller.scope);
            store.set_account_portfolio(scope, id, Some(told.clone()), Actor::Provider, self.now()).await?;
            self.changed(caller);
        }
        Ok(health)
    }

    /// What this process keeps of the tenant's settings is stale now.
    pub(crate) fn changed(&self, caller: &Caller) {
        self.0.catalogs.drop_copy(caller.tenant);
        self.0.wakes.everything(&caller.region);
        self.tick();
    }
}

pub(super) fn check_ref(field: &str, text: &str) -> Result<()> {
    let fits = !text.is_empty()
        && text.len() <= PROVIDER_REF_CHARS_MAX
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    if fits {
        return Ok(());
    }
    Err(EngineError::invalid(
        field,
        "provider_ref.form",
        "The provider's id has only letters, digits, dots, dashes and underscores.",
    ))
}

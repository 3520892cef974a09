//! Accounts: a tenant's credentials at a provider.

use tidings_domain::actor::{Actor, Permission};
use tidings_domain::credentials::{Connection, Credentials, ProviderKind};
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
    /// Of the Cloud API; elsewhere the connection tells.
    pub provider_ref: String,
    /// With a connection everywhere but at the Cloud API.
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
    /// In place of the one before.
    pub connection: Option<Connection>,
}

impl Engine {
    pub async fn create_account(&self, caller: &Caller, mut new: NewAccount) -> Result<Account> {
        caller.require(Permission::AccountsWrite)?;
        if let Some(portfolio) = &new.portfolio {
            check_ref("portfolio", portfolio)?;
        }
        if self.0.providers.get(new.provider).is_none() {
            let detail = format!(
                "This version cannot send through `{}` yet; choose another provider.",
                new.provider.as_str()
            );
            return Err(EngineError::invalid("provider", "provider.absent", detail));
        }
        let provider_ref = reference(&new)?;
        if matches!(new.provider, ProviderKind::Smtp | ProviderKind::Ultramsg)
            && new.credentials.app_secrets.is_empty()
        {
            new.credentials.app_secrets.push(self.fresh_secret());
        }
        let account = caller
            .store
            .create_account(
                &caller.scope,
                new.provider,
                &provider_ref,
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

    /// At which provider an account is.
    pub async fn account_provider(&self, caller: &Caller, id: AccountId) -> Result<ProviderKind> {
        caller.require(Permission::AccountsWrite)?;
        Ok(self.account(caller, id).await?.provider)
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
        let mut provider_ref = known.provider_ref;
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
        if let Some(connection) = patch.connection {
            if connection.kind() != known.provider {
                return Err(EngineError::invalid(
                    "connection",
                    "connection.provider",
                    "The connection is one of another provider; create another account.",
                ));
            }
            provider_ref = connection.reference();
            credentials.connection = Some(connection);
        }
        check_token(&credentials)?;
        caller
            .store
            .update_account(&caller.scope, id, &provider_ref, credentials, caller.actor, self.now())
            .await?;
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

    /// What signs our own addresses where the provider signs nothing: nobody else has to know it.
    fn fresh_secret(&self) -> Secret {
        let mut bytes = [0; 24];
        self.0.ids.random(&mut bytes);
        Secret::new(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
    }

    /// What this process keeps of the tenant's settings is stale now.
    pub(crate) fn changed(&self, caller: &Caller) {
        self.0.catalogs.drop_copy(caller.tenant);
        self.0.wakes.everything(&caller.region);
        self.tick();
    }
}

/// What a new account is called at its provider, if everything that it needs is there.
fn reference(new: &NewAccount) -> Result<String> {
    let credentials = &new.credentials;
    let Some(connection) = &credentials.connection else {
        if new.provider != ProviderKind::Cloud {
            return Err(EngineError::invalid(
                "connection",
                "field.required",
                "Say how this provider is reached.",
            ));
        }
        check_ref("business_account_id", &new.provider_ref)?;
        for (field, secret) in [
            ("access_token", Some(&credentials.access_token)),
            ("app_secret", credentials.app_secrets.first()),
            ("verify_token", Some(&credentials.verify_token)),
        ] {
            if secret.is_none_or(Secret::is_empty) {
                return Err(EngineError::invalid(field, "secret.empty", "This value cannot be empty."));
            }
        }
        return Ok(new.provider_ref.clone());
    };
    assert_eq!(connection.kind(), new.provider, "a connection is read for the account's provider");
    check_token(credentials)?;
    Ok(connection.reference())
}

fn check_token(credentials: &Credentials) -> Result<()> {
    let Some(connection) = &credentials.connection else { return Ok(()) };
    connection.check_token(&credentials.access_token).map_err(EngineError::Invalid)
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

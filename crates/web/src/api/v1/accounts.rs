//! Accounts: what a tenant entrusts to us to speak at a provider. Secrets come in and never go out.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tidings_domain::credentials::{Connection, Credentials, ProviderKind};
use tidings_domain::id::AccountId;
use tidings_domain::secret::Secret;
use tidings_domain::time::Timestamp;
use tidings_engine::admin::{NewAccount, PatchAccount};
use tidings_engine::store_model::Account;
use tidings_engine::{Caller, Engine, EngineError};
use utoipa::ToSchema;

use crate::api::v1::schema;
use crate::error::Result;
use crate::extract::{Json, Key, path_id};
use crate::state::AppState;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "provider": "cloud", "business_account_id": "102290129340398", "access_token": "EAAG…",
    "app_secret": "3f9a…", "verify_token": "a-word-of-your-choice",
}))]
pub struct CreateAccount {
    #[schema(value_type = schema::Provider)]
    provider: ProviderKind,
    /// Of `cloud`: the WhatsApp Business Account id.
    business_account_id: Option<String>,
    /// The token or password that the provider gave.
    #[schema(value_type = Option<String>)]
    access_token: Option<Secret>,
    /// The provider's id of the business portfolio; accounts of one portfolio share its messaging limit. Learned from
    /// the provider where it is left out.
    portfolio: Option<String>,
    /// Signs the callbacks; required for `cloud`.
    #[schema(value_type = Option<String>)]
    app_secret: Option<Secret>,
    /// Of `cloud`: answers the set-up handshake of the callback address.
    #[schema(value_type = Option<String>)]
    verify_token: Option<Secret>,
    /// How the provider is reached; required for every other provider.
    #[schema(value_type = Option<schema::Connection>)]
    connection: Option<Box<RawValue>>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"app_secret": "9c41…"}))]
pub struct UpdateAccount {
    #[schema(value_type = Option<String>)]
    access_token: Option<Secret>,
    /// Becomes the first secret; the old one stays valid until it is dropped.
    #[schema(value_type = Option<String>)]
    app_secret: Option<Secret>,
    /// Drops every app secret but the first.
    #[serde(default)]
    drop_old_app_secrets: bool,
    #[schema(value_type = Option<String>)]
    verify_token: Option<Secret>,
    /// The provider's id of the business portfolio; the empty text takes it away.
    portfolio: Option<String>,
    /// In place of the one before, as a whole.
    #[schema(value_type = Option<schema::Connection>)]
    connection: Option<Box<RawValue>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AccountView {
    #[schema(value_type = String, example = "acc_01k9h3c4v8e2xt7m5q0w6r1yza")]
    id: AccountId,
    #[schema(value_type = schema::Provider)]
    provider: ProviderKind,
    /// Of `cloud`.
    #[serde(skip_serializing_if = "Option::is_none")]
    business_account_id: Option<String>,
    /// What the account is called at its provider.
    provider_ref: String,
    /// How the provider is reached, without secrets.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Connection>)]
    connection: Option<serde_json::Value>,
    /// The business portfolio whose messaging limit it shares; of its own where that is not known.
    portfolio: Option<String>,
    /// Where the provider's callbacks go.
    #[schema(example = "/callbacks/main/acc_01k9h3c4v8e2xt7m5q0w6r1yza")]
    callback_path: String,
    /// More than one while they are rotated.
    app_secrets: usize,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AccountList {
    accounts: Vec<AccountView>,
}

fn view(engine: &Engine, caller: &Caller, account: Account) -> AccountView {
    let cloud = account.provider == ProviderKind::Cloud;
    AccountView {
        callback_path: engine.callback_path(&account, &caller.region),
        id: account.id,
        provider: account.provider,
        business_account_id: cloud.then(|| account.provider_ref.clone()),
        provider_ref: account.provider_ref,
        connection: account.credentials.connection.as_ref().map(shown),
        portfolio: account.portfolio,
        app_secrets: account.credentials.app_secrets.len(),
        created_at: account.created_at,
    }
}

/// As it was written; the name of the provider stands beside it already.
fn shown(connection: &Connection) -> serde_json::Value {
    let mut value = serde_json::to_value(connection).expect("a connection has only string keys");
    if let Some(fields) = value.as_object_mut() {
        fields.remove("provider");
        // The one secret that stands in a connection.
        if let Some(dkim) = fields.get_mut("dkim").and_then(serde_json::Value::as_object_mut) {
            dkim.remove("private_key");
        }
    }
    value
}

fn read(kind: ProviderKind, connection: Option<&RawValue>) -> Result<Option<Connection>> {
    let read = connection.map(|json| Connection::read(kind, json.get())).transpose();
    Ok(read.map_err(EngineError::Invalid)?)
}

fn required<T: Default>(kind: ProviderKind, field: &'static str, value: Option<T>) -> Result<T> {
    match value {
        None if kind == ProviderKind::Cloud => {
            let detail = format!("missing field `{field}`");
            Err(EngineError::invalid(field, "field.missing", detail).into())
        }
        value => Ok(value.unwrap_or_default()),
    }
}

/// Create an account
#[utoipa::path(
    post, path = "/v1/accounts", operation_id = "createAccount", tag = "accounts", request_body = CreateAccount,
    responses((status = 201, description = "The account and its callback path", body = AccountView)),
)]
pub async fn create_account(
    State(state): State<AppState>,
    Key(caller): Key,
    Json(new): Json<CreateAccount>,
) -> Result<Response> {
    let kind = new.provider;
    let provider_ref = required(kind, "business_account_id", new.business_account_id)?;
    let access_token = required(kind, "access_token", new.access_token)?;
    let app_secret = required(kind, "app_secret", new.app_secret)?;
    let verify_token = required(kind, "verify_token", new.verify_token)?;
    let credentials = Credentials {
        access_token,
        app_secrets: Some(app_secret).filter(|secret| !secret.is_empty()).into_iter().collect(),
        verify_token,
        connection: read(kind, new.connection.as_deref())?,
    };
    let new = NewAccount { provider: kind, provider_ref, credentials, portfolio: new.portfolio };
    let account = state.engine.create_account(&caller, new).await?;
    Ok((StatusCode::CREATED, Json(view(&state.engine, &caller, account))).into_response())
}

/// List the accounts
#[utoipa::path(
    get, path = "/v1/accounts", operation_id = "listAccounts", tag = "accounts",
    responses((status = 200, description = "Every account, without its secrets", body = AccountList)),
)]
pub async fn list_accounts(State(state): State<AppState>, Key(caller): Key) -> Result<Json<AccountList>> {
    let accounts = state.engine.accounts(&caller).await?;
    Ok(Json(AccountList {
        accounts: accounts.into_iter().map(|each| view(&state.engine, &caller, each)).collect(),
    }))
}

/// Change an account's credentials
#[utoipa::path(
    patch, path = "/v1/accounts/{id}", operation_id = "updateAccount", tag = "accounts",
    request_body = UpdateAccount, params(("id" = String, Path, description = "`acc_…`")),
    responses((status = 200, description = "The account", body = AccountView)),
)]
pub async fn update_account(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
    Json(patch): Json<UpdateAccount>,
) -> Result<Json<AccountView>> {
    let id: AccountId = path_id(&id, "account")?;
    let UpdateAccount { access_token, app_secret, drop_old_app_secrets, verify_token, portfolio, connection } =
        patch;
    let connection = match connection {
        None => None,
        Some(json) => read(state.engine.account_provider(&caller, id).await?, Some(&json))?,
    };
    let patch =
        PatchAccount { access_token, app_secret, drop_old_app_secrets, verify_token, portfolio, connection };
    let account = state.engine.patch_account(&caller, id, patch).await?;
    Ok(Json(view(&state.engine, &caller, account)))
}

/// Ask the provider how an account fares
#[utoipa::path(
    get, path = "/v1/accounts/{id}/health", operation_id = "getAccountHealth", tag = "accounts",
    params(("id" = String, Path, description = "`acc_…`")),
    responses((status = 200, description = "As the provider shows it now", body = schema::AccountHealth)),
)]
pub async fn account_health(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
) -> Result<Response> {
    let id: AccountId = path_id(&id, "account")?;
    Ok(Json(state.engine.account_health(&caller, id).await?).into_response())
}

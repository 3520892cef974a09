//! API keys: shown once, stored as a keyed hash.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use zeroize::Zeroizing;

use tidings_domain::actor::{Actor, Role};
use tidings_domain::event::Kind;
use tidings_domain::id::{Id, KeyId, TenantId};
use tidings_domain::secret::Secret;
use tidings_domain::time::Timestamp;

use super::log;
use crate::conn::{Conn, Row, vals};
use crate::error::{Result, StoreError};
use crate::model::{ApiKey, MintedKey};
use crate::scope::TenantScope;
use crate::store::Store;

const COLUMNS: &str = "id, name, role, permissions, created_at, revoked_at";

impl Store {
    /// 256 random bits as 43 characters.
    pub(crate) fn random_token(&self, prefix: &str) -> Secret {
        let mut bytes = Zeroizing::new([0; 32]);
        self.ids().random(&mut *bytes);
        Secret::new(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(*bytes)))
    }

    pub async fn mint_key(
        &self,
        scope: &TenantScope,
        name: &str,
        role: Role,
        permissions: i64,
        actor: Actor,
        at: Timestamp,
    ) -> Result<MintedKey> {
        let token = self.random_token(&format!("tdk_{}_", self.region()));
        let id: KeyId = self.ids().next(at);
        let key = ApiKey { id, name: name.to_owned(), role, permissions, created_at: at, revoked_at: None };
        let (tenant, hash, row) = (scope.tenant(), self.hash_token(token.expose()), key.clone());
        self.write(move |conn| {
            Box::pin(async move {
                conn.execute(
                    "INSERT INTO api_keys (tenant_id, id, hash, name, role, permissions, created_at)
                     VALUES ($1, $2, $3, $4, $5, $6, $7)",
                    vals![&tenant, &row.id, &hash, &row.name, row.role.as_str(), row.permissions, at],
                )
                .await?;
                let body = json!({"role": row.role.as_str()});
                log(conn, tenant, Kind::KeyCreated, row.id.bytes(), actor, at, body).await
            })
        })
        .await?;
        Ok(MintedKey { key, token })
    }

    pub async fn list_keys(&self, scope: &TenantScope) -> Result<Vec<ApiKey>> {
        let tenant = scope.tenant();
        self.read(move |conn| {
            Box::pin(async move {
                let sql = format!("SELECT {COLUMNS} FROM api_keys WHERE tenant_id = $1 ORDER BY id");
                conn.query(&sql, vals![&tenant]).await?.iter().map(|row| key(row, 0)).collect()
            })
        })
        .await
    }

    /// Whether there was such a key that was not revoked before.
    pub async fn revoke_key(
        &self,
        scope: &TenantScope,
        id: KeyId,
        actor: Actor,
        at: Timestamp,
    ) -> Result<bool> {
        let tenant = scope.tenant();
        let revoked = self
            .write(move |conn| {
                Box::pin(async move {
                    let sql = "UPDATE api_keys SET revoked_at = $3
                        WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL";
                    if conn.execute(sql, vals![&tenant, &id, at]).await? == 0 {
                        return Ok(false);
                    }
                    log(conn, tenant, Kind::KeyRevoked, id.bytes(), actor, at, json!({})).await?;
                    Ok(true)
                })
            })
            .await?;
        self.verified().clear();
        Ok(revoked)
    }

    /// The tenant and the key behind a token. A key that was found is remembered for a second.
    pub async fn verify_key(&self, token: &str) -> Result<Option<(TenantScope, ApiKey)>> {
        let hash = self.hash_token(token);
        let now = self.now();
        if let Some(found) = self.verified().get(&hash, now) {
            return Ok(Some(found));
        }
        let found = self.read(move |conn| Box::pin(async move { look_up(conn, &hash).await })).await?;
        let Some((tenant, key)) = found else { return Ok(None) };
        let scope = self.scope_of(tenant).await?.ok_or(StoreError::Corrupt("a key names no tenant"))?;
        self.verified().put(hash, now, (scope.clone(), key.clone()));
        Ok(Some((scope, key)))
    }

    /// Makes the installation key, replacing an earlier one; shown once.
    pub async fn mint_installation_key(&self) -> Result<Secret> {
        let token = self.random_token("tdi_");
        let hash = self.hash_token(token.expose());
        self.write(move |conn| {
            Box::pin(async move {
                let sql = "INSERT INTO meta (key, data) VALUES ('installation_key', $1)
                    ON CONFLICT (key) DO UPDATE SET data = excluded.data";
                conn.execute(sql, vals![&hash]).await.map(|_| ())
            })
        })
        .await?;
        Ok(token)
    }

    pub async fn has_installation_key(&self) -> Result<bool> {
        self.read(|conn| {
            Box::pin(async move {
                Ok(conn
                    .query_opt("SELECT data FROM meta WHERE key = 'installation_key'", &[])
                    .await?
                    .is_some())
            })
        })
        .await
    }

    pub async fn verify_installation_key(&self, token: &str) -> Result<bool> {
        let hash = self.hash_token(token);
        self.read(move |conn| {
            Box::pin(async move {
                let sql = "SELECT data FROM meta WHERE key = 'installation_key' AND data = $1";
                Ok(conn.query_opt(sql, vals![&hash]).await?.is_some())
            })
        })
        .await
    }
}

async fn look_up(conn: &Conn, hash: &[u8; 32]) -> Result<Option<(TenantId, ApiKey)>> {
    let sql = format!("SELECT tenant_id, {COLUMNS} FROM api_keys WHERE hash = $1 AND revoked_at IS NULL");
    conn.query_opt(&sql, vals![hash]).await?.map(|row| Ok((row.id(0)?, key(&row, 1)?))).transpose()
}

fn key(row: &Row, at: usize) -> Result<ApiKey> {
    Ok(ApiKey {
        id: row.id(at)?,
        name: row.get(at + 1)?,
        role: Role::parse(row.text(at + 2)?).ok_or(StoreError::Corrupt("a key with an unknown role"))?,
        permissions: row.get(at + 3)?,
        created_at: row.get(at + 4)?,
        revoked_at: row.get(at + 5)?,
    })
}

//! One-time links and console sessions; only keyed hashes of their tokens are stored.

use tidings_domain::actor::{Actor, Role};
use tidings_domain::id::{Id, KeyId, SessionId, TenantId};
use tidings_domain::secret::Secret;
use tidings_domain::time::{HOUR, MINUTE, Timestamp};

use crate::conn::{Conn, Row, vals};
use crate::error::{Result, StoreError};
use crate::model::FoundSession;
use crate::scope::SystemScope;
use crate::store::Store;

/// A link works once, within this time.
const LINK_US: i64 = 15 * MINUTE;
/// A session ends after this time, and earlier when it is not used.
const SESSION_US: i64 = 12 * HOUR;
const SESSION_IDLE_US: i64 = 2 * HOUR;
/// How often the last use is written down.
const SEEN_EVERY_US: i64 = MINUTE;

impl Store {
    pub async fn mint_login(
        &self,
        _system: &SystemScope,
        role: Role,
        tenant: Option<TenantId>,
        at: Timestamp,
    ) -> Result<Secret> {
        let token = self.random_token("tdl_");
        let hash = self.hash_token(token.expose());
        self.write(move |conn| {
            Box::pin(async move {
                conn.execute("DELETE FROM login_tokens WHERE expires_at < $1", vals![at]).await?;
                conn.execute("DELETE FROM sessions WHERE expires_at < $1", vals![at]).await?;
                conn.execute(
                    "INSERT INTO login_tokens (hash, tenant_id, role, created_at, expires_at)
                     VALUES ($1, $2, $3, $4, $5)",
                    vals![&hash, tenant.as_ref(), role.as_str(), at, at.plus(LINK_US)],
                )
                .await
                .map(|_| ())
            })
        })
        .await?;
        Ok(token)
    }

    /// Uses a link up; the answer is the token of a new session.
    pub async fn consume_login(&self, token: &str, at: Timestamp) -> Result<Option<Secret>> {
        let link = self.hash_token(token);
        let session = self.random_token("tds_");
        let hash = self.hash_token(session.expose());
        let id: SessionId = self.ids().next(at);
        let made = self
            .write(move |conn| Box::pin(async move { open_session(conn, &link, &hash, id, at).await }))
            .await?;
        Ok(made.then_some(session))
    }

    pub async fn session(&self, token: &str, at: Timestamp) -> Result<Option<FoundSession>> {
        let hash = self.hash_token(token);
        let row = self
            .read(move |conn| {
                Box::pin(async move {
                    let sql = "SELECT id, tenant_id, role, seen_at FROM sessions
                        WHERE hash = $1 AND ended_at IS NULL AND expires_at > $2 AND seen_at > $3";
                    conn.query_opt(sql, vals![&hash, at, at.plus(-SESSION_IDLE_US)]).await
                })
            })
            .await?;
        let Some(row) = row else { return Ok(None) };
        if at.since(row.get(3)?) > SEEN_EVERY_US {
            self.write(move |conn| {
                Box::pin(async move {
                    let sql = "UPDATE sessions SET seen_at = $2 WHERE hash = $1";
                    conn.execute(sql, vals![&hash, at]).await.map(|_| ())
                })
            })
            .await?;
        }
        found(&row).map(Some)
    }

    pub async fn end_session(&self, token: &str, at: Timestamp) -> Result<()> {
        let hash = self.hash_token(token);
        self.write(move |conn| {
            Box::pin(async move {
                let sql = "UPDATE sessions SET ended_at = $2 WHERE hash = $1 AND ended_at IS NULL";
                conn.execute(sql, vals![&hash, at]).await.map(|_| ())
            })
        })
        .await
    }
}

async fn open_session(
    conn: &Conn,
    link: &[u8; 32],
    hash: &[u8; 32],
    id: SessionId,
    at: Timestamp,
) -> Result<bool> {
    let sql = "UPDATE login_tokens SET used_at = $2 WHERE hash = $1 AND used_at IS NULL AND expires_at > $2";
    if conn.execute(sql, vals![link, at]).await? == 0 {
        return Ok(false);
    }
    let row = conn
        .query_opt("SELECT tenant_id, role FROM login_tokens WHERE hash = $1", vals![link])
        .await?
        .ok_or(StoreError::Corrupt("a login token vanished"))?;
    let tenant: Option<TenantId> = row.opt_id(0)?;
    conn.execute(
        "INSERT INTO sessions (hash, id, tenant_id, role, created_at, seen_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        vals![hash, &id, tenant.as_ref(), row.text(1)?, at, at, at.plus(SESSION_US)],
    )
    .await?;
    Ok(true)
}

fn found(row: &Row) -> Result<FoundSession> {
    let id: SessionId = row.id(0)?;
    Ok(FoundSession {
        role: Role::parse(row.text(2)?).ok_or(StoreError::Corrupt("a session with an unknown role"))?,
        actor: Actor::ConsoleUser(KeyId::from_bytes(id.bytes())),
        tenant: row.opt_id(1)?,
    })
}

//! Pauses that people set.

use serde_json::json;

use tidings_domain::actor::Actor;
use tidings_domain::event::Kind;
use tidings_domain::id::{Id, PauseId};
use tidings_domain::time::Timestamp;

use super::{bump, log};
use crate::conn::{Conn, Row, vals};
use crate::error::{Result, StoreError};
use crate::model::{Pause, PauseScope};
use crate::scope::TenantScope;
use crate::store::Store;

impl PauseScope {
    pub const ALL: [Self; 5] = [Self::Tenant, Self::Account, Self::Sender, Self::Template, Self::Category];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Account => "account",
            Self::Sender => "sender",
            Self::Template => "template",
            Self::Category => "category",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }
}

impl Store {
    #[expect(clippy::too_many_arguments, reason = "one for each column that the caller chooses")]
    pub async fn set_pause(
        &self,
        scope: &TenantScope,
        what: PauseScope,
        target: &str,
        reason: &str,
        until: Option<Timestamp>,
        actor: Actor,
        at: Timestamp,
    ) -> Result<Pause> {
        let pause = Pause {
            id: self.ids().next(at),
            scope: what,
            target: target.to_owned(),
            reason: reason.to_owned(),
            until,
            created_at: at,
        };
        let (tenant, row) = (scope.tenant(), pause.clone());
        self.write(move |conn| {
            Box::pin(async move {
                conn.execute(
                    "INSERT INTO pauses (tenant_id, id, scope, target, reason, until, created_at)
                     VALUES ($1, $2, $3, $4, $5, $6, $7)",
                    vals![&tenant, &row.id, what.as_str(), &row.target, &row.reason, until, at],
                )
                .await?;
                bump(conn, tenant).await?;
                let body = json!({"scope": what.as_str(), "target": row.target, "until": until});
                log(conn, tenant, Kind::PauseSet, row.id.bytes(), actor, at, body).await
            })
        })
        .await?;
        Ok(pause)
    }

    /// Whether there was such a pause that was not lifted before.
    pub async fn lift_pause(
        &self,
        scope: &TenantScope,
        id: PauseId,
        actor: Actor,
        at: Timestamp,
    ) -> Result<bool> {
        let tenant = scope.tenant();
        self.write(move |conn| {
            Box::pin(async move {
                let sql =
                    "UPDATE pauses SET lifted_at = $3 WHERE tenant_id = $1 AND id = $2 AND lifted_at IS NULL";
                if conn.execute(sql, vals![&tenant, &id, at]).await? == 0 {
                    return Ok(false);
                }
                bump(conn, tenant).await?;
                log(conn, tenant, Kind::PauseLifted, id.bytes(), actor, at, json!({})).await?;
                Ok(true)
            })
        })
        .await
    }

    /// Those that are not lifted.
    pub async fn pauses(&self, scope: &TenantScope) -> Result<Vec<Pause>> {
        let own = scope.clone();
        self.read(move |conn| Box::pin(async move { pauses(conn, &own).await })).await
    }
}

pub(super) async fn pauses(conn: &Conn, scope: &TenantScope) -> Result<Vec<Pause>> {
    let sql = "SELECT id, scope, target, reason, until, created_at FROM pauses
        WHERE tenant_id = $1 AND lifted_at IS NULL ORDER BY id";
    conn.query(sql, vals![&scope.tenant()]).await?.iter().map(pause).collect()
}

fn pause(row: &Row) -> Result<Pause> {
    Ok(Pause {
        id: row.id(0)?,
        scope: PauseScope::parse(row.text(1)?).ok_or(StoreError::Corrupt("a pause of an unknown scope"))?,
        target: row.get(2)?,
        reason: row.get(3)?,
        until: row.get(4)?,
        created_at: row.get(5)?,
    })
}

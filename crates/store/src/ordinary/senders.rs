//! Senders: the identities that messages come from.

use serde_json::json;

use tidings_domain::actor::Actor;
use tidings_domain::category::Channel;
use tidings_domain::event::Kind;
use tidings_domain::id::{AccountId, Id, SenderId};
use tidings_domain::time::Timestamp;

use super::{bump, log};
use crate::conn::{Conn, Row, vals};
use crate::error::{Result, StoreError};
use crate::model::Sender;
use crate::scope::TenantScope;
use crate::store::Store;

impl Store {
    #[expect(clippy::too_many_arguments, reason = "one for each column that the caller chooses")]
    pub async fn create_sender(
        &self,
        scope: &TenantScope,
        account: AccountId,
        channel: Channel,
        address: &str,
        provider_ref: &str,
        messages_per_s: f64,
        actor: Actor,
        at: Timestamp,
    ) -> Result<Sender> {
        let sender = Sender {
            id: self.ids().next(at),
            account,
            channel,
            address: address.to_owned(),
            provider_ref: provider_ref.to_owned(),
            messages_per_s,
            created_at: at,
        };
        let (tenant, row) = (scope.tenant(), sender.clone());
        self.write(move |conn| {
            Box::pin(async move {
                let made = conn
                    .execute(
                        "INSERT INTO senders (tenant_id, id, account_id, channel, address, provider_ref,
                         messages_per_s, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
                        vals![&tenant, &row.id, &account, channel, &row.address, &row.provider_ref, messages_per_s, at],
                    )
                    .await?;
                if made == 0 {
                    return Err(StoreError::Conflict("the account has a sender with this id of the provider already"));
                }
                bump(conn, tenant).await?;
                let body = json!({"account": account.to_string(), "channel": channel.as_str()});
                log(conn, tenant, Kind::SenderCreated, row.id.bytes(), actor, at, body).await
            })
        })
        .await?;
        Ok(sender)
    }

    pub async fn senders(&self, scope: &TenantScope) -> Result<Vec<Sender>> {
        let own = scope.clone();
        self.read(move |conn| Box::pin(async move { senders(conn, &own).await })).await
    }

    pub async fn sender(&self, scope: &TenantScope, id: SenderId) -> Result<Option<Sender>> {
        Ok(self.senders(scope).await?.into_iter().find(|sender| sender.id == id))
    }

    pub async fn set_sender_rate(
        &self,
        scope: &TenantScope,
        id: SenderId,
        messages_per_s: f64,
        actor: Actor,
        at: Timestamp,
    ) -> Result<()> {
        let tenant = scope.tenant();
        self.write(move |conn| {
            Box::pin(async move {
                let sql = "UPDATE senders SET messages_per_s = $3 WHERE tenant_id = $1 AND id = $2";
                conn.execute(sql, vals![&tenant, &id, messages_per_s]).await?;
                bump(conn, tenant).await?;
                let body = json!({"messages_per_s": messages_per_s});
                log(conn, tenant, Kind::SenderChanged, id.bytes(), actor, at, body).await
            })
        })
        .await
    }
}

pub(super) async fn senders(conn: &Conn, scope: &TenantScope) -> Result<Vec<Sender>> {
    let sql = "SELECT id, account_id, channel, address, provider_ref, messages_per_s, created_at FROM senders
        WHERE tenant_id = $1 ORDER BY id";
    conn.query(sql, vals![&scope.tenant()]).await?.iter().map(sender).collect()
}

fn sender(row: &Row) -> Result<Sender> {
    Ok(Sender {
        id: row.id(0)?,
        account: row.id(1)?,
        channel: row.get(2)?,
        address: row.get(3)?,
        provider_ref: row.get(4)?,
        messages_per_s: row.get(5)?,
        created_at: row.get(6)?,
    })
}

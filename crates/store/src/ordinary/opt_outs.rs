//! Messages that may be an opt-out: they wait until somebody confirms or dismisses them.

use serde_json::json;

use tidings_domain::actor::Actor;
use tidings_domain::event::Kind;
use tidings_domain::id::{Id as _, InboundId};
use tidings_domain::time::Timestamp;

use super::inbound::view;
use super::log;
use crate::conn::{Row, vals};
use crate::consents::{self, SealedConsent};
use crate::error::{Result, StoreError};
use crate::events::Events;
use crate::model::{NewConsent, OptOutReview, Page, ReviewState};
use crate::scope::{Part, TenantScope};
use crate::store::Store;

/// Reviews with the message they are about, which goes with them in retention and erasure.
const SELECT: &str = "SELECT m.id, m.sender_id, m.contact_id, m.kind, m.at, m.received_at, s.data,
    r.word, r.state, r.decided_at, r.actor
    FROM opt_out_reviews r CROSS JOIN inbound m CROSS JOIN sealed s
    WHERE r.tenant_id = $1 AND m.tenant_id = r.tenant_id AND m.id = r.id
    AND s.tenant_id = m.tenant_id AND s.owner = m.id AND s.part = $2";

impl Store {
    /// Newest first.
    pub async fn opt_out_reviews(
        &self,
        scope: &TenantScope,
        state: ReviewState,
        after: Option<InboundId>,
        limit: usize,
    ) -> Result<Page<OptOutReview, InboundId>> {
        let tenant = scope.tenant();
        let before = after.map_or([0xff; 16], |id| id.bytes());
        let rows = self
            .read(move |conn| {
                Box::pin(async move {
                    let sql = format!("{SELECT} AND r.state = $3 AND r.id < $4 ORDER BY r.id DESC LIMIT $5");
                    let params =
                        vals![&tenant, Part::Inbound.code(), state as i64, &before, limit as i64 + 1];
                    conn.query(&sql, params).await
                })
            })
            .await?;
        let items = rows.iter().map(|row| review(scope, row)).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(items, limit, |item| item.inbound.id))
    }

    pub async fn opt_out_review(&self, scope: &TenantScope, id: InboundId) -> Result<Option<OptOutReview>> {
        let tenant = scope.tenant();
        let row = self
            .read(move |conn| {
                Box::pin(async move {
                    let sql = format!("{SELECT} AND r.id = $3");
                    conn.query_opt(&sql, vals![&tenant, Part::Inbound.code(), &id]).await
                })
            })
            .await?;
        row.map(|row| review(scope, &row)).transpose()
    }

    /// Decides about one that is open, and appends what follows from it. Whether it was open.
    pub async fn decide_opt_out(
        &self,
        scope: &TenantScope,
        (id, state): (InboundId, ReviewState),
        said: Vec<NewConsent>,
        actor: Actor,
        at: Timestamp,
    ) -> Result<bool> {
        let sealed: Vec<SealedConsent> = said.iter().map(|each| SealedConsent::of(scope, each)).collect();
        let own = scope.clone();
        self.write(move |conn| {
            Box::pin(async move {
                let tenant = own.tenant();
                let sql = "UPDATE opt_out_reviews SET state = $3, decided_at = $4, actor = $5
                    WHERE tenant_id = $1 AND id = $2 AND state = 0";
                let name = actor.to_string();
                if conn.execute(sql, vals![&tenant, &id, state as i64, at, &name]).await? == 0 {
                    return Ok(false);
                }
                let mut events = Events::default();
                for (each, sealed) in said.iter().zip(&sealed) {
                    consents::add_consent(conn, &own, each, sealed, at, &mut events).await?;
                }
                events.append(conn).await?;
                let body = json!({"decision": state.as_str()});
                log(conn, tenant, Kind::OptOutReviewed, id.bytes(), actor, at, body).await?;
                Ok(true)
            })
        })
        .await
    }
}

fn review(scope: &TenantScope, row: &Row) -> Result<OptOutReview> {
    let spoilt = StoreError::Corrupt("a review does not read");
    Ok(OptOutReview {
        inbound: view(scope, row)?,
        word: row.get(7)?,
        state: ReviewState::from_code(row.get(8)?).ok_or(spoilt)?,
        decided_at: row.get(9)?,
        decided_by: row.get(10)?,
    })
}

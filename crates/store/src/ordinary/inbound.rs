//! Messages that people sent, opened for readers.

use tidings_domain::address::Address;
use tidings_domain::id::{Id as _, InboundId};

use super::newest_first;
use crate::conn::{Row, vals};
use crate::error::Result;
use crate::hot::inbound::InboundRecord;
use crate::model::{InboundView, Page};
use crate::people;
use crate::scope::{Part, TenantScope};
use crate::store::Store;

/// Rows with their sealed half; the terms that select follow.
fn select(inbound: &str) -> String {
    format!(
        "SELECT m.id, m.sender_id, m.contact_id, m.kind, m.at, m.received_at, s.data
         FROM {inbound} CROSS JOIN sealed s
         WHERE s.tenant_id = m.tenant_id AND s.owner = m.id AND s.part = $2 AND m.tenant_id = $1"
    )
}

impl Store {
    /// Newest first; with an address, those of the person behind it by any of their identities.
    pub async fn list_inbound(
        &self,
        scope: &TenantScope,
        from: Option<&Address>,
        after: Option<InboundId>,
        limit: usize,
    ) -> Result<Page<InboundView, InboundId>> {
        let tenant = scope.tenant();
        let person = from.map(|address| scope.hash(&address.canonical()));
        let before = after.map_or([0xff; 16], |id| id.bytes());
        let rows = self
            .read(move |conn| {
                Box::pin(async move {
                    let (part, limit) = (Part::Inbound.code(), limit as i64 + 1);
                    let Some(hash) = person else {
                        let sql =
                            format!("{} AND m.id < $3 ORDER BY m.id DESC LIMIT $4", select("inbound m"));
                        return conn.query(&sql, vals![&tenant, part, &before, limit]).await;
                    };
                    let inbound = conn.by_index("inbound m", "inbound_by_recipient");
                    let sql = format!(
                        "{} AND m.id < $3 AND m.recipient = $5 ORDER BY m.id DESC LIMIT $4",
                        select(&inbound)
                    );
                    let mut rows = Vec::new();
                    for hash in people::names_of(conn, tenant, hash).await? {
                        rows.extend(conn.query(&sql, vals![&tenant, part, &before, limit, &hash]).await?);
                    }
                    newest_first(rows)
                })
            })
            .await?;
        let items = rows.iter().map(|row| view(scope, row)).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(items, limit, |item| item.id))
    }

    pub async fn inbound(&self, scope: &TenantScope, id: InboundId) -> Result<Option<InboundView>> {
        let tenant = scope.tenant();
        let row = self
            .read(move |conn| {
                Box::pin(async move {
                    let sql = format!("{} AND m.id = $3", select("inbound m"));
                    conn.query_opt(&sql, vals![&tenant, Part::Inbound.code(), &id]).await
                })
            })
            .await?;
        row.map(|row| view(scope, &row)).transpose()
    }
}

pub(super) fn view(scope: &TenantScope, row: &Row) -> Result<InboundView> {
    let id: InboundId = row.id(0)?;
    let record = InboundRecord::open(scope, id.as_bytes(), row.blob(6)?)?;
    Ok(InboundView {
        id,
        sender: row.id(1)?,
        contact: row.opt_id(2)?,
        from: record.identities(),
        kind: row.get(3)?,
        text: record.text,
        context: record.context,
        object: record.object,
        at: row.get(4)?,
        received_at: row.get(5)?,
    })
}

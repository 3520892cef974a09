//! Messages that people sent, and callbacks that nobody understood.

use tidings_domain::address::Address;
use tidings_domain::id::{CallbackId, Id, InboundId};

use crate::conn::{Row, vals};
use crate::error::Result;
use crate::hot::inbound::InboundRecord;
use crate::model::{InboundView, KeptView, Page};
use crate::scope::{Part, TenantScope};
use crate::store::Store;

const SELECT: &str =
    "SELECT i.id, i.sender_id, i.contact_id, i.kind, i.at, i.received_at, s.data FROM inbound i
    JOIN sealed s ON s.tenant_id = i.tenant_id AND s.owner = i.id AND s.part = 2 WHERE i.tenant_id = $1";

impl Store {
    /// Newest first; from one address if it is given.
    pub async fn list_inbound(
        &self,
        scope: &TenantScope,
        from: Option<&Address>,
        cursor: Option<InboundId>,
        limit: usize,
    ) -> Result<Page<InboundView, InboundId>> {
        let tenant = scope.tenant();
        let hash = from.map(|address| scope.hash(&address.canonical()));
        let rows = self
            .read(move |conn| {
                Box::pin(async move {
                    let last = cursor.unwrap_or(InboundId::from_bytes([0xff; 16]));
                    let n = limit as i64 + 1;
                    match hash {
                        None => {
                            let sql = format!("{SELECT} AND i.id < $2 ORDER BY i.id DESC LIMIT $3");
                            conn.query(&sql, vals![&tenant, &last, n]).await
                        }
                        Some(hash) => {
                            let sql = format!(
                                "{SELECT} AND i.id < $2 AND i.recipient = $4 ORDER BY i.id DESC LIMIT $3"
                            );
                            conn.query(&sql, vals![&tenant, &last, n, &hash]).await
                        }
                    }
                })
            })
            .await?;
        let items: Result<Vec<InboundView>> = rows.iter().map(|row| view(scope, row)).collect();
        Ok(Page::cut(items?, limit, |inbound| inbound.id))
    }

    pub async fn inbound(&self, scope: &TenantScope, id: InboundId) -> Result<Option<InboundView>> {
        let tenant = scope.tenant();
        let row = self
            .read(move |conn| {
                Box::pin(async move {
                    let sql = format!("{SELECT} AND i.id = $2");
                    conn.query_opt(&sql, vals![&tenant, &id]).await
                })
            })
            .await?;
        row.map(|row| view(scope, &row)).transpose()
    }

    /// What was kept because nobody understood it, newest first.
    pub async fn list_kept(
        &self,
        scope: &TenantScope,
        cursor: Option<CallbackId>,
        limit: usize,
    ) -> Result<Page<KeptView, CallbackId>> {
        let tenant = scope.tenant();
        let rows = self
            .read(move |conn| {
                Box::pin(async move {
                    let sql = "SELECT k.id, k.field, k.received_at, s.data FROM kept k
                        JOIN sealed s ON s.tenant_id = k.tenant_id AND s.owner = k.id AND s.part = 4
                        WHERE k.tenant_id = $1 AND k.id < $2 ORDER BY k.id DESC LIMIT $3";
                    let last = cursor.unwrap_or(CallbackId::from_bytes([0xff; 16]));
                    conn.query(sql, vals![&tenant, &last, limit as i64 + 1]).await
                })
            })
            .await?;
        let items: Result<Vec<KeptView>> = rows.iter().map(|row| kept(scope, row)).collect();
        Ok(Page::cut(items?, limit, |kept| kept.id))
    }
}

fn view(scope: &TenantScope, row: &Row) -> Result<InboundView> {
    let id: InboundId = row.id(0)?;
    let record = InboundRecord::open(scope, &id.bytes(), row.blob(6)?)?;
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

fn kept(scope: &TenantScope, row: &Row) -> Result<KeptView> {
    let id: CallbackId = row.id(0)?;
    let object = scope.open_text(Part::Kept.table(), &id.bytes(), row.blob(3)?)?;
    Ok(KeptView { id, field: row.get(1)?, object, received_at: row.get(2)? })
}

//! Attempts of messages as readers see them.

use tidings_domain::id::{AttemptId, MessageId, TenantId};

use crate::conn::{Batch, Bulk, Conn, Row, cells};
use crate::error::Result;
use crate::hot::record::PROVIDER_ID;
use crate::model::AttemptRow;
use crate::scope::TenantScope;
use crate::status::Last;

const ATTEMPTS: Bulk = Bulk {
    sqlite: "SELECT n, state, claimed_at, answered_at, code, retry_at, doubt_until, doubted, pricing, provider_id
        FROM attempts WHERE tenant_id = ?1 AND message_id = ?2 ORDER BY n",
    postgres: "SELECT k.ord, a.n, a.state, a.claimed_at, a.answered_at, a.code, a.retry_at, a.doubt_until, a.doubted,
        a.pricing, a.provider_id
        FROM UNNEST($1::bytea[], $2::bytea[]) WITH ORDINALITY AS k (tenant_id, id, ord)
        JOIN attempts a ON a.tenant_id = k.tenant_id AND a.message_id = k.id ORDER BY k.ord, a.n",
};

/// An attempt with the provider's id still sealed.
pub(super) struct Stored {
    pub(super) row: AttemptRow,
    pub(super) provider_id: Option<Vec<u8>>,
}

impl Stored {
    pub(super) fn opened(self, scope: &TenantScope, message: MessageId) -> Result<AttemptRow> {
        let id = AttemptId::of(message, self.row.number);
        let open = |sealed: Vec<u8>| scope.open_text(PROVIDER_ID, id.as_bytes(), &sealed);
        Ok(AttemptRow { provider_id: self.provider_id.map(open).transpose()?, ..self.row })
    }
}

impl From<&AttemptRow> for Last {
    fn from(row: &AttemptRow) -> Self {
        Self { state: row.state, retry_at: row.retry_at }
    }
}

/// In the order of the messages, each message's in the order of their numbers.
pub(super) async fn attempts(
    conn: &Conn,
    tenant: TenantId,
    messages: &[MessageId],
) -> Result<Vec<Vec<Stored>>> {
    let mut keys = Batch::new(2, messages.len());
    for message in messages {
        keys.push(cells![&tenant, message]);
    }
    let mut all: Vec<Vec<Stored>> = messages.iter().map(|_| Vec::new()).collect();
    for (index, row) in conn.lookup(&ATTEMPTS, &keys).await? {
        all[index].push(stored(&row)?);
    }
    Ok(all)
}

fn stored(row: &Row) -> Result<Stored> {
    Ok(Stored {
        row: AttemptRow {
            number: row.get(0)?,
            state: row.get(1)?,
            claimed_at: row.get(2)?,
            answered_at: row.get(3)?,
            code: row.get(4)?,
            retry_at: row.get(5)?,
            doubt_until: row.get(6)?,
            doubted: row.get(7)?,
            pricing: row.get(8)?,
            provider_id: None,
        },
        provider_id: row.get(9)?,
    })
}

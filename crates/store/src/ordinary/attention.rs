//! What needs a person's look, newest first.

use std::fmt::Write as _;

use tidings_domain::id::{Id as _, MessageId};
use tidings_domain::time::Timestamp;

use crate::conn::{Row, vals};
use crate::error::{Result, StoreError};
use crate::limits::ATTENTION_COUNT_MAX;
use crate::model::{Attention, AttentionKind, Page};
use crate::scope::TenantScope;
use crate::store::Store;

impl Store {
    /// Entries of these kinds, or of all if none is named.
    pub async fn attention(
        &self,
        scope: &TenantScope,
        kinds: &[AttentionKind],
        after: Option<(Timestamp, MessageId)>,
        limit: usize,
    ) -> Result<Page<Attention, (Timestamp, MessageId)>> {
        let (tenant, only) = (scope.tenant(), only(kinds));
        let (at, id) = after.map_or((i64::MAX, [0xff; 16]), |(at, id)| (at.micros(), id.bytes()));
        let items = self
            .read(move |conn| {
                Box::pin(async move {
                    let sql = format!(
                        "SELECT message_id, kind, reason, at FROM attention WHERE tenant_id = $1 AND at <= $2
                         AND (at < $2 OR message_id > $3){only} ORDER BY at DESC, message_id LIMIT $4"
                    );
                    let rows = conn.query(&sql, vals![&tenant, at, &id, limit as i64 + 1]).await?;
                    rows.iter().map(entry).collect::<Result<Vec<_>>>()
                })
            })
            .await?;
        Ok(Page::cut(items, limit, |entry| (entry.at, entry.message)))
    }

    /// Counted up to [`ATTENTION_COUNT_MAX`].
    pub async fn attention_count(&self, scope: &TenantScope) -> Result<u64> {
        let tenant = scope.tenant();
        self.read(move |conn| {
            Box::pin(async move {
                let sql = "SELECT COUNT(*) FROM (SELECT 1 FROM attention WHERE tenant_id = $1 LIMIT $2) a";
                let row = conn.query_opt(sql, vals![&tenant, ATTENTION_COUNT_MAX]).await?;
                row.map_or(Ok(0), |row| row.get(0))
            })
        })
        .await
    }
}

/// A term that keeps these kinds; their codes are our own small numbers.
fn only(kinds: &[AttentionKind]) -> String {
    let mut term = String::new();
    for (n, kind) in kinds.iter().enumerate() {
        let start = if n == 0 { " AND kind IN (" } else { ", " };
        write!(term, "{start}{}", kind.code()).expect("a string takes all");
    }
    if !kinds.is_empty() {
        term.push(')');
    }
    term
}

fn entry(row: &Row) -> Result<Attention> {
    Ok(Attention {
        message: row.id(0)?,
        kind: AttentionKind::from_code(row.get(1)?)
            .ok_or(StoreError::Corrupt("an unknown kind of attention"))?,
        reason: row.get(2)?,
        at: row.get(3)?,
    })
}

//! Retries that need not wait any longer, since what they waited for has been mended.

use tidings_domain::category::Category;
use tidings_domain::failure::Codes;
use tidings_domain::id::{AccountId, SenderId, TenantId};
use tidings_domain::time::Timestamp;

use crate::conn::{Conn, Row, vals};
use crate::error::Result;
use crate::limits::FORWARD_ROWS_MAX;
use crate::scope::TenantScope;
use crate::store::Store;

impl Store {
    /// Makes the retries of an account due now that wait because of one of these codes; says in which lanes.
    pub async fn bring_forward(
        &self,
        scope: &TenantScope,
        account: AccountId,
        codes: &[Codes],
        now: Timestamp,
    ) -> Result<Vec<(SenderId, Category)>> {
        let (tenant, codes) = (scope.tenant(), among(codes));
        self.write(move |conn| {
            Box::pin(async move { bring_forward(conn, tenant, account, &codes, now).await })
        })
        .await
    }
}

/// `a.code` is one of these.
fn among(codes: &[Codes]) -> String {
    let each = |codes: &Codes| format!("a.code BETWEEN {} AND {}", codes.first(), codes.last());
    codes.iter().map(each).collect::<Vec<_>>().join(" OR ")
}

async fn bring_forward(
    conn: &Conn,
    tenant: TenantId,
    account: AccountId,
    codes: &str,
    now: Timestamp,
) -> Result<Vec<(SenderId, Category)>> {
    // A claim that has one of them already goes on with it.
    let lock = if conn.is_postgres() { "FOR UPDATE OF d SKIP LOCKED" } else { "" };
    let sql = format!(
        "SELECT d.sender_id, d.category, d.due_at, d.message_id, a.n FROM senders s
         JOIN due d ON d.sender_id = s.id
         JOIN attempts a ON a.tenant_id = d.tenant_id AND a.message_id = d.message_id AND a.n = d.attempt - 1
         WHERE s.tenant_id = $1 AND s.account_id = $2 AND d.due_at > $3 AND d.attempt > 1 AND ({codes}) LIMIT $4 {lock}"
    );
    let rows = conn.query(&sql, vals![&tenant, &account, now, FORWARD_ROWS_MAX]).await?;
    let mut lanes = Vec::new();
    for row in &rows {
        move_to(conn, tenant, row, now).await?;
        let lane = (row.id(0)?, row.get(1)?);
        if !lanes.contains(&lane) {
            lanes.push(lane);
        }
    }
    Ok(lanes)
}

/// The attempt's retry and its place in the queue always name the same time.
async fn move_to(conn: &Conn, tenant: TenantId, row: &Row, now: Timestamp) -> Result<()> {
    let (sender, message) = (row.blob(0)?, row.blob(3)?);
    let (category, due_at, attempt): (i64, i64, i64) = (row.get(1)?, row.get(2)?, row.get(4)?);
    let sql = "UPDATE attempts SET retry_at = $4 WHERE tenant_id = $1 AND message_id = $2 AND n = $3";
    conn.execute(sql, vals![&tenant, message, attempt, now]).await?;
    let sql = "UPDATE due SET due_at = $5
        WHERE sender_id = $1 AND category = $2 AND due_at = $3 AND message_id = $4";
    conn.execute(sql, vals![sender, category, due_at, message, now]).await.map(|_| ())
}

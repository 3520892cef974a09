//! Forgetting what has had its time, in small steps.

use tidings_domain::time::Timestamp;

use crate::conn::{Conn, vals};
use crate::error::Result;
use crate::limits::PRUNE_ROWS_MAX;
use crate::scope::SystemScope;
use crate::store::Store;

impl Store {
    /// Forgets idempotency keys from before a time, up to [`PRUNE_ROWS_MAX`] of them; how many they were.
    pub async fn prune_idempotency(&self, _system: &SystemScope, before: Timestamp) -> Result<u64> {
        self.prune(
            "DELETE FROM idempotency WHERE key IN
             (SELECT key FROM idempotency WHERE created_at < $1 ORDER BY created_at LIMIT $2)",
            before,
        )
        .await
    }

    /// Forgets descriptions of files that the provider has deleted.
    pub async fn prune_media(&self, _system: &SystemScope, now: Timestamp) -> Result<u64> {
        self.prune(
            "DELETE FROM media WHERE (tenant_id, id) IN
             (SELECT tenant_id, id FROM media WHERE expires_at < $1 LIMIT $2)",
            now,
        )
        .await
    }

    /// Forgets links and sessions that have expired.
    pub async fn prune_sessions(&self, _system: &SystemScope, now: Timestamp) -> Result<u64> {
        let sql = |table| {
            format!(
                "DELETE FROM {table} WHERE hash IN (SELECT hash FROM {table} WHERE expires_at < $1 LIMIT $2)"
            )
        };
        Ok(self.prune(&sql("login_tokens"), now).await? + self.prune(&sql("sessions"), now).await?)
    }

    /// Forgets lines that imports refused, some time after the import was done.
    pub async fn prune_refused_lines(
        &self,
        _system: &SystemScope,
        finished_before: Timestamp,
    ) -> Result<u64> {
        self.prune(
            "DELETE FROM import_refusals WHERE (tenant_id, import_id, line) IN
             (SELECT r.tenant_id, r.import_id, r.line FROM import_refusals r
              JOIN imports i ON i.tenant_id = r.tenant_id AND i.id = r.import_id
              WHERE i.finished_at < $1 LIMIT $2)",
            finished_before,
        )
        .await
    }

    async fn prune(&self, sql: &str, before: Timestamp) -> Result<u64> {
        let sql = sql.to_owned();
        self.write(move |conn: &Conn| {
            Box::pin(async move { conn.execute(&sql, vals![before, PRUNE_ROWS_MAX]).await })
        })
        .await
    }
}

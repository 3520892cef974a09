//! What the system still owes to versions.

use tidings_domain::id::{TenantId, VersionId};
use tidings_domain::time::Timestamp;

use crate::conn::{Conn, Row, vals};
use crate::error::{Result, StoreError};
use crate::model::{DueTask, TemplateTask};
use crate::scope::SystemScope;
use crate::store::Store;

impl Store {
    /// Tasks that are due, which are then not due again before `again`: a crash in between loses nothing.
    pub async fn take_template_tasks(
        &self,
        _system: &SystemScope,
        now: Timestamp,
        again: Timestamp,
        limit: usize,
    ) -> Result<Vec<DueTask>> {
        let due = self
            .read(move |conn| {
                Box::pin(async move {
                    let sql =
                        "SELECT tenant_id, version_id, task, tries FROM template_tasks WHERE due_at <= $1
                        ORDER BY due_at LIMIT $2";
                    conn.query(sql, vals![now, limit as i64])
                        .await?
                        .iter()
                        .map(task)
                        .collect::<Result<Vec<_>>>()
                })
            })
            .await?;
        if due.is_empty() {
            return Ok(due);
        }
        let rows = due.clone();
        self.write(move |conn| {
            Box::pin(async move {
                for row in &rows {
                    let sql = "UPDATE template_tasks SET due_at = $3, tries = tries + 1
                        WHERE tenant_id = $1 AND version_id = $2";
                    conn.execute(sql, vals![&row.tenant, &row.version, again]).await?;
                }
                Ok(())
            })
        })
        .await?;
        Ok(due)
    }

    pub async fn drop_template_task(&self, _system: &SystemScope, task: &DueTask) -> Result<()> {
        let (tenant, version) = (task.tenant, task.version);
        self.write(move |conn| Box::pin(async move { remove(conn, tenant, version).await })).await
    }
}

pub(super) async fn add(
    conn: &Conn,
    tenant: TenantId,
    version: VersionId,
    task: TemplateTask,
    due_at: Timestamp,
) -> Result<()> {
    let sql = "INSERT INTO template_tasks (tenant_id, version_id, task, due_at, tries) VALUES ($1, $2, $3, $4, 0)
        ON CONFLICT (tenant_id, version_id) DO UPDATE SET task = excluded.task, due_at = excluded.due_at, tries = 0";
    conn.execute(sql, vals![&tenant, &version, task.as_str(), due_at]).await.map(|_| ())
}

pub(super) async fn remove(conn: &Conn, tenant: TenantId, version: VersionId) -> Result<()> {
    let sql = "DELETE FROM template_tasks WHERE tenant_id = $1 AND version_id = $2";
    conn.execute(sql, vals![&tenant, &version]).await.map(|_| ())
}

fn task(row: &Row) -> Result<DueTask> {
    Ok(DueTask {
        tenant: row.id(0)?,
        version: row.id(1)?,
        task: TemplateTask::parse(row.text(2)?).ok_or(StoreError::Corrupt("a task of an unknown kind"))?,
        tries: super::number(row, 3)?,
    })
}

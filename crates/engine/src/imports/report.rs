//! How an import stands, and the lines that it refused.

use serde::Serialize;

use tidings_domain::actor::Permission;
use tidings_domain::id::ImportId;
use tidings_domain::table::guarded;
use tidings_domain::time::Timestamp;
use tidings_store::model::{Import, Refusal};

use super::layout::Layout;
use crate::caller::Caller;
use crate::error::{EngineError, Result};
use crate::limits::IMPORT_REPORT_ROWS;
use crate::pipeline::Engine;
use crate::report::{PageOf, limit, store_cursor};

/// How an import stands.
#[derive(Debug, Clone, Serialize)]
pub struct ImportReport {
    pub id: String,
    pub kind: &'static str,
    /// `receiving`, `running` or `finished`.
    pub state: &'static str,
    /// Lines of the file, without its head.
    pub lines: u64,
    pub done: u64,
    pub good: u64,
    pub bad: u64,
    pub created_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}

impl From<Import> for ImportReport {
    fn from(import: Import) -> Self {
        Self {
            id: import.id.to_string(),
            kind: import.kind.as_str(),
            state: import.state.as_str(),
            lines: import.lines,
            done: import.done,
            good: import.good,
            bad: import.bad,
            created_at: import.created_at,
            finished_at: import.finished_at,
        }
    }
}

impl Engine {
    pub async fn import(&self, caller: &Caller, id: ImportId) -> Result<ImportReport> {
        Ok(self.stored_import(caller, id).await?.into())
    }

    async fn stored_import(&self, caller: &Caller, id: ImportId) -> Result<Import> {
        caller.require(Permission::ConsentsRead)?;
        caller.store.import(&caller.scope, id).await?.ok_or(EngineError::NotFound("import"))
    }

    /// Newest first.
    pub async fn imports(
        &self,
        caller: &Caller,
        cursor: Option<&str>,
        max: Option<usize>,
    ) -> Result<PageOf<ImportReport>> {
        caller.require(Permission::ConsentsRead)?;
        let page =
            caller.store.list_imports(&caller.scope, store_cursor(cursor)?, limit(max)?).await?.encoded();
        Ok(PageOf { items: page.items.into_iter().map(Into::into).collect(), next_cursor: page.next })
    }

    /// The first refused lines.
    pub async fn refused_lines(&self, caller: &Caller, id: ImportId, max: usize) -> Result<Vec<Refusal>> {
        let import = self.stored_import(caller, id).await?;
        Ok(caller.store.import_refusals(&caller.scope, import.id, 0, max.min(IMPORT_REPORT_ROWS)).await?)
    }

    /// The refused lines as CSV: where, why, and the line's own fields. Put right, it can be imported again.
    pub async fn import_refusals(&self, caller: &Caller, id: ImportId) -> Result<String> {
        let import = self.stored_import(caller, id).await?;
        let layout: Layout = serde_json::from_str(&import.options).map_err(|_| {
            EngineError::Internal(tidings_store::StoreError::Corrupt("an import does not read"))
        })?;
        let mut out = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
        let own = |column: &&String| !["line", "code", "problem"].contains(&column.as_str());
        let head = ["line", "code", "problem"]
            .into_iter()
            .chain(layout.columns.iter().filter(own).map(String::as_str));
        out.write_record(head).expect("writing to memory");
        let mut after = 0;
        loop {
            let rows = caller.store.import_refusals(&caller.scope, id, after, IMPORT_REPORT_ROWS).await?;
            let Some(last) = rows.last() else { break };
            after = last.line;
            for row in &rows {
                out.write_record(cells(row, &layout)).expect("writing to memory");
            }
        }
        let bytes = out.into_inner().expect("writing to memory");
        Ok(String::from_utf8(bytes).expect("cells are texts"))
    }
}

fn cells(row: &Refusal, layout: &Layout) -> Vec<String> {
    let own = row.fields.iter().enumerate().filter(|(n, _)| {
        let column = layout.columns.get(*n).map_or("", String::as_str);
        !["line", "code", "problem"].contains(&column)
    });
    let head = [row.line.to_string(), row.code.clone(), row.detail.clone()];
    head.into_iter().chain(own.map(|(_, field)| guarded(field))).collect()
}

//! Receiving a file, piece by piece.

use tidings_domain::actor::Permission;
use tidings_domain::id::ImportId;
use tidings_domain::table::{Endless, Record, Records};
use tidings_store::model::{ImportKind, ImportPart, NewImport};

use super::consents::Defaults;
use super::layout::Layout;
use super::report::ImportReport;
use crate::caller::Caller;
use crate::error::{EngineError, Result};
use crate::limits::{IMPORT_LINE_BYTES_MAX, IMPORT_LINES_MAX, IMPORT_PART_BYTES_MAX, IMPORT_PART_LINES_MAX};
use crate::pipeline::Engine;

/// A file on its way in.
pub struct Receiving {
    engine: Engine,
    caller: Caller,
    kind: ImportKind,
    defaults: Defaults,
    records: Records,
    /// Known once the head has come.
    id: Option<ImportId>,
    part: Vec<(u64, String)>,
    part_bytes: usize,
    lines: u64,
}

impl Engine {
    /// Begins to receive a table of consents.
    pub fn receive_consents(&self, caller: &Caller, defaults: Defaults) -> Result<Receiving> {
        self.receive(caller, ImportKind::Consents, defaults)
    }

    /// Begins to receive a table of contacts.
    pub fn receive_contacts(&self, caller: &Caller) -> Result<Receiving> {
        self.receive(caller, ImportKind::Contacts, Defaults::default())
    }

    fn receive(&self, caller: &Caller, kind: ImportKind, defaults: Defaults) -> Result<Receiving> {
        caller.require(Permission::ConsentsWrite)?;
        Ok(Receiving {
            engine: self.clone(),
            caller: caller.clone(),
            kind,
            defaults,
            records: Records::new(IMPORT_LINE_BYTES_MAX),
            id: None,
            part: Vec::new(),
            part_bytes: 0,
            lines: 0,
        })
    }
}

impl Receiving {
    pub async fn push(&mut self, bytes: &[u8]) -> Result<()> {
        let whole = self.records.push(bytes).map_err(|Endless { line }| {
            let words =
                format!("The record that begins on line {line} has no end; a quote may not be closed.");
            EngineError::invalid("file", "csv.endless", words)
        })?;
        for record in whole {
            self.take(record).await?;
        }
        Ok(())
    }

    async fn take(&mut self, record: Record) -> Result<()> {
        let Some(_) = self.id else { return self.begin(&record).await };
        self.lines += 1;
        if self.lines > IMPORT_LINES_MAX {
            let words = format!("A file has at most {IMPORT_LINES_MAX} lines; import it in parts.");
            return Err(EngineError::invalid("file", "csv.lines", words));
        }
        self.part_bytes += record.bytes.len();
        self.part.push((record.line, String::from_utf8_lossy(&record.bytes).into_owned()));
        if self.part.len() >= IMPORT_PART_LINES_MAX || self.part_bytes >= IMPORT_PART_BYTES_MAX {
            self.flush().await?;
        }
        Ok(())
    }

    async fn begin(&mut self, head: &Record) -> Result<()> {
        let delimiter = self.records.delimiter().unwrap_or(b',');
        let types = self.caller.store.attribute_types(&self.caller.scope).await?;
        let layout = Layout::read(&head.bytes, delimiter, (self.kind, self.defaults.clone()), &types)?;
        if let Some(purpose) = &self.defaults.purpose {
            let snapshot = self.engine.snapshot(&self.caller).await?;
            if snapshot.purpose(purpose).is_none() {
                let words = "Name a category or the code of a topic of yours.";
                return Err(EngineError::invalid("purpose", "purpose.unknown", words));
            }
        }
        let now = self.engine.now();
        let id = self.engine.0.ids.next(now);
        let new = NewImport {
            id,
            kind: self.kind,
            options: serde_json::to_string(&layout).expect("texts are JSON"),
            actor: self.caller.actor,
            created_at: now,
        };
        self.caller.store.begin_import(&self.caller.scope, new).await?;
        self.id = Some(id);
        Ok(())
    }

    async fn flush(&mut self) -> Result<()> {
        let (Some(id), Some((first_line, _))) = (self.id, self.part.first()) else { return Ok(()) };
        let part = ImportPart {
            first_line: *first_line,
            lines: self.part.len() as u64,
            data: serde_json::to_vec(&self.part).expect("texts are JSON"),
        };
        self.caller.store.add_import_part(&self.caller.scope, id, part).await?;
        self.part.clear();
        self.part_bytes = 0;
        Ok(())
    }

    /// The file has come whole; its lines are read from now on.
    pub async fn finish(mut self) -> Result<ImportReport> {
        let records = std::mem::replace(&mut self.records, Records::new(0));
        let delimiter = records.delimiter();
        if let Some(last) = records.finish() {
            if self.id.is_none() {
                let _ = delimiter;
                let words = "The file has a head and no line.";
                return Err(EngineError::invalid("file", "csv.empty", words));
            }
            self.take(last).await?;
        }
        let Some(id) = self.id else {
            return Err(EngineError::invalid("file", "csv.empty", "The file is empty."));
        };
        self.flush().await?;
        let (caller, now) = (&self.caller, self.engine.now());
        caller.store.start_import(&caller.scope, id, self.lines, caller.actor, now).await?;
        self.engine.tick();
        self.engine.import(caller, id).await
    }
}

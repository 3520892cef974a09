//! Where lines are read, whatever they are about.

use tidings_domain::actor::Actor;
use tidings_domain::id::IdSource;
use tidings_domain::time::Timestamp;
use tidings_store::model::{AttributeType, ImportEntry, ImportKind, ImportLine, Refusal};

use super::layout::{Layout, record, refusal};
use crate::catalog::Snapshot;

/// What lines are read with.
pub(super) struct Desk<'a> {
    pub kind: ImportKind,
    /// The attributes that contacts may have.
    pub types: &'a [AttributeType],
    pub snapshot: &'a Snapshot,
    pub layout: &'a Layout,
    pub ids: &'a IdSource,
    pub actor: Actor,
    pub now: Timestamp,
}

impl Desk<'_> {
    pub fn line(&self, line: u64, text: &str) -> std::result::Result<ImportLine, Refusal> {
        let fields = record(self.layout, line, text)?;
        let entry = match self.kind {
            ImportKind::Consents => self.consent(&fields).map(ImportEntry::Consent),
            ImportKind::Contacts => self.contact(&fields).map(ImportEntry::Contact),
        };
        match entry {
            Ok(entry) => Ok(ImportLine { line, entry, fields }),
            Err(problem) => Err(refusal(line, &fields, problem)),
        }
    }
}

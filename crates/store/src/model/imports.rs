//! Imports: files that are read line by line behind the request.

use tidings_domain::actor::Actor;
use tidings_domain::address::Address;
use tidings_domain::id::ImportId;
use tidings_domain::time::Timestamp;

use super::{NewConsent, Profile};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportKind {
    Consents = 1,
    Contacts = 2,
}

impl ImportKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Consents => "consents",
            Self::Contacts => "contacts",
        }
    }
    pub fn from_code(code: i64) -> Option<Self> {
        [Self::Consents, Self::Contacts].into_iter().find(|each| *each as i64 == code)
    }
}

/// Where an import stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportState {
    /// Received whole; lines are being read.
    Running = 0,
    Finished = 1,
    /// The file is on its way; an import that stays so was broken off and does nothing.
    Receiving = 2,
}

impl ImportState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Receiving => "receiving",
        }
    }
    pub fn from_code(code: i64) -> Option<Self> {
        [Self::Running, Self::Finished, Self::Receiving].into_iter().find(|each| *each as i64 == code)
    }
}

#[derive(Debug, Clone)]
pub struct NewImport {
    pub id: ImportId,
    pub kind: ImportKind,
    /// JSON of the engine's: what divides the fields, the columns, what is taken where a line says nothing.
    pub options: String,
    pub actor: Actor,
    pub created_at: Timestamp,
}

#[derive(Debug, Clone)]
pub struct Import {
    pub id: ImportId,
    pub kind: ImportKind,
    pub state: ImportState,
    pub options: String,
    pub actor: Actor,
    /// Records of the file, without its head.
    pub lines: u64,
    pub done: u64,
    pub good: u64,
    pub bad: u64,
    pub created_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}

/// A portion of a file, as the engine wrote it.
#[derive(Debug, Clone)]
pub struct ImportPart {
    pub first_line: u64,
    pub lines: u64,
    pub data: Vec<u8>,
}

/// What a line says.
#[derive(Debug, Clone)]
pub enum ImportEntry {
    Consent(NewConsent),
    Contact(NewContact),
}

/// A person as a line describes them.
#[derive(Debug, Clone)]
pub struct NewContact {
    /// All of one person; at least one.
    pub addresses: Vec<Address>,
    /// What is known from now on; what is not in it stays as it was.
    pub profile: Profile,
    pub actor: Actor,
}

/// What a good line asks for.
#[derive(Debug, Clone)]
pub struct ImportLine {
    pub line: u64,
    pub entry: ImportEntry,
    /// The record's fields, should it be refused after all.
    pub fields: Vec<String>,
}

/// A line that was refused, and why.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Refusal {
    pub line: u64,
    pub code: String,
    pub detail: String,
    pub fields: Vec<String>,
}

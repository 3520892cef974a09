//! The first argument of every call: whose data it may touch.

use std::fmt;
use std::sync::Arc;

use tidings_domain::id::{IdSource, TenantId};

use crate::error::Result;
use crate::model::Hash16;
use crate::seal::TenantKeys;

/// What is hashed, so that a provider's id never meets an address.
const SPACE_TEXT: u8 = 0;
const SPACE_PROVIDER: u8 = 1;

/// The right to read and write one tenant's data, with its keys. Only the store makes it: from a verified
/// key, an owned row or a new tenant.
#[derive(Clone)]
pub struct TenantScope(Arc<Inner>);

struct Inner {
    keys: TenantKeys,
    ids: Arc<IdSource>,
}

impl TenantScope {
    pub(crate) fn new(keys: TenantKeys, ids: Arc<IdSource>) -> Self {
        Self(Arc::new(Inner { keys, ids }))
    }
    pub fn tenant(&self) -> TenantId {
        self.0.keys.tenant()
    }
    /// The keyed hash under which a canonical address or reference is looked up.
    pub fn hash(&self, canonical: &str) -> Hash16 {
        self.0.keys.hash(SPACE_TEXT, canonical)
    }
    /// A keyed digest of several texts, each delimited by its length: for idempotency keys and fingerprints.
    pub fn digest(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.0.keys.digest(parts)
    }
    /// The keyed hash of a provider's id of a message.
    pub(crate) fn hash_provider_id(&self, provider_id: &str) -> Hash16 {
        self.0.keys.hash(SPACE_PROVIDER, provider_id)
    }
    pub(crate) fn ids(&self) -> &IdSource {
        &self.0.ids
    }
    /// Seals a record for one row of one table.
    pub(crate) fn seal(&self, table: &str, row: &[u8], plain: &[u8]) -> Vec<u8> {
        let mut salt = [0; 16];
        self.0.ids.random(&mut salt);
        self.0.keys.seal(salt, table, row, plain)
    }
    pub(crate) fn open(&self, table: &str, row: &[u8], data: &[u8]) -> Result<Vec<u8>> {
        self.0.keys.open_record(table, row, data)
    }
    /// Opens a record that is a text.
    pub(crate) fn open_text(&self, table: &str, row: &[u8], data: &[u8]) -> Result<String> {
        String::from_utf8(self.open(table, row, data)?).map_err(|_| crate::seal::UNREADABLE)
    }
}

impl fmt::Debug for TenantScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TenantScope({})", self.tenant())
    }
}

/// The right to work across tenants, for the loops of the system. Given by `Store::system`.
#[derive(Debug, Clone, Copy)]
pub struct SystemScope(());

impl SystemScope {
    pub(crate) fn new() -> Self {
        Self(())
    }
}

/// Rows of `sealed`, by part; the name binds the record to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Of a message: the engine's content.
    Content = 1,
    /// Of an inbound message: object, text, identities.
    Inbound = 2,
    /// Of a consent: address and evidence.
    Consent = 3,
    /// Of a kept callback: the object.
    Kept = 4,
}

/// Rows of `sealed` with the contents of a message's other ways begin here.
const STEP_PARTS: i64 = 16;
/// The `table` that they are sealed with.
pub(crate) const STEP_CONTENT: &str = "sealed/step";

/// Part of `sealed` with the content of a way of a message; the first way has the message's own.
pub(crate) fn step_part(step: u8) -> i64 {
    if step == 0 { Part::Content.code() } else { STEP_PARTS + i64::from(step) }
}

/// What the content of a way other than the first is bound to: the message and the step.
pub(crate) fn step_row(message: &[u8; 16], step: u8) -> [u8; 17] {
    let mut row = [step; 17];
    row[..16].copy_from_slice(message);
    row
}

impl Part {
    pub(crate) fn code(self) -> i64 {
        self as i64
    }
    /// The `table` to seal with.
    pub(crate) fn table(self) -> &'static str {
        match self {
            Self::Content => "sealed/content",
            Self::Inbound => "sealed/inbound",
            Self::Consent => "sealed/consent",
            Self::Kept => "sealed/kept",
        }
    }
}

//! The event log as readers see it.

use tidings_domain::event::Kind;
use tidings_domain::id::TenantId;
use tidings_domain::time::Timestamp;
use tidings_domain::trace::TraceId;

/// Where a reader stands. Opaque outside: a text that carries the log's generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LogPosition {
    /// Incremented by a restore, so that an old cursor is recognised.
    pub generation: i64,
    /// PostgreSQL's transaction id, zero on SQLite.
    pub transaction: i64,
    pub sequence: i64,
}

#[derive(Debug, Clone)]
pub struct LoggedEvent {
    pub position: LogPosition,
    pub tenant: TenantId,
    pub kind: Kind,
    pub subject: [u8; 16],
    pub actor: String,
    pub trace: Option<TraceId>,
    pub at: Timestamp,
    /// JSON object.
    pub body: String,
}

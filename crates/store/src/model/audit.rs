//! Everything the store says of a message, side by side, so that the ledger predicates can compare it.

use tidings_domain::category::Category;
use tidings_domain::event::Kind;
use tidings_domain::id::{AccountId, MessageId, SenderId, TenantId};
use tidings_domain::lifecycle::{AttemptState, Terminal};
use tidings_domain::time::Timestamp;

use super::AttentionKind;

/// One message with all that hangs on it, read at one moment.
#[derive(Debug, Clone)]
pub struct Audited {
    pub tenant: TenantId,
    pub id: MessageId,
    pub account: AccountId,
    pub sender: SenderId,
    pub category: Category,
    pub created_at: Timestamp,
    pub due_at: Timestamp,
    pub terminal: Terminal,
    pub reason: Option<String>,
    /// In the order of their numbers.
    pub attempts: Vec<AuditedAttempt>,
    /// The ways other than the first that were taken, in their order.
    pub ways: Vec<AuditedWay>,
    /// Rows of the queue that stand where one is expected: when they are due, and for which attempt.
    pub due: Vec<(Timestamp, u8)>,
    pub attention: Option<AttentionKind>,
    pub has_content: bool,
    /// The kinds of its events, oldest first.
    pub log: Vec<Kind>,
}

/// Another way that a message took.
#[derive(Debug, Clone, Copy)]
pub struct AuditedWay {
    pub sender: SenderId,
    /// The number of the attempt with which it was taken.
    pub first_attempt: u8,
}

#[derive(Debug, Clone)]
pub struct AuditedAttempt {
    pub number: u8,
    pub state: AttemptState,
    /// The epoch of its claim; 0 where only a late answer made the row.
    pub epoch: i64,
    pub claimed_at: Timestamp,
    pub retry_at: Option<Timestamp>,
    pub doubt_until: Option<Timestamp>,
    pub doubted: bool,
}

/// Where the look at the messages goes on.
pub type AuditPosition = (TenantId, MessageId);

/// A row of the queue, with what it needs to know of its message.
#[derive(Debug, Clone)]
pub struct AuditedDue {
    pub position: DuePosition,
    pub tenant: TenantId,
    pub attempt: u8,
    /// Why its message ended and how many attempts it has; `None`: there is no such message.
    pub message: Option<(Terminal, u8)>,
}

/// The key of a row of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DuePosition {
    pub sender: SenderId,
    pub category: Category,
    pub due_at: Timestamp,
    pub message: MessageId,
}

/// An answer that an idempotency key gives back.
#[derive(Debug, Clone)]
pub struct AuditedAnswer {
    pub key: [u8; 32],
    pub tenant: TenantId,
    pub created_at: Timestamp,
    /// The HTTP status and the body; `None`: the key was taken and never answered.
    pub answer: Option<(u16, Vec<u8>)>,
}

//! Messages as readers see them.

use tidings_domain::category::{Category, Channel};
use tidings_domain::id::{AccountId, MessageId, SenderId};
use tidings_domain::lifecycle::{AttemptState, Status, Terminal};
use tidings_domain::time::Timestamp;
use tidings_domain::trace::TraceId;

use super::Hash16;

/// One row of a list.
#[derive(Debug, Clone)]
pub struct MessageHead {
    pub id: MessageId,
    pub account: AccountId,
    pub sender: SenderId,
    pub channel: Channel,
    pub category: Category,
    pub recipient: Hash16,
    pub template: Option<String>,
    pub language: Option<String>,
    pub created_at: Timestamp,
    /// When it may first be submitted; moves when policy defers it.
    pub due_at: Timestamp,
    pub expires_at: Timestamp,
    pub terminal: Terminal,
    /// Stable code of why it ended, such as `consent.suppressed` or `provider.131026`.
    pub reason: Option<String>,
    pub trace: TraceId,
    pub attempts: Vec<AttemptRow>,
    /// Derived from the above by `domain::lifecycle::status`.
    pub status: Status,
}

#[derive(Debug, Clone)]
pub struct AttemptRow {
    pub number: u8,
    pub state: AttemptState,
    pub claimed_at: Timestamp,
    pub answered_at: Option<Timestamp>,
    /// The provider's code of a failure.
    pub code: Option<i64>,
    /// The next attempt is due then (set with a retry or a resend after doubt).
    pub retry_at: Option<Timestamp>,
    /// A doubt is decided then, if no receipt settles it before.
    pub doubt_until: Option<Timestamp>,
    /// Set once a doubt about this attempt was recorded, whatever became of it.
    pub doubted: bool,
    /// JSON of `domain::fact::Pricing`.
    pub pricing: Option<String>,
    /// Opened only by `message`, not in lists.
    pub provider_id: Option<String>,
}

/// A message with its content opened.
#[derive(Debug, Clone)]
pub struct MessageView {
    pub head: MessageHead,
    /// JSON of the engine's sealed content: address, message, metadata, reference.
    pub content: Option<String>,
    /// Where it has other ways.
    pub plan: Option<super::PlanView>,
}

#[derive(Debug, Clone, Default)]
pub struct MessageFilter {
    pub status: Option<Status>,
    pub reference: Option<Hash16>,
    pub recipient: Option<Hash16>,
    pub sender: Option<SenderId>,
    pub trace: Option<TraceId>,
}

/// A page, newest first; `next` continues it.
#[derive(Debug, Clone)]
pub struct Page<T, C> {
    pub items: Vec<T>,
    pub next: Option<C>,
}

/// What needs a person's attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AttentionKind {
    Failed = 1,
    InDoubt = 2,
    Denied = 3,
    Unknown = 4,
    /// Retries are exhausted: a dead letter that can be redriven.
    Dead = 5,
}

impl AttentionKind {
    pub const ALL: [Self; 5] = [Self::Failed, Self::InDoubt, Self::Denied, Self::Unknown, Self::Dead];

    pub fn code(self) -> i64 {
        self as i64
    }
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// What became of the wish to cancel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Canceled {
    Canceled,
    /// It is being submitted, was, or has ended.
    TooLate(Status),
    NotFound,
}

/// What became of the wish to send a dead letter again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redriven {
    Queued {
        sender: SenderId,
        category: Category,
    },
    /// Only what failed or expired can be sent again.
    NotDead(Status),
    /// It has used up the numbers of its attempts.
    Spent,
    NotFound,
}

#[derive(Debug, Clone)]
pub struct Attention {
    pub message: MessageId,
    pub kind: AttentionKind,
    pub reason: String,
    pub at: Timestamp,
}

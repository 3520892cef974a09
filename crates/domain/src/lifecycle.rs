//! The lifecycle of a message as a join of facts.
//!
//! Receipts come late, twice, out of order or before the answer to the submission. So nothing is ever
//! "set": each attempt remembers the greatest state that any fact proved, and the status of a message is
//! computed from its attempts, its open work and its terminal reason. Any permutation and any repetition
//! of the same facts gives the same status.

use std::fmt;

use crate::id::{AttemptId, Id, MessageId};
use crate::limits::ATTEMPTS_PER_MESSAGE_MAX;

/// What is known about one attempt; the order is the join order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AttemptState {
    /// Durable, and perhaps on its way.
    Claimed = 0,
    /// The request may have been carried out; nobody knows.
    InDoubt = 1,
    /// We gave up knowing; a later receipt still corrects it.
    Unknown = 2,
    /// The provider took it and named an id.
    Accepted = 3,
    Sent = 4,
    /// Refused or not delivered. A delivery proves otherwise.
    Failed = 5,
    Delivered = 6,
    Read = 7,
    Played = 8,
}

impl AttemptState {
    pub const ALL: [Self; 9] = [
        Self::Claimed,
        Self::InDoubt,
        Self::Unknown,
        Self::Accepted,
        Self::Sent,
        Self::Failed,
        Self::Delivered,
        Self::Read,
        Self::Played,
    ];

    /// The one merge rule of the whole product.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        self.max(other)
    }
    pub fn code(self) -> i64 {
        self as i64
    }
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }
    /// Taken by the provider and not failed.
    pub fn stands(self) -> bool {
        self >= Self::Accepted && self != Self::Failed
    }
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Claimed => "submitting",
            Self::InDoubt => "in_doubt",
            Self::Unknown => "unknown",
            Self::Accepted => "submitted",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Played => "played",
        }
    }
}

/// Work that is still to be done for a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OpenWork {
    None = 0,
    /// Waits for its `send_at`.
    Scheduled = 1,
    /// Waits in its lane, for the first time or for a retry.
    Queued = 2,
    /// Claimed; the request is being made.
    Submitting = 3,
    /// Waits for a receipt that says what became of the attempt.
    InDoubt = 4,
}

impl OpenWork {
    const ALL: [Self; 5] = [Self::None, Self::Scheduled, Self::Queued, Self::Submitting, Self::InDoubt];
    pub fn code(self) -> i64 {
        self as i64
    }
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|open| open.code() == code)
    }
}

/// Why a message needs nothing more, where no attempt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Terminal {
    None = 0,
    Failed = 1,
    Denied = 2,
    Expired = 3,
    Canceled = 4,
    Unknown = 5,
}

impl Terminal {
    const ALL: [Self; 6] =
        [Self::None, Self::Failed, Self::Denied, Self::Expired, Self::Canceled, Self::Unknown];
    pub fn code(self) -> i64 {
        self as i64
    }
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|terminal| terminal.code() == code)
    }
}

/// What users see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Accepted = 0,
    Scheduled = 1,
    Queued = 2,
    Submitting = 3,
    InDoubt = 4,
    Submitted = 5,
    Sent = 6,
    Delivered = 7,
    Read = 8,
    Played = 9,
    Failed = 10,
    Denied = 11,
    Expired = 12,
    Canceled = 13,
    Unknown = 14,
}

impl Status {
    pub const ALL: [Self; 15] = [
        Self::Accepted,
        Self::Scheduled,
        Self::Queued,
        Self::Submitting,
        Self::InDoubt,
        Self::Submitted,
        Self::Sent,
        Self::Delivered,
        Self::Read,
        Self::Played,
        Self::Failed,
        Self::Denied,
        Self::Expired,
        Self::Canceled,
        Self::Unknown,
    ];

    pub fn code(self) -> i64 {
        self as i64
    }
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Scheduled => "scheduled",
            Self::Queued => "queued",
            Self::Submitting => "submitting",
            Self::InDoubt => "in_doubt",
            Self::Submitted => "submitted",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Played => "played",
            Self::Failed => "failed",
            Self::Denied => "denied",
            Self::Expired => "expired",
            Self::Canceled => "canceled",
            Self::Unknown => "unknown",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
    /// Something will still happen by our own doing.
    pub fn is_open(self) -> bool {
        self <= Self::InDoubt
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The status of a message: its best attempt if that stands, else its open work, else why it ended.
pub fn status(
    attempts: impl IntoIterator<Item = AttemptState>,
    open: OpenWork,
    terminal: Terminal,
) -> Status {
    let mut best = None;
    let mut doubted = false;
    for state in attempts {
        doubted |= state == AttemptState::Unknown;
        if state.stands() {
            best = best.max(Some(state));
        }
    }
    if let Some(best) = best {
        return match best {
            AttemptState::Accepted => Status::Submitted,
            AttemptState::Sent => Status::Sent,
            AttemptState::Delivered => Status::Delivered,
            AttemptState::Read => Status::Read,
            _ => Status::Played,
        };
    }
    match (open, terminal) {
        (OpenWork::Scheduled, _) => Status::Scheduled,
        (OpenWork::Queued, _) => Status::Queued,
        (OpenWork::Submitting, _) => Status::Submitting,
        (OpenWork::InDoubt, _) => Status::InDoubt,
        (OpenWork::None, Terminal::Failed) => Status::Failed,
        (OpenWork::None, Terminal::Denied) => Status::Denied,
        (OpenWork::None, Terminal::Expired) => Status::Expired,
        (OpenWork::None, Terminal::Canceled) => Status::Canceled,
        (OpenWork::None, Terminal::Unknown) if doubted => Status::Unknown,
        // The doubt was resolved to a failure after we had given up knowing.
        (OpenWork::None, Terminal::Unknown) => Status::Failed,
        // An attempt that stood has failed since.
        (OpenWork::None, Terminal::None) => Status::Failed,
    }
}

impl AttemptId {
    /// The n-th attempt (from 1) of a message: the message's id with the number in its last byte, so that
    /// a receipt that names the attempt names the message as well.
    pub fn of(message: MessageId, number: u8) -> Self {
        assert!((1..=ATTEMPTS_PER_MESSAGE_MAX).contains(&number), "attempt {number} is outside the bound");
        let mut bytes = message.bytes();
        bytes[15] = number;
        Self::from_bytes(bytes)
    }
    pub fn message(self) -> MessageId {
        let mut bytes = self.bytes();
        bytes[15] = 0;
        MessageId::from_bytes(bytes)
    }
    pub fn number(self) -> u8 {
        self.bytes()[15]
    }
}

impl MessageId {
    /// Frees the last byte, which numbers the attempts.
    #[must_use]
    pub fn rooted(self) -> Self {
        let mut bytes = self.bytes();
        bytes[15] = 0;
        Self::from_bytes(bytes)
    }
}

#[cfg(test)]
#[path = "lifecycle_tests.rs"]
mod tests;

//! The simulator's own book: what was submitted, how it was answered, which receipts arrived.
//!
//! Tests compare it with the product's view, so it is kept without any of the product's code.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::limits::MAX_VIOLATIONS;

/// What a receipt says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Sent,
    Delivered,
    Read,
    Played,
    Failed,
}

impl Status {
    pub fn name(self) -> &'static str {
        match self {
            Status::Sent => "sent",
            Status::Delivered => "delivered",
            Status::Read => "read",
            Status::Played => "played",
            Status::Failed => "failed",
        }
    }
}

/// How a submission was answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    Accepted,
    Error(u32),
    TimeoutBefore,
    TimeoutAfter,
    ServerError,
    ServerErrorAfter,
    RateLimited,
    InvalidJson,
    Outage,
}

impl Outcome {
    /// Whether the message exists at the provider, whatever the client was told.
    pub fn accepted(self) -> bool {
        matches!(
            self,
            Outcome::Accepted | Outcome::TimeoutAfter | Outcome::ServerErrorAfter | Outcome::InvalidJson
        )
    }

    fn text(self) -> String {
        match self {
            Outcome::Error(code) => return format!("error:{code}"),
            Outcome::Accepted => "accepted",
            Outcome::TimeoutBefore => "timeout_before",
            Outcome::TimeoutAfter => "timeout_after",
            Outcome::ServerError => "server_error",
            Outcome::ServerErrorAfter => "server_error_after",
            Outcome::RateLimited => "rate_limited",
            Outcome::InvalidJson => "invalid_json",
            Outcome::Outage => "outage",
        }
        .into()
    }
}

/// The whole book, or the part of it from some submission on.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Ledger {
    pub submissions: Vec<Submission>,
    /// Limits and promises that the client broke, as the simulator counted.
    pub violations: Vec<String>,
    pub counts: Counts,
    /// The `since` of the next page.
    pub next: u64,
}

/// One call of the messages edge.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Submission {
    pub n: u64,
    pub at_us: i64,
    pub phone_number_id: String,
    pub to: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub template: Option<String>,
    pub callback_data: Option<String>,
    /// Present if the message was accepted, even if the client was never told.
    pub wamid: Option<String>,
    /// `accepted`, `error:<code>`, `timeout_before`, `timeout_after`, `server_error`,
    /// `server_error_after`, `rate_limited`, `invalid_json` or `outage`.
    pub answer: String,
    pub receipts: Vec<DeliveredReceipt>,
}

/// One delivery of a receipt; the same receipt stands twice if it was delivered twice.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DeliveredReceipt {
    pub status: Status,
    pub at_us: i64,
    /// What the webhook was answered; 0 when there was no answer.
    pub http_status: u16,
}

/// Totals since the start or the last reset.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Counts {
    pub submissions: u64,
    pub accepted: u64,
    /// Accepted messages with a callback datum not seen before.
    pub distinct_callback_data: u64,
    /// Accepted messages with a callback datum that was accepted before.
    pub repeated_callback_data: u64,
    pub receipts: ReceiptCounts,
    pub webhooks: WebhookCounts,
    pub inbound: u64,
    pub violations: u64,
}

/// Receipts in webhooks that were answered 200.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct ReceiptCounts {
    pub sent: u64,
    pub delivered: u64,
    pub read: u64,
    pub played: u64,
    pub failed: u64,
}

/// What became of webhook bodies.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct WebhookCounts {
    pub bodies: u64,
    pub updates: u64,
    pub attempts: u64,
    pub answered_200: u64,
    pub lost: u64,
    pub lost_updates: u64,
    pub duplicated: u64,
    pub delayed: u64,
    pub reordered: u64,
    pub given_up: u64,
    pub without_callback: u64,
}

/// One submission as kept: indices instead of strings.
pub struct Entry {
    pub at_us: i64,
    pub phone: u32,
    pub person: u32,
    pub kind: &'static str,
    /// Account and template index.
    pub template: Option<(u32, u32)>,
    pub callback: Option<Arc<str>>,
    pub outcome: Outcome,
    pub receipts: Vec<Mark>,
}

/// A receipt delivery, eight bytes: milliseconds since the submission, answer, status.
pub struct Mark {
    after_ms: u32,
    http_status: u16,
    status: Status,
}

/// The book while it is written.
#[derive(Default)]
pub struct Book {
    pub detail: bool,
    pub entries: Vec<Entry>,
    pub violations: Vec<String>,
    pub counts: Counts,
    seen: HashSet<u64>,
}

impl Book {
    pub fn new(detail: bool) -> Book {
        Book { detail, ..Book::default() }
    }

    /// The number the next submission gets.
    pub fn next_n(&self) -> u64 {
        self.counts.submissions
    }

    pub fn submitted(&mut self, entry: Entry) {
        self.counts.submissions += 1;
        if entry.outcome.accepted() {
            self.counts.accepted += 1;
            if let Some(callback) = &entry.callback {
                let mut hasher = DefaultHasher::new();
                callback.hash(&mut hasher);
                if self.seen.insert(hasher.finish()) {
                    self.counts.distinct_callback_data += 1;
                } else {
                    self.counts.repeated_callback_data += 1;
                }
            }
        }
        if self.detail {
            self.entries.push(entry);
        }
    }

    pub fn receipt(&mut self, n: u64, status: Status, now_us: i64, http_status: Option<u16>) {
        if http_status == Some(200) {
            let counts = &mut self.counts.receipts;
            *match status {
                Status::Sent => &mut counts.sent,
                Status::Delivered => &mut counts.delivered,
                Status::Read => &mut counts.read,
                Status::Played => &mut counts.played,
                Status::Failed => &mut counts.failed,
            } += 1;
        }
        if let Some(entry) = self.entries.get_mut(n as usize) {
            let after_ms = u32::try_from((now_us - entry.at_us) / 1000).unwrap_or(u32::MAX);
            entry.receipts.push(Mark { after_ms, http_status: http_status.unwrap_or(0), status });
        }
    }

    pub fn violation(&mut self, text: impl FnOnce() -> String) {
        self.counts.violations += 1;
        if self.violations.len() < MAX_VIOLATIONS {
            self.violations.push(text());
        }
    }
}

impl Entry {
    pub fn answer_text(&self) -> String {
        self.outcome.text()
    }

    pub fn delivered_receipts(&self) -> Vec<DeliveredReceipt> {
        let one = |mark: &Mark| DeliveredReceipt {
            status: mark.status,
            at_us: self.at_us + i64::from(mark.after_ms) * 1000,
            http_status: mark.http_status,
        };
        self.receipts.iter().map(one).collect()
    }
}

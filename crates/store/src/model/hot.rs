//! The hot path: accept, claim, record, merge. Each call takes many and commits once.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use tidings_domain::actor::Actor;
use tidings_domain::category::{Category, Channel};
use tidings_domain::decision::Decision;
use tidings_domain::fact::Identities;
use tidings_domain::id::{AccountId, AttemptId, MessageId, SenderId, TenantId, TopicId};
use tidings_domain::lifecycle::AttemptState;
use tidings_domain::policy::Place;
use tidings_domain::time::Timestamp;
use tidings_domain::trace::TraceId;

use super::{Epoch, Hash16, NewConsent, NewInbound, NewKept, RecipientFacts};

/// A message on its way into the store. Its content is sealed before it is queued for the writer.
#[derive(Debug, Clone)]
pub struct NewMessage {
    pub id: MessageId,
    pub account: AccountId,
    pub sender: SenderId,
    pub channel: Channel,
    pub category: Category,
    pub recipient: Hash16,
    pub place: Place,
    pub topic: Option<TopicId>,
    pub template: Option<String>,
    pub language: Option<String>,
    pub created_at: Timestamp,
    /// `created_at`, or `send_at` of the intent.
    pub due_at: Timestamp,
    pub expires_at: Timestamp,
    pub ordered: bool,
    /// Free-form content: the judge needs the service window.
    pub free_form: bool,
    pub trace: TraceId,
    /// Whether the client gave the trace id (only then it is indexed).
    pub trace_given: bool,
    pub reference: Option<Hash16>,
    /// Only where the tenant's policy looks at it.
    pub shown: Option<Arc<Shown>>,
    /// JSON of the engine's content; sealed by the store.
    pub content: Vec<u8>,
    /// Other ways, where this one does not succeed.
    pub plan: Option<Box<super::NewPlan>>,
}

/// What policy may look at beside the columns of a message, and what it has decided of its content. Never stored.
#[derive(Clone, Default)]
pub struct Shown {
    pub metadata: serde_json::Map<String, serde_json::Value>,
    /// Of the contact.
    pub tags: Vec<String>,
    pub decisions: Vec<Decision>,
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shown")
    }
}

/// What policy said, with the decisions as a JSON list for the event's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    Allow { decisions: String },
    Deny { code: String, decisions: String },
    Defer { until: Timestamp, code: String, decisions: String },
    Expire,
}

/// Judges a message inside the transaction that stores or claims it. Pure and quick.
pub type IntakeJudge = Arc<dyn Fn(&NewMessage, &RecipientFacts) -> Judgement + Send + Sync>;
pub type Judge = dyn Fn(&DueItem, &RecipientFacts) -> Judgement + Send + Sync;

/// The judge of a claim, and what must be counted for it.
#[derive(Clone)]
pub struct ClaimJudge {
    pub judge: Arc<Judge>,
    pub watch: Watch,
    /// Messages that go with another template than the one they were taken in with, if they are won.
    pub swaps: Arc<BTreeMap<MessageId, Swap>>,
}

/// Another template with its content, which replaces the stored one when the message is won.
#[derive(Clone)]
pub struct Swap {
    pub template: String,
    pub language: String,
    /// JSON of the engine's content; sealed by the store.
    pub content: Vec<u8>,
}

impl fmt::Debug for Swap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Swap({}, {})", self.template, self.language)
    }
}

impl ClaimJudge {
    /// One that asks for nothing to be counted.
    pub fn new(judge: impl Fn(&DueItem, &RecipientFacts) -> Judgement + Send + Sync + 'static) -> Self {
        Self { judge: Arc::new(judge), watch: Watch::default(), swaps: Arc::default() }
    }
}

/// What a claim counts beside the facts; nothing for tenants without caps and limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Watch {
    /// Microseconds of the longest cap by category code; 0: none.
    pub caps_us: [i64; 4],
    /// The portfolio whose recipients are counted.
    pub pool: Option<Hash16>,
}

/// Makes the answer that is stored under the idempotency key, from the verdicts in the order of the messages.
pub type Respond = Arc<dyn Fn(&[Judgement]) -> (u16, Vec<u8>) + Send + Sync>;

pub struct Idempotent {
    /// SHA-256 of tenant, method, path and key.
    pub key: [u8; 32],
    /// SHA-256 of the raw body.
    pub fingerprint: [u8; 32],
    pub respond: Respond,
}

pub struct Accept {
    pub messages: Vec<NewMessage>,
    pub judge: IntakeJudge,
    pub actor: Actor,
    pub idempotent: Option<Idempotent>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepted {
    /// In the order of the messages.
    Stored(Vec<Judgement>),
    /// The key was used before: nothing was stored now.
    Replay { fingerprint: [u8; 32], status: u16, body: Vec<u8> },
}

/// One entry of a lane's queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueItem {
    pub tenant: TenantId,
    pub account: AccountId,
    pub sender: SenderId,
    pub category: Category,
    pub due_at: Timestamp,
    pub message: MessageId,
    /// Number of the attempt that comes next.
    pub attempt: u8,
    pub expires_at: Timestamp,
    pub recipient: Hash16,
    pub place: Place,
    pub ordered: bool,
    pub free_form: bool,
    pub template: Option<String>,
    pub language: Option<String>,
    pub trace: TraceId,
}

impl DueItem {
    pub fn attempt_id(&self) -> AttemptId {
        AttemptId::of(self.message, self.attempt)
    }
}

/// A lane that has work, and when its earliest entry is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneWork {
    pub tenant: TenantId,
    pub account: AccountId,
    pub sender: SenderId,
    pub slot: u8,
    pub earliest: Timestamp,
}

#[derive(Debug)]
pub enum Claimed {
    /// Durable: the request may leave. Content as the engine stored it.
    Won {
        item: DueItem,
        content: Vec<u8>,
    },
    Denied {
        item: DueItem,
        code: String,
    },
    Deferred {
        item: DueItem,
        until: Timestamp,
    },
    Expired {
        item: DueItem,
    },
    /// Somebody else took it (canceled) or the epoch is over.
    Gone {
        item: DueItem,
    },
}

/// What an answer proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttemptResult {
    Accepted { provider_id: String, held: bool },
    Failed { code: i64 },
    InDoubt { reason: &'static str, code: Option<i64> },
}

/// What we chose to do next; ignored when a receipt has proved meanwhile that the attempt stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    Done,
    Retry {
        at: Timestamp,
        reason: &'static str,
    },
    /// Definite failure, nothing to retry.
    Fail {
        reason: String,
    },
    /// Retries are exhausted.
    Dead {
        reason: String,
    },
    AwaitReceipt {
        until: Timestamp,
    },
}

#[derive(Debug, Clone)]
pub struct Recorded {
    pub item: DueItem,
    pub at: Timestamp,
    pub result: AttemptResult,
    pub next: Next,
    /// Remember the recipient as invalid (code), or cool it down.
    pub recipient_invalid: Option<i64>,
    pub recipient_cool_until: Option<Timestamp>,
}

/// An attempt that was open when we last stopped, or whose doubt is due.
#[derive(Debug, Clone)]
pub struct OpenAttempt {
    pub item: DueItem,
    pub state: AttemptState,
    /// Under which it was claimed.
    pub epoch: Epoch,
    pub claimed_at: Timestamp,
    pub doubt_until: Option<Timestamp>,
    /// Only after a restore.
    pub review: Option<Review>,
}

impl OpenAttempt {
    /// Who decides about its doubt: an operator who reviewed it, or the time that ran out.
    pub(crate) fn decided_by(&self) -> &'static str {
        match self.review {
            Some(Review::Resend | Review::GiveUp) => "operator",
            Some(Review::Held) | None => "time",
        }
    }
}

/// Where the review of an attempt stands that may have left between a backup and the end of the installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Review {
    /// Waits for a receipt or an operator; given up when the message expires.
    Held = 1,
    /// An operator says that it did not leave, or may go twice.
    Resend = 2,
    /// An operator gives it up.
    GiveUp = 3,
}

impl Review {
    pub fn from_code(code: i64) -> Option<Self> {
        [Self::Held, Self::Resend, Self::GiveUp].into_iter().find(|each| *each as i64 == code)
    }
}

/// What reconcile decided about an open attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settle {
    /// The claim certainly never left: queue again, no doubt. The attempt row is removed.
    Requeue,
    /// It may have left: a doubt, decided at `until`.
    Doubt { reason: &'static str, until: Timestamp },
    /// No receipt came: send again.
    Resend { at: Timestamp },
    /// No receipt came: give up knowing.
    Unknown,
    /// Counted only while callbacks could reach us.
    Extend { until: Timestamp },
}

/// How much of what PostgreSQL acknowledged outlives the loss of one machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Durability {
    pub fsync: bool,
    pub full_page_writes: bool,
    /// The setting's value: `on`, `off`, `local`, `remote_write`, `remote_apply`.
    pub synchronous_commit: String,
    /// Whether commits wait for a standby at all.
    pub waits_for_standby: bool,
    /// Standbys that commits wait for and that are connected now.
    pub synchronous_standbys: u64,
}

/// How long PostgreSQL has been held back by the oldest transactions of anybody, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Horizon {
    /// By one that writes or has written: readers of the event log see nothing that was committed since.
    pub log_us: i64,
    /// By one that only reads too: nothing that was deleted since is cleared away.
    pub vacuum_us: i64,
}

/// What a restore holds of one category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldCount {
    pub category: Category,
    pub messages: u64,
    /// When the oldest and the newest of them were made.
    pub oldest: Timestamp,
    pub newest: Timestamp,
}

/// A receipt on its way into the store.
#[derive(Debug, Clone)]
pub struct NewReceipt {
    pub provider_id: String,
    pub attempt: Option<AttemptId>,
    pub state: AttemptState,
    pub at: Timestamp,
    pub code: Option<i64>,
    pub pricing: Option<String>,
    /// Further effects on the recipient, decided by the error table.
    pub recipient_invalid: Option<i64>,
    pub recipient_cool_until: Option<Timestamp>,
}

#[derive(Debug, Clone)]
pub struct TemplatePatch {
    pub name: String,
    pub language: String,
    pub status: Option<String>,
    /// Why, in the platform's word.
    pub reason: Option<String>,
    pub category: Option<String>,
    pub quality: Option<String>,
    pub at: Timestamp,
}

/// Everything that one verified callback means for one account; committed whole, or not at all.
#[derive(Debug, Clone, Default)]
pub struct CallbackWrite {
    pub receipts: Vec<NewReceipt>,
    pub inbound: Vec<NewInbound>,
    pub consents: Vec<NewConsent>,
    /// Persons under new addresses, with the ones before.
    pub moves: Vec<(Identities, Identities)>,
    pub templates: Vec<TemplatePatch>,
    pub kept: Vec<NewKept>,
    /// Further events (signals of senders and accounts): kind, subject, body.
    pub events: Vec<tidings_domain::event::NewEvent>,
    pub received_at: Timestamp,
}

/// What a receipt changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merged {
    /// The attempt moved.
    Moved { message: MessageId, sender: SenderId, trace: TraceId, from: AttemptState, to: AttemptState },
    /// Nothing new.
    Same,
    /// The id is not known yet: kept until it is.
    Kept,
}

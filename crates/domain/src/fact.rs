//! Neutral facts: what a provider's callback says, in our own words.
//!
//! An adapter turns bytes into these; reconcile joins them. What an adapter does not know becomes
//! [`Fact::Other`] and is kept, never refused.

use serde_json::value::RawValue;

use crate::address::{Bsuid, Email, Phone};
use crate::id::AttemptId;
use crate::lifecycle::AttemptState;
use crate::time::Timestamp;

/// The facts of one callback about one account and, mostly, one sender.
#[derive(Debug)]
pub struct CallbackEntry {
    /// The provider's own id of the account (for Meta: the WABA id). Empty where the callback address alone says it.
    pub account_ref: String,
    /// The provider's own id of the sender (for Meta: the phone number id).
    pub sender_ref: Option<String>,
    pub facts: Vec<Fact>,
}

#[derive(Debug)]
pub enum Fact {
    Receipt(Receipt),
    Inbound(Box<Inbound>),
    TemplateStatus(TemplateStatus),
    TemplateQuality {
        name: String,
        language: String,
        score: String,
    },
    TemplateCategory {
        name: String,
        language: String,
        category: String,
        upcoming: bool,
    },
    /// Quality, throughput or limit of a sender or of the account changed; `event` is the provider's word.
    SenderSignal {
        event: String,
        detail: Box<RawValue>,
    },
    AccountSignal {
        event: String,
        severity: Severity,
        detail: Box<RawValue>,
    },
    /// A recipient stopped or resumed marketing messages.
    Preference {
        who: Identities,
        stop: bool,
        at: Timestamp,
    },
    /// A recipient called a message unwanted.
    Complaint(Complaint),
    IdentityChange {
        who: Identities,
        previous: Identities,
        at: Timestamp,
    },
    /// An error that is about no message of ours.
    ProviderError(ProviderError),
    /// A known envelope with something inside that we do not know; kept as it came.
    Other {
        field: String,
        object: Box<RawValue>,
    },
}

/// A complaint counts as an opt-out of its channel. Who complained is known by the attempt, else by name.
#[derive(Debug, Clone)]
pub struct Complaint {
    pub attempt: Option<AttemptId>,
    pub who: Identities,
    /// The provider's word for it, such as `abuse`.
    pub kind: String,
    pub at: Timestamp,
}

/// What a receipt proves of an attempt.
#[derive(Debug, Clone)]
pub struct Receipt {
    /// The provider's id of the message (for Meta: `wamid.…`).
    pub provider_id: String,
    /// `Sent`, `Failed`, `Delivered`, `Read` or `Played`.
    pub state: AttemptState,
    pub at: Timestamp,
    /// Our attempt id, when the provider gave it back.
    pub attempt: Option<AttemptId>,
    pub error: Option<ProviderError>,
    pub who: Identities,
    pub pricing: Option<Pricing>,
}

/// The ways in which a provider named a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identities {
    pub phone: Option<Phone>,
    pub bsuid: Option<Bsuid>,
    pub parent_bsuid: Option<Bsuid>,
    pub email: Option<Email>,
    pub username: Option<String>,
    pub profile_name: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Pricing {
    pub billable: Option<bool>,
    pub model: Option<String>,
    pub category: Option<String>,
    /// The platform's `type`, such as `regular` or `free_customer_service`.
    pub kind: Option<String>,
}

/// A code and its words as the provider gave them; the words stay inside.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProviderError {
    pub code: i64,
    pub title: String,
    pub detail: String,
}

#[derive(Debug)]
pub struct Inbound {
    pub provider_id: String,
    pub at: Timestamp,
    pub from: Identities,
    /// The platform's type: `text`, `image`, `button`, `interactive`, `reaction`, `unsupported` …
    pub kind: String,
    /// The words a person typed or tapped, if the kind has any.
    pub text: Option<String>,
    /// The provider id of the message that this one answers.
    pub context: Option<String>,
    pub media: Option<InboundMedia>,
    /// The message object as it came.
    pub object: Box<RawValue>,
}

#[derive(Debug, Clone)]
pub struct InboundMedia {
    pub provider_id: String,
    pub mime_type: Option<String>,
    pub sha256: Option<String>,
    pub filename: Option<String>,
}

#[derive(Debug, Clone)]
pub struct TemplateStatus {
    pub name: String,
    pub language: String,
    pub category: Option<String>,
    /// The platform's event in upper case: `APPROVED`, `PAUSED`, `REJECTED` …
    pub event: String,
    pub reason: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    Info,
    Warning,
    /// Sending must stop or has been stopped.
    Critical,
}

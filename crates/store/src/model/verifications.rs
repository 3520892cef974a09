//! One-time passwords.

use std::sync::Arc;

use tidings_domain::actor::Actor;
use tidings_domain::address::{CountryCode, Phone};
use tidings_domain::id::{ListedId, MessageId, VerificationId};
use tidings_domain::time::Timestamp;
use tidings_domain::verification::{History, Scope, Status};

use super::Hash16;

/// A verification as it stands; the number is only known as its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    pub id: VerificationId,
    pub recipient: Hash16,
    pub country: CountryCode,
    pub status: Status,
    pub messages: Vec<MessageId>,
    /// Wrong codes that were given, and how many may be.
    pub wrong: u8,
    pub attempts: u8,
    /// Times that a code was sent.
    pub sends: u8,
    pub created_at: Timestamp,
    pub sent_at: Timestamp,
    pub expires_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

/// What a request is counted under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountedKey {
    pub scope: Scope,
    pub key: Hash16,
}

/// Somebody wants a code for a number.
#[derive(Clone)]
pub struct AskForCode {
    pub phone: Phone,
    /// The verification of the number that is believed to be under way: it gets another code.
    pub pending: Option<VerificationId>,
    /// That one, or a new one.
    pub id: VerificationId,
    /// Keyed hash of the new code, bound to the id.
    pub code: [u8; 32],
    pub expires_at: Timestamp,
    pub attempts: u8,
    pub keys: Vec<CountedKey>,
    /// Hashes of the numbers next to it.
    pub neighbours: Vec<Hash16>,
    /// Hashes of what lists may name it by.
    pub listed_as: Vec<Hash16>,
    pub actor: Actor,
    pub at: Timestamp,
    pub judge: CodeJudge,
}

/// What is known when a code is asked for, read in the transaction that counts it.
#[derive(Debug, Default)]
pub struct AskedFacts {
    pub pending: Option<Verification>,
    pub histories: Vec<(Scope, History)>,
    pub neighbours: u32,
    pub allowed: bool,
    pub blocked: bool,
}

impl AskedFacts {
    pub fn history(&self, scope: Scope) -> Option<&History> {
        self.histories.iter().find(|(each, _)| *each == scope).map(|(_, history)| history)
    }
}

/// Decides about a request for a code.
pub type CodeJudge = Arc<dyn Fn(&AskedFacts) -> CodeVerdict + Send + Sync>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeVerdict {
    /// `None` lets it go.
    pub refusal: Option<CodeRefusal>,
    /// Rules to tell people about, with what they saw.
    pub alerts: Vec<(Scope, &'static str)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeRefusal {
    /// Stable code such as `verification.blocked`.
    pub code: &'static str,
    /// The rule behind it.
    pub rule: &'static str,
    pub scope: Option<Scope>,
    pub retry_after_us: Option<i64>,
    /// Counts as pressure of whoever asks.
    pub counts: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// The code is good from now on: send it.
    Send(Verification),
    Refused(CodeRefusal),
    /// Another verification of the number is under way than was believed, or none is: look again.
    Changed,
}

/// What a code that somebody gave is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodeChecked {
    Approved(Verification),
    /// Wrong, and it may be tried again.
    Wrong(Verification),
    /// It is over: expired, failed, canceled or approved before.
    Over(Verification),
    NotFound,
}

/// What became of the codes of some hours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CodeFigures {
    /// The countries with the most first.
    pub countries: Vec<(CountryCode, CodeCounts)>,
    /// By the beginning of the hour, oldest first; hours without any are left out.
    pub hours: Vec<(Timestamp, CodeCounts)>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CodeCounts {
    /// Verifications that began.
    pub started: u64,
    /// Those in which the right code was given.
    pub approved: u64,
    /// Codes that were sent for them.
    pub sends: u64,
}

/// A number, block of numbers or country that is always or never sent a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub id: ListedId,
    pub blocked: bool,
    /// `phone`, `prefix`, `country`, `client_ip` or `device`.
    pub kind: String,
    pub value: String,
    pub reason: String,
    pub created_at: Timestamp,
}

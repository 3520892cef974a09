//! Entries of the ledger of consents, and what a tenant sets about them.

use tidings_domain::actor::Actor;
use tidings_domain::address::Address;
use tidings_domain::consent::{Basis, ConsentSettings, Form, Proof, Purpose, Reach, Source, Topic};
use tidings_domain::id::ConsentId;
use tidings_domain::time::Timestamp;

/// How the time of an entry is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Counting {
    /// Somebody speaks of now, which is after all that is known, whatever our clock or the platform's say.
    #[default]
    Now,
    /// It was so at that time, wherever that stands among the others.
    AsStated,
    /// Like [`Counting::AsStated`], and only if the purpose is revoked: a word that otherwise means nothing.
    IfRevoked,
    /// Speaks of now, unless the purpose is revoked: said by somebody who may be anybody, and no reason to lift what
    /// the person said.
    UnlessRevoked,
}

#[derive(Debug, Clone)]
pub struct NewConsent {
    pub id: ConsentId,
    pub address: Address,
    pub channel: Reach,
    pub purpose: Purpose,
    pub granted: bool,
    pub source: Source,
    pub about: About,
    pub at: Timestamp,
    pub counting: Counting,
    pub actor: Actor,
}

/// What is said beside the fact itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// Where exactly, in the client's words.
    pub source_detail: Option<String>,
    pub basis: Option<Basis>,
    /// Kept sealed.
    pub proof: Proof,
    /// Free JSON, kept sealed.
    pub evidence: Option<String>,
}

#[derive(Debug, Clone)]
pub struct Consent {
    pub id: ConsentId,
    /// `None` where the person was erased: the fact stays, whom it names does not.
    pub address: Option<Address>,
    pub channel: Reach,
    pub purpose: Purpose,
    pub granted: bool,
    pub source: Source,
    pub about: About,
    pub at: Timestamp,
    /// When we were told.
    pub recorded_at: Timestamp,
    pub actor: String,
}

/// What came of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// It counts from then.
    At(Timestamp),
    /// It says nothing that is not known.
    Unneeded,
}

/// What messages are judged by, beside the ledger itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConsentSetup {
    pub settings: ConsentSettings,
    /// By code; archived ones included.
    pub topics: Vec<Topic>,
    /// Every version of every form, the newest of each form first.
    pub forms: Vec<Form>,
}

/// What a recipient's link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkKind {
    /// The preference centre.
    Preferences = 1,
    /// Confirms a double opt-in, once.
    Confirmation = 2,
}

#[derive(Debug, Clone)]
pub struct NewLink {
    pub kind: LinkKind,
    pub address: Address,
    /// JSON of the engine's; kept sealed.
    pub data: String,
    pub expires_at: Timestamp,
}

#[derive(Debug, Clone)]
pub struct FoundLink {
    pub recipient: super::Hash16,
    pub data: String,
    pub expires_at: Timestamp,
    pub used_at: Option<Timestamp>,
}

//! Recipients, inbound messages, media, contacts.

use tidings_domain::address::Address;
#[cfg(doc)]
use tidings_domain::category::Category;
use tidings_domain::consent::Choices;
use tidings_domain::fact::Identities;
use tidings_domain::id::{AccountId, CallbackId, ContactId, InboundId, MediaId, SenderId, TopicId};
use tidings_domain::time::Timestamp;

/// Keyed hash of an address within one tenant; the only form in which addresses are looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash16(pub [u8; 16]);

/// What is known of a recipient when a message is judged. Read inside the transaction that decides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecipientFacts {
    /// When consent for WhatsApp was revoked, by [`Category::code`]; `None` where it stands or was never given.
    pub revoked_at: [Option<Timestamp>; 4],
    /// The newest statements about every purpose and channel.
    pub choices: Choices,
    /// The topic of the message that is judged. At a claim it is known only if the person ever said something about
    /// a topic: nothing else could depend on it.
    pub topic: Option<TopicId>,
    /// The provider said that this recipient cannot be reached: code and time.
    pub invalid: Option<(i64, Timestamp)>,
    /// Not again before (for example after code 131049), for marketing.
    pub cool_until: Option<Timestamp>,
    /// The recipient's last message to this sender.
    pub last_inbound_at: Option<Timestamp>,
    /// The time zone that is known of the contact, by its name; in place of what the number tells.
    pub zone: Option<Box<str>>,
    /// When other messages of this category were claimed for the recipient, oldest first, where a cap is watched.
    pub touched_at: Vec<Timestamp>,
    /// Where the portfolio's limit is watched.
    pub reach: Option<Reached>,
}

/// How much of its limit a portfolio has used in the last 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    /// People reached outside a service window.
    pub recipients: u32,
    /// Whether this one is among them.
    pub counted: bool,
    /// When the oldest of them count no more.
    pub frees_at: Timestamp,
}

/// A recipient that the provider called unreachable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidRecipient {
    pub hash: Hash16,
    /// Known if the person ever gave or revoked consent, or wrote to us.
    pub address: Option<Address>,
    /// The provider's code.
    pub code: i64,
    pub at: Timestamp,
}

/// A message that somebody sent to a tenant; `object` and identities are stored sealed.
#[derive(Debug, Clone)]
pub struct NewInbound {
    pub id: InboundId,
    pub sender: SenderId,
    pub provider_id: String,
    pub from: Identities,
    pub kind: String,
    pub text: Option<String>,
    pub context: Option<String>,
    pub object: String,
    pub at: Timestamp,
    pub received_at: Timestamp,
    /// The word by which it may be an opt-out: somebody should look.
    pub possible_opt_out: Option<String>,
}

/// What somebody decided about a message that may be an opt-out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewState {
    Open = 0,
    Confirmed = 1,
    Dismissed = 2,
}

impl ReviewState {
    pub const ALL: [Self; 3] = [Self::Open, Self::Confirmed, Self::Dismissed];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Confirmed => "confirmed",
            Self::Dismissed => "dismissed",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.as_str() == text)
    }
    pub(crate) fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|each| *each as i64 == code)
    }
}

/// A message that may be an opt-out.
#[derive(Debug, Clone)]
pub struct OptOutReview {
    pub inbound: InboundView,
    pub word: String,
    pub state: ReviewState,
    pub decided_at: Option<Timestamp>,
    pub decided_by: Option<String>,
}

#[derive(Debug, Clone)]
pub struct InboundView {
    pub id: InboundId,
    pub sender: SenderId,
    pub contact: Option<ContactId>,
    pub from: Identities,
    pub kind: String,
    pub text: Option<String>,
    /// Provider id of the message answered, and ours if it is known.
    pub context: Option<String>,
    pub object: String,
    pub at: Timestamp,
    pub received_at: Timestamp,
}

/// A callback, or a part of one, that nobody understood: kept sealed.
#[derive(Debug, Clone)]
pub struct NewKept {
    pub id: CallbackId,
    pub account: Option<AccountId>,
    pub field: String,
    pub object: String,
    pub received_at: Timestamp,
}

#[derive(Debug, Clone)]
pub struct KeptView {
    pub id: CallbackId,
    pub field: String,
    pub object: String,
    pub received_at: Timestamp,
}

#[derive(Debug, Clone)]
pub struct MediaRow {
    pub id: MediaId,
    pub account: AccountId,
    pub sender: SenderId,
    pub provider_id: String,
    pub mime_type: String,
    pub bytes: i64,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// A person, and the ways to reach them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    pub id: ContactId,
    pub created_at: Timestamp,
    /// Phone numbers first.
    pub addresses: Vec<Address>,
}

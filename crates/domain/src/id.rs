//! Identifiers as TypeIDs: a prefix that names the kind, then a UUIDv7 in Crockford base32.
//!
//! Inside they are 16 bytes that sort by time of creation; outside they read `msg_01j9…`. The codec is
//! our own because the parser is one of the surfaces that strangers feed, and it is fuzzed as such.

use std::fmt;
use std::sync::Mutex;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::time::Timestamp;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Characters of the base32 suffix of every TypeID.
pub const SUFFIX_LEN: usize = 26;

/// Why a text is not an identifier of the wanted kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    #[error("an id of this kind starts with `{0}_`")]
    Prefix(&'static str),
    #[error("an id ends in 26 characters of lower-case base32")]
    Suffix,
}

/// What all identifiers share.
pub trait Id: Copy + Ord + fmt::Display + Send + Sync + 'static {
    const PREFIX: &'static str;
    fn from_bytes(bytes: [u8; 16]) -> Self;
    fn bytes(&self) -> [u8; 16];

    fn parse(text: &str) -> Result<Self, IdError> {
        let suffix = text
            .strip_prefix(Self::PREFIX)
            .and_then(|rest| rest.strip_prefix('_'))
            .ok_or(IdError::Prefix(Self::PREFIX))?;
        decode(suffix).map(Self::from_bytes).ok_or(IdError::Suffix)
    }

    /// Milliseconds since 1970 at which the identifier was made.
    fn created_ms(&self) -> i64 {
        let bytes = self.bytes();
        let mut wide = [0u8; 8];
        wide[2..].copy_from_slice(&bytes[..6]);
        i64::from_be_bytes(wide)
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl Id for $name {
            const PREFIX: &'static str = $prefix;
            fn from_bytes(bytes: [u8; 16]) -> Self { Self(bytes) }
            fn bytes(&self) -> [u8; 16] { self.0 }
        }
        impl $name {
            /// The sixteen bytes as the store keeps them.
            pub fn as_bytes(&self) -> &[u8; 16] { &self.0 }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let suffix = encode(&self.0);
                write!(f, "{}_{}", $prefix, std::str::from_utf8(&suffix).expect("base32 is ASCII"))
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { fmt::Display::fmt(self, f) }
        }
        impl std::str::FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> { <Self as Id>::parse(text) }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> { s.collect_str(self) }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
                <Self as Id>::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    )*};
}

ids! {
    /// An isolated customer of the installation.
    TenantId = "ten";
    /// A tenant's credentials and shared limits at a provider.
    AccountId = "acc";
    /// One identity that messages come from.
    SenderId = "snd";
    /// A person.
    ContactId = "con";
    /// One intent to one contact.
    MessageId = "msg";
    /// One submission of a message to one provider.
    AttemptId = "att";
    /// One entry of the consent ledger.
    ConsentId = "cns";
    /// One localization of a template as the platform knows it.
    TemplateId = "tpl";
    /// One logical template of the tenant's own catalogue.
    CatalogueId = "cat";
    /// One version of a template of the catalogue.
    VersionId = "tvr";
    /// A message that somebody sent to us.
    InboundId = "inb";
    /// A file known to a provider.
    MediaId = "med";
    /// An API key.
    KeyId = "key";
    /// A pause that somebody set.
    PauseId = "pau";
    /// A rule of policy that a tenant wrote.
    RuleId = "rul";
    /// A console session.
    SessionId = "ses";
    /// A raw callback that was kept.
    CallbackId = "cbk";
    /// A one-time password on its way to being given.
    VerificationId = "ver";
    /// An entry of the lists of numbers that are always or never sent a code.
    ListedId = "lst";
    /// A subject of a tenant's own that people choose by.
    TopicId = "top";
    /// A hosted form that asks for consent.
    FormId = "frm";
    /// An import of many consents or contacts.
    ImportId = "imp";
}

/// Makes identifiers from the time and a seeded generator, so that a run can be replayed.
pub struct IdSource(Mutex<StdRng>);

impl IdSource {
    pub fn seeded(seed: [u8; 32]) -> Self {
        Self(Mutex::new(StdRng::from_seed(seed)))
    }

    pub fn next<I: Id>(&self, now: Timestamp) -> I {
        let mut bytes = [0u8; 16];
        self.random(&mut bytes[6..]);
        let ms = now.millis().clamp(0, (1 << 48) - 1);
        bytes[..6].copy_from_slice(&ms.to_be_bytes()[2..]);
        bytes[6] = 0x70 | (bytes[6] & 0x0f);
        bytes[8] = 0x80 | (bytes[8] & 0x3f);
        I::from_bytes(bytes)
    }

    /// So many identifiers of one time, each greater than the one before it: what is made together keeps its order.
    pub fn row<I: Id + Ord>(&self, now: Timestamp, n: usize) -> Vec<I> {
        let mut row: Vec<I> = (0..n).map(|_| self.next(now)).collect();
        row.sort_unstable();
        row
    }

    pub fn random(&self, into: &mut [u8]) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).fill_bytes(into);
    }

    pub fn random_u64(&self) -> u64 {
        let mut bytes = [0u8; 8];
        self.random(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// Uniform in `0.0..1.0`.
    pub fn unit(&self) -> f64 {
        (self.random_u64() >> 11) as f64 / (1u64 << 53) as f64
    }
}

impl fmt::Debug for IdSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdSource")
    }
}

fn encode(bytes: &[u8; 16]) -> [u8; SUFFIX_LEN] {
    let mut value = u128::from_be_bytes(*bytes);
    let mut out = [0u8; SUFFIX_LEN];
    for slot in out.iter_mut().rev() {
        *slot = ALPHABET[(value & 31) as usize];
        value >>= 5;
    }
    out
}

fn decode(text: &str) -> Option<[u8; 16]> {
    // 26 × 5 bits are 130: the first character may carry only three of its five.
    if text.len() != SUFFIX_LEN || text.as_bytes()[0] > b'7' {
        return None;
    }
    let mut value = 0u128;
    for byte in text.bytes() {
        let digit = ALPHABET.iter().position(|candidate| *candidate == byte)?;
        value = (value << 5) | digit as u128;
    }
    Some(value.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips_and_sorts_by_time() {
        let ids = IdSource::seeded([7; 32]);
        let early: MessageId = ids.next(Timestamp::from_millis(1_000));
        let late: MessageId = ids.next(Timestamp::from_millis(2_000));
        assert!(early < late && early.to_string() < late.to_string());
        assert_eq!(early.to_string().parse::<MessageId>(), Ok(early));
        assert_eq!(early.created_ms(), 1_000);
    }

    #[test]
    fn a_row_is_in_order() {
        let row: Vec<MessageId> = IdSource::seeded([7; 32]).row(Timestamp::from_millis(1_000), 1_000);
        assert_eq!(row.len(), 1_000);
        assert!(row.windows(2).all(|pair| pair[0] < pair[1] && pair[0].rooted() < pair[1].rooted()));
    }

    #[test]
    fn the_same_seed_makes_the_same_ids() {
        let one: AttemptId = IdSource::seeded([1; 32]).next(Timestamp::from_millis(5));
        let two: AttemptId = IdSource::seeded([1; 32]).next(Timestamp::from_millis(5));
        assert_eq!(one, two);
    }

    #[test]
    fn refuses_what_is_not_an_id_of_the_kind() {
        let tenant: TenantId = IdSource::seeded([1; 32]).next(Timestamp::from_millis(5));
        let suffix = tenant.to_string()[4..].to_owned();
        for (text, want) in [
            (String::new(), IdError::Prefix("msg")),
            (tenant.to_string(), IdError::Prefix("msg")),
            ("msg_".to_owned(), IdError::Suffix),
            (format!("msg_{}", &suffix[1..]), IdError::Suffix),
            (format!("msg_8{}", &suffix[1..]), IdError::Suffix),
            (format!("msg_{}", suffix.to_uppercase()), IdError::Suffix),
            (format!("msg_{}é", &suffix[2..]), IdError::Suffix),
        ] {
            assert_eq!(text.parse::<MessageId>(), Err(want), "{text}");
        }
    }
}

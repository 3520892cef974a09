//! What a tenant knows of a person beside the ways to reach them.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;
use tidings_domain::address::Address;
use tidings_domain::id::ContactId;
use tidings_domain::time::Timestamp;

/// Kept sealed, one record for each contact.
#[derive(Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Profile {
    /// How the tenant calls the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// By the names that the tenant declared.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, Value>,
}

/// Says which fields there are, never what they hold.
impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile").field("attributes", &self.attributes.len()).finish_non_exhaustive()
    }
}

impl Profile {
    /// What the other one knows and this one does not.
    pub(crate) fn fill_from(&mut self, other: Self) {
        self.name = self.name.take().or(other.name);
        self.time_zone = self.time_zone.take().or(other.time_zone);
        self.language = self.language.take().or(other.language);
        for (name, value) in other.attributes {
            self.attributes.entry(name).or_insert(value);
        }
    }

    /// What somebody says newly of the person; what they do not say stays.
    pub(crate) fn overlay(&mut self, new: Self) {
        self.name = new.name.or(self.name.take());
        self.time_zone = new.time_zone.or(self.time_zone.take());
        self.language = new.language.or(self.language.take());
        self.attributes.extend(new.attributes);
    }
}

/// An attribute that contacts may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeType {
    pub name: String,
    /// `text`, `number`, `boolean` or `date`.
    pub kind: String,
    pub created_at: Timestamp,
}

/// One thing that became of a contact.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryEntry {
    pub at: Timestamp,
    /// `merged`, `split`, `number_changed`, `changed`, `erased`.
    pub what: String,
    pub actor: String,
    /// The other contact, the address that moved: whatever belongs to it.
    pub detail: Value,
}

/// A contact and everything known of it.
#[derive(Debug, Clone)]
pub struct ContactCard {
    pub id: ContactId,
    pub created_at: Timestamp,
    pub erased_at: Option<Timestamp>,
    pub addresses: Vec<Address>,
    pub profile: Profile,
}

/// What an erasure took away and what it left.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Erased {
    pub identities: u64,
    pub inbound: u64,
    /// Entries of the ledger that stay, without the person's name.
    pub consents: u64,
}

//! How long each kind of data is kept.

use serde::{Deserialize, Deserializer, Serialize, de};

/// Days by kind; 0 keeps for good, and absent is as the installation says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// What messages say and to whom, from when they were taken.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "days")]
    pub content_days: Option<u32>,
    /// Messages with their attempts.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "days")]
    pub messages_days: Option<u32>,
    /// What people wrote.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "days")]
    pub inbound_days: Option<u32>,
    /// Callbacks that nobody understood, and receipts for ids that nobody knows.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "days")]
    pub callbacks_days: Option<u32>,
    /// Entries of the log.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "days")]
    pub events_days: Option<u32>,
}

impl Retention {
    /// What an installation keeps unless it says otherwise.
    pub const STANDARD: Self = Self {
        content_days: Some(90),
        messages_days: Some(400),
        inbound_days: Some(400),
        callbacks_days: Some(30),
        events_days: Some(400),
    };

    /// A tenant's own figures over the installation's.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            content_days: self.content_days.or(other.content_days),
            messages_days: self.messages_days.or(other.messages_days),
            inbound_days: self.inbound_days.or(other.inbound_days),
            callbacks_days: self.callbacks_days.or(other.callbacks_days),
            events_days: self.events_days.or(other.events_days),
        }
    }
}

/// A number, or a text that is one: variables of the environment are texts.
fn days<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Days {
        Number(u32),
        Text(String),
    }
    match Option::<Days>::deserialize(deserializer)? {
        None => Ok(None),
        Some(Days::Number(days)) => Ok(Some(days)),
        Some(Days::Text(text)) => {
            let days = text.trim().parse();
            days.map(Some).map_err(|_| de::Error::custom("a whole number of days"))
        }
    }
}

/// Where a pass over a tenant's rows goes on, and what the last step dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dropped {
    pub rows: u64,
    /// The id behind which there may be more.
    pub next: Option<[u8; 16]>,
}

//! What is sealed with a message: the address and everything that was said.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use tidings_domain::address::Address;
use tidings_domain::whatsapp::Outgoing;

/// Stored as one sealed record; opened when the message leaves and when somebody reads it.
#[derive(Serialize, Deserialize)]
pub struct Content {
    pub to: Address,
    pub message: Outgoing,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Box<RawValue>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// What a template of the catalogue was filled with, by its declaration: a substitute is filled with the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<Value>,
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Content")
    }
}

impl Content {
    pub fn write(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("content has only string keys")
    }

    pub fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

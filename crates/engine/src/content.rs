//! What is sealed with a message: the address and everything that was said.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use tidings_domain::address::Address;
use tidings_domain::whatsapp::Outgoing;

/// Stored as one sealed record; opened when the message leaves and when somebody reads it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Content {
    pub to: Address,
    pub message: Outgoing,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Box<RawValue>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

impl Content {
    pub fn write(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("content has only string keys")
    }

    pub fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

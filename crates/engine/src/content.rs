//! What is sealed with a message: the address and everything that was said.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use tidings_domain::address::Address;
use tidings_domain::outgoing::{Mail, Outgoing, Sms};
use tidings_domain::whatsapp;

/// Stored as one sealed record; opened when the message leaves and when somebody reads it.
pub struct Content {
    pub to: Address,
    pub message: Outgoing,
    pub metadata: Option<Box<RawValue>>,
    pub reference: Option<String>,
    /// What a template of the catalogue was filled with, by its declaration: a substitute is filled with the same.
    pub values: Option<Value>,
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Content")
    }
}

/// One of the three contents is there.
#[derive(Serialize)]
struct Written<'a> {
    to: &'a Address,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a whatsapp::Outgoing>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sms: Option<&'a Sms>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a Mail>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<&'a Value>,
}

#[derive(Deserialize)]
struct Read {
    to: Address,
    message: Option<whatsapp::Outgoing>,
    sms: Option<Sms>,
    email: Option<Box<Mail>>,
    metadata: Option<Box<RawValue>>,
    reference: Option<String>,
    values: Option<Value>,
}

impl Content {
    pub fn write(&self) -> Vec<u8> {
        let mut written = Written {
            to: &self.to,
            message: None,
            sms: None,
            email: None,
            metadata: self.metadata.as_deref(),
            reference: self.reference.as_deref(),
            values: self.values.as_ref(),
        };
        match &self.message {
            Outgoing::Whatsapp(content) => written.message = Some(content),
            Outgoing::Sms(sms) => written.sms = Some(sms),
            Outgoing::Email(email) => written.email = Some(email),
        }
        serde_json::to_vec(&written).expect("content has only string keys")
    }

    pub fn read(bytes: &[u8]) -> Option<Self> {
        let Read { to, message, sms, email, metadata, reference, values } =
            serde_json::from_slice(bytes).ok()?;
        let message = match (message, sms, email) {
            (Some(content), None, None) => Outgoing::Whatsapp(content),
            (None, Some(sms), None) => Outgoing::Sms(sms),
            (None, None, Some(email)) => Outgoing::Email(email),
            _ => return None,
        };
        Some(Self { to, message, metadata, reference, values })
    }
}

//! What a tenant entrusts to us to speak for an account at a provider.

mod check;
mod connection;
mod smpp;
mod sms_http;
mod smtp;
#[cfg(test)]
mod tests;
mod ultramsg;

use crate::category::Channel;
use crate::secret::Secret;

pub use connection::Connection;
pub use smpp::{DefaultAlphabet, LongMessages, MessageIds, Smpp, SmppBind};
pub use sms_http::SmsHttp;
pub use smtp::{Dkim, Smtp, SmtpTls, is_loopback, is_sender_address};
pub use ultramsg::Ultramsg;

/// The providers that an account can be at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderKind {
    /// WhatsApp by Meta's Cloud API.
    Cloud,
    /// WhatsApp by an UltraMsg instance.
    Ultramsg,
    /// SMS by an SMPP 3.4 connection.
    Smpp,
    /// SMS by an HTTP API in the Twilio style.
    SmsHttp,
    /// E-mail by an SMTP server.
    Smtp,
}

impl ProviderKind {
    pub const ALL: [Self; 5] = [Self::Cloud, Self::Ultramsg, Self::Smpp, Self::SmsHttp, Self::Smtp];
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cloud => "cloud",
            Self::Ultramsg => "ultramsg",
            Self::Smpp => "smpp",
            Self::SmsHttp => "sms_http",
            Self::Smtp => "smtp",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
    /// The channel that it carries.
    pub fn channel(self) -> Channel {
        match self {
            Self::Cloud | Self::Ultramsg => Channel::Whatsapp,
            Self::Smpp | Self::SmsHttp => Channel::Sms,
            Self::Smtp => Channel::Email,
        }
    }
}

/// Kept sealed; `Debug` shows no value.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Credentials {
    /// The token or password that the provider gave.
    pub access_token: Secret,
    /// What signs callbacks, the newest first; more than one while they are rotated.
    pub app_secrets: Vec<Secret>,
    pub verify_token: Secret,
    /// How the provider is reached, where that differs from account to account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<Connection>,
}

//! How an account's provider is reached, as the domain reads it.

use utoipa::ToSchema;

/// One of the forms, by the account's `provider`.
#[derive(serde::Serialize, ToSchema)]
#[serde(untagged)]
pub enum Connection {
    Smpp(SmppConnection),
    SmsHttp(SmsHttpConnection),
    Smtp(SmtpConnection),
    Ultramsg(UltramsgConnection),
}

/// Of `smpp`; the password is the access token.
#[derive(serde::Serialize, ToSchema)]
pub struct SmppConnection {
    #[schema(example = "smsc.example.com")]
    pub host: String,
    #[schema(example = 2775)]
    pub port: u16,
    pub system_id: String,
    pub system_type: Option<String>,
    pub tls: Option<bool>,
    /// `transceiver` (where that is refused, a pair), `pair` or `transmitter`.
    #[schema(example = "transceiver")]
    pub bind: Option<String>,
    /// Submissions that may be unanswered at once: 10 unless given.
    pub window: Option<u16>,
    /// 30 unless given.
    pub enquire_link_s: Option<u32>,
    /// 20 unless given.
    pub response_timeout_s: Option<u32>,
    /// `udh` or `payload`.
    #[schema(example = "udh")]
    pub long_messages: Option<String>,
    /// `gsm` or `latin1`: what `data_coding` 0 means there.
    #[schema(example = "gsm")]
    pub default_alphabet: Option<String>,
    /// `same`, `hex_then_decimal` or `decimal_then_hex`: how ids in receipts differ from those in answers.
    #[schema(example = "same")]
    pub message_ids: Option<String>,
}

/// Of `sms_http`; the token or password is the access token.
#[derive(serde::Serialize, ToSchema)]
pub struct SmsHttpConnection {
    #[schema(example = "https://api.twilio.com")]
    pub base_url: String,
    pub account_sid: String,
    /// Who signs in, where that is an API key.
    pub username: Option<String>,
    /// Where receipts are taken: this server's public address with the account's callback path.
    pub status_callback: Option<String>,
}

/// Of `smtp`; the password is the access token.
#[derive(serde::Serialize, ToSchema)]
pub struct SmtpConnection {
    #[schema(example = "mail.example.com")]
    pub host: String,
    #[schema(example = 587)]
    pub port: u16,
    pub username: Option<String>,
    /// `starttls` (unless given), `implicit`, or `none` to a server on this machine.
    #[schema(example = "starttls")]
    pub tls: Option<String>,
    /// A certificate in PEM to trust beside those of the machine.
    pub ca_pem: Option<String>,
    /// The name that is said in `EHLO`; the sender's domain unless given.
    pub helo: Option<String>,
    /// Shown beside the sender's address.
    pub from_name: Option<String>,
    /// The domain whose mail comes back to this server: bounces go to signed addresses in it.
    #[schema(example = "bounces.example.com")]
    pub bounce_domain: Option<String>,
    /// Whether answers come to this server too.
    pub replies: Option<bool>,
    /// Whether the server is asked to report deliveries.
    pub delivery_reports: Option<bool>,
    /// What mails are signed with.
    pub dkim: Option<DkimKey>,
}

/// A key for DKIM; its record stands at `<selector>._domainkey.<domain>`.
#[derive(serde::Serialize, ToSchema)]
pub struct DkimKey {
    #[schema(example = "example.com")]
    pub domain: String,
    #[schema(example = "tidings1")]
    pub selector: String,
    /// RSA or Ed25519 in PEM. Never shown again.
    #[schema(write_only)]
    pub private_key: Option<String>,
}

/// Of `ultramsg`; the instance's token is the access token.
#[derive(serde::Serialize, ToSchema)]
pub struct UltramsgConnection {
    #[schema(example = "https://api.ultramsg.com")]
    pub base_url: String,
    pub instance_id: String,
}

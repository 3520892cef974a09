//! How an SMSC is reached, and what is particular about it.

use super::check;
use crate::problem::{Checked, FieldProblem};

/// A bind; the password is the account's access token.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Smpp {
    pub host: String,
    pub port: u16,
    pub system_id: String,
    #[serde(default)]
    pub system_type: String,
    #[serde(default)]
    pub tls: bool,
    #[serde(default)]
    pub bind: SmppBind,
    /// Submissions that may be unanswered at once.
    #[serde(default = "window")]
    pub window: u16,
    /// Seconds of silence after which the other side is asked whether it is there.
    #[serde(default = "enquire_link_s")]
    pub enquire_link_s: u32,
    /// Seconds after which an unanswered submission is in doubt.
    #[serde(default = "response_timeout_s")]
    pub response_timeout_s: u32,
    #[serde(default)]
    pub long_messages: LongMessages,
    #[serde(default)]
    pub default_alphabet: DefaultAlphabet,
    #[serde(default)]
    pub message_ids: MessageIds,
}

/// How we bind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmppBind {
    /// One connection for both directions; where the SMSC refuses that, one for each.
    #[default]
    Transceiver,
    /// One connection for each direction from the start.
    Pair,
    /// Only sending: neither receipts nor messages come in.
    Transmitter,
}

/// How a text that does not fit into one short message leaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LongMessages {
    /// Cut into parts, each with a header that phones join them by.
    #[default]
    Udh,
    /// In one piece, as `message_payload`; the SMSC cuts it.
    Payload,
}

/// What `data_coding` 0 means there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DefaultAlphabet {
    /// GSM 03.38, one septet in one octet.
    #[default]
    Gsm,
    Latin1,
}

/// How the ids of receipts are made from those of answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageIds {
    /// The same, but for letter case, spaces and leading zeros.
    #[default]
    Same,
    /// Hexadecimal in the answer, decimal in the receipt.
    HexThenDecimal,
    /// Decimal in the answer, hexadecimal in the receipt.
    DecimalThenHex,
}

fn window() -> u16 {
    10
}

fn enquire_link_s() -> u32 {
    30
}

fn response_timeout_s() -> u32 {
    20
}

impl Smpp {
    /// A connection with the usual settings.
    pub fn new(host: impl Into<String>, port: u16, system_id: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            port,
            system_id: system_id.into(),
            system_type: String::new(),
            tls: false,
            bind: SmppBind::default(),
            window: window(),
            enquire_link_s: enquire_link_s(),
            response_timeout_s: response_timeout_s(),
            long_messages: LongMessages::default(),
            default_alphabet: DefaultAlphabet::default(),
            message_ids: MessageIds::default(),
        }
    }

    pub(super) fn validate(&self) -> Checked<()> {
        let mut problems: Vec<FieldProblem> = Vec::new();
        check::host(&mut problems, "host", &self.host);
        check::port(&mut problems, self.port);
        check::word(&mut problems, "system_id", &self.system_id, (1, 15));
        check::word(&mut problems, "system_type", &self.system_type, (0, 12));
        check::within(&mut problems, "window", self.window.into(), (1, 1_000));
        check::within(&mut problems, "enquire_link_s", self.enquire_link_s, (1, 600));
        check::within(&mut problems, "response_timeout_s", self.response_timeout_s, (1, 60));
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}

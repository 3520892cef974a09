//! What the dialogue with a server proves of a mail.
//!
//! Until the final dot is written the server has taken nothing, so a broken connection is no doubt. After it only an
//! answer is certain.

use std::error::Error as _;

use lettre::transport::smtp::Error;
use tidings_domain::fact::ProviderError;
use tidings_domain::failure::{self, smtp};
use tidings_domain::provider::{Doubt, Outcome, Rejection};
use tidings_domain::transport::TransportError;

use crate::limits::WORDS_CHARS_MAX;

/// Why a mail was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// No connection, or one that broke before the mail was whole.
    Unreachable,
    Refused(Rejection),
    /// The mail was written and no answer came.
    NoAnswer(TransportError),
}

impl Trouble {
    /// A code of ours, with the words of whoever said it.
    pub fn refused(code: i64, reply: u16, words: &str) -> Self {
        let title = failure::smtp(code).name.to_owned();
        let error = ProviderError { code, title, detail: without_addresses(words) };
        Self::Refused(Rejection { error, http_status: reply, retry_after_s: None })
    }

    pub fn of_greeting(error: &Error) -> Self {
        if error.is_tls() {
            return Self::of_encryption(error);
        }
        Self::of_reply(error, |_, permanent| permanent.then_some(smtp::GREETING_REFUSED))
    }

    pub fn of_encryption(error: &Error) -> Self {
        match error.status() {
            Some(_) => Self::of_reply(error, |_, permanent| permanent.then_some(smtp::NOT_ENCRYPTED)),
            None if error.is_tls() || error.is_client() => {
                Self::refused(smtp::NOT_ENCRYPTED, 0, &words(error))
            }
            // A handshake that fails breaks the stream under it.
            None => Self::refused(smtp::NOT_ENCRYPTED, 0, &words(error)),
        }
    }

    pub fn of_login(error: &Error) -> Self {
        if error.is_client() {
            return Self::refused(smtp::LOGIN_REFUSED, 0, &words(error));
        }
        Self::of_reply(error, |_, permanent| permanent.then_some(smtp::LOGIN_REFUSED))
    }

    /// What was said to `MAIL FROM`: mostly about the sender, where it names nothing else.
    pub fn of_sender(error: &Error) -> Self {
        Self::of_reply(error, |code, _| {
            let about_sender =
                matches!(code, 550 | 551 | 553 | 554 | 5_001_000..=5_001_999 | 5_007_000..=5_007_007);
            about_sender.then_some(smtp::SENDER_REFUSED)
        })
    }

    pub fn of_recipient(error: &Error) -> Self {
        Self::of_reply(error, |_, _| None)
    }

    /// What came after the mail. `whole`: the final dot may have been written.
    pub fn of_mail(error: &Error, whole: bool) -> Self {
        if error.status().is_some() {
            return Self::of_reply(error, |_, _| None);
        }
        match (whole, error.is_timeout()) {
            (false, _) => Self::Unreachable,
            (true, true) => Self::NoAnswer(TransportError::Timeout),
            (true, false) => Self::NoAnswer(TransportError::Broken),
        }
    }

    fn of_reply(error: &Error, ours: impl FnOnce(i64, bool) -> Option<i64>) -> Self {
        let Some(status) = error.status() else { return Self::Unreachable };
        let (reply, words) = (u16::from(status), words(error));
        let code = failure::smtp_code(reply, &words);
        Self::refused(ours(code, reply >= 500).unwrap_or(code), reply, &words)
    }
}

impl From<Trouble> for Outcome {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Unreachable => Self::NotSent(TransportError::Connect),
            Trouble::Refused(rejection) => Self::Rejected(rejection),
            Trouble::NoAnswer(error) => Self::InDoubt(Doubt::Transport(error)),
        }
    }
}

fn words(error: &Error) -> String {
    error.source().map(ToString::to_string).unwrap_or_default()
}

/// Servers like to repeat the recipient's address; it has no business in an error.
pub(super) fn without_addresses(words: &str) -> String {
    let shown: Vec<&str> =
        words.split_whitespace().map(|word| if word.contains('@') { "…" } else { word }).collect();
    shown.join(" ").chars().take(WORDS_CHARS_MAX).collect()
}

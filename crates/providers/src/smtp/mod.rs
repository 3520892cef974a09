//! E-mail by an SMTP server: mails out, and what comes back to their signed return addresses.

mod dkim;
mod line;
pub mod listener;
mod outcome;
mod report;
mod send;
#[cfg(test)]
mod tests;
mod text;
mod verp;
mod write;

use std::collections::HashMap;
use std::sync::Arc;

use aws_lc_rs::constant_time;
use aws_lc_rs::digest::{SHA256, digest};
use http::header::AUTHORIZATION;
use parking_lot::Mutex;
use tidings_domain::clock::{BoxFuture, Clock};
use tidings_domain::credentials::{Connection, Credentials, ProviderKind, Smtp};
use tidings_domain::fact::CallbackEntry;
use tidings_domain::provider::{Callback, CallbackError, Outcome, Provider, Submission};

pub use dkim::{KeyError, Signer};
pub use verp::{Back, Token};

use crate::limits::{SECRETS_MAX, SMTP_LINES_MAX};
use line::Line;

/// The head line of a callback that names the address a mail came back to.
pub const CAME_BACK_TO: &str = "x-envelope-to";

/// The adapter to mail servers; one serves all accounts.
pub struct SmtpProvider {
    clock: Arc<dyn Clock>,
    lines: Mutex<HashMap<[u8; 32], Arc<Line>>>,
}

impl SmtpProvider {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, lines: Mutex::new(HashMap::new()) }
    }

    /// The connections of these settings; other settings have others.
    fn line(&self, credentials: &Credentials, smtp: &Smtp) -> Result<Arc<Line>, outcome::Trouble> {
        let key = fingerprint(credentials);
        if let Some(line) = self.lines.lock().get(&key) {
            return Ok(line.clone());
        }
        let line = Arc::new(Line::new(credentials, smtp, self.clock.clone())?);
        let mut lines = self.lines.lock();
        if lines.len() >= SMTP_LINES_MAX {
            // Those in use live on until their mails are through.
            lines.clear();
        }
        Ok(lines.entry(key).or_insert(line).clone())
    }
}

fn fingerprint(credentials: &Credentials) -> [u8; 32] {
    let text = serde_json::to_vec(credentials).expect("credentials are texts");
    let mut key = [0; 32];
    key.copy_from_slice(digest(&SHA256, &text).as_ref());
    key
}

impl std::fmt::Debug for SmtpProvider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SmtpProvider")
    }
}

/// The account's settings, if it is one of ours.
fn settings(credentials: &Credentials) -> Option<&Smtp> {
    match &credentials.connection {
        Some(Connection::Smtp(smtp)) => Some(smtp),
        _ => None,
    }
}

impl Provider for SmtpProvider {
    fn kind(&self) -> ProviderKind {
        ProviderKind::Smtp
    }

    fn submit<'a>(
        &'a self,
        credentials: &'a Credentials,
        submission: Submission<'a>,
    ) -> BoxFuture<'a, Outcome> {
        Box::pin(self.send(credentials, submission))
    }

    /// A mail that came back proves itself by the signed address it came to; one that is posted without such an
    /// address, by the account's secret as a bearer token.
    fn verify(&self, credentials: &Credentials, callback: Callback<'_>) -> Result<(), CallbackError> {
        let proven = match callback.headers.get(CAME_BACK_TO) {
            Some(address) => address
                .to_str()
                .ok()
                .and_then(Token::read)
                .is_some_and(|token| token.is_signed(&credentials.app_secrets)),
            None => bears_secret(credentials, callback.headers),
        };
        if proven { Ok(()) } else { Err(CallbackError::Signature) }
    }

    fn parse(&self, callback: Callback<'_>) -> Result<Vec<CallbackEntry>, CallbackError> {
        let token = callback.headers.get(CAME_BACK_TO).and_then(|to| to.to_str().ok()).and_then(Token::read);
        report::read(callback.body, token, self.clock.now()).ok_or(CallbackError::Malformed)
    }
}

fn bears_secret(credentials: &Credentials, headers: &http::HeaderMap) -> bool {
    let Some(given) = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()) else { return false };
    let Some(given) = given.strip_prefix("Bearer ") else { return false };
    let mut secrets = credentials.app_secrets.iter().take(SECRETS_MAX).filter(|secret| !secret.is_empty());
    secrets.any(|secret| {
        constant_time::verify_slices_are_equal(secret.expose().as_bytes(), given.trim().as_bytes()).is_ok()
    })
}

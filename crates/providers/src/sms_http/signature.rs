//! The signature of a callback: HMAC-SHA1 over the address as it was called and every parameter in order of its name.

use std::fmt::Write as _;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use tidings_domain::credentials::Credentials;
use tidings_domain::provider::{Callback, CallbackError};
use tidings_domain::secret::Secret;

use crate::limits::SECRETS_MAX;

const HEADER: &str = "x-twilio-signature";

/// Succeeds if a secret of the account made the signature: an app secret, or where there is none the token itself.
pub(super) fn verify(credentials: &Credentials, callback: Callback<'_>) -> Result<(), CallbackError> {
    let mut given = callback.headers.get_all(HEADER).iter();
    let (Some(only), None) = (given.next(), given.next()) else {
        return Err(CallbackError::Signature);
    };
    let tag = BASE64.decode(only.as_bytes()).map_err(|_| CallbackError::Signature)?;
    let token = std::slice::from_ref(&credentials.access_token);
    let secrets = if credentials.app_secrets.is_empty() { token } else { &credentials.app_secrets };
    let parameters = parameters(callback.body);
    let signed: Vec<String> =
        forms(callback.url).into_iter().map(|url| format!("{url}{parameters}")).collect();
    let usable = secrets.iter().filter(|secret| !secret.is_empty()).take(SECRETS_MAX);
    let made = |secret: &Secret| {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.expose().as_bytes());
        signed.iter().any(|text| hmac::verify(&key, text.as_bytes(), &tag).is_ok())
    };
    if usable.into_iter().any(made) { Ok(()) } else { Err(CallbackError::Signature) }
}

/// Names and values without anything between them.
fn parameters(body: &[u8]) -> String {
    let mut pairs: Vec<(String, String)> = url::form_urlencoded::parse(body).into_owned().collect();
    pairs.sort();
    pairs.into_iter().fold(String::new(), |mut text, (name, value)| {
        let _ = write!(text, "{name}{value}");
        text
    })
}

/// The address as it is, and with its port written out or left out: providers differ in that.
fn forms(url: &str) -> Vec<String> {
    let mut forms = vec![url.to_owned()];
    for (scheme, port) in [("https://", ":443"), ("http://", ":80")] {
        let Some(rest) = url.strip_prefix(scheme) else { continue };
        let (host, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        match host.strip_suffix(port) {
            Some(bare) => forms.push(format!("{scheme}{bare}{path}")),
            None if !host.contains(':') => forms.push(format!("{scheme}{host}{port}{path}")),
            None => {}
        }
    }
    forms
}

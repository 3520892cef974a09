//! The signature of a callback: HMAC-SHA256 over the raw bytes, in one header of one exact form.

use aws_lc_rs::hmac;
use http::HeaderMap;
use tidings_domain::provider::CallbackError;
use tidings_domain::secret::Secret;

use crate::limits::SECRETS_MAX;

const HEADER: &str = "x-hub-signature-256";
const PREFIX: &[u8] = b"sha256=";

/// Succeeds if one of the secrets made the signature. A second header would let a stranger choose which
/// one is read, so it is refused.
pub(super) fn verify(secrets: &[Secret], headers: &HeaderMap, body: &[u8]) -> Result<(), CallbackError> {
    let mut given = headers.get_all(HEADER).iter();
    let (Some(only), None) = (given.next(), given.next()) else {
        return Err(CallbackError::Signature);
    };
    let hex = only.as_bytes().strip_prefix(PREFIX).ok_or(CallbackError::Signature)?;
    let mut tag = [0u8; 32];
    hex::decode_to_slice(hex, &mut tag).map_err(|_| CallbackError::Signature)?;
    let made = secrets.iter().filter(|secret| !secret.is_empty()).take(SECRETS_MAX).any(|secret| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
        hmac::verify(&key, body, &tag).is_ok()
    });
    if made { Ok(()) } else { Err(CallbackError::Signature) }
}

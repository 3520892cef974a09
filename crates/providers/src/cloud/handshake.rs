//! The set-up handshake of a callback address.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use tidings_domain::credentials::Credentials;

use crate::limits::CHALLENGE_BYTES_MAX;

/// The challenge, if the request is a subscription with our token. Each parameter must stand once, and
/// the challenge must be plain, because it is echoed to whoever asks.
pub(super) fn answer(credentials: &Credentials, query: &[(String, String)]) -> Option<String> {
    let mode = only(query, "hub.mode")?;
    let token = only(query, "hub.verify_token")?;
    let challenge = only(query, "hub.challenge")?;
    let wanted = credentials.verify_token.expose();
    let plain = (1..=CHALLENGE_BYTES_MAX).contains(&challenge.len())
        && challenge.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
    let allowed = mode == "subscribe"
        && !wanted.is_empty()
        && verify_slices_are_equal(token.as_bytes(), wanted.as_bytes()).is_ok();
    (allowed && plain).then(|| challenge.to_owned())
}

fn only<'a>(query: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut found = query.iter().filter(|(key, _)| key == name);
    match (found.next(), found.next()) {
        (Some((_, value)), None) => Some(value),
        _ => None,
    }
}

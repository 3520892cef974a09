//! Addresses that mails come back to: each names its account and its attempt, and is signed.
//!
//! The part before the `@` is one letter for what comes back, the bare account and attempt ids, and ten characters
//! of a keyed digest: 63 in all, of the 64 that an address may have. Servers may change the case of letters, so only
//! lower case is written and any is read.

use aws_lc_rs::{constant_time, hmac};
use tidings_domain::id::{AccountId, AttemptId, Id, SUFFIX_LEN};
use tidings_domain::secret::Secret;

use crate::limits::SECRETS_MAX;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const MAC_LEN: usize = 10;
const LOCAL_LEN: usize = 1 + 2 * SUFFIX_LEN + MAC_LEN;

/// What comes back to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Back {
    /// Reports about the mail.
    Bounce,
    /// What the recipient answers.
    Reply,
}

/// What such an address says; whether it is ours is for [`Token::is_signed`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    pub back: Back,
    pub account: AccountId,
    pub attempt: AttemptId,
    mac: [u8; MAC_LEN],
}

/// The part before the `@`.
pub fn local_part(back: Back, account: AccountId, attempt: AttemptId, secret: &Secret) -> String {
    let mut text = head(back, account, attempt);
    let mac = mac(&text, secret);
    text.extend(mac.iter().map(|byte| char::from(*byte)));
    text
}

impl Token {
    /// Reads an address, or its part before the `@`.
    pub fn read(address: &str) -> Option<Self> {
        let local = address.trim().trim_start_matches('<').split('@').next()?;
        if local.len() != LOCAL_LEN || !local.is_ascii() {
            return None;
        }
        let local = local.to_ascii_lowercase();
        let back = match local.as_bytes()[0] {
            b'b' => Back::Bounce,
            b'r' => Back::Reply,
            _ => return None,
        };
        let account = AccountId::parse(&format!("acc_{}", &local[1..=SUFFIX_LEN])).ok()?;
        let attempt = &local[1 + SUFFIX_LEN..=2 * SUFFIX_LEN];
        let attempt = AttemptId::parse(&format!("att_{attempt}")).ok()?;
        let mac = local.as_bytes()[1 + 2 * SUFFIX_LEN..].try_into().ok()?;
        Some(Self { back, account, attempt, mac })
    }

    /// Whether one of the account's secrets made it.
    pub fn is_signed(&self, secrets: &[Secret]) -> bool {
        let head = head(self.back, self.account, self.attempt);
        secrets
            .iter()
            .take(SECRETS_MAX)
            .filter(|secret| !secret.is_empty())
            .any(|secret| constant_time::verify_slices_are_equal(&mac(&head, secret), &self.mac).is_ok())
    }
}

fn head(back: Back, account: AccountId, attempt: AttemptId) -> String {
    let letter = match back {
        Back::Bounce => 'b',
        Back::Reply => 'r',
    };
    let (account, attempt) = (account.to_string(), attempt.to_string());
    let bare = |id: &str| id[id.len() - SUFFIX_LEN..].to_owned();
    format!("{letter}{}{}", bare(&account), bare(&attempt))
}

fn mac(head: &str, secret: &Secret) -> [u8; MAC_LEN] {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
    let tag = hmac::sign(&key, format!("return address {head}").as_bytes());
    std::array::from_fn(|index| ALPHABET[usize::from(tag.as_ref()[index] & 31)])
}

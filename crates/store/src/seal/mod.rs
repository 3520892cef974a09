//! Everything that names a person or a secret is encrypted before it reaches a statement.
//!
//! A master key from the caller wraps the keys of each tenant; a tenant's data key gives every record its
//! own AES-256-GCM key by HKDF with a random salt, bound to tenant, table, row and key version. So a
//! ciphertext moved to another row or tenant does not open. A second key per tenant makes the keyed hashes
//! by which addresses are looked up.

mod master;
mod tenant;

pub use master::{MasterKey, MasterKeys};
pub(crate) use tenant::{Purpose, TenantKeys, Wrapped};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf;

use crate::error::{Result, StoreError};

/// The layout of a sealed record: version, key version, salt, ciphertext and tag.
const LAYOUT: u8 = 1;
const SALT_LEN: usize = 16;
const HEAD_LEN: usize = 1 + 4 + SALT_LEN;
const TAG_LEN: usize = 16;

pub(crate) const UNREADABLE: StoreError = StoreError::Corrupt("a sealed record does not open");

fn record_key(key: &[u8; 32], salt: &[u8], context: &[u8]) -> LessSafeKey {
    let info = [context];
    let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(key);
    let okm = prk.expand(&info, &AES_256_GCM).expect("32 bytes are within the bound of HKDF");
    LessSafeKey::new(UnboundKey::from(okm))
}

/// The key is used for this one record, so the nonce may be constant.
fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; NONCE_LEN])
}

fn seal(key: &[u8; 32], version: u32, salt: [u8; SALT_LEN], context: &[u8], plain: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEAD_LEN + plain.len() + TAG_LEN);
    out.push(LAYOUT);
    out.extend_from_slice(&version.to_be_bytes());
    out.extend_from_slice(&salt);
    out.extend_from_slice(plain);
    let tag = record_key(key, &salt, context)
        .seal_in_place_separate_tag(nonce(), Aad::from(context), &mut out[HEAD_LEN..])
        .expect("a record is far below the bound of AES-GCM");
    out.extend_from_slice(tag.as_ref());
    out
}

/// The key version of a record, if its head is whole.
pub(crate) fn version_of(data: &[u8]) -> Result<u32> {
    if data.len() < HEAD_LEN + TAG_LEN || data[0] != LAYOUT {
        return Err(UNREADABLE);
    }
    Ok(u32::from_be_bytes([data[1], data[2], data[3], data[4]]))
}

fn open(key: &[u8; 32], context: &[u8], data: &[u8]) -> Result<Vec<u8>> {
    version_of(data)?;
    let mut body = data[HEAD_LEN..].to_vec();
    let plain = record_key(key, &data[5..HEAD_LEN], context)
        .open_in_place(nonce(), Aad::from(context), &mut body)
        .map_err(|_| UNREADABLE)?
        .len();
    body.truncate(plain);
    Ok(body)
}

#[cfg(test)]
mod tests;

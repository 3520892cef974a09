//! Tokens that carry what they stand for, sealed: for links that go out by the million and are opened by few, so that
//! no row has to be written for each.

use tidings_domain::id::{Id, SUFFIX_LEN, TenantId};

use crate::error::Result;
use crate::scope::TenantScope;
use crate::store::Store;

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// The `table` to seal with; the purpose stands behind it.
const TABLE: &str = "token/";

impl Store {
    /// A token for a text; what it is for is bound to it.
    pub fn seal_token(&self, scope: &TenantScope, purpose: &str, data: &str) -> String {
        let tenant = scope.tenant();
        let sealed = scope.seal(&format!("{TABLE}{purpose}"), tenant.as_bytes(), data.as_bytes());
        let id = tenant.to_string();
        format!("{}{}", &id[id.len() - SUFFIX_LEN..], encode(&sealed))
    }

    /// What a token says, with the scope of its tenant. `None`: we never made it, or its tenant is gone.
    pub async fn open_token(&self, purpose: &str, token: &str) -> Result<Option<(TenantScope, String)>> {
        let Some((tenant, sealed)) = token.split_at_checked(SUFFIX_LEN) else { return Ok(None) };
        let Ok(tenant) = TenantId::parse(&format!("{}_{tenant}", TenantId::PREFIX)) else { return Ok(None) };
        let (Some(sealed), Some(scope)) = (decode(sealed), self.scope_of(tenant).await?) else {
            return Ok(None);
        };
        // The token's bytes are a stranger's: what does not open is no fault of the store.
        let opened = scope.open_text(&format!("{TABLE}{purpose}"), tenant.as_bytes(), &sealed).ok();
        Ok(opened.map(|text| (scope, text)))
    }
}

/// Base64 in the form that addresses may carry, without padding.
fn encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let mut group = [0u8; 3];
        group[..three.len()].copy_from_slice(three);
        let value = u32::from_be_bytes([0, group[0], group[1], group[2]]);
        for place in 0..=three.len() {
            out.push(char::from(DIGITS[(value >> (18 - 6 * place) & 63) as usize]));
        }
    }
    out
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() * 3 / 4);
    for four in text.as_bytes().chunks(4) {
        let mut value = 0u32;
        for (place, byte) in four.iter().enumerate() {
            let digit = DIGITS.iter().position(|each| each == byte)?;
            value |= u32::try_from(digit).ok()? << (18 - 6 * place);
        }
        let bytes = value.to_be_bytes();
        out.extend_from_slice(&bytes[1..four.len().clamp(2, 4)]);
        if four.len() == 1 {
            return None;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back() {
        for length in 0..40u8 {
            let bytes: Vec<u8> = (0..length).map(|n| n.wrapping_mul(37).wrapping_add(length)).collect();
            assert_eq!(decode(&encode(&bytes)), Some(bytes), "{length}");
        }
        assert_eq!(encode(b"\xfb\xff\xfe"), "-__-");
        assert_eq!((decode("A"), decode("AB*D")), (None, None));
    }
}

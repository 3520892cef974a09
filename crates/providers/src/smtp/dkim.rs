//! DKIM signatures (RFC 6376, RFC 8463): relaxed in head and body, by RSA or Ed25519.
//!
//! Our own, since the crates that sign bring a second cryptography library. It is checked against a verifier
//! that somebody else wrote.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use tidings_domain::credentials::Dkim;

/// What is signed, as far as the mail has it. `From` is named twice, so that nobody can add another.
const SIGNED: [&str; 11] = [
    "from",
    "from",
    "reply-to",
    "to",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "list-unsubscribe",
    "list-unsubscribe-post",
];

/// Bits of an RSA modulus below which receivers refuse a signature.
const RSA_BITS_MIN: usize = 1_024;

/// A key that is ready to sign.
pub struct Signer {
    domain: String,
    selector: String,
    key: Key,
}

enum Key {
    Rsa(Box<RsaKeyPair>),
    Ed25519(Ed25519KeyPair),
}

/// The key is none that mails are signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the DKIM key is not an RSA key of at least 1024 bits or an Ed25519 key in PEM")]
pub struct KeyError;

impl Signer {
    pub fn new(dkim: &Dkim) -> Result<Self, KeyError> {
        let der =
            PrivateKeyDer::from_pem_slice(dkim.private_key.expose().as_bytes()).map_err(|_| KeyError)?;
        let key = match &der {
            PrivateKeyDer::Pkcs1(pkcs1) => {
                RsaKeyPair::from_der(pkcs1.secret_pkcs1_der()).ok().map(Box::new).map(Key::Rsa)
            }
            PrivateKeyDer::Pkcs8(pkcs8) => pkcs8_key(pkcs8.secret_pkcs8_der()),
            _ => None,
        };
        let key = key.ok_or(KeyError)?;
        if let Key::Rsa(pair) = &key
            && pair.public_modulus_len() * 8 < RSA_BITS_MIN
        {
            return Err(KeyError);
        }
        Ok(Self { domain: dkim.domain.clone(), selector: dkim.selector.clone(), key })
    }

    /// The head line that goes before the mail.
    pub fn sign(&self, mail: &[u8], now_s: i64) -> Result<String, KeyError> {
        let (head, body) = split(mail);
        let fields = fields(head);
        let mut left: Vec<&Field<'_>> = fields.iter().collect();
        let (mut hashed, mut names) = (String::new(), Vec::new());
        for name in SIGNED {
            // From the bottom up, as verifiers count.
            let found = left.iter().rposition(|field| field.name.eq_ignore_ascii_case(name));
            if let Some(index) = found {
                let field = left.remove(index);
                hashed.push_str(&relaxed(field));
                hashed.push_str("\r\n");
            } else if name != "from" {
                continue;
            }
            names.push(name);
        }
        let algorithm = match self.key {
            Key::Rsa(_) => "rsa-sha256",
            Key::Ed25519(_) => "ed25519-sha256",
        };
        let body_hash = STANDARD.encode(digest(&SHA256, &relaxed_body(body)));
        let unsigned = format!(
            "v=1; a={algorithm}; c=relaxed/relaxed; d={}; s={};\r\n t={now_s}; h={};\r\n bh={body_hash};\r\n b=",
            self.domain,
            self.selector,
            names.join(":"),
        );
        hashed.push_str(&relaxed(&Field { name: "DKIM-Signature", value: &unsigned }));
        let signature = STANDARD.encode(self.signature(hashed.as_bytes())?);
        let folded: Vec<&str> = signature
            .as_bytes()
            .chunks(72)
            .map(|line| std::str::from_utf8(line).expect("base64 is ASCII"))
            .collect();
        Ok(format!("DKIM-Signature: {unsigned}{}\r\n", folded.join("\r\n ")))
    }

    fn signature(&self, hashed: &[u8]) -> Result<Vec<u8>, KeyError> {
        match &self.key {
            Key::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), hashed, &mut signature)
                    .map_err(|_| KeyError)?;
                Ok(signature)
            }
            // RFC 8463: what is signed is the digest.
            Key::Ed25519(pair) => Ok(pair.sign(digest(&SHA256, hashed).as_ref()).as_ref().to_vec()),
        }
    }

    /// The record that has to stand at `<selector>._domainkey.<domain>`.
    pub fn record(&self) -> String {
        match &self.key {
            Key::Rsa(pair) => {
                use aws_lc_rs::encoding::AsDer as _;
                let der =
                    pair.public_key().as_der().map(|der| STANDARD.encode(der.as_ref())).unwrap_or_default();
                format!("v=DKIM1; k=rsa; p={der}")
            }
            Key::Ed25519(pair) => {
                format!("v=DKIM1; k=ed25519; p={}", STANDARD.encode(pair.public_key().as_ref()))
            }
        }
    }
}

fn pkcs8_key(der: &[u8]) -> Option<Key> {
    if let Ok(pair) = RsaKeyPair::from_pkcs8(der) {
        return Some(Key::Rsa(Box::new(pair)));
    }
    Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).ok().map(Key::Ed25519)
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer")
            .field("domain", &self.domain)
            .field("selector", &self.selector)
            .finish_non_exhaustive()
    }
}

struct Field<'a> {
    name: &'a str,
    value: &'a str,
}

fn split(mail: &[u8]) -> (&[u8], &[u8]) {
    match mail.windows(4).position(|four| four == b"\r\n\r\n") {
        Some(at) => (&mail[..at + 2], &mail[at + 4..]),
        None => (mail, &[]),
    }
}

/// The fields of a head, folded ones whole.
fn fields(head: &[u8]) -> Vec<Field<'_>> {
    let head = std::str::from_utf8(head).unwrap_or_default();
    let mut found = Vec::new();
    let mut start = 0;
    for (at, _) in head.match_indices("\r\n") {
        let folded = head[at + 2..].starts_with([' ', '\t']);
        if !folded {
            if let Some((name, value)) = head[start..at].split_once(':') {
                found.push(Field { name, value });
            }
            start = at + 2;
        }
    }
    found
}

/// RFC 6376, 3.4.2; without the line's end.
fn relaxed(field: &Field<'_>) -> String {
    let words: Vec<&str> =
        field.value.split([' ', '\t', '\r', '\n']).filter(|word| !word.is_empty()).collect();
    format!("{}:{}", field.name.trim_end().to_ascii_lowercase(), words.join(" "))
}

/// RFC 6376, 3.4.4.
fn relaxed_body(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() + 2);
    let mut end = 0;
    for line in body.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let mut blank = false;
        let before = out.len();
        for byte in line {
            if matches!(byte, b' ' | b'\t') {
                blank = true;
                continue;
            }
            if std::mem::take(&mut blank) {
                out.push(b' ');
            }
            out.push(*byte);
        }
        let empty = out.len() == before;
        out.extend_from_slice(b"\r\n");
        if !empty {
            end = out.len();
        }
    }
    out.truncate(end);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_and_bodies_are_relaxed_as_the_standard_says() {
        // The example of RFC 6376, 3.4.5.
        let fields = fields(b"A: X \r\nB : Y\t\r\n\tZ  \r\n");
        let relaxed: Vec<String> = fields.iter().map(relaxed).collect();
        assert_eq!(relaxed, ["a:X", "b:Y Z"]);
        assert_eq!(relaxed_body(b" C \r\nD \t E\r\n\r\n\r\n"), b" C\r\nD E\r\n");
        assert_eq!(relaxed_body(b""), b"");
        assert_eq!(relaxed_body(b"\r\n\r\n"), b"");
        assert_eq!(relaxed_body(b"no end"), b"no end\r\n");
    }
}

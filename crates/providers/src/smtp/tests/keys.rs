//! Keys that mails are signed with. Whether the signatures hold is asked of a verifier that somebody else wrote, in
//! the product tests.

use super::super::dkim::{KeyError, Signer};
use super::dkim;

const ED25519: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";

#[test]
fn the_record_of_a_known_key() {
    // The key of RFC 8463, appendix A.
    let signer = Signer::new(&dkim(ED25519)).expect("a key");
    assert_eq!(signer.record(), "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
    assert!(!format!("{signer:?}").contains("11q"));
}

#[test]
fn a_signature_covers_what_it_says() {
    let signer = Signer::new(&dkim(ED25519)).expect("a key");
    let mail = b"From: a@shop.example\r\nTo: b@example.com\r\nSubject: x\r\nList-Unsubscribe: <https://x.example>\r\n\
        List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\nhello\r\n";
    let head = signer.sign(mail, 1_000).expect("it signs");
    assert!(
        head.starts_with(
            "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=shop.example; s=s1;\r\n"
        )
    );
    assert!(head.contains("h=from:from:to:subject:list-unsubscribe:list-unsubscribe-post;"), "{head}");
    assert!(head.ends_with("\r\n") && head.lines().all(|line| line.len() < 200));
    let with = |body: &str| signer.sign(format!("From: a@b.c\r\n\r\n{body}").as_bytes(), 1_000).unwrap();
    assert_eq!(with("a  b \r\n"), with("a b\r\n\r\n\r\n"));
    assert_ne!(with("a b\r\n"), with("a c\r\n"));
}

#[test]
fn what_is_no_key_is_refused() {
    for text in ["", "hello", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
        assert_eq!(Signer::new(&dkim(text)).err(), Some(KeyError), "{text}");
    }
}

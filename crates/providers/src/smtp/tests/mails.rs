//! What a mail looks like.

use super::super::write::{Parts, read_id, write};
use super::super::{Back, Token, text, verp};
use super::{FROM, NOW, account, attempt, credentials, mail};
use tidings_domain::credentials::{Connection, Smtp};
use tidings_domain::id::Id;
use tidings_domain::outgoing::Mail;
use tidings_domain::secret::Secret;

fn written(mail: &Mail, change: impl FnOnce(&mut Smtp)) -> Result<String, String> {
    to("ann@example.com", mail, change)
}

fn to(to: &str, mail: &Mail, change: impl FnOnce(&mut Smtp)) -> Result<String, String> {
    let credentials = credentials(25, change);
    let Some(Connection::Smtp(smtp)) = &credentials.connection else { unreachable!("made with one") };
    let parts = Parts {
        credentials: &credentials,
        smtp,
        signer: None,
        account: account(),
        attempt: attempt(),
        from: FROM,
        to,
        mail,
        now: NOW,
    };
    write(&parts).map(|written| String::from_utf8(written.bytes).unwrap())
}

#[test]
fn a_mail_of_text() {
    let text = written(&mail(), |smtp| smtp.from_name = Some("The Shop".to_owned())).unwrap();
    insta::assert_snapshot!(text.replace('\r', ""), @r#"
    From: "The Shop" <news@shop.example>
    To: ann@example.com
    Subject: Your parcel
    Date: Mon, 21 Sep 2026 14:13:20 +0000
    Message-ID: <att_070w3ge1r70w3ge1r70w3ge1r1.news@shop.example>
    MIME-Version: 1.0
    Content-Type: text/plain; charset=utf-8
    Content-Transfer-Encoding: 7bit

    It has left.
    "#);
}

#[test]
fn text_and_page_are_two_parts_of_one_mail() {
    let page = "<html><head><style>p {color: red}</style></head><body><p>Dear Ann,</p><p>see <a \
        href=\"https://shop.example/a?b=1\">our offers</a> &amp; more.</p></body></html>";
    let both = Mail { html: Some(page.to_owned()), ..mail() };
    let text = written(&both, |_| {}).unwrap();
    assert!(
        text.contains("multipart/alternative") && text.contains("It has left.") && text.contains("text/html")
    );
    let alone = Mail { text: None, ..both };
    let text = written(&alone, |_| {}).unwrap();
    assert!(text.contains("our offers (https://shop.example/a?b=1) & more."), "{text}");
    assert!(!text::of_html(page).contains("color"));
    // The same attempt is the same mail.
    assert_eq!(written(&alone, |_| {}).unwrap(), text);
}

#[test]
fn marketing_names_where_one_click_ends_it() {
    let url = format!("https://m.shop.example/p/main/u/{}", "x".repeat(200));
    let text = written(&Mail { unsubscribe_url: Some(url.clone()), ..mail() }, |_| {}).unwrap();
    assert!(text.contains(&format!("List-Unsubscribe: <{url}>\r\n")), "{text}");
    assert!(text.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
}

#[test]
fn nothing_can_be_put_between_the_lines() {
    for (mail, recipient) in [
        (
            Mail {
                unsubscribe_url: Some("https://a.example/\r\nBcc: eve@evil.example".to_owned()),
                ..mail()
            },
            "a@b.example",
        ),
        (
            Mail { unsubscribe_url: Some("https://a.example/>, <mailto:x@y.z".to_owned()), ..mail() },
            "a@b.example",
        ),
        (mail(), "a\r\nRCPT TO:<eve@evil.example>@b.example"),
        (mail(), "a@b.example> NOTIFY=NEVER"),
        (mail(), "ünsal@b.example"),
        (mail(), "nobody"),
    ] {
        assert!(to(recipient, &mail, |_| {}).is_err(), "{recipient} {:?}", mail.unsubscribe_url);
    }
    // A subject is one line wherever it came from.
    let odd = Mail { subject: "Hello\r\nBcc: eve@evil.example".to_owned(), ..mail() };
    let text = written(&odd, |_| {}).unwrap();
    let head = text.split("\r\n\r\n").next().unwrap();
    assert!(!head.lines().any(|line| line.to_lowercase().starts_with("bcc")), "{head}");
    assert!(text.lines().all(|line| line.len() <= 998) && text.is_ascii());
}

#[test]
fn long_and_foreign_words_stay_within_the_line() {
    let odd = Mail {
        subject: "Grüße aus Österreich: ".repeat(8),
        text: Some(format!("{}\n.\n..dots\nweiß 🎁", "x".repeat(3_000))),
        ..mail()
    };
    let text = written(&odd, |_| {}).unwrap();
    assert!(text.is_ascii() && text.lines().all(|line| line.len() <= 998));
}

#[test]
fn ids_of_mails_name_attempt_and_sender() {
    let id = super::super::write::mail_id(attempt(), FROM);
    for text in [id.clone(), format!("<{id}>"), format!(" <{id}> ")] {
        assert_eq!(read_id(&text), Some((attempt(), FROM)), "{text}");
    }
    for text in ["", "<x@y.z>", "att_01.news@shop.example", &id.replace("news@", "")] {
        assert_eq!(read_id(text), None, "{text}");
    }
}

#[test]
fn return_addresses_are_ours_alone() {
    let secret = Secret::new("s1");
    let local = verp::local_part(Back::Bounce, account(), attempt(), &secret);
    assert_eq!(local.len(), 63);
    assert_eq!(local, local.to_lowercase());
    for text in [local.clone(), format!("{}@b.example", local.to_uppercase()), format!("<{local}@b.example>")]
    {
        let token = Token::read(&text).expect("it can be read");
        assert_eq!((token.back, token.account, token.attempt), (Back::Bounce, account(), attempt()));
        assert!(token.is_signed(&[Secret::new("old"), secret.clone()]));
        assert!(!token.is_signed(&[Secret::new("old"), Secret::default()]) && !token.is_signed(&[]));
    }
    // Every character counts.
    for at in 0..local.len() {
        let mut bytes = local.clone().into_bytes();
        bytes[at] = if bytes[at] == b'2' { b'3' } else { b'2' };
        let changed = String::from_utf8(bytes).unwrap();
        assert!(
            Token::read(&changed).is_none_or(|token| !token.is_signed(std::slice::from_ref(&secret))),
            "{at}"
        );
    }
    // A bounce's address is no address for answers.
    let reply = format!("r{}", &local[1..]);
    assert!(!Token::read(&reply).unwrap().is_signed(&[secret]));
    assert_eq!(Token::read("postmaster@b.example"), None);
    assert_eq!(tidings_domain::id::AttemptId::PREFIX, "att");
}

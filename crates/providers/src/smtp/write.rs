//! One mail in bytes: its head, a text and an HTML part, its signature.

use std::time::{Duration, UNIX_EPOCH};

use lettre::Message;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use tidings_domain::credentials::{Credentials, Smtp};
use tidings_domain::id::AttemptId;
use tidings_domain::outgoing::Mail;
use tidings_domain::time::Timestamp;

use super::dkim::Signer;
use super::text;
use super::verp::{self, Back};
use crate::limits::MAIL_URL_BYTES_MAX;

/// A mail that is ready to be said to a server.
pub(super) struct Written {
    /// Where it comes back to; what stands after `MAIL FROM:`.
    pub return_path: lettre::Address,
    pub to: lettre::Address,
    pub bytes: Vec<u8>,
    /// The mail's own id, without its brackets.
    pub id: String,
}

/// Everything that a mail is made of.
pub(super) struct Parts<'a> {
    pub credentials: &'a Credentials,
    pub smtp: &'a Smtp,
    pub signer: Option<&'a Signer>,
    pub account: tidings_domain::id::AccountId,
    pub attempt: AttemptId,
    pub from: &'a str,
    pub to: &'a str,
    pub mail: &'a Mail,
    pub now: Timestamp,
}

/// The id of an attempt's mail. It ends in the sender's address, so that an answer names its sender.
pub(super) fn mail_id(attempt: AttemptId, from: &str) -> String {
    format!("{attempt}.{from}")
}

/// The attempt and the sender of one of our ids, with or without brackets.
pub(super) fn read_id(text: &str) -> Option<(AttemptId, &str)> {
    let text = text.trim().trim_start_matches('<').trim_end_matches('>');
    let (attempt, from) = text.split_once('.')?;
    let attempt = attempt.parse().ok()?;
    tidings_domain::credentials::is_sender_address(from).then_some((attempt, from))
}

/// The mail, or in words why there can be none.
pub(super) fn write(parts: &Parts<'_>) -> Result<Written, String> {
    let from: lettre::Address =
        parts.from.parse().map_err(|_| "the sender's address is not one for mails")?;
    let to = address(parts.to)?;
    let id = mail_id(parts.attempt, parts.from);
    let back = |back: Back| come_back(parts, back);
    let return_path = back(Back::Bounce).unwrap_or_else(|| Ok(from.clone()))?;
    let mut head = Message::builder()
        .from(Mailbox::new(parts.smtp.from_name.clone(), from))
        .to(Mailbox::new(None, to.clone()))
        .subject(parts.mail.subject.clone())
        .date(UNIX_EPOCH + Duration::from_secs(u64::try_from(parts.now.secs()).unwrap_or(0)))
        .message_id(Some(format!("<{id}>")));
    if parts.smtp.replies
        && let Some(reply_to) = back(Back::Reply)
    {
        head = head.reply_to(Mailbox::new(None, reply_to?));
    }
    if let Some(url) = &parts.mail.unsubscribe_url {
        head = head
            .raw_header(as_it_is("List-Unsubscribe", format!("<{}>", plain_url(url)?)))
            .raw_header(as_it_is("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()));
    }
    let message = body(head, parts)?;
    let mut bytes = message.formatted();
    if let Some(signer) = parts.signer {
        let signature = signer.sign(&bytes, parts.now.secs()).map_err(|error| error.to_string())?;
        bytes.splice(0..0, signature.into_bytes());
    }
    Ok(Written { return_path, to, bytes, id })
}

fn body(head: lettre::message::MessageBuilder, parts: &Parts<'_>) -> Result<Message, String> {
    let said =
        |part: &Option<String>| part.as_deref().filter(|text| !text.trim().is_empty()).map(str::to_owned);
    let plain = |text: String| SinglePart::builder().header(ContentType::TEXT_PLAIN).body(text);
    let html = |text: String| SinglePart::builder().header(ContentType::TEXT_HTML).body(text);
    let made = match (said(&parts.mail.text), said(&parts.mail.html)) {
        (Some(text), None) => head.singlepart(plain(text)),
        (text, Some(page)) => {
            let text = text.unwrap_or_else(|| text::of_html(&page));
            // Of the attempt's id and not of chance: the same attempt is the same mail.
            let boundary = format!("=_{}", parts.attempt);
            let both =
                MultiPart::alternative().boundary(boundary).singlepart(plain(text)).singlepart(html(page));
            head.multipart(both)
        }
        (None, None) => return Err("the mail has neither text nor HTML".to_owned()),
    };
    made.map_err(|error| format!("the mail could not be written: {error}"))
}

/// A signed address at which we hear of this attempt, if the account has a domain for that.
fn come_back(parts: &Parts<'_>, back: Back) -> Option<Result<lettre::Address, String>> {
    let domain = parts.smtp.bounce_domain.as_deref()?;
    let secret = parts.credentials.app_secrets.first().filter(|secret| !secret.is_empty())?;
    let local = verp::local_part(back, parts.account, parts.attempt, secret);
    Some(lettre::Address::new(local, domain).map_err(|_| "the bounce domain is not one for mails".to_owned()))
}

/// The recipient, with the domain in the form that every server reads.
fn address(text: &str) -> Result<lettre::Address, String> {
    let refused = "the recipient's address is not one that mail servers take";
    let (local, domain) = text.rsplit_once('@').ok_or(refused)?;
    if !local.is_ascii() {
        return Err("mail servers take no such letters before the `@` of an address".to_owned());
    }
    let domain = url::Host::parse(domain).map_err(|_| refused)?.to_string();
    lettre::Address::new(local, domain).map_err(|_| refused.to_owned())
}

/// Addresses of pages are written as they are: encoded words would hide them from the machines that read them.
fn as_it_is(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::dangerous_new_pre_encoded(HeaderName::new_from_ascii_str(name), value.clone(), value)
}

fn plain_url(text: &str) -> Result<&str, String> {
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>' | b','));
    let web = text.starts_with("https://") || text.starts_with("http://");
    if plain && web && text.len() <= MAIL_URL_BYTES_MAX {
        return Ok(text);
    }
    Err("the unsubscribe address is not one that may stand in a mail's head".to_owned())
}

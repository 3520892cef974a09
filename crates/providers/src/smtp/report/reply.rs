//! What a person answers to one of our mails.

use mail_parser::HeaderValue;
use serde_json::json;
use serde_json::value::RawValue;
use tidings_domain::address::Email;
use tidings_domain::fact::{Fact, Identities, Inbound};
use tidings_domain::time::Timestamp;

use super::{Found, other};
use crate::limits::{MAIL_TEXT_CHARS_MAX, PROVIDER_ID_BYTES_MAX, WORDS_CHARS_MAX};
use crate::smtp::write::{mail_id, read_id};

/// The sender that was answered, and the message.
pub(super) fn fact(found: &Found<'_>) -> (Option<String>, Fact) {
    let mail = found.mail;
    let author = mail.from().and_then(|from| from.first());
    let Some(from) = author.and_then(|author| author.address()).and_then(|text| Email::parse(text).ok())
    else {
        return (None, other("mail.no_author", json!({"subject": mail.subject()})));
    };
    let answered = ids(mail.in_reply_to()).chain(ids(mail.references())).find(|id| read_id(id).is_some());
    let named = answered.as_deref().and_then(read_id);
    let addressed = || mail.to().and_then(|to| to.first()).and_then(|to| to.address()).map(str::to_owned);
    let sender = named.map(|(_, sender)| sender.to_owned()).or_else(addressed);
    let context = match (found.token, &sender) {
        (Some(token), Some(sender)) => Some(mail_id(token.attempt, sender)),
        _ => answered.clone(),
    };
    let subject: Option<String> = mail.subject().map(|text| text.chars().take(WORDS_CHARS_MAX).collect());
    let text = mail.body_text(0).map(|text| written(&text));
    let object = json!({"subject": subject, "text": text, "attachments": mail.attachment_count()});
    let id = mail.message_id().filter(|id| id.len() <= PROVIDER_ID_BYTES_MAX);
    let inbound = Inbound {
        // Without an id of its own, the same mail brought twice is still one.
        provider_id: id.map_or_else(|| own_id(mail.raw_message()), str::to_owned),
        at: mail.date().map_or(found.now, |date| Timestamp::from_secs(date.to_timestamp()).min(found.now)),
        from: Identities {
            email: Some(from),
            profile_name: author
                .and_then(|author| author.name())
                .map(|name| name.chars().take(100).collect()),
            ..Identities::default()
        },
        kind: "text".to_owned(),
        text: text.filter(|text| !text.is_empty()).or(subject),
        context,
        media: None,
        object: RawValue::from_string(object.to_string()).expect("a value is JSON"),
    };
    (sender, Fact::Inbound(Box::new(inbound)))
}

fn own_id(raw: &[u8]) -> String {
    use aws_lc_rs::digest::{SHA256, digest};
    format!("mail-{}", hex::encode(&digest(&SHA256, raw).as_ref()[..16]))
}

fn ids(value: &HeaderValue<'_>) -> impl Iterator<Item = String> {
    let list = match value {
        HeaderValue::Text(text) => vec![text.to_string()],
        HeaderValue::TextList(list) => list.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    };
    list.into_iter()
}

/// The words of the answer, without what it quotes.
fn written(text: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines() {
        let bare = line.trim();
        if bare == "--" || bare.starts_with("-----Original Message") || bare.starts_with("________") {
            break;
        }
        if bare.starts_with('>') {
            continue;
        }
        lines.push(line.trim_end());
    }
    // "On … wrote:" is left of what was quoted.
    while let Some(last) = lines.last() {
        let attribution = last.trim_end().ends_with(':') && lines.len() > 1 && text.contains("\n>");
        if last.trim().is_empty() || attribution {
            lines.pop();
        } else {
            break;
        }
    }
    lines.join("\n").trim().chars().take(MAIL_TEXT_CHARS_MAX).collect()
}

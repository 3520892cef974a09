//! A mail that came back: a report of delivery (RFC 3464), a complaint (RFC 5965), or what a person answers.
//!
//! Where the mail came to a signed address, only that address says which attempt it is about: whoever knows one such
//! address can speak of that attempt and of nothing else.

mod delivery;
mod fields;
mod reply;

use mail_parser::{Message, MessageParser, MimeHeaders, PartType};
use serde_json::json;
use serde_json::value::RawValue;
use tidings_domain::address::Email;
use tidings_domain::fact::{CallbackEntry, Complaint, Fact, Identities};
use tidings_domain::id::AttemptId;
use tidings_domain::time::Timestamp;

use super::verp::{Back, Token};
use super::write::read_id;
use crate::limits::REPORT_PARTS_MAX;
use fields::Fields;

/// What a mail says. `None`: it is no mail.
pub(super) fn read(raw: &[u8], token: Option<Token>, now: Timestamp) -> Option<Vec<CallbackEntry>> {
    let mail = MessageParser::default().parse(raw)?;
    if mail.headers().is_empty() {
        return None;
    }
    let found = Found { token, original: original_id(&mail), mail: &mail, now };
    let mut sender_ref = None;
    let facts = if let Some(report) = part(&mail, "message", "delivery-status") {
        delivery::facts(&found, &report)
    } else if let Some(report) = part(&mail, "message", "feedback-report") {
        vec![complaint(&found, &report)]
    } else if let Some(what) = automatic(&mail) {
        vec![other("mail.automatic", json!({"what": what}))]
    } else if token.is_some_and(|token| token.back == Back::Bounce) {
        // A report that no machine can read; somebody may.
        vec![other("mail.bounce", json!({"subject": mail.subject()}))]
    } else {
        let (sender, fact) = reply::fact(&found);
        sender_ref = sender;
        vec![fact]
    };
    Some(vec![CallbackEntry { account_ref: String::new(), sender_ref, facts }])
}

struct Found<'a> {
    token: Option<Token>,
    /// The id of our mail that came back inside this one.
    original: Option<String>,
    mail: &'a Message<'a>,
    now: Timestamp,
}

impl Found<'_> {
    fn attempt(&self) -> Option<AttemptId> {
        let named = || self.original.as_deref().and_then(read_id).map(|(attempt, _)| attempt);
        self.token.map(|token| token.attempt).or_else(named)
    }

    /// The provider's id under which the attempt stands.
    fn provider_id(&self, attempt: AttemptId) -> String {
        let own =
            self.original.as_deref().filter(|id| read_id(id).is_some_and(|(named, _)| named == attempt));
        own.map_or_else(|| attempt.to_string(), str::to_owned)
    }
}

fn complaint(found: &Found<'_>, report: &str) -> Fact {
    let fields = Fields::read(report).into_iter().next().unwrap_or_default();
    let kind = fields.get("feedback-type").unwrap_or("abuse").to_ascii_lowercase();
    if kind == "not-spam" || kind == "auth-failure" {
        return other("mail.feedback", json!({"feedback_type": kind}));
    }
    // Named only where the whole mail is trusted; else the attempt says who it was.
    let named = || fields.get("original-rcpt-to").map(|text| text.trim_matches(['<', '>']));
    let email = match found.token {
        Some(_) => None,
        None => named().and_then(|text| Email::parse(text).ok()),
    };
    Fact::Complaint(Complaint {
        attempt: found.attempt(),
        who: Identities { email, ..Identities::default() },
        kind: kind.chars().take(40).collect(),
        at: found.now,
    })
}

fn other(field: &str, object: serde_json::Value) -> Fact {
    let object = RawValue::from_string(object.to_string()).expect("a value is JSON");
    Fact::Other { field: field.to_owned(), object }
}

/// Why nobody wrote this mail (RFC 3834), if a machine did.
fn automatic(mail: &Message<'_>) -> Option<&'static str> {
    let says = |name: &'static str| mail.header_raw(name).map(|value| value.trim().to_ascii_lowercase());
    if says("Auto-Submitted").is_some_and(|value| value != "no") {
        return Some("auto-submitted");
    }
    if says("Precedence").is_some_and(|value| matches!(value.as_str(), "bulk" | "junk" | "auto_reply")) {
        return Some("precedence");
    }
    (says("X-Autoreply").is_some() || says("X-Autorespond").is_some()).then_some("auto-reply")
}

/// The text of the first part of this kind.
fn part(mail: &Message<'_>, kind: &str, subtype: &str) -> Option<String> {
    let found = mail.parts.iter().take(REPORT_PARTS_MAX).find(|part| part.is_content_type(kind, subtype))?;
    Some(String::from_utf8_lossy(found.contents()).into_owned())
}

/// The `Message-ID` of the mail, or of its head, that a report carries.
fn original_id(mail: &Message<'_>) -> Option<String> {
    mail.parts.iter().take(REPORT_PARTS_MAX).skip(1).find_map(|part| match &part.body {
        PartType::Message(inner) => inner.message_id().map(str::to_owned),
        _ if part.is_content_type("text", "rfc822-headers")
            || part.is_content_type("message", "rfc822-headers") =>
        {
            let text = String::from_utf8_lossy(part.contents()).into_owned();
            let head = Fields::read(&text).into_iter().next()?;
            head.get("message-id").map(|id| id.trim_matches(['<', '>']).to_owned())
        }
        _ => None,
    })
}

//! Callbacks: receipts and messages, as neutral facts.

use std::collections::BTreeMap;

use serde_json::value::to_raw_value;
use tidings_domain::address::Phone;
use tidings_domain::fact::{CallbackEntry, Fact, Identities, Inbound, ProviderError, Receipt};
use tidings_domain::id::{AttemptId, Id};
use tidings_domain::lifecycle::AttemptState;
use tidings_domain::provider::{Callback, CallbackError};
use tidings_domain::time::Timestamp;

use super::ATTEMPT;
use crate::limits::PROVIDER_ID_BYTES_MAX;

type Form = BTreeMap<String, String>;

pub(super) fn parse(callback: Callback<'_>, now: Timestamp) -> Result<Vec<CallbackEntry>, CallbackError> {
    let form: Form = url::form_urlencoded::parse(callback.body).into_owned().collect();
    let account_ref = form.get("AccountSid").cloned().ok_or(CallbackError::Malformed)?;
    let id = form.get("MessageSid").or_else(|| form.get("SmsSid")).ok_or(CallbackError::Malformed)?;
    if id.is_empty() || id.len() > PROVIDER_ID_BYTES_MAX {
        return Err(CallbackError::Malformed);
    }
    let came_in = form.get("SmsStatus").is_some_and(|status| status == "received")
        || (!form.contains_key("MessageStatus") && form.contains_key("Body"));
    let (sender, fact) = if came_in {
        (form.get("To").cloned(), Some(inbound(&form, id, now)))
    } else {
        // A receipt is known by its id; its sender may be any of a pool.
        (None, receipt(&form, id, callback.url, now))
    };
    Ok(vec![CallbackEntry { account_ref, sender_ref: sender, facts: fact.into_iter().collect() }])
}

fn receipt(form: &Form, id: &str, url: &str, now: Timestamp) -> Option<Fact> {
    let status = form.get("MessageStatus").or_else(|| form.get("SmsStatus")).map_or("", String::as_str);
    let state = match status {
        // Not yet with the network: less than the answer to the submission said.
        "accepted" | "scheduled" | "queued" | "sending" => return None,
        "sent" => AttemptState::Sent,
        "delivered" => AttemptState::Delivered,
        "read" => AttemptState::Read,
        "undelivered" | "failed" | "canceled" => AttemptState::Failed,
        _ => return Some(kept("message_status", form)),
    };
    let code = form.get("ErrorCode").and_then(|code| code.parse().ok());
    let error = (state == AttemptState::Failed)
        .then(|| ProviderError { code: code.unwrap_or(30_008), ..ProviderError::default() });
    Some(Fact::Receipt(Receipt {
        provider_id: id.to_owned(),
        state,
        at: now,
        attempt: attempt(url),
        error,
        who: who(form.get("To")),
        pricing: None,
    }))
}

/// Our own id, which stands in the address that was called; the address is signed.
fn attempt(url: &str) -> Option<AttemptId> {
    let url = url::Url::parse(url).ok()?;
    let (_, id) = url.query_pairs().find(|(name, _)| name == ATTEMPT)?;
    AttemptId::parse(&id).ok()
}

fn inbound(form: &Form, id: &str, now: Timestamp) -> Fact {
    let text = form.get("Body").cloned().unwrap_or_default();
    let media = form.get("NumMedia").is_some_and(|n| n != "0");
    Fact::Inbound(Box::new(Inbound {
        provider_id: id.to_owned(),
        at: now,
        from: who(form.get("From")),
        kind: if text.is_empty() && media { "unsupported" } else { "text" }.to_owned(),
        text: Some(text).filter(|text| !text.is_empty()),
        context: None,
        media: None,
        object: to_raw_value(form).expect("a form has only string keys"),
    }))
}

fn kept(field: &str, form: &Form) -> Fact {
    Fact::Other { field: field.to_owned(), object: to_raw_value(form).expect("a form has only string keys") }
}

fn who(number: Option<&String>) -> Identities {
    let digits = number.map(|number| number.trim_start_matches('+'));
    Identities { phone: digits.and_then(Phone::from_platform_digits), ..Identities::default() }
}

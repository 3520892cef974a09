//! Callbacks: one signed body with changes of many kinds, read without ever refusing the unknown.
//!
//! Three of these come for every message, so the path to a receipt borrows from the body and skips what
//! it does not need. What is odd, at any level, becomes a [`Fact::Other`] of its own beside its neighbours.

mod account;
mod envelope;
mod identity;
mod inbound;
mod messages;
mod preferences;
mod statuses;
mod templates;
#[cfg(test)]
mod tests;
mod value;

use serde_json::value::RawValue;
use tidings_domain::fact::{CallbackEntry, Fact};
use tidings_domain::provider::CallbackError;
use tidings_domain::time::Timestamp;

use envelope::{Change, Entry, Envelope, Placed};

use super::lenient::Text;

/// The `object` that all our callbacks have.
const OBJECT: &str = "whatsapp_business_account";

/// Any JSON object is a callback; whether anything in it is known is another question.
pub(super) fn parse(body: &[u8]) -> Result<Vec<CallbackEntry>, CallbackError> {
    let text = std::str::from_utf8(body).map_err(|_| CallbackError::Malformed)?;
    let known = Envelope::read(text).filter(|envelope| envelope.object.is(OBJECT));
    let Some(envelope) = known else { return whole(text).map(|entry| vec![entry]) };
    let mut entries = Vec::with_capacity(envelope.entry.items.len());
    let mut odd = envelope.entry.odd || envelope.entry.items.is_empty();
    for entry in &envelope.entry.items {
        match entry.get() {
            Some(entry) => odd |= !read_entry(entry, &mut entries),
            None => odd = true,
        }
    }
    if odd {
        entries.push(whole(text)?);
    }
    Ok(entries)
}

/// The whole body as one unknown object.
fn whole(text: &str) -> Result<CallbackEntry, CallbackError> {
    let raw: &RawValue = serde_json::from_str(text).map_err(|_| CallbackError::Malformed)?;
    if !raw.get().starts_with('{') {
        return Err(CallbackError::Malformed);
    }
    Ok(CallbackEntry { account_ref: String::new(), sender_ref: None, facts: vec![other("", raw)] })
}

/// False if something in the entry has no place of its own.
fn read_entry(entry: &Entry<'_>, entries: &mut Vec<CallbackEntry>) -> bool {
    let (Some(account_ref), false) = (entry.id.get(), entry.changes.odd || entry.changes.items.is_empty())
    else {
        return false;
    };
    let mut complete = true;
    let arrived = timestamp(&entry.time);
    for change in &entry.changes.items {
        match change.get() {
            Some(Change { field, value: Some(value) }) => {
                let read = read_change(field.get().unwrap_or_default(), value, arrived);
                append(entries, account_ref, read);
            }
            _ => complete = false,
        }
    }
    complete
}

/// The facts of one change, and the sender they are about.
struct Read {
    sender_ref: Option<String>,
    facts: Vec<Fact>,
}

fn read_change(field: &str, value: &RawValue, arrived: Option<Timestamp>) -> Read {
    if field == "messages" {
        return value::read(value, arrived);
    }
    let facts = match field {
        "message_template_status_update" => templates::status(value),
        "message_template_quality_update" => templates::quality(value),
        "template_category_update" => templates::category(value),
        "account_update" => account::update(value),
        "account_alerts" => account::alert(value),
        "account_review_update" => account::review(value),
        "business_capability_update" => account::capability(value),
        "phone_number_quality_update" => account::number_quality(value),
        "phone_number_name_update" => account::number_name(value),
        "security" => account::security(value),
        "messaging_handovers" => account::handover(value),
        "user_preferences" => preferences::read(value, arrived),
        "history" => messages::history(value),
        _ => None,
    };
    Read { sender_ref: Placed::sender_ref(value), facts: facts.unwrap_or_else(|| vec![other(field, value)]) }
}

/// Joins changes of the same account and sender, so that a batch becomes one entry.
fn append(entries: &mut Vec<CallbackEntry>, account_ref: &str, read: Read) {
    if let Some(last) = entries.last_mut()
        && last.account_ref == account_ref
        && last.sender_ref == read.sender_ref
    {
        last.facts.extend(read.facts);
        return;
    }
    let account_ref = account_ref.to_owned();
    entries.push(CallbackEntry { account_ref, sender_ref: read.sender_ref, facts: read.facts });
}

fn other(field: &str, object: &RawValue) -> Fact {
    Fact::Other { field: field.to_owned(), object: object.to_owned() }
}

/// Seconds since 1970, as a number or a text; milliseconds where the platform writes those. Anything
/// that is not a time of this century is none.
fn timestamp(text: &Text<'_>) -> Option<Timestamp> {
    const SECOND_OF_2100: i64 = 4_102_444_800;
    match text.number()? {
        seconds @ 1..=SECOND_OF_2100 => Some(Timestamp::from_secs(seconds)),
        millis @ 100_000_000_000..=4_102_444_800_000 => Some(Timestamp::from_millis(millis)),
        _ => None,
    }
}

/// The time of an item; else that of its entry; else zero, which says "unknown".
fn time_of(text: &Text<'_>, arrived: Option<Timestamp>) -> Timestamp {
    timestamp(text).or(arrived).unwrap_or_default()
}

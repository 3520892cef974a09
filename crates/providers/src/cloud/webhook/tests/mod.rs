//! Callbacks of every field, whole and odd, told in short words.

mod fields;
mod inbound;
mod odd;
mod properties;
mod receipts;
mod recorded;

use serde_json::{Value, json};
use tidings_domain::fact::{CallbackEntry, Fact, Identities};

use super::parse;

/// One change of the account `20`.
pub fn change(field: &str, value: Value) -> String {
    envelope(json!([{"id": "20", "time": 1_790_000_000, "changes": [{"value": value, "field": field}]}]))
}

pub fn envelope(entry: Value) -> String {
    json!({"object": "whatsapp_business_account", "entry": entry}).to_string()
}

/// A value of the field `messages` of the number `10650`.
pub fn value(members: Value) -> Value {
    let mut value = json!({
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "4915100000000", "phone_number_id": "10650"},
    });
    value.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    value
}

pub fn read(body: &str) -> Vec<CallbackEntry> {
    parse(body.as_bytes()).expect("a callback")
}

/// The facts of a body, each as a line.
pub fn facts(body: &str) -> Vec<String> {
    read(body).iter().flat_map(|entry| &entry.facts).map(line).collect()
}

/// The only fact of one change.
pub fn fact(field: &str, value: Value) -> String {
    let mut facts = facts(&change(field, value));
    assert_eq!(facts.len(), 1, "{facts:?}");
    facts.remove(0)
}

pub fn who(who: &Identities) -> String {
    let mut words = Vec::new();
    words.extend(who.phone.as_ref().map(|phone| phone.as_str().to_owned()));
    words.extend(who.bsuid.as_ref().map(|bsuid| bsuid.as_str().to_owned()));
    words.extend(who.parent_bsuid.as_ref().map(|parent| format!("^{}", parent.as_str())));
    words.extend(who.username.as_ref().map(|name| format!("@{name}")));
    words.extend(who.profile_name.as_ref().map(|name| format!("({name})")));
    words.join(" ")
}

pub fn line(fact: &Fact) -> String {
    match fact {
        Fact::Receipt(receipt) => {
            let error = receipt.error.as_ref().map(|error| format!(" error {} {}", error.code, error.detail));
            let price = receipt.pricing.as_ref().map(|price| {
                let or = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
                let billable = price.billable.map_or("-".to_owned(), |billable| billable.to_string());
                format!(" {billable}/{}/{}/{}", or(&price.model), or(&price.kind), or(&price.category))
            });
            let attempt = receipt.attempt.map(|attempt| format!(" {attempt}"));
            format!(
                "{} {} at {} by {}{}{}{}",
                receipt.provider_id,
                receipt.state.as_str(),
                receipt.at.secs(),
                who(&receipt.who),
                attempt.unwrap_or_default(),
                price.unwrap_or_default(),
                error.unwrap_or_default(),
            )
        }
        Fact::Inbound(inbound) => {
            let or = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
            let media = inbound.media.as_ref().map(|media| {
                format!(
                    " file {} {} {} {}",
                    media.provider_id,
                    or(&media.mime_type),
                    or(&media.sha256),
                    or(&media.filename)
                )
            });
            format!(
                "{} {} at {} from {}: {} about {}{}",
                inbound.provider_id,
                inbound.kind,
                inbound.at.secs(),
                who(&inbound.from),
                or(&inbound.text),
                or(&inbound.context),
                media.unwrap_or_default(),
            )
        }
        Fact::TemplateStatus(status) => format!(
            "template {} {} {} {} because {}",
            status.name,
            status.language,
            status.event,
            status.category.as_deref().unwrap_or("-"),
            status.reason.as_deref().unwrap_or("-"),
        ),
        Fact::TemplateQuality { name, language, score } => {
            format!("template {name} {language} quality {score}")
        }
        Fact::TemplateCategory { name, language, category, upcoming } => {
            format!("template {name} {language} {} {category}", if *upcoming { "will be" } else { "is" })
        }
        Fact::SenderSignal { event, .. } => format!("sender {event}"),
        Fact::AccountSignal { event, severity, .. } => format!("account {event} {severity:?}"),
        Fact::Preference { who: person, stop, at } => {
            format!("{} {} at {}", who(person), if *stop { "stops" } else { "resumes" }, at.secs())
        }
        Fact::Complaint(complaint) => format!("{} complains: {}", who(&complaint.who), complaint.kind),
        Fact::IdentityChange { who: person, previous, at } => {
            format!("{} was {} at {}", who(person), who(previous), at.secs())
        }
        Fact::ProviderError(error) => format!("error {} {} {}", error.code, error.title, error.detail),
        Fact::Other { field, object } => format!("other {field} {}", object.get()),
    }
}

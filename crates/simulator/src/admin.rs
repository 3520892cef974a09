//! `/_sim/`: the book and the levers, over HTTP.

use bytes::Bytes;
use http::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::config::{Customers, Faults};
use crate::core::Simulator;
use crate::limits::{MAX_JSON_BYTES, MAX_LEDGER_PAGE, SECOND_US};
use crate::provision::Provision;
use crate::router::Query;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Inbound {
    phone_number_id: String,
    from: String,
    /// A text, or
    text: Option<String>,
    /// the fields of any message.
    message: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TemplateEvent {
    business_account_id: String,
    name: String,
    language: String,
    event: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TemplateCategory {
    business_account_id: String,
    name: String,
    language: String,
    category: String,
    #[serde(default)]
    announced: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountEvent {
    business_account_id: String,
    field: String,
    value: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PhoneEvent {
    phone_number_id: String,
    event: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Preference {
    phone_number_id: String,
    from: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Outage {
    seconds: f64,
}

/// A named setting or its fields.
#[derive(Deserialize)]
#[serde(untagged)]
enum Named<T> {
    Name(String),
    Fields(T),
}

pub(crate) fn handle(
    sim: &Simulator,
    now_us: i64,
    method: &Method,
    what: &str,
    query: &Query,
    body: &Bytes,
) -> Answer {
    if body.len() > MAX_JSON_BYTES {
        return problem(413, "the request is too large");
    }
    let result = match (method.as_str(), what) {
        ("GET", "counts") => Ok(serde_json::to_value(sim.counts()).unwrap_or_default()),
        ("GET", "config") => Ok(sim.with(|state| serde_json::to_value(&state.config).unwrap_or_default())),
        ("GET", "ledger") => return ledger(sim, query),
        ("POST", "reset") => Ok({
            sim.reset();
            json!({"ok": true})
        }),
        ("POST", "faults") => read(body).and_then(faults).map(|faults| {
            sim.set_faults(faults);
            done()
        }),
        ("POST", "customers") => read(body).and_then(customers).map(|customers| {
            sim.set_customers(customers);
            done()
        }),
        ("POST", "provision") => read::<Provision>(body).map(|spec| {
            sim.provision(spec);
            done()
        }),
        ("POST", "inbound") => read::<Inbound>(body).and_then(|inbound| post_inbound(sim, now_us, &inbound)),
        ("POST", "template_event") => read::<TemplateEvent>(body).and_then(|e| {
            found(sim.template_event(now_us, &e.business_account_id, &e.name, &e.language, &e.event))
        }),
        ("POST", "template_quality") => read::<TemplateEvent>(body).and_then(|e| {
            found(sim.template_quality(now_us, &e.business_account_id, &e.name, &e.language, &e.event))
        }),
        ("POST", "template_category") => read::<TemplateCategory>(body).and_then(|e| {
            let TemplateCategory { business_account_id, name, language, category, announced } = e;
            found(sim.template_category(now_us, &business_account_id, &name, &language, &category, announced))
        }),
        ("POST", "phone_event") => read::<PhoneEvent>(body)
            .and_then(|e| found(sim.phone_event(now_us, &e.phone_number_id, &e.event))),
        ("POST", "account_event") => read::<AccountEvent>(body)
            .and_then(|e| found(sim.account_event(now_us, &e.business_account_id, &e.field, &e.value))),
        ("POST", "user_preference") => read::<Preference>(body)
            .and_then(|e| found(sim.user_preference(now_us, &e.phone_number_id, &e.from, &e.value))),
        ("POST", "outage") => read::<Outage>(body).map(|outage| {
            sim.outage(now_us + (outage.seconds * SECOND_US as f64) as i64);
            done()
        }),
        _ => return problem(404, "no such lever"),
    };
    match result {
        Ok(value) => Answer::value(&value),
        Err(detail) => problem(400, &detail),
    }
}

fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

fn faults(named: Named<Faults>) -> Result<Faults, String> {
    match named {
        Named::Fields(faults) => Ok(faults),
        Named::Name(name) if name == "full" => Ok(Faults::full()),
        Named::Name(name) if name == "none" => Ok(Faults::none()),
        Named::Name(_) => Err("faults are \"full\", \"none\" or an object of probabilities".into()),
    }
}

fn customers(named: Named<Customers>) -> Result<Customers, String> {
    match named {
        Named::Fields(customers) => Ok(customers),
        Named::Name(name) if name == "instant" => Ok(Customers::instant()),
        Named::Name(name) if name == "default" => Ok(Customers::default()),
        Named::Name(_) => Err("customers are \"instant\", \"default\" or an object".into()),
    }
}

fn done() -> Value {
    json!({"ok": true})
}

fn found(found: bool) -> Result<Value, String> {
    if found { Ok(done()) } else { Err("there is nothing of that name".into()) }
}

fn problem(status: u16, detail: &str) -> Answer {
    Answer::json(status, json!({"error": detail}).to_string())
}

fn ledger(sim: &Simulator, query: &Query) -> Answer {
    let number = |key: &str| query.get(key).and_then(|text| text.parse::<u64>().ok());
    let limit = number("limit").map_or(MAX_LEDGER_PAGE, |limit| limit as usize).min(MAX_LEDGER_PAGE);
    let page = sim.with(|state| state.ledger(number("since").unwrap_or(0), limit));
    match serde_json::to_vec(&page) {
        Ok(body) => Answer::json(200, body),
        Err(error) => problem(500, &error.to_string()),
    }
}

fn post_inbound(sim: &Simulator, now_us: i64, inbound: &Inbound) -> Result<Value, String> {
    let id = match (&inbound.text, &inbound.message) {
        (Some(text), None) => sim.inbound_text(now_us, &inbound.phone_number_id, &inbound.from, text),
        (None, Some(message)) if message.is_object() => {
            sim.inbound(now_us, &inbound.phone_number_id, &inbound.from, message)
        }
        _ => return Err("give either text or message".into()),
    };
    id.map(|id| json!({"id": id})).ok_or_else(|| "there is no such number".into())
}

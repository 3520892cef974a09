//! The list of messages, newest first.

use axum::extract::Query;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::Value;
use tidings_domain::address::{Address, Phone};
use tidings_domain::id::{Id, MessageId};
use tidings_domain::lifecycle::Status;
use tidings_domain::trace::TraceId;
use tidings_engine::report::MessageQuery;
use tidings_engine::{Engine, EngineError};

use super::report::{json, text, when};
use super::view::pages::{Filter, MessageRow, MessagesPage};
use super::view::{Badge, Choice, Section, shorten};
use super::viewer::{Refusal, Viewer, html};
use crate::problem::Problem;

/// Rows of a page.
const ROWS: usize = 50;

#[derive(Debug, Default, Deserialize)]
pub struct Wanted {
    #[serde(default)]
    status: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    reference: String,
    /// A message's id or a trace id.
    #[serde(default)]
    find: String,
    #[serde(default)]
    cursor: String,
}

pub async fn show(viewer: Viewer, Query(wanted): Query<Wanted>) -> Result<Response, Refusal> {
    let find = wanted.find.trim();
    let trace = match some(find) {
        Some(find) => match MessageId::parse(&find) {
            Ok(id) => return Ok(to(id)),
            Err(_) => Some(trace(&find)?),
        },
        None => None,
    };
    // A trace that was not given by the client is the message's own.
    if let Some(id) = trace.as_ref().map(Engine::message_of_trace)
        && viewer.state.engine.message(&viewer.caller, id).await.is_ok()
    {
        return Ok(to(id));
    }
    let query = MessageQuery {
        status: Status::parse(&wanted.status),
        reference: some(&wanted.reference),
        to: some(&wanted.to).map(|to| address(&to)).transpose()?,
        trace,
        cursor: some(&wanted.cursor),
        limit: Some(ROWS),
        ..MessageQuery::default()
    };
    let page = viewer.state.engine.messages(&viewer.caller, &query).await?;
    let rows = page.items.iter().map(|item| row(&json(item))).collect();
    let next = page.next_cursor.map(|cursor| next(&wanted, &cursor)).unwrap_or_default();
    let mut frame = viewer.frame("Messages", Section::Messages).await?;
    frame.swap = wanted.cursor.is_empty();
    let statuses = Status::ALL.into_iter().map(|status| choice(status, &wanted.status)).collect();
    let active =
        [&wanted.status, &wanted.to, &wanted.reference, &wanted.find].iter().any(|text| !text.is_empty());
    let filter = Filter { to: wanted.to, reference: wanted.reference, find: wanted.find, active };
    Ok(html(&MessagesPage { frame, statuses, filter, rows, next }))
}

fn to(id: MessageId) -> Response {
    Redirect::to(&format!("/console/messages/{id}")).into_response()
}

fn some(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn address(text: &str) -> Result<Address, Refusal> {
    Phone::parse(text).map(Address::Phone).map_err(|problems| EngineError::Invalid(problems).into())
}

fn trace(text: &str) -> Result<TraceId, Refusal> {
    let words = "a message's id begins with `msg_`, and a trace id is 32 hexadecimal digits";
    TraceId::parse(text).ok_or_else(|| Refusal::Problem(Problem::field("find", "id", words)))
}

fn choice(status: Status, chosen: &str) -> Choice {
    let value = status.as_str();
    Choice { value: value.to_owned(), label: value.replace('_', " "), selected: value == chosen }
}

fn row(message: &Value) -> MessageRow {
    let id = text(message, "/id");
    let content = match text(message, "/template") {
        template if template.is_empty() => "free form".to_owned(),
        template => template,
    };
    MessageRow {
        short: shorten(&id),
        id,
        status: Badge::status(&text(message, "/status")),
        content,
        category: text(message, "/category"),
        reason: text(message, "/reason"),
        created: when(message, "/created_at"),
    }
}

/// The same filter, further on.
fn next(wanted: &Wanted, cursor: &str) -> String {
    let pairs = [
        ("status", wanted.status.as_str()),
        ("to", &wanted.to),
        ("reference", &wanted.reference),
        ("find", &wanted.find),
        ("cursor", cursor),
    ];
    let mut query = String::new();
    for (name, value) in pairs.into_iter().filter(|(_, value)| !value.is_empty()) {
        query.push_str(if query.is_empty() { "?" } else { "&" });
        query.push_str(name);
        query.push('=');
        for byte in value.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => query.push(char::from(byte)),
                _ => query.push_str(&format!("%{byte:02X}")),
            }
        }
    }
    format!("/console/messages{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_keeps_the_filter() {
        let wanted = Wanted { status: "read".into(), to: "+49 30&x".into(), ..Wanted::default() };
        assert_eq!(next(&wanted, "a=1"), "/console/messages?status=read&to=%2B49%2030%26x&cursor=a%3D1");
    }
}

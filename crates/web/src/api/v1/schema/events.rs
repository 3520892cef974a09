//! The event feed.
#![expect(dead_code, reason = "describes what the engine writes")]

use utoipa::ToSchema;

/// One entry of the log. `data` carries ids, codes and numbers, never content or addresses.
#[derive(ToSchema)]
#[schema(example = json!({
    "cursor": "1.4711", "type": "message.delivered", "subject": "msg_01k9h3c4v8e2xt7m5q0w6r1yza",
    "at": "2026-11-21T09:30:00.250Z", "actor": "provider", "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
    "data": {"attempt": 1},
}))]
pub struct Event {
    /// Continues the feed after this event.
    cursor: String,
    #[schema(rename = "type")]
    kind: String,
    /// What it happened to.
    subject: String,
    #[schema(value_type = String, format = DateTime)]
    at: (),
    /// Who did it.
    actor: String,
    trace_id: Option<String>,
    #[schema(value_type = Object)]
    data: (),
}

#[derive(ToSchema)]
pub struct EventList {
    events: Vec<Event>,
    /// Give it as `after`, now or later.
    next_cursor: Option<String>,
}

#[derive(ToSchema)]
pub struct Timeline {
    events: Vec<Event>,
}

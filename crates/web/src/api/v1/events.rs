//! The tenant's event feed: by page, or as a stream.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::ACCEPT;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::api::v1::{schema, stream};
use crate::error::Result;
use crate::extract::{Key, Listing, Query};
use crate::state::AppState;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListEvents {
    /// Cursor of the last event that was seen; from the beginning unless given.
    after: Option<String>,
    /// 1 to 500; 50 unless given. A stream ignores it.
    limit: Option<usize>,
}

/// Read the event feed
///
/// Oldest first, each event once. With `Accept: text/event-stream` the answer never ends: every event is sent
/// as it is committed, with its cursor as the id, and `Last-Event-ID` continues a stream that broke.
#[utoipa::path(
    get, path = "/v1/events", operation_id = "listEvents", tag = "events",
    params(
        ListEvents,
        ("Last-Event-ID" = Option<String>, Header, description = "Of a stream that broke; counts as `after`"),
    ),
    responses((status = 200, description = "A page of events, or the stream", content(
        (schema::EventList = "application/json"),
        (String = "text/event-stream"),
    ))),
)]
pub async fn list_events(
    State(state): State<AppState>,
    Key(caller): Key,
    Query(list): Query<ListEvents>,
    headers: HeaderMap,
) -> Result<Response> {
    if wants_stream(&headers) {
        return stream::open(state, caller, &headers, list.after).await;
    }
    let page = state.engine.events(&caller, list.after.as_deref(), list.limit).await?;
    Ok(Listing { name: "events", items: page.items, next_cursor: page.next_cursor.or(list.after) }
        .into_response())
}

fn wants_stream(headers: &HeaderMap) -> bool {
    headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|each| {
            each.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("text/event-stream"))
        })
}

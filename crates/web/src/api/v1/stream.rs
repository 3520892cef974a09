//! The event feed as server-sent events.
//!
//! A stream reads the same pages as a poll, woken by commits. It holds nothing but its cursor and one page,
//! asks for its key's permission again with every page, and ends when the server stops.

use std::collections::VecDeque;
use std::convert::Infallible;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream};
use http::{HeaderMap, HeaderName, HeaderValue};
use tidings_domain::secret::Secret;
use tidings_engine::report::EventView;
use tidings_engine::{Caller, EngineError};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::sleep;

use crate::error::Result;
use crate::extract::bearer;
use crate::limits;
use crate::problem::Problem;
use crate::state::AppState;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Tells proxies to hand on each event at once.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Opens a stream; the first page is read before the answer begins, so that a refusal is a problem.
pub async fn open(
    state: AppState,
    caller: Caller,
    headers: &HeaderMap,
    after: Option<String>,
) -> Result<Response> {
    let permit = state.shared.streams.clone().try_acquire_owned().map_err(|_| Problem::busy())?;
    let last = headers.get(LAST_EVENT_ID).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut feed = Feed {
        token: Secret::new(bearer(headers)?),
        changes: state.engine.changes(),
        cursor: last.or(after),
        page: VecDeque::new(),
        state,
        _permit: permit,
    };
    feed.read(&caller).await?;
    let keep_alive = KeepAlive::new().interval(limits::STREAM_KEEP_ALIVE).text("still here");
    let mut response = Sse::new(events(feed)).keep_alive(keep_alive).into_response();
    response.headers_mut().insert(ACCEL_BUFFERING, HeaderValue::from_static("no"));
    Ok(response)
}

struct Feed {
    state: AppState,
    token: Secret,
    changes: watch::Receiver<u64>,
    cursor: Option<String>,
    page: VecDeque<EventView>,
    _permit: OwnedSemaphorePermit,
}

fn events(feed: Feed) -> impl Stream<Item = std::result::Result<Event, Infallible>> {
    stream::unfold(feed, |mut feed| async move {
        loop {
            if feed.state.shutdown.is_cancelled() {
                return None;
            }
            while let Some(event) = feed.page.pop_front() {
                if let Some(event) = write(&event) {
                    return Some((Ok(event), feed));
                }
            }
            feed.refill().await.ok()?;
        }
    })
}

fn write(event: &EventView) -> Option<Event> {
    let data = serde_json::to_string(event).ok()?;
    Some(Event::default().id(&event.cursor).event(event.kind).data(data))
}

impl Feed {
    /// Reads the next page; a commit from here on is noticed even if it comes before the wait.
    async fn read(&mut self, caller: &Caller) -> std::result::Result<(), EngineError> {
        self.changes.borrow_and_update();
        let after = self.cursor.as_deref();
        let page = self.state.engine.events(caller, after, Some(limits::STREAM_PAGE)).await?;
        if let Some(last) = page.items.last() {
            self.cursor = Some(last.cursor.clone());
        }
        self.page = page.items.into();
        Ok(())
    }

    /// Reads a page, or waits a while where there is none. An error ends the stream: the client's key is gone,
    /// or its cursor means nothing any more.
    async fn refill(&mut self) -> std::result::Result<(), EngineError> {
        let caller = self.state.engine.caller(self.token.expose()).await;
        let read = match caller {
            Ok(caller) => self.read(&caller).await,
            Err(error) => Err(error),
        };
        match read {
            Ok(()) => {}
            Err(EngineError::Unavailable { .. } | EngineError::TooMany { .. }) => {}
            Err(error) => return Err(error),
        }
        if self.page.is_empty() {
            tokio::select! {
                () = self.state.shutdown.cancelled() => {}
                () = sleep(limits::STREAM_POLL) => {}
                changed = self.changes.changed() => {
                    if changed.is_err() {
                        sleep(limits::STREAM_POLL).await;
                    }
                }
            }
        }
        Ok(())
    }
}

//! Counters that follow the log, as server-sent events.
//!
//! A stream holds its session's secret and nothing else; it asks for the session again now and then, so
//! a sign-out ends it, and it ends when the server stops.

use std::convert::Infallible;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream};
use http::{HeaderName, HeaderValue, StatusCode};
use tidings_domain::time::SECOND;
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::viewer::{Refusal, Viewer};
use crate::limits;
use crate::state::AppState;

/// Microseconds between two events, at least.
const PACE_US: i64 = SECOND / 2;
/// Microseconds after which an event is sent even if nothing was committed here.
const IDLE_US: i64 = 5 * SECOND;
/// Events between two looks at the session.
const LOOK_EVERY: u32 = 10;

struct Feed {
    viewer: Viewer,
    changes: watch::Receiver<u64>,
    sent: u32,
    _permit: OwnedSemaphorePermit,
}

pub async fn open(State(state): State<AppState>, viewer: Result<Viewer, Refusal>) -> Response {
    // A redirect would be followed to a page; the browser must not try again.
    let Ok(viewer) = viewer else { return StatusCode::NO_CONTENT.into_response() };
    let Ok(permit) = state.shared.streams.clone().try_acquire_owned() else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let feed = Feed { viewer, changes: state.engine.changes(), sent: 0, _permit: permit };
    let keep_alive = KeepAlive::new().interval(limits::STREAM_KEEP_ALIVE).text("still here");
    let mut response = Sse::new(events(feed)).keep_alive(keep_alive).into_response();
    response
        .headers_mut()
        .insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}

fn events(feed: Feed) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(feed, |mut feed| async move {
        feed.wait().await?;
        let state = feed.viewer.state.clone();
        let overview = state.console.look(&state, &feed.viewer.caller).await.ok()?;
        let data = serde_json::to_string(&overview).ok()?;
        feed.sent = feed.sent.wrapping_add(1);
        Some((Ok(Event::default().event("overview").data(data)), feed))
    })
}

impl Feed {
    /// Until there may be something new; `None` ends the stream.
    async fn wait(&mut self) -> Option<()> {
        let state = self.viewer.state.clone();
        if self.sent > 0 {
            let pause = async {
                state.clock.sleep(PACE_US).await;
                tokio::select! {
                    changed = self.changes.changed() => if changed.is_err() { state.clock.sleep(IDLE_US).await },
                    () = state.clock.sleep(IDLE_US) => {}
                }
            };
            tokio::select! {
                () = state.shutdown.cancelled() => return None,
                () = pause => {}
            }
        }
        if self.sent % LOOK_EVERY == LOOK_EVERY - 1 {
            let tenant = Some(self.viewer.caller.tenant);
            self.viewer = Viewer::of(&state, &self.viewer.token, tenant).await.ok()?;
        }
        Some(())
    }
}

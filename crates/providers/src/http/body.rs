//! Reading answers without ever holding more than was allowed.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tidings_domain::provider::Chunks;
use tidings_domain::transport::TransportError;
use tokio::sync::OwnedSemaphorePermit;

use crate::limits::CHUNK_TIMEOUT;

/// The whole body. The usual answer is one frame, which is handed on without a copy.
pub(super) async fn read(mut body: Incoming, max: usize) -> Result<Bytes, TransportError> {
    announced_within(&body, max)?;
    let Some(first) = next(&mut body).await? else { return Ok(Bytes::new()) };
    if first.len() > max {
        return Err(TransportError::TooLarge);
    }
    if body.is_end_stream() {
        return Ok(first);
    }
    let mut all = BytesMut::from(first);
    while let Some(chunk) = next(&mut body).await? {
        if all.len() + chunk.len() > max {
            return Err(TransportError::TooLarge);
        }
        all.extend_from_slice(&chunk);
    }
    Ok(all.freeze())
}

/// The body as it comes; holds its place among the exchanges until it is dropped.
pub(super) fn stream(body: Incoming, max: usize, permit: OwnedSemaphorePermit) -> Chunks {
    let start = match announced_within(&body, max) {
        Ok(()) => State::Reading { body, left: max, permit },
        Err(error) => State::Refused(error),
    };
    Box::pin(futures_util::stream::unfold(start, step))
}

enum State {
    Reading { body: Incoming, left: usize, permit: OwnedSemaphorePermit },
    Refused(TransportError),
    Done,
}

async fn step(state: State) -> Option<(Result<Bytes, TransportError>, State)> {
    let (mut body, left, permit) = match state {
        State::Reading { body, left, permit } => (body, left, permit),
        State::Refused(error) => return Some((Err(error), State::Done)),
        State::Done => return None,
    };
    let chunk = match tokio::time::timeout(CHUNK_TIMEOUT, next(&mut body)).await {
        Ok(Ok(chunk)) => chunk?,
        Ok(Err(error)) => return Some((Err(error), State::Done)),
        Err(_) => return Some((Err(TransportError::Timeout), State::Done)),
    };
    match left.checked_sub(chunk.len()) {
        Some(left) => Some((Ok(chunk), State::Reading { body, left, permit })),
        None => Some((Err(TransportError::TooLarge), State::Done)),
    }
}

fn announced_within(body: &Incoming, max: usize) -> Result<(), TransportError> {
    let announced = body.size_hint().lower();
    if announced > max as u64 { Err(TransportError::TooLarge) } else { Ok(()) }
}

/// The next frame with data; trailers say nothing that anybody reads.
async fn next(body: &mut Incoming) -> Result<Option<Bytes>, TransportError> {
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| TransportError::Broken)?;
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

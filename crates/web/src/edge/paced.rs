//! A large body that has to keep coming: its place is one that others wait for.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use http_body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::limits;

/// Fails once it is behind [`limits::LARGE_BODY_BYTES_PER_S`], counted from its beginning and with some grace.
pub(super) struct Paced {
    body: Body,
    began: Instant,
    bytes: u64,
    behind: Pin<Box<Sleep>>,
}

impl Paced {
    pub fn new(body: Body) -> Self {
        let began = now();
        Self { body, began, bytes: 0, behind: Box::pin(sleep_until(began + limits::LARGE_BODY_GRACE)) }
    }
}

#[expect(clippy::disallowed_methods, reason = "a deadline of a socket, not of the product's logic")]
fn now() -> Instant {
    Instant::now()
}

impl http_body::Body for Paced {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        match Pin::new(&mut this.body).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                this.bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
                let millis = this.bytes * 1_000 / limits::LARGE_BODY_BYTES_PER_S;
                let due = limits::LARGE_BODY_GRACE + std::time::Duration::from_millis(millis);
                this.behind.as_mut().reset(this.began + due);
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Pending => this
                .behind
                .as_mut()
                .poll(cx)
                .map(|()| Some(Err(axum::Error::new(std::io::Error::from(std::io::ErrorKind::TimedOut))))),
            other => other,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

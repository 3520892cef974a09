//! A large body that has to keep coming: its place is one that others wait for.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::BoxError;
use axum::body::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::limits;

/// Fails once it is behind [`limits::LARGE_BODY_BYTES_PER_S`], counted from where reading begins and with some
/// grace.
pub(crate) struct Paced<B> {
    body: B,
    bytes: u64,
    pace: Option<Pace>,
}

struct Pace {
    began: Instant,
    behind: Pin<Box<Sleep>>,
}

impl<B> Paced<B> {
    pub fn new(body: B) -> Self {
        Self { body, bytes: 0, pace: None }
    }
}

impl Pace {
    #[expect(clippy::disallowed_methods, reason = "a deadline of a socket, not of the product's logic")]
    fn begin() -> Self {
        let began = Instant::now();
        Self { began, behind: Box::pin(sleep_until(began + limits::LARGE_BODY_GRACE)) }
    }

    fn allow(&mut self, bytes: u64) {
        let earned = Duration::from_millis(bytes * 1_000 / limits::LARGE_BODY_BYTES_PER_S);
        self.behind.as_mut().reset(self.began + limits::LARGE_BODY_GRACE + earned);
    }
}

impl<B> Body for Paced<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        let pace = this.pace.get_or_insert_with(Pace::begin);
        match Pin::new(&mut this.body).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                this.bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
                pace.allow(this.bytes);
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(other) => Poll::Ready(other.map(|frame| frame.map_err(Into::into))),
            Poll::Pending => pace
                .behind
                .as_mut()
                .poll(cx)
                .map(|()| Some(Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

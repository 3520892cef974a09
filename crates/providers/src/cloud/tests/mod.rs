//! The adapter against a scripted transport: answers in, neutral outcomes out.

mod calls;
mod endpoint;
mod media;
mod security;
mod submissions;
mod submit;
mod templates;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::stream;
use http::{Request, Response};
use tidings_domain::clock::BoxFuture;
use tidings_domain::credentials::Credentials;
use tidings_domain::provider::Chunks;
use tidings_domain::secret::Secret;
use tidings_domain::transport::{Bounds, Transport, TransportError};

use super::CloudProvider;
use crate::http::Downloads;

pub type Answer = Result<Response<Bytes>, TransportError>;

/// Gives the answers in order and remembers what was asked.
#[derive(Default)]
pub struct Script {
    answers: Mutex<VecDeque<Answer>>,
    seen: Mutex<Vec<Request<Bytes>>>,
}

impl Script {
    pub fn new(answers: impl IntoIterator<Item = Answer>) -> Arc<Self> {
        Arc::new(Self { answers: Mutex::new(answers.into_iter().collect()), seen: Mutex::default() })
    }
    fn next(&self, request: Request<Bytes>) -> Answer {
        self.seen.lock().unwrap().push(request);
        self.answers.lock().unwrap().pop_front().expect("an answer is left")
    }
    pub fn paths(&self) -> Vec<String> {
        self.seen.lock().unwrap().iter().map(|request| request.uri().to_string()).collect()
    }
    pub fn with_last<T>(&self, look: impl FnOnce(&Request<Bytes>) -> T) -> T {
        look(self.seen.lock().unwrap().last().expect("something was asked"))
    }
    pub fn provider(self: &Arc<Self>) -> CloudProvider {
        CloudProvider::new(self.clone(), self.clone(), "https://graph.example.com", "v24.0").unwrap()
    }
}

impl Transport for Script {
    fn exchange(&self, request: Request<Bytes>, _: Bounds) -> BoxFuture<'_, Answer> {
        Box::pin(async { self.next(request) })
    }
}

impl Downloads for Script {
    /// The body comes in chunks of four bytes.
    fn open(
        &self,
        request: Request<Bytes>,
        _: Bounds,
    ) -> BoxFuture<'_, Result<Response<Chunks>, TransportError>> {
        Box::pin(async {
            Ok(self.next(request)?.map(|body| {
                let chunks: Vec<_> = body.chunks(4).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
                Box::pin(stream::iter(chunks)) as Chunks
            }))
        })
    }
}

pub fn answer(status: u16, body: impl Into<Bytes>) -> Answer {
    Ok(Response::builder().status(status).body(body.into()).unwrap())
}

pub fn credentials() -> Credentials {
    Credentials {
        access_token: Secret::new("EAAtoken"),
        app_secrets: vec![Secret::new("newer"), Secret::new("older")],
        verify_token: Secret::new("let-me-in"),
        connection: None,
    }
}

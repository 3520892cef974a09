//! The first look at a request. The routes that carry the traffic are answered here; the router takes the rest.
//!
//! They are in the router as well, for the OpenAPI document and for forms of a path that are rare: both ways
//! lead to the same functions. Between a webhook and its transaction every allocation counts.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use bytes::BytesMut;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tower::Service;

use crate::api::v1::send;
use crate::callbacks;
use crate::edge::{Edge, Paced, Seen, has_large_body};
use crate::error::Result;
use crate::limits;
use crate::problem::Problem;
use crate::state::AppState;

/// What the listener hands requests to. Cheap to clone.
#[derive(Clone)]
pub struct Front {
    router: Router,
    hot: Option<Arc<Hot>>,
}

struct Hot {
    edge: Edge,
    state: AppState,
}

/// The routes that are answered without the router.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Route {
    Message,
    Batch,
    Callback,
}

impl From<Router> for Front {
    fn from(router: Router) -> Self {
        Self { router, hot: None }
    }
}

impl Front {
    pub fn new(state: AppState) -> Self {
        let router = crate::router(state.clone());
        Self { router, hot: Some(Arc::new(Hot { edge: Edge::of(&state), state })) }
    }

    pub(crate) async fn answer(mut self, request: Request<Incoming>) -> Response {
        if let Some(hot) = self.hot
            && let Some(route) = Route::of(request.method(), request.uri().path())
        {
            let seen = Seen::of(&request, route.template());
            return hot.edge.pass(seen, hot.run(route, request)).await;
        }
        // A router is always ready, so calling it without asking first is sound.
        match self.router.call(request.map(Body::new)).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

impl Route {
    fn of(method: &Method, path: &str) -> Option<Self> {
        if method != Method::POST {
            return None;
        }
        match path {
            "/v1/messages" => Some(Self::Message),
            "/v1/messages/batch" => Some(Self::Batch),
            _ => callback(path).map(|_| Self::Callback),
        }
    }

    fn template(self) -> &'static str {
        match self {
            Self::Message => "/v1/messages",
            Self::Batch => "/v1/messages/batch",
            Self::Callback => "/callbacks/{region}/{account}",
        }
    }
}

/// Region and account of a callback path that needs no decoding.
fn callback(path: &str) -> Option<(&str, &str)> {
    let (region, account) = path.strip_prefix("/callbacks/")?.split_once('/')?;
    let plain = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|each| each.is_ascii_alphanumeric() || matches!(each, b'_' | b'-'))
    };
    (plain(region) && plain(account)).then_some((region, account))
}

impl Hot {
    async fn run(&self, route: Route, request: Request<Incoming>) -> Response {
        let answered = match route {
            // Each in a box: the largest of them would be the size of all.
            Route::Message => {
                Box::pin(self.send(request, limits::API_BODY_BYTES_MAX, send::Kind::Message)).await
            }
            Route::Batch => {
                Box::pin(self.send(request, limits::BATCH_BODY_BYTES_MAX, send::Kind::Batch)).await
            }
            Route::Callback => Box::pin(self.call_back(request)).await,
        };
        answered.unwrap_or_else(IntoResponse::into_response)
    }

    async fn send(&self, request: Request<Incoming>, most: usize, kind: send::Kind) -> Result<Response> {
        let (parts, body) = request.into_parts();
        let head = send::Head::read(&parts.headers, &self.state).await?;
        let body = whole(body, most).await?;
        send::send(&self.state, kind, &head, &body).await
    }

    async fn call_back(&self, request: Request<Incoming>) -> Result<Response> {
        let (parts, body) = request.into_parts();
        let (region, account) = callback(parts.uri.path()).expect("the route was chosen by it");
        let body = whole(body, limits::CALLBACK_BODY_BYTES_MAX).await?;
        callbacks::take(&self.state, region, account, &parts.uri, &parts.headers, &body).await?;
        Ok(StatusCode::OK.into_response())
    }
}

async fn whole(body: Incoming, most: usize) -> Result<Bytes> {
    if has_large_body(&body) { gather(Paced::new(body), most).await } else { gather(body, most).await }
}

/// A body over the limit is read on for a while and thrown away: a client that is still writing when the
/// connection closes would never see why it was refused.
async fn gather<B: http_body::Body<Data = Bytes> + Unpin>(mut body: B, most: usize) -> Result<Bytes> {
    let (mut first, mut rest, mut size) = (Bytes::new(), BytesMut::new(), 0);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Problem::unreadable_body())?;
        let Ok(data) = frame.into_data() else { continue };
        size += data.len();
        if size > most + limits::REFUSED_BYTES_READ_MAX {
            break;
        } else if size > most {
            rest.clear();
        } else if first.is_empty() {
            first = data;
        } else {
            rest.extend_from_slice(&data);
        }
    }
    if size > most {
        return Err(Problem::body_over_limit());
    }
    if rest.is_empty() {
        return Ok(first);
    }
    let mut all = BytesMut::with_capacity(size);
    all.extend_from_slice(&first);
    all.extend_from_slice(&rest);
    Ok(all.freeze())
}

#[cfg(test)]
mod tests;

//! Where providers call back. The answer 200 says that the effects of the body are durable.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode, Uri};
use tidings_domain::provider::Callback;
use tidings_engine::EngineError;

use crate::error::Result;
use crate::extract::{Pairs, body_bytes};
use crate::limits;
use crate::problem::Problem;
use crate::state::AppState;

pub(crate) const PATH: &str = "/callbacks/{region}/{account}";

pub fn router() -> Router<AppState> {
    Router::new()
        .route(PATH, get(handshake).post(receive))
        .layer(DefaultBodyLimit::max(limits::CALLBACK_BODY_BYTES_MAX))
}

/// Proves to the provider, when the address is set up, that it is ours.
async fn handshake(
    State(state): State<AppState>,
    Path((region, account)): Path<(String, String)>,
    Pairs(query): Pairs,
) -> Result<Response> {
    let challenge = state.engine.handshake(&region, &account, &query).await.map_err(refuse)?;
    Ok(([(CONTENT_TYPE, "text/plain; charset=utf-8")], challenge).into_response())
}

/// A provider brings no key: what it could not prove is a signature or a verify token.
fn refuse(error: EngineError) -> Problem {
    match error {
        EngineError::Unauthorized => {
            Problem::unauthorized("the signature or the verify token is missing or wrong")
        }
        other => other.into(),
    }
}

/// The headers and the untouched bytes: the signature is over these.
struct Delivery {
    target: Uri,
    headers: HeaderMap,
    body: Bytes,
}

impl FromRequest<AppState> for Delivery {
    type Rejection = Problem;

    async fn from_request(mut request: Request, state: &AppState) -> Result<Self> {
        let headers = std::mem::take(request.headers_mut());
        let target = request.uri().clone();
        let body = body_bytes(request, state).await?;
        Ok(Self { target, headers, body })
    }
}

async fn receive(
    State(state): State<AppState>,
    Path((region, account)): Path<(String, String)>,
    delivery: Delivery,
) -> Result<StatusCode> {
    let Delivery { target, headers, body } = &delivery;
    take(&state, &region, &account, target, headers, body).await?;
    Ok(StatusCode::OK)
}

pub(crate) async fn take(
    state: &AppState,
    region: &str,
    account: &str,
    target: &Uri,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<()> {
    let path = target.path_and_query().map_or("", |path| path.as_str());
    let url = state.public_url(headers, path);
    state.engine.callback(region, account, Callback { url: &url, headers, body }).await.map_err(refuse)
}

//! The hot path: `POST /v1/messages` and its batch. The raw bytes go to intake; nothing is read here.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tidings_domain::trace::TraceId;
use tidings_engine::Caller;
use tidings_engine::intake::{AcceptOptions, Reply};

use crate::api::v1::schema::{AcceptedBatch, AcceptedMessage, Batch, Intent};
use crate::edge::TRACEPARENT;
use crate::error::Result;
use crate::extract::{bearer, body_bytes, check_json};
use crate::problem::Problem;
use crate::state::AppState;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// Which of the two calls it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Message,
    Batch,
}

/// What an intake call reads of the headers.
pub(crate) struct Head {
    caller: Caller,
    key: Option<HeaderValue>,
    trace: Option<TraceId>,
}

/// An intake call, taken without a copy of headers or body.
pub struct Intake {
    head: Head,
    body: Bytes,
}

impl FromRequest<AppState> for Intake {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Self> {
        let head = Head::read(request.headers(), state).await?;
        let body = body_bytes(request, state).await?;
        Ok(Self { head, body })
    }
}

impl Head {
    pub(crate) async fn read(headers: &HeaderMap, state: &AppState) -> Result<Self> {
        let caller = state.engine.caller(bearer(headers)?).await?;
        check_json(headers)?;
        Ok(Self { caller, key: headers.get(IDEMPOTENCY_KEY).cloned(), trace: trace_of(headers) })
    }

    fn options(&self, kind: Kind) -> Result<AcceptOptions<'_>> {
        let idempotency_key = match &self.key {
            None => None,
            Some(value) => Some(value.to_str().map_err(|_| {
                Problem::field("Idempotency-Key", "idempotency.characters", "Use visible ASCII characters.")
            })?),
        };
        let method_path = match kind {
            Kind::Message => "POST /v1/messages",
            Kind::Batch => "POST /v1/messages/batch",
        };
        Ok(AcceptOptions { idempotency_key, method_path, trace: self.trace })
    }
}

pub(crate) async fn send(state: &AppState, kind: Kind, head: &Head, body: &[u8]) -> Result<Response> {
    let options = head.options(kind)?;
    let reply = match kind {
        Kind::Message => state.engine.accept(&head.caller, body, options).await?,
        Kind::Batch => state.engine.accept_batch(&head.caller, body, options).await?,
    };
    Ok(answer(state, reply))
}

/// The client's trace, where it sent a readable one.
pub(super) fn trace_of(headers: &HeaderMap) -> Option<TraceId> {
    TraceId::from_traceparent(headers.get(TRACEPARENT)?.to_str().ok()?)
}

/// Send one message
///
/// The answer `202` says that the message is durable; what policy decided is in `status`.
#[utoipa::path(
    post, path = "/v1/messages", operation_id = "sendMessage", tag = "messages",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 bytes; the answer is replayed for 7 days"),
        ("traceparent" = Option<String>, Header, description = "W3C Trace Context; the trace finds the message everywhere"),
    ),
    request_body = Intent,
    responses(
        (status = 202, description = "Accepted, scheduled or denied; stored in any case", body = AcceptedMessage, headers(
            ("Idempotent-Replayed" = bool, description = "Present where the answer is a replay"),
            ("traceparent" = String, description = "The trace of the message"),
        )),
        (status = 422, description = "The Idempotency-Key was used with another body",
            body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn send_message(State(state): State<AppState>, intake: Intake) -> Result<Response> {
    send(&state, Kind::Message, &intake.head, &intake.body).await
}

/// Send up to 1,000 messages
///
/// Bad items are rejected by index; the good ones are accepted together.
#[utoipa::path(
    post, path = "/v1/messages/batch", operation_id = "sendBatch", tag = "messages",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 bytes; the answer is replayed for 7 days"),
        ("traceparent" = Option<String>, Header, description = "W3C Trace Context; shared by all messages of the batch"),
    ),
    request_body = Batch,
    responses(
        (status = 202, description = "What became of each item", body = AcceptedBatch, headers(
            ("Idempotent-Replayed" = bool, description = "Present where the answer is a replay"),
        )),
        (status = 422, description = "The Idempotency-Key was used with another body",
            body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn send_batch(State(state): State<AppState>, intake: Intake) -> Result<Response> {
    send(&state, Kind::Batch, &intake.head, &intake.body).await
}

fn answer(state: &AppState, reply: Reply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::ACCEPTED);
    let mut response = (status, reply.body).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if reply.replayed {
        headers.insert(REPLAYED, HeaderValue::from_static("true"));
    }
    if let Some(trace) = reply.trace {
        let value = trace.traceparent(state.next_span());
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(TRACEPARENT, value);
        }
    }
    response
}

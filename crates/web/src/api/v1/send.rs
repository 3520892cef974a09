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
use crate::extract::{Raw, bearer};
use crate::problem::Problem;
use crate::state::AppState;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// What an intake call reads of a request, taken without a copy of headers or body.
pub struct Intake {
    caller: Caller,
    key: Option<HeaderValue>,
    trace: Option<TraceId>,
    body: Bytes,
}

impl FromRequest<AppState> for Intake {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Self> {
        let headers = request.headers();
        let caller = state.engine.caller(bearer(headers)?).await?;
        let key = headers.get(IDEMPOTENCY_KEY).cloned();
        let trace = trace_of(headers);
        let Raw(body) = Raw::from_request(request, state).await?;
        Ok(Self { caller, key, trace, body })
    }
}

impl Intake {
    fn options<'a>(&'a self, method_path: &'a str) -> Result<AcceptOptions<'a>> {
        let idempotency_key = match &self.key {
            None => None,
            Some(value) => Some(value.to_str().map_err(|_| {
                Problem::field("Idempotency-Key", "idempotency.characters", "Use visible ASCII characters.")
            })?),
        };
        Ok(AcceptOptions { idempotency_key, method_path, trace: self.trace })
    }
}

/// The client's trace, where it sent a readable one.
fn trace_of(headers: &HeaderMap) -> Option<TraceId> {
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
    let options = intake.options("POST /v1/messages")?;
    let reply = state.engine.accept(&intake.caller, &intake.body, options).await?;
    Ok(answer(&state, reply))
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
    let options = intake.options("POST /v1/messages/batch")?;
    let reply = state.engine.accept_batch(&intake.caller, &intake.body, options).await?;
    Ok(answer(&state, reply))
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

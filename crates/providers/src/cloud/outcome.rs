//! What an answer proves of a submission.
//!
//! Only two answers are certain: a success with a message id, and a readable refusal whose code is known
//! to be definite. The platform knows no idempotency key, so everything else is a doubt.

use bytes::Bytes;
use http::{Response, StatusCode};
use serde::Deserialize;
use tidings_domain::failure;
use tidings_domain::provider::{Doubt, Outcome, Rejection};

use super::answer;
use super::lenient::{List, Maybe, Text};
use crate::limits::PROVIDER_ID_BYTES_MAX;

#[derive(Deserialize)]
struct Accepted<'a> {
    #[serde(borrow, default)]
    messages: List<Maybe<Message<'a>>>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(borrow, default)]
    message_status: Text<'a>,
}

pub(super) fn read(answer: &Response<Bytes>) -> Outcome {
    let status = answer.status();
    if status.is_success() {
        return accepted(answer.body()).unwrap_or(Outcome::InDoubt(Doubt::Unreadable));
    }
    let readable = answer::readable(answer);
    let definite = match &readable {
        // A failing server may have acted before it failed, unless it names a state in which it takes nothing.
        Some(rejection) if status.is_server_error() => refuses_while_failing(rejection.error.code),
        _ if !status.is_client_error() => false,
        Some(rejection) => failure::cloud(rejection.error.code).definite,
        None => is_definite(status),
    };
    let rejection: Rejection = readable.unwrap_or_else(|| answer::by_status(answer));
    if definite { Outcome::Rejected(rejection) } else { Outcome::InDoubt(Doubt::Failure(rejection)) }
}

/// The platform answers 500 for an account in maintenance (131057) and for a number that is not registered
/// (131045, 133000) before it looks at the message.
fn refuses_while_failing(code: i64) -> bool {
    matches!(code, 131_045 | 131_057 | 133_000)
}

/// Statuses below 500 that a gateway gives while the request may still be going on behind it.
fn is_definite(status: StatusCode) -> bool {
    !matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS)
}

fn accepted(body: &[u8]) -> Option<Outcome> {
    let accepted: Accepted<'_> = serde_json::from_slice(body).ok()?;
    let message = accepted.messages.items.first()?.get()?;
    let id = message.id.get().filter(|id| id.len() <= PROVIDER_ID_BYTES_MAX)?;
    let held = matches!(message.message_status.get(), Some("held_for_quality_assessment" | "paused"));
    Some(Outcome::Accepted { provider_id: id.to_owned(), held })
}

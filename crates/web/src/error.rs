//! The one place where what came of an engine call becomes a status and a problem.

use http::StatusCode;
use tidings_domain::problem::FieldProblem;
use tidings_domain::provider::CallError;
use tidings_domain::transport::TransportError;
use tidings_engine::EngineError;

use crate::limits;
use crate::problem::{FieldError, Problem};

/// What handlers return.
pub type Result<T> = std::result::Result<T, Problem>;

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Self {
        use StatusCode as S;
        let detail = error.to_string();
        match error {
            EngineError::Unauthorized => Self::unauthorized(&detail),
            EngineError::Forbidden(_) => {
                Self::new(S::FORBIDDEN, "forbidden", "The key does not allow this", detail)
            }
            EngineError::Suspended => {
                Self::new(S::FORBIDDEN, "tenant_suspended", "The tenant is suspended", detail)
            }
            EngineError::NotFound(what) => Self::not_found(what),
            EngineError::Invalid(problems) => invalid(problems),
            EngineError::Conflict(_) => {
                Self::new(S::CONFLICT, "conflict", "It does not fit what is there", detail)
            }
            EngineError::IdempotencyMismatch => Self::new(
                S::UNPROCESSABLE_ENTITY,
                "idempotency_mismatch",
                "The Idempotency-Key belongs to another request",
                detail,
            ),
            EngineError::IdempotencyInProgress => {
                let title = "The first request with this Idempotency-Key is not answered yet";
                Self::new(S::CONFLICT, "idempotency_in_progress", title, detail)
                    .retry_after(limits::RETRY_AFTER_S)
            }
            EngineError::TooMany { retry_after_s } => {
                Self::new(S::TOO_MANY_REQUESTS, "too_many_requests", "Too many requests", detail)
                    .retry_after(retry_after_s)
            }
            EngineError::CodeRefused { code, retry_after_s, .. } => {
                let status = if retry_after_s.is_some() { S::TOO_MANY_REQUESTS } else { S::FORBIDDEN };
                let problem = Self::new(status, code, "No code was sent", detail);
                retry_after_s.map_or_else(|| problem.clone(), |seconds| problem.clone().retry_after(seconds))
            }
            EngineError::Unavailable { retry_after_s } => {
                Self::new(S::SERVICE_UNAVAILABLE, "unavailable", "The service is not available", detail)
                    .retry_after(retry_after_s)
            }
            EngineError::Full => {
                Self::new(S::INSUFFICIENT_STORAGE, "store_full", "The store is full", detail)
            }
            EngineError::Provider(cause) => provider(&cause),
            EngineError::Internal(cause) => {
                tracing::error!(%cause, "a request failed on our side");
                Self::internal()
            }
        }
    }
}

/// What cannot be read at all has a code of its own; the rest names its fields.
fn invalid(problems: Vec<FieldProblem>) -> Problem {
    if let [only] = problems.as_slice()
        && only.code.starts_with("json.")
    {
        return Problem::malformed_json(&*only.detail);
    }
    let error = |each: FieldProblem| FieldError { field: each.field, code: each.code, detail: each.detail };
    Problem::fields(problems.into_iter().map(error).collect())
}

/// A provider that did not do what was asked is a gateway's failure; what we refused ourselves is not.
fn provider(cause: &CallError) -> Problem {
    let (status, code, title) = match cause {
        CallError::Rejected(_) => (StatusCode::BAD_GATEWAY, "provider_rejected", "The provider refused"),
        CallError::Transport(TransportError::Timeout) => {
            (StatusCode::GATEWAY_TIMEOUT, "provider_timeout", "The provider did not answer in time")
        }
        CallError::Transport(_) => {
            (StatusCode::BAD_GATEWAY, "provider_unreachable", "The provider could not be reached")
        }
        CallError::Unreadable => {
            (StatusCode::BAD_GATEWAY, "provider_unreadable", "The provider's answer could not be read")
        }
        CallError::Refused(_) => {
            (StatusCode::UNPROCESSABLE_ENTITY, "refused", "It was not handed to the provider")
        }
    };
    Problem::new(status, code, title, cause.to_string())
}

#[cfg(test)]
mod tests;

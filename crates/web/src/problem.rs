//! Refusals as RFC 9457 problem details, each with a `code` that never changes its meaning.

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode, Uri};
use serde::Serialize;
use utoipa::ToSchema;

/// The media type of every refusal.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "type": "urn:tidings:problem:invalid_request", "title": "The request does not fit", "status": 400,
    "code": "invalid_request", "detail": "to.phone: this is not a phone number",
    "errors": [{"field": "to.phone", "code": "phone_invalid", "detail": "this is not a phone number"}],
}))]
pub struct Problem {
    /// `urn:tidings:problem:` and the code.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    pub kind: Box<str>,
    /// The same for every problem of this code.
    #[schema(value_type = String)]
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// Stable; decide by this one.
    #[schema(value_type = String)]
    pub code: &'static str,
    /// What it was this time.
    pub detail: String,
    /// The fields that do not fit, where fields are the matter.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<FieldError>,
    #[serde(skip)]
    pub retry_after_s: Option<u32>,
}

/// One field that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// The path of the field, such as `to.phone` or `messages[3].text.body`.
    pub field: String,
    /// Stable name of the rule.
    #[schema(value_type = String)]
    pub code: &'static str,
    pub detail: String,
}

impl Problem {
    pub fn new(
        status: StatusCode,
        code: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            kind: format!("urn:tidings:problem:{code}").into(),
            title,
            status: status.as_u16(),
            code,
            detail: detail.into(),
            errors: Vec::new(),
            retry_after_s: None,
        }
    }

    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds.max(1));
        self
    }

    /// Fields of a well-formed request that do not fit; the first one is the detail.
    pub fn fields(errors: Vec<FieldError>) -> Self {
        let detail = match errors.first() {
            Some(first) if first.field.is_empty() => first.detail.clone(),
            Some(first) => format!("{}: {}", first.field, first.detail),
            None => String::new(),
        };
        let mut problem =
            Self::new(StatusCode::BAD_REQUEST, "invalid_request", "The request does not fit", detail);
        problem.errors = errors;
        problem
    }

    pub fn field(field: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self::fields(vec![FieldError { field: field.into(), code, detail: detail.into() }])
    }

    pub fn malformed_json(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed_json", "The body is not JSON", detail)
    }

    pub fn unauthorized(detail: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "Not authorized", detail)
    }

    pub fn not_found(what: &str) -> Self {
        let detail = format!("there is no {what} with this id");
        Self::new(StatusCode::NOT_FOUND, "not_found", "It does not exist", detail)
    }

    pub fn too_large(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The body is too large", detail)
    }

    pub fn body_over_limit() -> Self {
        Self::too_large("the body is over the limit of this route")
    }

    pub fn media_type(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "media_type",
            "This media type is not taken here",
            detail,
        )
    }

    pub fn unreadable_body() -> Self {
        let detail = "the body could not be read to its end";
        Self::new(StatusCode::BAD_REQUEST, "unreadable_body", "The body broke off", detail)
    }

    pub fn busy() -> Self {
        let detail = "too many requests are being answered; try again later";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "The service is busy", detail)
            .retry_after(crate::limits::RETRY_AFTER_S)
    }

    pub fn out_of_time() -> Self {
        let detail =
            "the request took too long; it may have had its effect, so repeat it with its Idempotency-Key";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "timeout", "The time is over", detail)
            .retry_after(crate::limits::RETRY_AFTER_S)
    }

    pub fn internal() -> Self {
        let detail = "something went wrong on our side";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error", detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// Answers where no route is.
pub async fn unknown_route(uri: Uri) -> Problem {
    let detail = format!("there is nothing at {}", uri.path());
    Problem::new(StatusCode::NOT_FOUND, "unknown_route", "There is no such address", detail)
}

/// Answers where the route exists, but not for this method; the router adds `Allow`.
pub async fn wrong_method(method: http::Method, uri: Uri) -> Problem {
    let detail = format!("{method} is not answered at {}", uri.path());
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "This method is not answered here",
        detail,
    )
}

#[cfg(test)]
mod tests;

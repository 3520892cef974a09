//! The error object of the Graph API, in answers and in callbacks.

use bytes::Bytes;
use http::{HeaderMap, Response, header};
use serde::Deserialize;
use tidings_domain::fact::ProviderError;
use tidings_domain::provider::Rejection;

use super::lenient::{Maybe, Text};
use crate::limits::{RETRY_AFTER_S_MAX, WORDS_CHARS_MAX};

/// Status 0: the request was refused before it was written.
const NOT_WRITTEN: u16 = 0;
/// The code of a request that could not be written.
const NOT_WRITTEN_CODE: i64 = -1;

#[derive(Deserialize)]
struct Failed<'a> {
    #[serde(borrow, default)]
    error: Maybe<ErrorObject<'a>>,
}

/// All forms that an error takes: in an answer `message` leads, in a callback `title` does.
#[derive(Debug, Deserialize)]
pub(super) struct ErrorObject<'a> {
    #[serde(borrow, default)]
    code: Text<'a>,
    #[serde(borrow, default)]
    title: Text<'a>,
    #[serde(borrow, default)]
    message: Text<'a>,
    #[serde(borrow, default)]
    details: Text<'a>,
    #[serde(borrow, default)]
    error_data: Maybe<ErrorData<'a>>,
    #[serde(borrow, default)]
    error_user_title: Text<'a>,
    #[serde(borrow, default)]
    error_user_msg: Text<'a>,
}

#[derive(Debug, Deserialize)]
struct ErrorData<'a> {
    #[serde(borrow, default)]
    details: Text<'a>,
}

impl ErrorObject<'_> {
    /// Without a code nothing can be concluded, so it counts as unreadable.
    pub(super) fn neutral(&self) -> Option<ProviderError> {
        let details = self.error_data.get().and_then(|data| data.details.get());
        Some(ProviderError {
            code: self.code.number()?,
            title: words(self.title.get().or(self.message.get()).or(self.error_user_title.get())),
            detail: words(details.or(self.details.get()).or(self.error_user_msg.get())),
        })
    }
}

fn words(text: Option<&str>) -> String {
    text.unwrap_or_default().chars().take(WORDS_CHARS_MAX).collect()
}

/// The rejection in an answer, if its error can be read.
pub(super) fn readable(answer: &Response<Bytes>) -> Option<Rejection> {
    let failed: Failed<'_> = serde_json::from_slice(answer.body()).ok()?;
    let error = failed.error.get()?.neutral()?;
    Some(rejection(answer, error))
}

/// A rejection by status alone, with the negative status as its code.
pub(super) fn by_status(answer: &Response<Bytes>) -> Rejection {
    let error = ProviderError {
        code: -i64::from(answer.status().as_u16()),
        title: "the provider answered without a readable error".to_owned(),
        detail: String::new(),
    };
    rejection(answer, error)
}

/// A request that was never written.
pub(super) fn unwritable(title: &str) -> Rejection {
    let error = ProviderError { code: NOT_WRITTEN_CODE, title: title.to_owned(), detail: String::new() };
    Rejection { error, http_status: NOT_WRITTEN, retry_after_s: None }
}

fn rejection(answer: &Response<Bytes>, error: ProviderError) -> Rejection {
    Rejection { error, http_status: answer.status().as_u16(), retry_after_s: retry_after(answer.headers()) }
}

/// Seconds only: a date would need a clock, and the platform sends none.
fn retry_after(headers: &HeaderMap) -> Option<u32> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().unwrap_or(RETRY_AFTER_S_MAX).min(RETRY_AFTER_S_MAX))
}

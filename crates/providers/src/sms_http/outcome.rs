//! What an answer proves of a submission.

use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{Response, StatusCode};
use serde::Deserialize;
use tidings_domain::fact::ProviderError;
use tidings_domain::provider::{Doubt, Outcome, Rejection};

use crate::limits::{PROVIDER_ID_BYTES_MAX, RETRY_AFTER_S_MAX, WORDS_CHARS_MAX};

#[derive(Deserialize)]
struct Accepted {
    sid: String,
}

#[derive(Deserialize)]
struct Refused {
    code: i64,
    #[serde(default)]
    message: String,
}

pub(super) fn read(answer: &Response<Bytes>) -> Outcome {
    let status = answer.status();
    if status.is_success() {
        return match serde_json::from_slice::<Accepted>(answer.body()) {
            Ok(Accepted { sid }) if (1..=PROVIDER_ID_BYTES_MAX).contains(&sid.len()) => {
                Outcome::Accepted { provider_id: sid, held: false }
            }
            _ => Outcome::InDoubt(Doubt::Unreadable),
        };
    }
    let rejection = rejection(answer);
    // A failing server may have acted before it failed.
    let open = matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY);
    if status.is_client_error() && !open {
        Outcome::Rejected(rejection)
    } else {
        Outcome::InDoubt(Doubt::Failure(rejection))
    }
}

fn rejection(answer: &Response<Bytes>) -> Rejection {
    let status = answer.status().as_u16();
    let error = match serde_json::from_slice::<Refused>(answer.body()) {
        Ok(Refused { code, message }) if code > 0 => ProviderError {
            code,
            title: message.chars().take(WORDS_CHARS_MAX).collect(),
            detail: String::new(),
        },
        _ => ProviderError { code: -i64::from(status), ..ProviderError::default() },
    };
    let wait = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    Rejection {
        error,
        http_status: status,
        retry_after_s: wait.map(|seconds: u32| seconds.min(RETRY_AFTER_S_MAX)),
    }
}

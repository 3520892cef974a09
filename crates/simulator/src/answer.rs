//! What the simulator says back.

use bytes::Bytes;
use http::{Response, StatusCode, header};

use crate::error::GraphError;

/// An answer and how it is to be given.
pub struct Answer {
    pub response: Response<Bytes>,
    /// Wait this long before answering.
    pub delay_us: i64,
    /// The client never gets an answer.
    pub hang: bool,
}

impl Answer {
    pub(crate) fn json(status: u16, body: impl Into<Bytes>) -> Answer {
        Answer::typed(status, "application/json; charset=UTF-8", body.into())
    }

    pub(crate) fn typed(status: u16, mime: &str, body: Bytes) -> Answer {
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(status).expect("the simulator uses valid statuses");
        let mime = header::HeaderValue::from_str(mime)
            .unwrap_or(header::HeaderValue::from_static("application/octet-stream"));
        response.headers_mut().insert(header::CONTENT_TYPE, mime);
        Answer { response, delay_us: 0, hang: false }
    }

    pub(crate) fn error(error: &GraphError, trace: u64) -> Answer {
        let mut answer = Answer::json(error.http, error.body(trace));
        if error.http == 401 {
            answer.response.headers_mut().insert(
                header::WWW_AUTHENTICATE,
                header::HeaderValue::from_static("OAuth \"Facebook Platform\" \"invalid_token\""),
            );
        }
        answer
    }

    pub(crate) fn success() -> Answer {
        Answer::json(200, &b"{\"success\":true}"[..])
    }

    pub(crate) fn value(value: &serde_json::Value) -> Answer {
        Answer::json(200, value.to_string())
    }

    pub(crate) fn hanging(mut self) -> Answer {
        self.hang = true;
        self
    }
}

//! Management calls: a success gives its body, everything else one error.

use bytes::Bytes;
use http::{Method, Response};
use tidings_domain::credentials::Credentials;
use tidings_domain::provider::CallError;
use tidings_domain::transport::Bounds;

use super::endpoint::{Payload, Unwritable};
use super::{CloudProvider, answer};

impl From<Unwritable> for CallError {
    fn from(unwritable: Unwritable) -> Self {
        Self::Refused(unwritable.0.to_owned())
    }
}

impl CloudProvider {
    pub(super) async fn call(
        &self,
        credentials: &Credentials,
        method: Method,
        node: &str,
        rest: &str,
        payload: Payload,
        bounds: Bounds,
    ) -> Result<Bytes, CallError> {
        let request = self.endpoint.request(method, node, rest, &credentials.access_token, payload)?;
        let answer = self.transport.exchange(request, bounds).await?;
        if answer.status().is_success() {
            return Ok(answer.into_body());
        }
        Err(refused(&answer))
    }

    pub(super) async fn get(
        &self,
        credentials: &Credentials,
        node: &str,
        rest: &str,
        bounds: Bounds,
    ) -> Result<Bytes, CallError> {
        self.call(credentials, Method::GET, node, rest, Payload::None, bounds).await
    }
}

fn refused(answer: &Response<Bytes>) -> CallError {
    CallError::Rejected(answer::readable(answer).unwrap_or_else(|| answer::by_status(answer)))
}

/// Reads a body of which every member may be missing; only what is no JSON object is unreadable.
pub(super) fn read<'a, T: serde::Deserialize<'a>>(body: &'a [u8]) -> Result<T, CallError> {
    serde_json::from_slice::<super::lenient::Maybe<T>>(body)
        .ok()
        .and_then(|read| read.0)
        .ok_or(CallError::Unreadable)
}

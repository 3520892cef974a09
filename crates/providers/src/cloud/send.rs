//! One submission: `POST /{sender}/messages` with our attempt id in its callback data.

use http::{HeaderName, HeaderValue, Method};
use tidings_domain::address::Address;
use tidings_domain::credentials::Credentials;
use tidings_domain::id::AttemptId;
use tidings_domain::outgoing::Outgoing;
use tidings_domain::provider::{Doubt, Outcome, Submission};
use tidings_domain::trace::TraceId;
use tidings_domain::whatsapp::Recipient;

use super::endpoint::Payload;
use super::{CloudProvider, answer, outcome};
use crate::limits::{SUBMISSION_BYTES_USUAL, SUBMIT};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

impl CloudProvider {
    pub(super) async fn send(&self, credentials: &Credentials, submission: Submission<'_>) -> Outcome {
        let recipient = match submission.to {
            Address::Phone(phone) => Recipient::Phone(phone.as_str()),
            Address::Bsuid(bsuid) => Recipient::Bsuid(bsuid.as_str()),
            Address::Email(_) => {
                return Outcome::Rejected(answer::unwritable(
                    "an e-mail address cannot receive this channel",
                ));
            }
        };
        let Outgoing::Whatsapp(content) = submission.content else {
            return Outcome::Rejected(answer::unwritable("this content is for another channel"));
        };
        let mut body = Vec::with_capacity(SUBMISSION_BYTES_USUAL);
        content.write_body(recipient, &submission.attempt.to_string(), &mut body);
        let written = self.endpoint.request(
            Method::POST,
            submission.sender_ref,
            "/messages",
            &credentials.access_token,
            Payload::Json(body),
        );
        let request = match written {
            Ok(mut request) => {
                if let Some(trace) = submission.trace {
                    request.headers_mut().insert(TRACEPARENT, traceparent(trace, submission.attempt));
                }
                request
            }
            Err(unwritable) => return Outcome::Rejected(answer::unwritable(unwritable.0)),
        };
        match self.transport.exchange(request, SUBMIT).await {
            Ok(answer) => outcome::read(&answer),
            Err(error) if error.in_doubt() => Outcome::InDoubt(Doubt::Transport(error)),
            Err(error) => Outcome::NotSent(error),
        }
    }
}

/// The message's trace; each attempt is a span of its own.
fn traceparent(trace: TraceId, attempt: AttemptId) -> HeaderValue {
    let bytes = attempt.as_bytes();
    let span = u64::from_be_bytes(bytes[8..].try_into().expect("half of sixteen bytes"));
    HeaderValue::from_str(&trace.traceparent(span)).expect("hexadecimal digits and dashes")
}

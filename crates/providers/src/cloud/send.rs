//! One submission: `POST /{sender}/messages` with our attempt id in its callback data.

use http::Method;
use tidings_domain::address::Address;
use tidings_domain::credentials::Credentials;
use tidings_domain::provider::{Doubt, Outcome, Submission};
use tidings_domain::whatsapp::Recipient;

use super::endpoint::Payload;
use super::{CloudProvider, answer, outcome};
use crate::limits::{SUBMISSION_BYTES_USUAL, SUBMIT};

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
        let mut body = Vec::with_capacity(SUBMISSION_BYTES_USUAL);
        submission.content.write_body(recipient, &submission.attempt.to_string(), &mut body);
        let written = self.endpoint.request(
            Method::POST,
            submission.sender_ref,
            "/messages",
            &credentials.access_token,
            Payload::Json(body),
        );
        let request = match written {
            Ok(request) => request,
            Err(unwritable) => return Outcome::Rejected(answer::unwritable(unwritable.0)),
        };
        match self.transport.exchange(request, SUBMIT).await {
            Ok(answer) => outcome::read(&answer),
            Err(error) if error.in_doubt() => Outcome::InDoubt(Doubt::Transport(error)),
            Err(error) => Outcome::NotSent(error),
        }
    }
}

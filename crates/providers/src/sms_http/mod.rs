//! SMS by an HTTP API in the Twilio style: a form goes out, signed forms come back.
//!
//! The API has no idempotency key. The address for receipts carries our attempt's id, so a receipt settles a doubt.

mod callback;
mod outcome;
mod signature;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{Method, Request};
use tidings_domain::clock::{BoxFuture, Clock};
use tidings_domain::credentials::{Connection, Credentials, ProviderKind, SmsHttp};
use tidings_domain::fact::CallbackEntry;
use tidings_domain::outgoing::Outgoing;
use tidings_domain::provider::{Callback, CallbackError, Doubt, Outcome, Provider, Submission};
use tidings_domain::transport::{Transport, TransportError};

use crate::limits;

/// The query of a status callback by which we know our attempt again.
const ATTEMPT: &str = "attempt";

/// The adapter to such APIs; one serves all accounts.
pub struct SmsHttpProvider {
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
}

impl SmsHttpProvider {
    pub fn new(transport: Arc<dyn Transport>, clock: Arc<dyn Clock>) -> Self {
        Self { transport, clock }
    }

    async fn send(&self, credentials: &Credentials, submission: Submission<'_>) -> Outcome {
        let Some(request) = request(credentials, &submission) else {
            return Outcome::NotSent(TransportError::Connect);
        };
        match self.transport.exchange(request, limits::SUBMIT).await {
            Ok(answer) => outcome::read(&answer),
            Err(error) if error.in_doubt() => Outcome::InDoubt(Doubt::Transport(error)),
            Err(error) => Outcome::NotSent(error),
        }
    }
}

fn request(credentials: &Credentials, submission: &Submission<'_>) -> Option<Request<Bytes>> {
    let (Some(Connection::SmsHttp(api)), Outgoing::Sms(sms)) = (&credentials.connection, submission.content)
    else {
        return None;
    };
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("To", submission.to.expose());
    form.append_pair(sender_field(submission.sender_ref), submission.sender_ref);
    form.append_pair("Body", &sms.text);
    if let Some(url) = api.status_callback.as_ref().and_then(|url| url::Url::parse(url).ok()) {
        let mut url = url;
        url.query_pairs_mut().append_pair(ATTEMPT, &submission.attempt.to_string());
        form.append_pair("StatusCallback", url.as_str());
    }
    let base = api.base_url.trim_end_matches('/');
    Request::builder()
        .method(Method::POST)
        .uri(format!("{base}/2010-04-01/Accounts/{}/Messages.json", api.account_sid))
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(ACCEPT, "application/json")
        .header(AUTHORIZATION, basic(api, credentials))
        .body(Bytes::from(form.finish()))
        .ok()
}

/// A pool of senders has an id of its own.
fn sender_field(sender: &str) -> &'static str {
    let pool = sender.len() == 34 && sender.starts_with("MG");
    if pool { "MessagingServiceSid" } else { "From" }
}

fn basic(api: &SmsHttp, credentials: &Credentials) -> String {
    let user = api.username.as_ref().unwrap_or(&api.account_sid);
    format!("Basic {}", BASE64.encode(format!("{user}:{}", credentials.access_token.expose())))
}

impl Provider for SmsHttpProvider {
    fn kind(&self) -> ProviderKind {
        ProviderKind::SmsHttp
    }

    fn submit<'a>(
        &'a self,
        credentials: &'a Credentials,
        submission: Submission<'a>,
    ) -> BoxFuture<'a, Outcome> {
        Box::pin(self.send(credentials, submission))
    }

    fn verify(&self, credentials: &Credentials, callback: Callback<'_>) -> Result<(), CallbackError> {
        signature::verify(credentials, callback)
    }

    fn parse(&self, callback: Callback<'_>) -> Result<Vec<CallbackEntry>, CallbackError> {
        callback::parse(callback, self.clock.now())
    }
}

//! What the provider answers: a verdict on a submission, a list of templates.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{FutureExt, stream};
use http::{Request, Response};
use tidings_domain::address::Address;
use tidings_domain::clock::BoxFuture;
use tidings_domain::credentials::Credentials;
use tidings_domain::failure;
use tidings_domain::id::{AttemptId, Id};
use tidings_domain::provider::{Chunks, Doubt, Outcome, Provider, Submission};
use tidings_domain::secret::Secret;
use tidings_domain::transport::{Bounds, Transport, TransportError};
use tidings_domain::whatsapp::{Outgoing, fill_template};
use tidings_providers::cloud::CloudProvider;
use tidings_providers::http::Downloads;
use tidings_providers::limits::WORDS_CHARS_MAX;

/// Statuses that mean different things to the reader.
const STATUSES: [u16; 8] = [200, 400, 401, 404, 408, 429, 500, 503];

/// Answers everything with the same bytes.
struct Canned(u16, Bytes);

impl Canned {
    fn answer<T>(&self, body: T) -> Response<T> {
        Response::builder().status(self.0).body(body).expect("a status and a body are an answer")
    }
}

impl Transport for Canned {
    fn exchange(
        &self,
        _: Request<Bytes>,
        _: Bounds,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        Box::pin(async { Ok(self.answer(self.1.clone())) })
    }
}

impl Downloads for Canned {
    fn open(&self, _: Request<Bytes>, _: Bounds) -> BoxFuture<'_, Result<Response<Chunks>, TransportError>> {
        Box::pin(async { Ok(self.answer(Box::pin(stream::iter([Ok(self.1.clone())])) as Chunks)) })
    }
}

/// An adapter whose provider always answers so.
pub fn provider(status: u16, body: &[u8]) -> CloudProvider {
    let canned = Arc::new(Canned(status, Bytes::copy_from_slice(body)));
    CloudProvider::new(canned.clone(), canned, "https://graph.example.com", "v24.0")
        .expect("an address and a version")
}

fn credentials() -> Credentials {
    Credentials {
        access_token: Secret::new("token"),
        app_secrets: vec![Secret::new("secret")],
        verify_token: Secret::new("verify"),
        connection: None,
    }
}

/// The first byte chooses the status, the rest is the answer's body.
pub fn answer(bytes: &[u8]) {
    let Some((choice, body)) = bytes.split_first() else { return };
    let status = STATUSES[usize::from(*choice) % STATUSES.len()];
    let (provider, credentials) = (provider(status, body), credentials());
    let to = Address::parse("bsuid", "US.13491208655302741918").expect("a user id");
    let content = Outgoing::text("Hello", false);
    let attempt = AttemptId::from_bytes([1; 16]);
    let submission = Submission {
        attempt,
        account: tidings_domain::id::Id::from_bytes([9; 16]),
        sender_ref: "106540352242922",
        to: &to,
        content: &content.into(),
        trace: None,
    };
    let submitted = provider.submit(&credentials, submission).now_or_never();
    match submitted.expect("nothing here waits") {
        Outcome::Accepted { provider_id, .. } => {
            assert!(status == 200 && !provider_id.is_empty(), "accepted at {status}");
        }
        Outcome::Rejected(rejection) | Outcome::InDoubt(Doubt::Failure(rejection)) => {
            assert!(status != 200, "a failure at 200");
            let error = rejection.error;
            assert!(error.title.chars().count() <= WORDS_CHARS_MAX, "a long title");
            assert!(error.detail.chars().count() <= WORDS_CHARS_MAX, "a long detail");
            let _ = failure::cloud(error.code);
        }
        Outcome::InDoubt(Doubt::Unreadable) => assert_eq!(status, 200),
        other => panic!("{other:?} though the exchange was whole"),
    }
}

/// A page of templates, each of which is then filled as far as it lets itself.
pub fn templates(bytes: &[u8]) {
    let (provider, credentials) = (provider(200, bytes), credentials());
    let Some(listed) = provider.templates(&credentials, "102290129340398").now_or_never() else { return };
    for definition in listed.unwrap_or_default() {
        for variables in
            [serde_json::json!(null), serde_json::json!(["a", "b"]), serde_json::json!({"1": "a"})]
        {
            if let Ok(template) = fill_template(&definition, &variables) {
                let _ = definition.check(&template);
            }
        }
    }
}

//! An adapter to an outside system: submit, verify, parse; bytes in, neutral facts out.

use std::sync::Arc;

use bytes::Bytes;

use crate::address::Address;
use crate::clock::BoxFuture;
use crate::credentials::{Credentials, ProviderKind};
use crate::fact::{CallbackEntry, ProviderError};
use crate::id::AttemptId;
use crate::transport::TransportError;
use crate::whatsapp::{self, TemplateDefinition};

/// One message on its way out.
#[derive(Debug)]
pub struct Submission<'a> {
    pub attempt: AttemptId,
    /// The provider's id of the sender.
    pub sender_ref: &'a str,
    pub to: &'a Address,
    pub content: &'a whatsapp::Outgoing,
    pub trace: Option<crate::trace::TraceId>,
}

/// What became of a submission, as far as the answer tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Accepted {
        provider_id: String,
        /// The platform keeps it back to judge its quality.
        held: bool,
    },
    /// A definite no.
    Rejected(Rejection),
    /// The request certainly did not leave us.
    NotSent(TransportError),
    /// It may have been carried out.
    InDoubt(Doubt),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    pub error: ProviderError,
    pub http_status: u16,
    pub retry_after_s: Option<u32>,
}

/// Why nobody knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    Transport(TransportError),
    /// The provider answered with a failure that does not say whether it acted.
    Failure(Rejection),
    /// A success that could not be read.
    Unreadable,
    /// We stopped between sending and recording.
    Crash,
}

impl Doubt {
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Transport(TransportError::Timeout) => "timeout",
            Self::Transport(_) => "connection_broken",
            Self::Failure(_) => "server_failure",
            Self::Unreadable => "unreadable_answer",
            Self::Crash => "crash",
        }
    }
}

/// Why a callback was turned away; nothing of it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallbackError {
    #[error("the signature is missing or wrong")]
    Signature,
    #[error("the body is not what this provider sends")]
    Malformed,
}

/// Why a management call came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    #[error("the provider refused: {} (code {})", .0.error.title, .0.error.code)]
    Rejected(Rejection),
    #[error("the provider could not be reached: {0}")]
    Transport(#[from] TransportError),
    #[error("the provider's answer could not be read")]
    Unreadable,
    #[error("{0}")]
    Refused(String),
}

/// A file as the provider describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaInfo {
    pub provider_id: String,
    pub mime_type: String,
    pub sha256: Option<String>,
    pub bytes: Option<u64>,
    pub url: Option<String>,
}

/// Health fields of a sender as the provider shows them.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct SenderHealth {
    pub display_number: Option<String>,
    pub verified_name: Option<String>,
    pub quality: Option<String>,
    pub status: Option<String>,
    pub throughput: Option<String>,
    pub messaging_limit: Option<String>,
    pub can_send: Option<String>,
}

/// Health fields of an account as the provider shows them.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct AccountHealth {
    pub name: Option<String>,
    /// The provider's id of the business portfolio that owns the account.
    pub portfolio: Option<String>,
    pub review_status: Option<String>,
    pub can_send: Option<String>,
}

/// A file to upload.
#[derive(Debug, Clone)]
pub struct Upload {
    pub mime_type: String,
    pub filename: String,
    pub bytes: Bytes,
}

/// A template as it is handed in: `name`, `language`, `category`, `components` and what else the platform reads.
#[derive(Debug, Clone, Copy)]
pub struct TemplateSubmission<'a> {
    pub account_ref: &'a str,
    /// The provider's id, where the template stands there already and is to be replaced.
    pub provider_id: Option<&'a str>,
    pub definition: &'a serde_json::Value,
}

/// What the provider said to a template that was handed in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TemplateTaken {
    pub provider_id: String,
    /// The platform's words, such as `PENDING` and `UTILITY`, if it said them.
    pub status: Option<String>,
    pub category: Option<String>,
}

/// Chunks of a download, in order.
pub type Chunks = std::pin::Pin<Box<dyn futures_core::Stream<Item = Result<Bytes, TransportError>> + Send>>;

/// The one door to a provider. Adapters retry nothing and store nothing.
pub trait Provider: Send + Sync + 'static {
    fn kind(&self) -> ProviderKind;

    fn submit<'a>(
        &'a self,
        credentials: &'a Credentials,
        submission: Submission<'a>,
    ) -> BoxFuture<'a, Outcome>;

    /// Answers the set-up handshake of a callback address: the text to return, if the token matches.
    fn handshake(&self, credentials: &Credentials, query: &[(String, String)]) -> Option<String>;

    /// Checks the signature over the raw bytes, against each secret that is valid now.
    fn verify(
        &self,
        credentials: &Credentials,
        headers: &http::HeaderMap,
        body: &[u8],
    ) -> Result<(), CallbackError>;

    fn parse(&self, body: &[u8]) -> Result<Vec<CallbackEntry>, CallbackError>;

    fn mark_read<'a>(
        &'a self,
        credentials: &'a Credentials,
        sender_ref: &'a str,
        provider_id: &'a str,
        typing: bool,
    ) -> BoxFuture<'a, Result<(), CallError>>;

    fn upload<'a>(
        &'a self,
        credentials: &'a Credentials,
        sender_ref: &'a str,
        file: Upload,
    ) -> BoxFuture<'a, Result<String, CallError>>;

    fn media_info<'a>(
        &'a self,
        credentials: &'a Credentials,
        sender_ref: &'a str,
        media_id: &'a str,
    ) -> BoxFuture<'a, Result<MediaInfo, CallError>>;

    /// The bytes of a file, streamed, with size and type checked against what the provider announced.
    fn download<'a>(
        &'a self,
        credentials: &'a Credentials,
        info: &'a MediaInfo,
    ) -> BoxFuture<'a, Result<Chunks, CallError>>;

    fn templates<'a>(
        &'a self,
        credentials: &'a Credentials,
        account_ref: &'a str,
    ) -> BoxFuture<'a, Result<Vec<TemplateDefinition>, CallError>>;

    /// Hands in a template: as a new one, or in place of the one with `provider_id`.
    fn submit_template<'a>(
        &'a self,
        credentials: &'a Credentials,
        submission: TemplateSubmission<'a>,
    ) -> BoxFuture<'a, Result<TemplateTaken, CallError>>;

    /// Removes one localization of a template.
    fn delete_template<'a>(
        &'a self,
        credentials: &'a Credentials,
        account_ref: &'a str,
        name: &'a str,
        provider_id: &'a str,
    ) -> BoxFuture<'a, Result<(), CallError>>;

    /// Uploads the sample of a header; the handle stands in a template's `example.header_handle`.
    fn upload_sample<'a>(
        &'a self,
        credentials: &'a Credentials,
        file: Upload,
    ) -> BoxFuture<'a, Result<String, CallError>>;

    fn sender_health<'a>(
        &'a self,
        credentials: &'a Credentials,
        sender_ref: &'a str,
    ) -> BoxFuture<'a, Result<SenderHealth, CallError>>;

    fn account_health<'a>(
        &'a self,
        credentials: &'a Credentials,
        account_ref: &'a str,
    ) -> BoxFuture<'a, Result<AccountHealth, CallError>>;
}

/// The adapters of this installation, by kind.
#[derive(Clone, Default)]
pub struct Providers(Vec<(ProviderKind, Arc<dyn Provider>)>);

impl Providers {
    pub fn with(mut self, provider: Arc<dyn Provider>) -> Self {
        self.0.push((provider.kind(), provider));
        self
    }
    pub fn get(&self, kind: ProviderKind) -> Option<&Arc<dyn Provider>> {
        self.0.iter().find(|(each, _)| *each == kind).map(|(_, provider)| provider)
    }
}

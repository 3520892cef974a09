//! An adapter to an outside system: submit, verify, parse; bytes in, neutral facts out.

use std::sync::Arc;

use bytes::Bytes;

use crate::address::Address;
use crate::clock::BoxFuture;
use crate::credentials::{Credentials, ProviderKind};
use crate::fact::{CallbackEntry, ProviderError};
use crate::failure;
use crate::id::{AccountId, AttemptId};
use crate::lifecycle::AttemptState;
use crate::outgoing::Outgoing;
use crate::transport::TransportError;
use crate::whatsapp::TemplateDefinition;

/// One message on its way out.
#[derive(Debug)]
pub struct Submission<'a> {
    pub attempt: AttemptId,
    pub account: AccountId,
    /// The provider's id of the sender.
    pub sender_ref: &'a str,
    pub to: &'a Address,
    pub content: &'a Outgoing,
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

impl Outcome {
    /// With codes as they are stored: the adapter names its provider's own.
    #[must_use]
    pub fn of(mut self, kind: ProviderKind) -> Self {
        if let Self::Rejected(rejection) | Self::InDoubt(Doubt::Failure(rejection)) = &mut self {
            rejection.error.code = failure::stored(kind, rejection.error.code);
        }
        self
    }
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

/// A call of a provider at the callback address of an account.
#[derive(Debug, Clone, Copy)]
pub struct Callback<'a> {
    /// The whole address that was called, as the provider sees it: some sign it.
    pub url: &'a str,
    pub headers: &'a http::HeaderMap,
    pub body: &'a [u8],
}

/// Why a callback was turned away; nothing of it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallbackError {
    #[error("the signature is missing or wrong")]
    Signature,
    #[error("the body is not what this provider sends")]
    Malformed,
}

/// What a provider knows of an attempt that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookedUp {
    /// It has it, under this id, and so far.
    Found { provider_id: String, state: AttemptState },
    /// It never took it.
    Absent,
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

/// Where an adapter hands in what arrived on a connection of its own. `Ok` says that it is durable, so that it may be
/// acknowledged; else the other side shall bring it again.
pub trait Inbox: Send + Sync {
    fn take(&self, entries: Vec<CallbackEntry>) -> BoxFuture<'_, Result<(), InboxClosed>>;
}

/// What arrived could not be stored now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what arrived could not be stored now")]
pub struct InboxClosed;

/// One account to attend to, and whose it is.
#[derive(Clone)]
pub struct Attended {
    pub account: AccountId,
    /// The provider's own id of the account.
    pub account_ref: String,
    /// The provider's ids of its senders.
    pub sender_refs: Vec<String>,
    pub credentials: Credentials,
    pub inbox: Arc<dyn Inbox>,
}

/// The one door to a provider. Adapters retry nothing and store nothing. What a provider does not have, its adapter
/// leaves as it stands here.
pub trait Provider: Send + Sync + 'static {
    fn kind(&self) -> ProviderKind;

    fn submit<'a>(
        &'a self,
        credentials: &'a Credentials,
        submission: Submission<'a>,
    ) -> BoxFuture<'a, Outcome>;

    /// Keeps what an account needs beside single calls, such as a session on which receipts arrive or a look at its
    /// state. Run by the owner of the account, and dropped when it is no longer that; returns at once where nothing is
    /// needed.
    fn attend(&self, _attended: Attended) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }

    /// Asks the provider what became of an attempt whose outcome is unknown. `None` where it cannot say.
    fn look_up<'a>(
        &'a self,
        _credentials: &'a Credentials,
        _sender_ref: &'a str,
        _attempt: AttemptId,
    ) -> BoxFuture<'a, Result<Option<LookedUp>, CallError>> {
        Box::pin(async { Ok(None) })
    }

    /// Answers the set-up handshake of a callback address: the text to return, if the token matches.
    fn handshake(&self, _credentials: &Credentials, _query: &[(String, String)]) -> Option<String> {
        None
    }

    /// Checks the signature over the raw bytes, against each secret that is valid now.
    fn verify(&self, _credentials: &Credentials, _callback: Callback<'_>) -> Result<(), CallbackError> {
        Err(CallbackError::Signature)
    }

    fn parse(&self, _callback: Callback<'_>) -> Result<Vec<CallbackEntry>, CallbackError> {
        Err(CallbackError::Malformed)
    }

    fn mark_read<'a>(
        &'a self,
        _credentials: &'a Credentials,
        _sender_ref: &'a str,
        _provider_id: &'a str,
        _typing: bool,
    ) -> BoxFuture<'a, Result<(), CallError>> {
        unknown("mark messages as read")
    }

    fn upload<'a>(
        &'a self,
        _credentials: &'a Credentials,
        _sender_ref: &'a str,
        _file: Upload,
    ) -> BoxFuture<'a, Result<String, CallError>> {
        unknown("keep files")
    }

    fn media_info<'a>(
        &'a self,
        _credentials: &'a Credentials,
        _sender_ref: &'a str,
        _media_id: &'a str,
    ) -> BoxFuture<'a, Result<MediaInfo, CallError>> {
        unknown("keep files")
    }

    /// The bytes of a file, streamed, with size and type checked against what the provider announced.
    fn download<'a>(
        &'a self,
        _credentials: &'a Credentials,
        _info: &'a MediaInfo,
    ) -> BoxFuture<'a, Result<Chunks, CallError>> {
        unknown("keep files")
    }

    fn templates<'a>(
        &'a self,
        _credentials: &'a Credentials,
        _account_ref: &'a str,
    ) -> BoxFuture<'a, Result<Vec<TemplateDefinition>, CallError>> {
        unknown("keep templates")
    }

    /// Hands in a template: as a new one, or in place of the one with `provider_id`.
    fn submit_template<'a>(
        &'a self,
        _credentials: &'a Credentials,
        _submission: TemplateSubmission<'a>,
    ) -> BoxFuture<'a, Result<TemplateTaken, CallError>> {
        unknown("keep templates")
    }

    /// Removes one localization of a template.
    fn delete_template<'a>(
        &'a self,
        _credentials: &'a Credentials,
        _account_ref: &'a str,
        _name: &'a str,
        _provider_id: &'a str,
    ) -> BoxFuture<'a, Result<(), CallError>> {
        unknown("keep templates")
    }

    /// Uploads the sample of a header; the handle stands in a template's `example.header_handle`.
    fn upload_sample<'a>(
        &'a self,
        _credentials: &'a Credentials,
        _file: Upload,
    ) -> BoxFuture<'a, Result<String, CallError>> {
        unknown("keep templates")
    }

    fn sender_health<'a>(
        &'a self,
        _credentials: &'a Credentials,
        _sender_ref: &'a str,
    ) -> BoxFuture<'a, Result<SenderHealth, CallError>> {
        Box::pin(async { Ok(SenderHealth::default()) })
    }

    fn account_health<'a>(
        &'a self,
        _credentials: &'a Credentials,
        _account_ref: &'a str,
    ) -> BoxFuture<'a, Result<AccountHealth, CallError>> {
        Box::pin(async { Ok(AccountHealth::default()) })
    }
}

fn unknown<'a, T: Send + 'a>(what: &'static str) -> BoxFuture<'a, Result<T, CallError>> {
    Box::pin(async move { Err(CallError::Refused(format!("This provider does not {what}."))) })
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

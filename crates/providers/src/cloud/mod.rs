//! WhatsApp through Meta's Cloud API.

mod answer;
mod calls;
mod endpoint;
mod handshake;
mod health;
mod lenient;
mod media;
mod outcome;
mod read;
mod samples;
mod send;
mod signature;
mod submissions;
mod templates;
#[cfg(test)]
mod tests;
mod webhook;

use std::sync::Arc;

use tidings_domain::clock::BoxFuture;
use tidings_domain::credentials::{Credentials, ProviderKind};
use tidings_domain::fact::CallbackEntry;
use tidings_domain::provider::{
    AccountHealth, CallError, Callback, CallbackError, Chunks, MediaInfo, Outcome, Provider, SenderHealth,
    Submission, TemplateSubmission, TemplateTaken, Upload,
};
use tidings_domain::transport::Transport;
use tidings_domain::whatsapp::TemplateDefinition;

use crate::http::Downloads;

pub use endpoint::BaseUrlError;
use endpoint::Endpoint;

/// The adapter to the Cloud API; one serves all accounts.
pub struct CloudProvider {
    transport: Arc<dyn Transport>,
    downloads: Arc<dyn Downloads>,
    endpoint: Endpoint,
}

impl CloudProvider {
    /// `base_url` such as `https://graph.facebook.com`, `api_version` such as `v24.0`.
    pub fn new(
        transport: Arc<dyn Transport>,
        downloads: Arc<dyn Downloads>,
        base_url: &str,
        api_version: &str,
    ) -> Result<Self, BaseUrlError> {
        let endpoint = Endpoint::new(base_url, api_version)?;
        Ok(Self { transport, downloads, endpoint })
    }
}

impl std::fmt::Debug for CloudProvider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CloudProvider").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl Provider for CloudProvider {
    fn kind(&self) -> ProviderKind {
        ProviderKind::Cloud
    }

    fn submit<'a>(
        &'a self,
        credentials: &'a Credentials,
        submission: Submission<'a>,
    ) -> BoxFuture<'a, Outcome> {
        Box::pin(self.send(credentials, submission))
    }

    fn handshake(&self, credentials: &Credentials, query: &[(String, String)]) -> Option<String> {
        handshake::answer(credentials, query)
    }

    fn verify(&self, credentials: &Credentials, callback: Callback<'_>) -> Result<(), CallbackError> {
        signature::verify(&credentials.app_secrets, callback.headers, callback.body)
    }

    fn parse(&self, callback: Callback<'_>) -> Result<Vec<CallbackEntry>, CallbackError> {
        webhook::parse(callback.body)
    }

    fn mark_read<'a>(
        &'a self,
        credentials: &'a Credentials,
        sender_ref: &'a str,
        provider_id: &'a str,
        typing: bool,
    ) -> BoxFuture<'a, Result<(), CallError>> {
        Box::pin(self.mark(credentials, sender_ref, provider_id, typing))
    }

    fn upload<'a>(
        &'a self,
        credentials: &'a Credentials,
        sender_ref: &'a str,
        file: Upload,
    ) -> BoxFuture<'a, Result<String, CallError>> {
        Box::pin(self.upload_file(credentials, sender_ref, file))
    }

    fn media_info<'a>(
        &'a self,
        credentials: &'a Credentials,
        sender_ref: &'a str,
        media_id: &'a str,
    ) -> BoxFuture<'a, Result<MediaInfo, CallError>> {
        Box::pin(self.describe_file(credentials, sender_ref, media_id))
    }

    fn download<'a>(
        &'a self,
        credentials: &'a Credentials,
        info: &'a MediaInfo,
    ) -> BoxFuture<'a, Result<Chunks, CallError>> {
        Box::pin(self.download_file(credentials, info))
    }

    fn templates<'a>(
        &'a self,
        credentials: &'a Credentials,
        account_ref: &'a str,
    ) -> BoxFuture<'a, Result<Vec<TemplateDefinition>, CallError>> {
        Box::pin(self.list_templates(credentials, account_ref))
    }

    fn submit_template<'a>(
        &'a self,
        credentials: &'a Credentials,
        submission: TemplateSubmission<'a>,
    ) -> BoxFuture<'a, Result<TemplateTaken, CallError>> {
        Box::pin(self.hand_in(credentials, submission))
    }

    fn delete_template<'a>(
        &'a self,
        credentials: &'a Credentials,
        account_ref: &'a str,
        name: &'a str,
        provider_id: &'a str,
    ) -> BoxFuture<'a, Result<(), CallError>> {
        Box::pin(self.remove_template(credentials, account_ref, name, provider_id))
    }

    fn upload_sample<'a>(
        &'a self,
        credentials: &'a Credentials,
        file: Upload,
    ) -> BoxFuture<'a, Result<String, CallError>> {
        Box::pin(self.sample(credentials, file))
    }

    fn sender_health<'a>(
        &'a self,
        credentials: &'a Credentials,
        sender_ref: &'a str,
    ) -> BoxFuture<'a, Result<SenderHealth, CallError>> {
        Box::pin(self.number_health(credentials, sender_ref))
    }

    fn account_health<'a>(
        &'a self,
        credentials: &'a Credentials,
        account_ref: &'a str,
    ) -> BoxFuture<'a, Result<AccountHealth, CallError>> {
        Box::pin(self.business_health(credentials, account_ref))
    }
}

//! Files at the provider, and telling a customer that their message was read.

use tidings_domain::actor::Permission;
use tidings_domain::id::{InboundId, MediaId, SenderId};
use tidings_domain::provider::{Chunks, MediaInfo, Upload};
use tidings_domain::time::DAY;
use tidings_domain::whatsapp::check_file;
use tidings_store::model::MediaRow;

use crate::caller::Caller;
use crate::error::{EngineError, Result};
use crate::pipeline::Engine;

/// A file as it is streamed out.
pub struct Download {
    pub mime_type: String,
    pub bytes: Option<u64>,
    pub chunks: Chunks,
}

/// The platform keeps an uploaded file for thirty days.
const UPLOAD_KEPT_US: i64 = 30 * DAY;

impl Engine {
    pub async fn upload_media(&self, caller: &Caller, sender: SenderId, file: Upload) -> Result<MediaRow> {
        caller.require(Permission::MediaWrite)?;
        check_file(&file.mime_type, file.bytes.len() as u64).map_err(EngineError::Invalid)?;
        let sender = self.own_sender(caller, sender).await?;
        let account = self.account(caller, sender.account).await?;
        let provider = self.provider(&account)?;
        let (mime_type, bytes) = (file.mime_type.clone(), file.bytes.len() as i64);
        let provider_id = provider.upload(&account.credentials, &sender.provider_ref, file).await?;
        let now = self.now();
        let row = MediaRow {
            id: self.0.ids.next(now),
            account: account.id,
            sender: sender.id,
            provider_id,
            mime_type,
            bytes,
            created_at: now,
            expires_at: now.plus(UPLOAD_KEPT_US),
        };
        caller.store.add_media(&caller.scope, row.clone()).await?;
        Ok(row)
    }

    pub async fn media(&self, caller: &Caller, id: MediaId) -> Result<MediaRow> {
        caller.require(Permission::MessagesRead)?;
        caller.store.media(&caller.scope, id).await?.ok_or(EngineError::NotFound("file"))
    }

    /// Streams a file that was uploaded here.
    pub async fn download_media(&self, caller: &Caller, id: MediaId) -> Result<Download> {
        let row = self.media(caller, id).await?;
        self.fetch(caller, row.sender, &row.provider_id).await
    }

    /// Streams the file of an inbound message.
    pub async fn download_inbound(&self, caller: &Caller, id: InboundId) -> Result<Download> {
        caller.require(Permission::MessagesRead)?;
        let missing = || EngineError::NotFound("inbound message with a file");
        let inbound = caller.store.inbound(&caller.scope, id).await?.ok_or_else(missing)?;
        let object: serde_json::Value = serde_json::from_str(&inbound.object).map_err(|_| missing())?;
        let media_id = object
            .get(&inbound.kind)
            .and_then(|media| media.get("id"))
            .and_then(serde_json::Value::as_str)
            .ok_or_else(missing)?;
        self.fetch(caller, inbound.sender, media_id).await
    }

    async fn fetch(&self, caller: &Caller, sender: SenderId, media_id: &str) -> Result<Download> {
        let sender = self.own_sender(caller, sender).await?;
        let account = self.account(caller, sender.account).await?;
        let provider = self.provider(&account)?;
        let info: MediaInfo =
            provider.media_info(&account.credentials, &sender.provider_ref, media_id).await?;
        let chunks = provider.download(&account.credentials, &info).await?;
        Ok(Download { mime_type: info.mime_type, bytes: info.bytes, chunks })
    }

    /// Shows the customer that their message was read, and that somebody is typing if asked to.
    pub async fn mark_read(&self, caller: &Caller, id: InboundId, typing: bool) -> Result<()> {
        caller.require(Permission::MessagesWrite)?;
        let missing = || EngineError::NotFound("inbound message");
        let inbound = caller.store.inbound(&caller.scope, id).await?.ok_or_else(missing)?;
        let object: serde_json::Value = serde_json::from_str(&inbound.object).map_err(|_| missing())?;
        let provider_id = object.get("id").and_then(serde_json::Value::as_str).ok_or_else(missing)?;
        let sender = self.own_sender(caller, inbound.sender).await?;
        let account = self.account(caller, sender.account).await?;
        let provider = self.provider(&account)?;
        Ok(provider.mark_read(&account.credentials, &sender.provider_ref, provider_id, typing).await?)
    }
}

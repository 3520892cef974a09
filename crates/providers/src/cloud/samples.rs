//! Samples of headers, by resumable upload: a session is opened, the bytes follow, a handle comes back.

use bytes::Bytes;
use http::Method;
use serde::Deserialize;
use tidings_domain::credentials::Credentials;
use tidings_domain::provider::{CallError, Upload};

use super::endpoint::Payload;
use super::lenient::Text;
use super::{CloudProvider, answer, calls};
use crate::limits::{CALL, MEDIA_BYTES_MAX, SAMPLE_HANDLE_BYTES_MAX, SAMPLE_PIECES_MAX, UPLOAD};

#[derive(Deserialize)]
struct Said<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(borrow, default)]
    h: Text<'a>,
    #[serde(borrow, default)]
    file_offset: Text<'a>,
}

impl CloudProvider {
    pub(super) async fn sample(&self, credentials: &Credentials, file: Upload) -> Result<String, CallError> {
        if file.bytes.is_empty() || file.bytes.len() > MEDIA_BYTES_MAX {
            return Err(CallError::Refused("a sample has between 1 byte and 100 MiB".to_owned()));
        }
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("file_name", &file.filename)
            .append_pair("file_length", &file.bytes.len().to_string())
            .append_pair("file_type", &file.mime_type)
            .finish();
        let rest = format!("/uploads?{query}");
        let opened = self.call(credentials, Method::POST, "app", &rest, Payload::None, CALL).await?;
        let session = calls::read::<Said<'_>>(&opened)?.id.owned().ok_or(CallError::Unreadable)?;
        self.pieces(credentials, &session, file.bytes).await
    }

    /// All at once; the provider may take less and say from where it wants the rest.
    async fn pieces(
        &self,
        credentials: &Credentials,
        session: &str,
        bytes: Bytes,
    ) -> Result<String, CallError> {
        let mut offset = 0usize;
        for _ in 0..SAMPLE_PIECES_MAX {
            let request = self.endpoint.upload_session(
                session,
                offset as u64,
                &credentials.access_token,
                bytes.slice(offset..),
            )?;
            let answer = self.transport.exchange(request, UPLOAD).await?;
            if !answer.status().is_success() {
                let rejection = answer::readable(&answer).unwrap_or_else(|| answer::by_status(&answer));
                return Err(CallError::Rejected(rejection));
            }
            let body = answer.into_body();
            let said: Said<'_> = calls::read(&body)?;
            if let Some(handle) = said.h.owned() {
                let fits = (1..=SAMPLE_HANDLE_BYTES_MAX).contains(&handle.len());
                return if fits { Ok(handle) } else { Err(CallError::Unreadable) };
            }
            let next = said.file_offset.number().and_then(|n| usize::try_from(n).ok());
            offset = next.filter(|n| (offset + 1..bytes.len()).contains(n)).ok_or(CallError::Unreadable)?;
        }
        Err(CallError::Refused("the provider takes the sample in too many pieces".to_owned()))
    }
}

//! Files: up as a form, described by id, down as a stream that is held to its description.

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{HeaderMap, HeaderValue, Method, header};
use serde::Deserialize;
use tidings_domain::credentials::Credentials;
use tidings_domain::provider::{CallError, Chunks, MediaInfo, Upload};
use tidings_domain::transport::{Bounds, TransportError};

use super::endpoint::Payload;
use super::lenient::Text;
use super::{CloudProvider, answer, calls};
use crate::http::Multipart;
use crate::limits::{CALL, MEDIA_BYTES_MAX, PROVIDER_ID_BYTES_MAX, UPLOAD};

#[derive(Deserialize)]
struct Described<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(borrow, default)]
    url: Text<'a>,
    #[serde(borrow, default)]
    mime_type: Text<'a>,
    #[serde(borrow, default)]
    sha256: Text<'a>,
    #[serde(borrow, default)]
    file_size: Text<'a>,
}

impl CloudProvider {
    pub(super) async fn upload_file(
        &self,
        credentials: &Credentials,
        sender_ref: &str,
        file: Upload,
    ) -> Result<String, CallError> {
        if file.bytes.len() > MEDIA_BYTES_MAX {
            return Err(CallError::Refused("a file may have at most 100 MiB".to_owned()));
        }
        let fields = [("messaging_product", "whatsapp"), ("type", file.mime_type.as_str())];
        let form = Multipart::new(&fields, &file.filename, &file.mime_type, &file.bytes);
        let content_type = HeaderValue::from_str(&form.content_type).expect("a boundary is ASCII");
        let payload = Payload::Form { content_type, body: form.body };
        let answer = self.call(credentials, Method::POST, sender_ref, "/media", payload, UPLOAD).await?;
        let described: Described<'_> = calls::read(&answer)?;
        described.id.owned().filter(|id| id.len() <= PROVIDER_ID_BYTES_MAX).ok_or(CallError::Unreadable)
    }

    pub(super) async fn describe_file(
        &self,
        credentials: &Credentials,
        sender_ref: &str,
        media_id: &str,
    ) -> Result<MediaInfo, CallError> {
        let query = url::form_urlencoded::Serializer::for_suffix("?".to_owned(), 1)
            .append_pair("phone_number_id", sender_ref)
            .finish();
        let answer = self.get(credentials, media_id, &query, CALL).await?;
        let described: Described<'_> = calls::read(&answer)?;
        Ok(MediaInfo {
            provider_id: described.id.owned().unwrap_or_else(|| media_id.to_owned()),
            mime_type: described.mime_type.owned().ok_or(CallError::Unreadable)?,
            sha256: described.sha256.owned(),
            bytes: described.file_size.number().and_then(|size| u64::try_from(size).ok()),
            url: described.url.owned(),
        })
    }

    pub(super) async fn download_file(
        &self,
        credentials: &Credentials,
        info: &MediaInfo,
    ) -> Result<Chunks, CallError> {
        let refused = |text: &str| CallError::Refused(text.to_owned());
        let url = info.url.as_deref().ok_or_else(|| refused("the provider named no address of the file"))?;
        let max = info.bytes.unwrap_or(MEDIA_BYTES_MAX as u64);
        let max = usize::try_from(max).ok().filter(|max| *max <= MEDIA_BYTES_MAX);
        let max = max.ok_or_else(|| refused("the file is larger than 100 MiB"))?;
        let request = self.endpoint.download(url, &credentials.access_token)?;
        let bounds = Bounds { total_us: CALL.total_us, answer_bytes_max: max };
        let answer = self.downloads.open(request, bounds).await?;
        if !answer.status().is_success() {
            let (head, _) = answer.into_parts();
            let status = http::Response::from_parts(head, Bytes::new());
            return Err(CallError::Rejected(answer::by_status(&status)));
        }
        if !is_of_type(answer.headers(), &info.mime_type) {
            return Err(refused("the file is not of the type that was announced"));
        }
        Ok(complete(answer.into_body(), info.bytes))
    }
}

/// Compares types without their parameters; an answer that names none is believed.
fn is_of_type(headers: &HeaderMap, announced: &str) -> bool {
    let Some(given) = headers.get(header::CONTENT_TYPE) else { return true };
    let essence = |text: &str| text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    given.to_str().is_ok_and(|given| essence(given) == essence(announced))
}

/// Ends a stream that stops before the announced size with a failure instead of silence.
fn complete(chunks: Chunks, announced: Option<u64>) -> Chunks {
    let Some(announced) = announced else { return chunks };
    Box::pin(stream::unfold(Some((chunks, announced)), |state| async {
        let (mut chunks, missing) = state?;
        match chunks.next().await {
            Some(Ok(chunk)) => {
                let Some(missing) = missing.checked_sub(chunk.len() as u64) else {
                    return Some((Err(TransportError::TooLarge), None));
                };
                Some((Ok(chunk), Some((chunks, missing))))
            }
            Some(Err(error)) => Some((Err(error), None)),
            None if missing > 0 => Some((Err(TransportError::Broken), None)),
            None => None,
        }
    }))
}

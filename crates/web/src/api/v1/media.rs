//! Files: handed to the provider, which keeps them; read back by id.

use axum::body::Body;
use axum::extract::{FromRequest, Multipart, Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use tidings_domain::id::{InboundId, MediaId, SenderId};
use tidings_domain::provider::Upload;
use tidings_domain::time::Timestamp;
use tidings_engine::admin::Download;
use tidings_engine::store_model::MediaRow;
use utoipa::{IntoParams, ToSchema};

use crate::error::Result;
use crate::extract::{Json, Key, Query, body_bytes, field_id, media_type, path_id};
use crate::limits;
use crate::problem::Problem;
use crate::state::AppState;

const MULTIPART: &str = "multipart/form-data";

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UploadParams {
    /// The sender that will use the file. May stand in the form instead.
    sender: Option<String>,
    /// Of a file that is sent as it is.
    filename: Option<String>,
}

/// A form with a file.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form; it is read part by part")]
pub struct UploadForm {
    /// `snd_…`
    sender: String,
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MediaView {
    #[schema(value_type = String, example = "med_01k9h3c4v8e2xt7m5q0w6r1yza")]
    id: MediaId,
    #[schema(value_type = String)]
    sender: SenderId,
    /// Name this one as `id` in a message object.
    provider_id: String,
    mime_type: String,
    bytes: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the provider forgets it.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

impl From<MediaRow> for MediaView {
    fn from(row: MediaRow) -> Self {
        let MediaRow { id, sender, provider_id, mime_type, bytes, created_at, expires_at, .. } = row;
        Self { id, sender, provider_id, mime_type, bytes, created_at, expires_at }
    }
}

/// Upload a file
///
/// As `multipart/form-data` with `sender` and `file`, or the file itself as the body with its own
/// `Content-Type` and `sender` in the query. Up to 100 MB.
#[utoipa::path(
    post, path = "/v1/media", operation_id = "uploadMedia", tag = "media", params(UploadParams),
    request_body(content((UploadForm = "multipart/form-data"), (Vec<u8> = "application/octet-stream"))),
    responses((status = 201, description = "The provider has it", body = MediaView)),
)]
pub async fn upload_media(
    State(state): State<AppState>,
    Key(caller): Key,
    Query(params): Query<UploadParams>,
    request: Request,
) -> Result<Response> {
    let _place = state.shared.uploads.try_acquire().map_err(|_| Problem::busy())?;
    let (sender, upload) = match media_type(request.headers()) {
        None => return Err(Problem::media_type("name the file's type in Content-Type")),
        Some(kind) if kind == MULTIPART => read_form(request, &state, params).await?,
        Some(kind) => {
            let bytes = body_bytes(request, &state).await?;
            let filename = params.filename.unwrap_or_else(|| "file".to_owned());
            (params.sender, Upload { mime_type: kind, filename: filename_of(&filename)?, bytes })
        }
    };
    if upload.bytes.is_empty() {
        return Err(Problem::field("file", "file.empty", "The file is empty."));
    }
    if upload.bytes.len() > limits::MEDIA_BYTES_MAX {
        return Err(Problem::too_large("a file has at most 100 MB"));
    }
    let sender = sender.ok_or_else(|| Problem::field("sender", "field.missing", "Name the sender."))?;
    let sender: SenderId = field_id(&sender, "sender")?;
    let row = state.engine.upload_media(&caller, sender, upload).await?;
    Ok((StatusCode::CREATED, Json(MediaView::from(row))).into_response())
}

async fn read_form(
    request: Request,
    state: &AppState,
    params: UploadParams,
) -> Result<(Option<String>, Upload)> {
    let broken = |error: axum::extract::multipart::MultipartError| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large("a file has at most 100 MB"),
        _ => Problem::new(
            StatusCode::BAD_REQUEST,
            "malformed_form",
            "The form cannot be read",
            error.body_text(),
        ),
    };
    let mut form = Multipart::from_request(request, state)
        .await
        .map_err(|_| Problem::media_type("the multipart body names no boundary"))?;
    let mut sender = params.sender;
    let mut upload = None;
    while let Some(field) = form.next_field().await.map_err(broken)? {
        match field.name() {
            Some("sender") => sender = Some(field.text().await.map_err(broken)?),
            Some("file") => {
                let mime_type =
                    field.content_type().unwrap_or("application/octet-stream").to_ascii_lowercase();
                let filename = filename_of(field.file_name().unwrap_or("file"))?;
                upload = Some(Upload { mime_type, filename, bytes: field.bytes().await.map_err(broken)? });
            }
            other => {
                let name = other.unwrap_or_default().to_owned();
                return Err(Problem::field(name, "field.unknown", "A form has `sender` and `file`."));
            }
        }
    }
    let upload = upload.ok_or_else(|| Problem::field("file", "field.missing", "The form has no `file`."))?;
    Ok((sender, upload))
}

fn filename_of(text: &str) -> Result<String> {
    let sound =
        !text.is_empty() && text.len() <= limits::FILENAME_BYTES_MAX && !text.chars().any(char::is_control);
    if sound {
        Ok(text.to_owned())
    } else {
        Err(Problem::field(
            "filename",
            "filename",
            "A file name has 1 to 240 bytes and no control characters.",
        ))
    }
}

/// Describe an uploaded file
#[utoipa::path(
    get, path = "/v1/media/{id}", operation_id = "getMedia", tag = "media",
    params(("id" = String, Path, description = "`med_…`")),
    responses((status = 200, description = "The file's description", body = MediaView)),
)]
pub async fn get_media(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
) -> Result<Json<MediaView>> {
    let id: MediaId = path_id(&id, "file")?;
    Ok(Json(state.engine.media(&caller, id).await?.into()))
}

/// Download an uploaded file
///
/// Streamed from the provider.
#[utoipa::path(
    get, path = "/v1/media/{id}/content", operation_id = "downloadMedia", tag = "media",
    params(("id" = String, Path, description = "`med_…`")),
    responses((status = 200, description = "The file", body = Vec<u8>, content_type = "application/octet-stream")),
)]
pub async fn download_media(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
) -> Result<Response> {
    let id: MediaId = path_id(&id, "file")?;
    Ok(stream(state.engine.download_media(&caller, id).await?))
}

/// Download the file of a received message
///
/// Streamed from the provider.
#[utoipa::path(
    get, path = "/v1/inbound/{id}/media", operation_id = "downloadInboundMedia", tag = "inbound",
    params(("id" = String, Path, description = "`inb_…`")),
    responses((status = 200, description = "The file", body = Vec<u8>, content_type = "application/octet-stream")),
)]
pub async fn download_inbound_media(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
) -> Result<Response> {
    let id: InboundId = path_id(&id, "received message")?;
    Ok(stream(state.engine.download_inbound(&caller, id).await?))
}

fn stream(file: Download) -> Response {
    let mut response = Body::from_stream(file.chunks).into_response();
    let headers = response.headers_mut();
    let unknown = HeaderValue::from_static("application/octet-stream");
    headers.insert(CONTENT_TYPE, HeaderValue::try_from(file.mime_type).unwrap_or(unknown));
    if let Some(bytes) = file.bytes {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes));
    }
    // Somebody else's file is never shown by a browser as part of this site.
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
    response
}

//! Imports: a table goes in, good lines count, bad ones come back with the reason.

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use tidings_domain::consent::Reach;
use tidings_engine::imports::{Defaults, ImportReport, Receiving};
use utoipa::{IntoParams, ToSchema};

use crate::api::v1::schema;
use crate::error::Result;
use crate::extract::{Json, Key, Query, media_type, path_id};
use crate::problem::Problem;
use crate::state::AppState;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportParams {
    /// For lines that name none: a category or the code of a topic; `marketing` unless given.
    purpose: Option<String>,
    /// For lines that name none: a channel or `any`; what the address fits unless given.
    #[param(value_type = Option<schema::ConsentChannel>)]
    channel: Option<Reach>,
    /// For lines that do not say.
    granted: Option<bool>,
    /// Where the table comes from, in your words.
    source_detail: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ImportList {
    #[schema(value_type = Vec<schema::Import>)]
    imports: Vec<ImportReport>,
    next_cursor: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListImports {
    cursor: Option<String>,
    /// 1 to 500; 50 unless given.
    limit: Option<usize>,
}

/// Import many consents from a CSV table
///
/// The first line names the columns: `phone`, `bsuid`, `email` or `to`; `granted`, `purpose`, `channel`, `at`, `source`,
/// `source_detail`, `basis`, `text`, `text_version`, `business_name`, `ip`, `document_url`, `language`. Commas,
/// semicolons or tabs divide them. The answer comes when the file has arrived whole; its lines are read after it. A
/// grant without a time lifts no opt-out.
#[utoipa::path(
    post, path = "/v1/consent-imports", operation_id = "importConsents", tag = "consents", params(ImportParams),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 202, description = "Its lines are being read", body = schema::Import)),
)]
pub async fn import_consents(
    State(state): State<AppState>,
    Key(caller): Key,
    Query(params): Query<ImportParams>,
    request: Request,
) -> Result<Response> {
    let ImportParams { purpose, channel, granted, source_detail } = params;
    let defaults = Defaults { purpose, channel, granted, source_detail };
    let receiving = state.engine.receive_consents(&caller, defaults)?;
    receive(&state, receiving, request).await
}

/// Import many contacts from a CSV table
///
/// The first line names the columns: `phone`, `bsuid`, `email` or `to`, several of which may name one person, in one cell
/// divided by `|`; `name`, `time_zone`, `language`; and attributes that are declared, as `attributes.NAME` or by their name
/// alone. An empty cell changes nothing. A line whose addresses belong to two contacts is refused: an import merges
/// nobody. `GET /v1/imports/{id}` shows how far it is.
#[utoipa::path(
    post, path = "/v1/contact-imports", operation_id = "importContacts", tag = "contacts",
    request_body(content = String, content_type = "text/csv"),
    responses((status = 202, description = "Its lines are being read", body = schema::Import)),
)]
pub async fn import_contacts(
    State(state): State<AppState>,
    Key(caller): Key,
    request: Request,
) -> Result<Response> {
    let receiving = state.engine.receive_contacts(&caller)?;
    receive(&state, receiving, request).await
}

/// Takes a table in as it comes.
async fn receive(state: &AppState, mut receiving: Receiving, request: Request) -> Result<Response> {
    match media_type(request.headers()).as_deref() {
        None | Some("text/csv" | "text/plain" | "application/csv" | "application/vnd.ms-excel") => {}
        Some(other) => return Err(Problem::media_type(format!("send text/csv, not {other}"))),
    }
    let _place = state.shared.uploads.try_acquire().map_err(|_| Problem::busy())?;
    let mut body = axum::body::Body::into_data_stream(request.into_body());
    let mut size = 0;
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|_| Problem::unreadable_body())?;
        size += piece.len();
        if size > crate::limits::IMPORT_BYTES_MAX {
            return Err(Problem::body_over_limit());
        }
        receiving.push(&piece).await?;
    }
    let report = receiving.finish().await?;
    Ok((StatusCode::ACCEPTED, Json(report)).into_response())
}

/// List the imports, newest first
#[utoipa::path(
    get, path = "/v1/imports", operation_id = "listImports", tag = "consents", params(ListImports),
    responses((status = 200, description = "A page of imports", body = ImportList)),
)]
pub async fn list_imports(
    State(state): State<AppState>,
    Key(caller): Key,
    Query(list): Query<ListImports>,
) -> Result<Json<ImportList>> {
    let page = state.engine.imports(&caller, list.cursor.as_deref(), list.limit).await?;
    Ok(Json(ImportList { imports: page.items, next_cursor: page.next_cursor }))
}

/// How an import stands
#[utoipa::path(
    get, path = "/v1/imports/{id}", operation_id = "getImport", tag = "consents",
    params(("id" = String, Path, description = "`imp_…`")),
    responses((status = 200, body = schema::Import)),
)]
pub async fn get_import(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
) -> Result<Json<ImportReport>> {
    Ok(Json(state.engine.import(&caller, path_id(&id, "import")?).await?))
}

/// The refused lines of an import as CSV
///
/// With line, code and problem before the line's own fields. Put right, it can be imported again as it is.
#[utoipa::path(
    get, path = "/v1/imports/{id}/refused", operation_id = "getImportRefused", tag = "consents",
    params(("id" = String, Path, description = "`imp_…`")),
    responses((status = 200, description = "A table", content_type = "text/csv", body = String)),
)]
pub async fn get_refused(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
) -> Result<Response> {
    let text = state.engine.import_refusals(&caller, path_id(&id, "import")?).await?;
    Ok(csv_file(text, "refused.csv"))
}

/// A table to be saved.
pub fn csv_file(text: String, name: &str) -> Response {
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

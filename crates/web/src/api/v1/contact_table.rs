//! All contacts as a table, written while it is read.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use http::{HeaderName, HeaderValue, header};
use serde::Deserialize;
use tidings_engine::contacts::{ContactTable, TableFormat};
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;
use utoipa::{IntoParams, ToSchema};

use crate::error::Result;
use crate::extract::{Key, Query};
use crate::problem::Problem;
use crate::state::AppState;

/// Where a further page goes on.
const NEXT_CURSOR: HeaderName = HeaderName::from_static("tidings-next-cursor");

#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    #[default]
    Csv,
    Ndjson,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportParams {
    /// `csv` (unless given) or `ndjson`: one JSON object a line.
    #[serde(default)]
    #[param(value_type = Option<Format>, inline)]
    format: Format,
    /// 1 to 1,000 contacts; all of them unless given.
    limit: Option<usize>,
    /// What `tidings-next-cursor` said; the head of the table is not repeated then.
    cursor: Option<String>,
}

/// Export all contacts
///
/// Newest first, without those that were erased. The answer is written as it is read, whatever its size; with `limit` it is
/// one page, and the header `tidings-next-cursor` says where the next one begins. `POST /v1/contact-imports` reads the
/// CSV again.
#[utoipa::path(
    get, path = "/v1/contacts/export", operation_id = "exportContacts", tag = "contacts", params(ExportParams),
    responses((status = 200, description = "A table", content(
        (String = "text/csv"), (String = "application/x-ndjson"),
    ))),
)]
pub async fn export_contacts(
    State(state): State<AppState>,
    Key(caller): Key,
    Query(params): Query<ExportParams>,
) -> Result<Response> {
    let (format, kind, name) = match params.format {
        Format::Csv => (TableFormat::Csv, "text/csv; charset=utf-8", "contacts.csv"),
        Format::Ndjson => (TableFormat::Ndjson, "application/x-ndjson", "contacts.ndjson"),
    };
    let place = state.shared.exports.clone().try_acquire_owned().map_err(|_| Problem::busy())?;
    let mut table =
        state.engine.export_contacts(&caller, format, params.cursor.as_deref(), params.limit).await?;
    let mut next = None;
    let body = if params.limit.is_some() {
        let mut page = Vec::new();
        while let Some(piece) = table.piece().await? {
            page.extend(piece);
        }
        next = table.next_cursor();
        Body::from(page)
    } else {
        Body::from_stream(pieces(table, state.shutdown.clone(), place))
    };
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    if let Some(next) = next.and_then(|next| HeaderValue::from_str(&next).ok()) {
        headers.insert(NEXT_CURSOR, next);
    }
    Ok(response)
}

/// The table piece by piece, as fast as the client reads. What cannot be read to its end breaks off, so that nobody
/// takes a part for the whole.
fn pieces(
    table: ContactTable,
    shutdown: CancellationToken,
    place: OwnedSemaphorePermit,
) -> impl stream::Stream<Item = std::io::Result<Bytes>> {
    stream::unfold(Some((table, shutdown, place)), |held| async move {
        let (mut table, shutdown, place) = held?;
        if shutdown.is_cancelled() {
            return Some((Err(std::io::Error::other("the server stops")), None));
        }
        match table.piece().await {
            Ok(Some(piece)) => Some((Ok(Bytes::from(piece)), Some((table, shutdown, place)))),
            Ok(None) => None,
            Err(error) => {
                tracing::warn!(%error, "an export of contacts broke off");
                Some((Err(std::io::Error::other("the export broke off")), None))
            }
        }
    })
}

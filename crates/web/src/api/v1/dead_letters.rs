//! What needs a person's attention: failed, dead, in doubt, denied, unknown.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tidings_engine::store_model::AttentionKind;
use utoipa::IntoParams;

use crate::api::v1::schema;
use crate::error::Result;
use crate::extract::{Key, Listing, Query};
use crate::state::AppState;

/// The kinds by name.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Failed,
    InDoubt,
    Denied,
    Unknown,
    Dead,
}

impl From<Kind> for AttentionKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Failed => Self::Failed,
            Kind::InDoubt => Self::InDoubt,
            Kind::Denied => Self::Denied,
            Kind::Unknown => Self::Unknown,
            Kind::Dead => Self::Dead,
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListDeadLetters {
    /// Dead and failed ones unless given.
    #[param(inline, value_type = Option<schema::AttentionKind>)]
    kind: Option<Kind>,
    cursor: Option<String>,
    /// 1 to 500; 50 unless given.
    limit: Option<usize>,
}

/// List what needs attention, newest first
///
/// `kind=dead` are the dead letters: their retries are exhausted, and they can be redriven.
#[utoipa::path(
    get, path = "/v1/dead-letters", operation_id = "listDeadLetters", tag = "messages", params(ListDeadLetters),
    responses((status = 200, description = "A page of messages with the reason", body = schema::DeadLetterList)),
)]
pub async fn list_dead_letters(
    State(state): State<AppState>,
    Key(caller): Key,
    Query(list): Query<ListDeadLetters>,
) -> Result<Response> {
    let kinds = match list.kind {
        Some(kind) => vec![kind.into()],
        None => vec![AttentionKind::Dead, AttentionKind::Failed],
    };
    let page = state.engine.attention(&caller, &kinds, list.cursor.as_deref(), list.limit).await?;
    Ok(Listing { name: "dead_letters", items: page.items, next_cursor: page.next_cursor }.into_response())
}

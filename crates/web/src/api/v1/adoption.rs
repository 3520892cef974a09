//! Before a version exists: templates of the platform that become part of the catalogue, and drafts that are tried.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::Value;
use tidings_domain::id::{AccountId, CatalogueId};
use tidings_engine::templates::{AdoptReport, AdoptRequest, DraftPreview, PreviewInput};
use utoipa::ToSchema;

use crate::error::Result;
use crate::extract::{Json, Key, path_id};
use crate::state::AppState;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"names": ["parcel_sent"], "tags": {"team": "shipping"}}))]
pub struct Adopt {
    /// All accounts if it is left out.
    #[schema(value_type = Option<String>)]
    account: Option<AccountId>,
    /// All that the catalogue does not know if they are left out.
    #[serde(default)]
    names: Vec<String>,
    /// For each of them.
    #[serde(default)]
    tags: BTreeMap<String, String>,
    #[serde(default)]
    owner: String,
}

/// Take templates of the platform into the catalogue
///
/// Each becomes a logical template with a version for each localization, in the state in which the platform has it.
/// Sending by its name goes on as before. What does not fit the tenant's rules is left out, with the reason.
#[utoipa::path(
    post, path = "/v1/templates/catalogue/adopt", operation_id = "adoptTemplates", tag = "templates",
    request_body = Adopt,
    responses((status = 200, description = "What was taken in (`adopted`), and what was not (`skipped`)", body = Object)),
)]
pub async fn adopt_templates(
    State(state): State<AppState>,
    Key(caller): Key,
    Json(adopt): Json<Adopt>,
) -> Result<Json<AdoptReport>> {
    let Adopt { account, names, tags, owner } = adopt;
    let request = AdoptRequest { account, names, tags, owner };
    Ok(Json(state.engine.adopt_templates(&caller, request).await?))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"language": "en_US", "definition": {"components": [{"type": "BODY", "text": "Hello"}]}}))]
pub struct TryDraft {
    language: String,
    #[schema(value_type = Object)]
    definition: Value,
    /// Values by name; samples stand in for the others.
    #[serde(default)]
    values: BTreeMap<String, String>,
}

/// Try a draft out
///
/// What the recipient would see, what the linter finds and at which place, and where definition and declared
/// variables do not fit each other. Nothing is stored.
#[utoipa::path(
    post, path = "/v1/templates/catalogue/{id}/preview", operation_id = "previewDraft", tag = "templates",
    params(("id" = String, Path, description = "`cat_…`")), request_body = TryDraft,
    responses((status = 200, description = "`preview`, `refused`, `findings`, `problems`", body = Object)),
)]
pub async fn preview_draft(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
    Json(draft): Json<TryDraft>,
) -> Result<Json<DraftPreview>> {
    let id: CatalogueId = path_id(&id, "template")?;
    let TryDraft { language, definition, values } = draft;
    let input = PreviewInput { values: values.into_iter().collect() };
    Ok(Json(state.engine.preview_draft(&caller, id, &language, definition, &input).await?))
}

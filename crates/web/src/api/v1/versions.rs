//! Versions of templates: drafted, reviewed, handed in, compared, shown.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tidings_domain::id::{CatalogueId, VersionId};
use tidings_domain::template::{Preview, Step, VersionState};
use tidings_domain::time::Timestamp;
use tidings_engine::store_model::{TemplateVersion, VersionStep};
use tidings_engine::templates::{NewDraft, PreviewInput, VersionDiff};
use utoipa::{IntoParams, ToSchema};

use crate::error::Result;
use crate::extract::{Json, Key, Pairs, Query, Raw, field_id, parse_json, path_id};
use crate::state::AppState;

const WHAT: &str = "template version";

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"language": "en_US", "definition": {"components": [
    {"type": "BODY", "text": "Hello {{1}}, your parcel has left our house.", "example": {"body_text": [["Ada"]]}}]}}))]
pub struct CreateVersion {
    language: String,
    /// One of the template's variants; `main` unless given.
    variant: Option<String>,
    /// `components`, and `parameter_format`, `message_send_ttl_seconds` … as the platform takes them.
    #[schema(value_type = Object)]
    definition: Value,
    #[serde(default)]
    note: String,
    /// The version that this one corrects or continues.
    #[schema(value_type = Option<String>)]
    based_on: Option<VersionId>,
    /// Take it although the linter refuses it: administrators only, and recorded.
    #[serde(default)]
    override_lint: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct VersionView {
    #[schema(value_type = String, example = "tvr_01k9h3c4v8e2xt7m5q0w6r1yza")]
    id: VersionId,
    #[schema(value_type = String)]
    template: CatalogueId,
    language: String,
    variant: String,
    /// Counts from 1 within language and variant.
    version: u32,
    /// `draft`, `in_review`, `signed_off`, `submitted`, `pending`, `approved`, `rejected`, `paused`, `disabled`,
    /// `archived`.
    #[schema(value_type = String)]
    state: VersionState,
    /// In the platform's words.
    reason: Option<String>,
    author: String,
    note: String,
    #[schema(value_type = Option<String>)]
    based_on: Option<VersionId>,
    /// Made by the system after a rejection.
    automatic: bool,
    /// What the linter said.
    #[schema(value_type = Vec<Object>)]
    findings: Value,
    /// Who took it although the linter refused it.
    overridden_by: Option<String>,
    #[schema(value_type = Object)]
    definition: Value,
    /// Its name at the platform.
    provider_name: Option<String>,
    provider_id: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    submitted_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    decided_at: Option<Timestamp>,
    /// Of one version only.
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<Vec<StepView>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct StepView {
    #[schema(value_type = String)]
    state: VersionState,
    actor: String,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    note: String,
}

impl From<VersionStep> for StepView {
    fn from(step: VersionStep) -> Self {
        let VersionStep { state, actor, at, note } = step;
        Self { state, actor, at, note }
    }
}

impl From<TemplateVersion> for VersionView {
    fn from(version: TemplateVersion) -> Self {
        let TemplateVersion {
            id,
            template,
            language,
            variant,
            n,
            definition,
            author,
            note,
            based_on,
            automatic,
            findings,
            overridden_by,
            created_at,
            state,
            updated_at,
            provider_name,
            provider_id,
            submitted_at,
            decided_at,
            verdict: _,
            reason,
        } = version;
        Self {
            id,
            template,
            language,
            variant,
            version: n,
            state,
            reason,
            author,
            note,
            based_on,
            automatic,
            findings,
            overridden_by,
            definition,
            provider_name,
            provider_id,
            created_at,
            updated_at,
            submitted_at,
            decided_at,
            history: None,
        }
    }
}

/// Draft a version
///
/// What the linter refuses is refused here, with rule and place.
#[utoipa::path(
    post, path = "/v1/templates/catalogue/{id}/versions", operation_id = "draftTemplateVersion", tag = "templates",
    params(("id" = String, Path, description = "`cat_…`")), request_body = CreateVersion,
    responses((status = 201, description = "A draft", body = VersionView)),
)]
pub async fn draft_version(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
    Raw(body): Raw,
) -> Result<Response> {
    let template: CatalogueId = path_id(&id, "template")?;
    state.engine.logical_template(&caller, template).await?;
    let new: CreateVersion = parse_json(&body)?;
    let CreateVersion { language, variant, definition, note, based_on, override_lint } = new;
    let draft = NewDraft { template, language, variant, definition, note, based_on, override_lint };
    let made = state.engine.draft_version(&caller, draft).await?;
    Ok((StatusCode::CREATED, Json(VersionView::from(made))).into_response())
}

/// Show a version with its history
#[utoipa::path(
    get, path = "/v1/templates/versions/{id}", operation_id = "getTemplateVersion", tag = "templates",
    params(("id" = String, Path, description = "`tvr_…`")),
    responses((status = 200, description = "The version", body = VersionView)),
)]
pub async fn get_version(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
) -> Result<Json<VersionView>> {
    let id: VersionId = path_id(&id, WHAT)?;
    let mut view = VersionView::from(state.engine.template_version(&caller, id).await?);
    let history = state.engine.template_history(&caller, id).await?;
    view.history = Some(history.into_iter().map(Into::into).collect());
    Ok(Json(view))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"step": "sign_off", "note": "Reads well."}))]
pub struct TakeStep {
    /// `review`, `sign_off` (never by the author), `return`, `submit`, `archive`.
    #[schema(value_type = String)]
    step: Step,
    #[serde(default)]
    note: String,
}

/// Take a step with a version
#[utoipa::path(
    post, path = "/v1/templates/versions/{id}/steps", operation_id = "stepTemplateVersion", tag = "templates",
    params(("id" = String, Path, description = "`tvr_…`")), request_body = TakeStep,
    responses((status = 200, description = "The version as it is now", body = VersionView)),
)]
pub async fn step_version(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
    Raw(body): Raw,
) -> Result<Json<VersionView>> {
    let id: VersionId = path_id(&id, WHAT)?;
    state.engine.template_version(&caller, id).await?;
    let TakeStep { step, note } = parse_json(&body)?;
    Ok(Json(state.engine.step_version(&caller, id, step, &note).await?.into()))
}

/// Go back to a version
///
/// One that is still approved goes out at once; of any other a draft is made.
#[utoipa::path(
    post, path = "/v1/templates/versions/{id}/roll-back", operation_id = "rollBackTemplateVersion", tag = "templates",
    params(("id" = String, Path, description = "`tvr_…`")),
    responses((status = 200, description = "The version that counts now", body = VersionView)),
)]
pub async fn roll_back(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
) -> Result<Json<VersionView>> {
    let id: VersionId = path_id(&id, WHAT)?;
    Ok(Json(state.engine.roll_back(&caller, id).await?.into()))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DiffParams {
    /// `tvr_…`; the version before unless given.
    against: Option<String>,
}

/// Compare two versions
#[utoipa::path(
    get, path = "/v1/templates/versions/{id}/diff", operation_id = "diffTemplateVersions", tag = "templates",
    params(("id" = String, Path, description = "`tvr_…`"), DiffParams),
    responses((status = 200, description = "What changed, place by place", body = Object)),
)]
pub async fn diff_versions(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
    Query(params): Query<DiffParams>,
) -> Result<Json<VersionDiff>> {
    let id: VersionId = path_id(&id, WHAT)?;
    let against = params.against.map(|text| field_id(&text, "against")).transpose()?;
    Ok(Json(state.engine.diff_versions(&caller, id, against).await?))
}

/// Show a version as its recipient will see it
///
/// Query parameters are the variables' values by name; samples stand in for the others.
#[utoipa::path(
    get, path = "/v1/templates/versions/{id}/preview", operation_id = "previewTemplateVersion", tag = "templates",
    params(("id" = String, Path, description = "`tvr_…`")),
    responses((status = 200, description = "Header, body, footer and buttons as texts", body = Object)),
)]
pub async fn preview_version(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
    Pairs(values): Pairs,
) -> Result<Json<Preview>> {
    let id: VersionId = path_id(&id, WHAT)?;
    Ok(Json(state.engine.preview_version(&caller, id, &PreviewInput { values }).await?))
}

//! The tenant's catalogue of templates: logical templates, the tenant's rules about them, counts, the linter.

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tidings_domain::category::Category;
use tidings_domain::id::{AccountId, CatalogueId};
use tidings_domain::provider::Upload;
use tidings_domain::template::{Settings, TemplateRules};
use tidings_domain::time::Timestamp;
use tidings_domain::whatsapp::lint::{Finding, is_refused};
use tidings_engine::store_model::LogicalTemplate;
use tidings_engine::templates::{NewLogical, TemplateStats};
use utoipa::{IntoParams, ToSchema};

use super::versions::VersionView;
use crate::api::v1::schema;
use crate::error::Result;
use crate::extract::{Json, Key, Query, Raw, body_bytes, field_id, media_type, parse_json, path_id};
use crate::problem::Problem;
use crate::state::AppState;

#[derive(Debug, Serialize, ToSchema)]
pub struct LintView {
    /// Whether the platform would refuse or reject it.
    refused: bool,
    /// `rule`, `severity` (`error` or `warning`), `pointer`, `offset` in characters, `detail`.
    #[schema(value_type = Vec<Object>)]
    findings: Vec<Finding>,
}

/// Say what the platform would object to
#[utoipa::path(
    post, path = "/v1/templates/lint", operation_id = "lintTemplate", tag = "templates",
    request_body(content = Object, description = "The template as it would be submitted"),
    responses((status = 200, description = "Findings by rule and place; nothing is stored", body = LintView)),
)]
pub async fn lint_template(
    State(state): State<AppState>,
    Key(caller): Key,
    Json(template): Json<Value>,
) -> Result<Json<LintView>> {
    let findings = state.engine.lint_template(&caller, &template)?;
    Ok(Json(LintView { refused: is_refused(&findings), findings }))
}

#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"name": "parcel_sent", "category": "utility", "tags": {"team": "shipping"},
    "variables": [{"name": "first_name", "sample": "Ada", "fallback": "you", "max_chars": 40}],
    "substitute": "parcel_sent_plain"}))]
pub struct CreateLogical {
    /// May be left out where there is one account.
    #[schema(value_type = Option<String>)]
    account: Option<AccountId>,
    name: String,
    #[schema(value_type = schema::Category)]
    category: Category,
    /// `tags`, `owner`, `variables`, `variants`, `substitute`, `default_language`, `fallback_texts`.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    settings: Map<String, Value>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LogicalView {
    #[schema(value_type = String, example = "cat_01k9h3c4v8e2xt7m5q0w6r1yza")]
    id: CatalogueId,
    #[schema(value_type = String)]
    account: AccountId,
    name: String,
    #[schema(value_type = schema::Category)]
    category: Category,
    #[serde(flatten)]
    #[schema(value_type = Object)]
    settings: Settings,
    created_by: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    archived_at: Option<Timestamp>,
    /// Of one template only: all versions, newest first within language and variant.
    #[serde(skip_serializing_if = "Option::is_none")]
    versions: Option<Vec<VersionView>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LogicalList {
    templates: Vec<LogicalView>,
}

impl From<LogicalTemplate> for LogicalView {
    fn from(logical: LogicalTemplate) -> Self {
        let LogicalTemplate {
            id,
            account,
            name,
            category,
            settings,
            created_by,
            created_at,
            updated_at,
            archived_at,
        } = logical;
        let versions = None;
        Self {
            id,
            account,
            name,
            category,
            settings,
            created_by,
            created_at,
            updated_at,
            archived_at,
            versions,
        }
    }
}

fn settings(fields: Map<String, Value>) -> Result<Settings> {
    let text = serde_json::to_vec(&fields).unwrap_or_default();
    parse_json(&text)
}

/// Put a template into the catalogue
#[utoipa::path(
    post, path = "/v1/templates/catalogue", operation_id = "createLogicalTemplate", tag = "templates",
    request_body = CreateLogical,
    responses((status = 201, description = "It has no version yet", body = LogicalView)),
)]
pub async fn create_logical(
    State(state): State<AppState>,
    Key(caller): Key,
    Json(new): Json<CreateLogical>,
) -> Result<Response> {
    let CreateLogical { account, name, category, settings: fields } = new;
    let new = NewLogical { account, name, category, settings: settings(fields)? };
    let made = state.engine.create_logical_template(&caller, new).await?;
    Ok((StatusCode::CREATED, Json(LogicalView::from(made))).into_response())
}

/// List the catalogue
#[utoipa::path(
    get, path = "/v1/templates/catalogue", operation_id = "listLogicalTemplates", tag = "templates",
    responses((status = 200, description = "Every logical template", body = LogicalList)),
)]
pub async fn list_logical(State(state): State<AppState>, Key(caller): Key) -> Result<Json<LogicalList>> {
    let all = state.engine.logical_templates(&caller).await?;
    Ok(Json(LogicalList { templates: all.into_iter().map(Into::into).collect() }))
}

/// Show a template of the catalogue with its versions
#[utoipa::path(
    get, path = "/v1/templates/catalogue/{id}", operation_id = "getLogicalTemplate", tag = "templates",
    params(("id" = String, Path, description = "`cat_…`")),
    responses((status = 200, description = "The template", body = LogicalView)),
)]
pub async fn get_logical(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
) -> Result<Json<LogicalView>> {
    let id: CatalogueId = path_id(&id, "template")?;
    let mut view = LogicalView::from(state.engine.logical_template(&caller, id).await?);
    let versions = state.engine.template_versions(&caller, id).await?;
    view.versions = Some(versions.into_iter().map(Into::into).collect());
    Ok(Json(view))
}

/// Change the settings of a template
///
/// Fields that are named are replaced, `null` puts them back to their default.
#[utoipa::path(
    patch, path = "/v1/templates/catalogue/{id}", operation_id = "updateLogicalTemplate", tag = "templates",
    params(("id" = String, Path, description = "`cat_…`")), request_body = Object,
    responses((status = 200, description = "The template as it is now", body = LogicalView)),
)]
pub async fn update_logical(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
    Raw(body): Raw,
) -> Result<Json<LogicalView>> {
    let id: CatalogueId = path_id(&id, "template")?;
    let known = state.engine.logical_template(&caller, id).await?;
    let patch: Map<String, Value> = parse_json(&body)?;
    let Ok(Value::Object(mut fields)) = serde_json::to_value(&known.settings) else {
        return Err(Problem::field("", "json.malformed", "the settings are an object"));
    };
    for (name, value) in patch {
        if value.is_null() {
            fields.remove(&name)
        } else {
            fields.insert(name, value)
        };
    }
    let changed = state.engine.set_logical_template(&caller, id, settings(fields)?).await?;
    Ok(Json(changed.into()))
}

/// Take a template out of use
#[utoipa::path(
    post, path = "/v1/templates/catalogue/{id}/archive", operation_id = "archiveLogicalTemplate", tag = "templates",
    params(("id" = String, Path, description = "`cat_…`")),
    responses((status = 200, description = "Its name is no longer found when sending", body = LogicalView)),
)]
pub async fn archive_logical(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
) -> Result<Json<LogicalView>> {
    let id: CatalogueId = path_id(&id, "template")?;
    Ok(Json(state.engine.archive_logical_template(&caller, id).await?.into()))
}

/// Show the tenant's rules about templates
#[utoipa::path(
    get, path = "/v1/templates/rules", operation_id = "getTemplateRules", tag = "templates",
    responses((status = 200, description = "Naming, tags, languages, what happens by itself", body = Object)),
)]
pub async fn get_rules(State(state): State<AppState>, Key(caller): Key) -> Result<Json<TemplateRules>> {
    Ok(Json(state.engine.template_rules(&caller).await?))
}

/// Set the tenant's rules about templates
#[utoipa::path(
    put, path = "/v1/templates/rules", operation_id = "setTemplateRules", tag = "templates",
    request_body(content = Object, description = "Fields that are left out get their defaults"),
    responses((status = 200, description = "The rules in force", body = Object)),
)]
pub async fn set_rules(
    State(state): State<AppState>,
    Key(caller): Key,
    Json(rules): Json<TemplateRules>,
) -> Result<Json<TemplateRules>> {
    Ok(Json(state.engine.set_template_rules(&caller, rules).await?))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct StatsView {
    /// By template, language and month of submission.
    #[schema(value_type = Vec<Object>)]
    stats: Vec<TemplateStats>,
}

/// Count approvals and rejections
#[utoipa::path(
    get, path = "/v1/templates/stats", operation_id = "templateStats", tag = "templates",
    responses((status = 200, description = "Approval times and reasons of thirteen months", body = StatsView)),
)]
pub async fn stats(State(state): State<AppState>, Key(caller): Key) -> Result<Json<StatsView>> {
    Ok(Json(StatsView { stats: state.engine.template_stats(&caller).await? }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SampleParams {
    /// `acc_…`
    account: String,
    filename: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SampleView {
    /// Goes into `example.header_handle` of a header.
    handle: String,
}

/// Upload the sample of a header
///
/// The file itself is the body, with its own `Content-Type`. Up to 16 MiB.
#[utoipa::path(
    post, path = "/v1/templates/samples", operation_id = "uploadTemplateSample", tag = "templates",
    params(SampleParams), request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, description = "The platform has it", body = SampleView)),
)]
pub async fn upload_sample(
    State(state): State<AppState>,
    Key(caller): Key,
    Query(params): Query<SampleParams>,
    request: Request,
) -> Result<Response> {
    let _place = state.shared.uploads.try_acquire().map_err(|_| Problem::busy())?;
    let account = field_id(&params.account, "account")?;
    let mime_type = media_type(request.headers())
        .ok_or_else(|| Problem::media_type("name the file's type in Content-Type"))?;
    let bytes = body_bytes(request, &state).await?;
    let filename = params.filename.unwrap_or_else(|| "sample".to_owned());
    let file = Upload { mime_type, filename, bytes };
    let handle = state.engine.upload_template_sample(&caller, account, file).await?;
    Ok((StatusCode::CREATED, Json(SampleView { handle })).into_response())
}

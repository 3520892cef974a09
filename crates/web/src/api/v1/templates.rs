//! Templates as the platform approved them.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tidings_domain::category::Category;
use tidings_domain::id::{AccountId, TemplateId};
use tidings_domain::time::Timestamp;
use tidings_domain::whatsapp::TemplateDefinition;
use tidings_engine::store_model::StoredTemplate;
use utoipa::ToSchema;

use crate::api::v1::schema;
use crate::error::Result;
use crate::extract::{Json, Key};
use crate::state::AppState;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"account": "acc_01k9h3c4v8e2xt7m5q0w6r1yza"}))]
pub struct SyncTemplates {
    #[schema(value_type = String)]
    account: AccountId,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TemplateView {
    #[schema(value_type = String)]
    id: TemplateId,
    #[schema(value_type = String)]
    account: AccountId,
    #[schema(example = "parcel_sent")]
    name: String,
    #[schema(example = "en_US")]
    language: String,
    /// The platform's status, in upper case.
    #[schema(example = "APPROVED")]
    status: String,
    #[schema(value_type = Option<schema::Category>)]
    category: Option<Category>,
    quality: Option<String>,
    /// Name, language and components, as the platform describes them.
    #[schema(value_type = Object)]
    definition: TemplateDefinition,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TemplateList {
    templates: Vec<TemplateView>,
}

impl From<StoredTemplate> for TemplateView {
    fn from(template: StoredTemplate) -> Self {
        let StoredTemplate { id, account, definition, status, category, quality, updated_at } = template;
        let (name, language) = (definition.name.clone(), definition.language.clone());
        Self { id, account, name, language, status, category, quality, definition, updated_at }
    }
}

/// Fetch the templates of an account from the platform
#[utoipa::path(
    post, path = "/v1/templates/sync", operation_id = "syncTemplates", tag = "templates",
    request_body = SyncTemplates,
    responses((status = 200, description = "How many there are, by status", body = schema::TemplateCounts)),
)]
pub async fn sync_templates(
    State(state): State<AppState>,
    Key(caller): Key,
    Json(sync): Json<SyncTemplates>,
) -> Result<Response> {
    Ok(Json(state.engine.sync_templates(&caller, sync.account).await?).into_response())
}

/// List the templates
#[utoipa::path(
    get, path = "/v1/templates", operation_id = "listTemplates", tag = "templates",
    responses((status = 200, description = "Every localization that is known", body = TemplateList)),
)]
pub async fn list_templates(State(state): State<AppState>, Key(caller): Key) -> Result<Json<TemplateList>> {
    let templates = state.engine.templates(&caller).await?;
    Ok(Json(TemplateList { templates: templates.into_iter().map(Into::into).collect() }))
}

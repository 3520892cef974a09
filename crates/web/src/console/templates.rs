//! Templates as the platform last described them.

use axum::extract::Query;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use tidings_domain::actor::Permission;
use tidings_engine::store_model::StoredTemplate;

use super::posted::{Nothing, Posted};
use super::view::pages::{TemplateRow, TemplatesPage};
use super::view::{Badge, Section, When};
use super::viewer::{Refusal, Viewer, html};

#[derive(Debug, Default, Deserialize)]
pub struct Done {
    #[serde(default)]
    done: String,
}

pub async fn show(viewer: Viewer, Query(done): Query<Done>) -> Result<Response, Refusal> {
    let rows = viewer.state.engine.templates(&viewer.caller).await?.into_iter().map(row).collect();
    let mut frame = viewer.frame("Templates", Section::Templates).await?;
    if done.done == "synced" {
        frame.notice = "The templates were read again.".to_owned();
        frame.notice_class = "good";
    }
    Ok(html(&TemplatesPage { frame, may_sync: viewer.may(Permission::TemplatesWrite), rows }))
}

pub async fn sync(Posted(viewer, Nothing {}): Posted<Nothing>) -> Result<Response, Refusal> {
    let engine = &viewer.state.engine;
    for account in engine.accounts(&viewer.caller).await? {
        engine.sync_templates(&viewer.caller, account.id).await?;
    }
    Ok(Redirect::to("/console/templates?done=synced").into_response())
}

fn row(template: StoredTemplate) -> TemplateRow {
    TemplateRow {
        name: template.definition.name,
        language: template.definition.language,
        status: Badge::template(&template.status),
        category: template.category.map(|category| category.to_string()).unwrap_or_default(),
        quality: template.quality.unwrap_or_default(),
        updated: When::new(&template.updated_at.to_string()),
    }
}

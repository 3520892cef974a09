//! Templates as the platform last described them.

use axum::extract::Query;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use tidings_domain::actor::Permission;
use tidings_engine::store_model::StoredTemplate;
use tidings_engine::templates::AdoptRequest;

use super::posted::{Nothing, Posted};
use super::view::pages::{TemplateRow, TemplatesPage};
use super::view::{Badge, Section, When};
use super::viewer::{Refusal, Viewer, html};
use crate::extract::path_id;

#[derive(Debug, Default, Deserialize)]
pub struct Done {
    #[serde(default)]
    done: String,
    adopted: Option<usize>,
    skipped: Option<usize>,
}

#[derive(Debug, Deserialize)]
pub struct Adopt {
    /// Empty: all.
    #[serde(default)]
    name: String,
    #[serde(default)]
    account: String,
}

pub async fn adopt(Posted(viewer, form): Posted<Adopt>) -> Result<Response, Refusal> {
    let account = match form.account.as_str() {
        "" => None,
        text => Some(path_id(text, "account").map_err(Refusal::Problem)?),
    };
    let names = Some(form.name).filter(|name| !name.is_empty()).into_iter().collect();
    let request = AdoptRequest { account, names, ..AdoptRequest::default() };
    let report = viewer.state.engine.adopt_templates(&viewer.caller, request).await?;
    let (adopted, skipped) = (report.adopted.len(), report.skipped.len());
    Ok(Redirect::to(&format!("/console/templates?adopted={adopted}&skipped={skipped}")).into_response())
}

pub async fn show(viewer: Viewer, Query(done): Query<Done>) -> Result<Response, Refusal> {
    let engine = &viewer.state.engine;
    let may_write = viewer.may(Permission::TemplatesWrite);
    let unknown = engine.unadopted_templates(&viewer.caller).await?;
    let rows = engine.templates(&viewer.caller).await?.into_iter().map(|template| {
        let key = (template.account, template.definition.name.clone());
        let is_first = unknown.contains(&key);
        row(template, is_first)
    });
    let rows = rows.collect();
    let mut frame = viewer.frame("Templates", Section::Templates).await?;
    if done.done == "synced" {
        frame.notice = "The templates were read again.".to_owned();
        frame.notice_class = "good";
    }
    if let Some(n) = done.adopted {
        frame.notice = match (n, done.skipped.unwrap_or_default()) {
            (n, 0) => format!("{n} templates are in the catalogue now."),
            (n, skipped) => {
                format!("{n} templates are in the catalogue now; {skipped} could not be taken in.")
            }
        };
        frame.notice_class = if n > 0 { "good" } else { "" };
    }
    Ok(html(&TemplatesPage { frame, may_write, unknown: unknown.len(), rows }))
}

pub async fn sync(Posted(viewer, Nothing {}): Posted<Nothing>) -> Result<Response, Refusal> {
    let engine = &viewer.state.engine;
    for account in engine.accounts(&viewer.caller).await? {
        engine.sync_templates(&viewer.caller, account.id).await?;
    }
    Ok(Redirect::to("/console/templates?done=synced").into_response())
}

fn row(template: StoredTemplate, may_adopt: bool) -> TemplateRow {
    TemplateRow {
        account: template.account.to_string(),
        may_adopt,
        name: template.definition.name,
        language: template.definition.language,
        status: Badge::template(&template.status),
        category: template.category.map(|category| category.to_string()).unwrap_or_default(),
        quality: template.quality.unwrap_or_default(),
        updated: When::new(&template.updated_at.to_string()),
    }
}

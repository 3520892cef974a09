//! The catalogue of templates: the list, one template, one version with its preview and its steps.

use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use tidings_domain::actor::Permission;
use tidings_domain::id::{CatalogueId, VersionId};
use tidings_domain::template::{Change, Preview, Step, VersionState};
use tidings_domain::whatsapp::lint::{Finding, Severity, lint};
use tidings_engine::store_model::{LogicalTemplate, TemplateVersion};
use tidings_engine::templates::{PreviewInput, TemplateStats};

use super::posted::{Nothing, Posted};
use super::view::catalogue::{
    Bubble, BubbleButton, CataloguePage, CatalogueRow, ChangeRow, FindingRow, HistoryRow, LogicalPage,
    StatRow, StepButton, VersionPage, VersionRow,
};
use super::view::pages::Fact;
use super::view::{Badge, Section, When};
use super::viewer::{Refusal, Viewer, html};
use crate::extract::path_id;
use crate::problem::Problem;

#[derive(Debug, Default, Deserialize)]
pub struct Done {
    #[serde(default)]
    done: String,
}

pub async fn show(viewer: Viewer) -> Result<Response, Refusal> {
    let engine = &viewer.state.engine;
    let rows = engine.logical_templates(&viewer.caller).await?.into_iter().map(row).collect();
    let stats = engine.template_stats(&viewer.caller).await?.into_iter().map(stat).collect();
    let frame = viewer.frame("Template catalogue", Section::Templates).await?;
    Ok(html(&CataloguePage { frame, may_write: viewer.may(Permission::TemplatesWrite), rows, stats }))
}

fn row(logical: LogicalTemplate) -> CatalogueRow {
    let tags: Vec<String> =
        logical.settings.tags.iter().map(|(key, value)| format!("{key}: {value}")).collect();
    CatalogueRow {
        id: logical.id.to_string(),
        state: match logical.archived_at {
            Some(_) => Badge::new("dim", "archived"),
            None => Badge::new("good", "in use"),
        },
        name: logical.name,
        category: logical.category.to_string(),
        tags: tags.join(", "),
        owner: logical.settings.owner,
        updated: When::new(&logical.updated_at.to_string()),
    }
}

fn stat(stats: TemplateStats) -> StatRow {
    let reasons: Vec<String> =
        stats.reasons.iter().map(|each| format!("{} {}", each.count, each.reason)).collect();
    StatRow {
        template: stats.template,
        language: stats.language,
        month: stats.month,
        submitted: stats.submitted.to_string(),
        approved: stats.approved.to_string(),
        rejected: stats.rejected.to_string(),
        median: stats.approval_s_median.map(duration).unwrap_or_default(),
        reasons: reasons.join(", "),
    }
}

/// `42 s`, `7 min`, `3.5 h`.
fn duration(seconds: i64) -> String {
    match seconds {
        s if s < 120 => format!("{s} s"),
        s if s < 7_200 => format!("{} min", s / 60),
        s => format!("{:.1} h", s as f64 / 3_600.0),
    }
}

pub async fn logical(viewer: Viewer, Path(id): Path<String>) -> Result<Response, Refusal> {
    let id: CatalogueId = path_id(&id, "template").map_err(Refusal::Problem)?;
    let engine = &viewer.state.engine;
    let found = engine.logical_template(&viewer.caller, id).await?;
    let versions = engine.template_versions(&viewer.caller, id).await?;
    let frame = viewer.frame(&found.name, Section::Templates).await?;
    let fact = |name, value: String| Fact { name, value, ..Fact::default() };
    let settings = &found.settings;
    let variables: Vec<String> = settings.variables.iter().map(|each| each.name.clone()).collect();
    let variants: Vec<String> =
        settings.arms().iter().map(|arm| format!("{} ({})", arm.name, arm.weight)).collect();
    let summary = row(found.clone());
    // What the platform made of it, where that is something else.
    let drifted = engine.templates(&viewer.caller).await?.into_iter().find(|template| {
        let name = Some(&template.definition.name);
        let ours = versions.iter().any(|version| version.provider_name.as_ref() == name);
        ours && template.account == found.account
            && template.category.is_some_and(|its| its != found.category)
    });
    let drift = drifted.and_then(|template| template.category).map(|its| its.to_string()).unwrap_or_default();
    let facts = [
        fact("Category", summary.category),
        fact("Category at the platform", drift),
        fact("Owner", summary.owner),
        fact("Tags", summary.tags),
        fact("Variables", variables.join(", ")),
        fact("Variants by weight", variants.join(", ")),
        fact("Substitute", settings.substitute.clone().unwrap_or_default()),
        fact("Flag", settings.flag.clone().unwrap_or_default()),
        fact("Default language", settings.default_language.clone().unwrap_or_default()),
        fact("Plain texts", settings.fallback_texts.len().to_string()),
    ];
    let facts = facts.into_iter().filter(|fact| !fact.value.is_empty()).collect();
    let versions = versions.iter().map(version_row).collect();
    let may_write = viewer.may(Permission::TemplatesWrite) && found.archived_at.is_none();
    let (id, name, state) = (id.to_string(), found.name, summary.state);
    Ok(html(&LogicalPage { frame, id, may_write, name, state, facts, versions }))
}

fn version_row(version: &TemplateVersion) -> VersionRow {
    VersionRow {
        id: version.id.to_string(),
        state: badge(version.state),
        language: version.language.clone(),
        variant: version.variant.clone(),
        number: version.n.to_string(),
        reason: version.reason.clone().unwrap_or_default(),
        author: version.author.clone(),
        updated: When::new(&version.updated_at.to_string()),
    }
}

fn badge(state: VersionState) -> Badge {
    use VersionState as S;
    let class = match state {
        S::Approved => "good",
        S::InReview | S::SignedOff | S::Submitted | S::Pending => "move",
        S::Paused => "warn",
        S::Rejected | S::Disabled => "bad",
        S::Draft | S::Archived => "dim",
    };
    Badge::new(class, state.as_str().replace('_', " "))
}

pub async fn version(
    viewer: Viewer,
    Path(id): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, Refusal> {
    let id: VersionId = path_id(&id, "template version").map_err(Refusal::Problem)?;
    let engine = &viewer.state.engine;
    let found = engine.template_version(&viewer.caller, id).await?;
    let template = engine.logical_template(&viewer.caller, found.template).await?;
    let shown = engine.preview_version(&viewer.caller, id, &PreviewInput::default()).await?;
    let steps = engine.template_history(&viewer.caller, id).await?;
    // The first version has none before it.
    let changes = match engine.diff_versions(&viewer.caller, id, None).await {
        Ok(diff) => diff.changes.into_iter().map(change).collect(),
        Err(_) => Vec::new(),
    };
    let title = format!("{} {} version {}", template.name, found.language, found.n);
    let mut frame = viewer.frame(&title, Section::Templates).await?;
    if !done.done.is_empty() {
        frame.notice = format!("The version is {} now.", found.state.as_str().replace('_', " "));
        frame.notice_class = "good";
    }
    let may = viewer.may(Permission::TemplatesWrite);
    let own = found.author == viewer.caller.actor.to_string();
    let buttons = if may { buttons(found.state, own) } else { Vec::new() };
    let history = steps
        .into_iter()
        .map(|step| HistoryRow {
            class: badge(step.state).class,
            at: When::new(&step.at.to_string()),
            what: step.state.as_str().replace('_', " "),
            detail: [step.actor, step.note].join(" ").trim().to_owned(),
        })
        .collect();
    Ok(html(&VersionPage {
        frame,
        id: id.to_string(),
        template: template.name,
        template_id: template.id.to_string(),
        title: format!("{} · {} · version {}", found.language, found.variant, found.n),
        state: badge(found.state),
        reason: found.reason.clone().unwrap_or_default(),
        overridden: found.overridden_by.clone().unwrap_or_default(),
        buttons,
        may_write: may,
        may_roll_back: may && (found.state.is_live() || found.verdict.is_some()),
        findings: lint(&found.definition).into_iter().map(finding).collect(),
        bubble: bubble(&shown),
        changes,
        history,
    }))
}

/// The steps that can be taken from here. Whoever wrote a version is not offered to sign it off.
fn buttons(state: VersionState, own: bool) -> Vec<StepButton> {
    let label = |step| match step {
        Step::Review => "Ask for review",
        Step::SignOff => "Sign off",
        Step::Return => "Return to the author",
        Step::Submit => "Submit to the platform",
        Step::Archive => "Archive",
    };
    Step::ALL
        .into_iter()
        .filter(|step| state.after(*step).is_some() && !(own && *step == Step::SignOff))
        .map(|step| StepButton {
            step: step.as_str(),
            label: label(step),
            class: match step {
                Step::SignOff | Step::Submit => "primary",
                Step::Archive => "danger",
                _ => "",
            },
        })
        .collect()
}

pub(super) fn finding(finding: Finding) -> FindingRow {
    let class = if finding.severity == Severity::Error { "bad" } else { "warn" };
    let place = finding.offset.map(|n| format!(" at character {n}")).unwrap_or_default();
    FindingRow {
        severity: Badge::new(class, finding.severity.as_str()),
        rule: finding.rule,
        place: format!("{}{place}", finding.pointer),
        detail: finding.detail,
    }
}

fn change(change: Change) -> ChangeRow {
    let text = |value: Option<serde_json::Value>| match value {
        None => String::new(),
        Some(serde_json::Value::String(text)) => text,
        Some(other) => other.to_string(),
    };
    ChangeRow { place: change.pointer, before: text(change.before), after: text(change.after) }
}

pub(super) fn bubble(preview: &Preview) -> Bubble {
    let header = preview.header.as_ref();
    Bubble {
        direction: preview.direction,
        language: preview.language.replace('_', "-"),
        header: header.and_then(|header| header.text.clone()).unwrap_or_default(),
        media: header
            .filter(|header| header.text.is_none())
            .map(|header| header.kind.clone())
            .unwrap_or_default(),
        body: preview.body.clone(),
        footer: preview.footer.clone().unwrap_or_default(),
        buttons: preview
            .buttons
            .iter()
            .map(|button| BubbleButton {
                text: button.text.clone(),
                leads_to: button.leads_to.clone().unwrap_or_default(),
            })
            .collect(),
        cards: preview.cards.iter().map(|card| card.body.clone()).collect(),
    }
}

#[derive(Debug, Deserialize)]
pub struct Taken {
    step: String,
    #[serde(default)]
    note: String,
}

pub async fn step(Path(id): Path<String>, Posted(viewer, form): Posted<Taken>) -> Result<Response, Refusal> {
    let id: VersionId = path_id(&id, "template version").map_err(Refusal::Problem)?;
    let step = Step::parse(&form.step)
        .ok_or_else(|| Refusal::Problem(Problem::field("step", "step", "there is no such step")))?;
    viewer.state.engine.step_version(&viewer.caller, id, step, form.note.trim()).await?;
    Ok(Redirect::to(&format!("/console/versions/{id}?done=step")).into_response())
}

pub async fn roll_back(
    Path(id): Path<String>,
    Posted(viewer, Nothing {}): Posted<Nothing>,
) -> Result<Response, Refusal> {
    let id: VersionId = path_id(&id, "template version").map_err(Refusal::Problem)?;
    let now = viewer.state.engine.roll_back(&viewer.caller, id).await?;
    Ok(Redirect::to(&format!("/console/versions/{}?done=back", now.id)).into_response())
}

//! Making and changing templates of the catalogue: the settings of one, and drafts of its versions with their preview
//! and what the linter says. The preview is rendered here; a script only asks for it while somebody types.

use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;
use tidings_domain::category::Category;
use tidings_domain::id::{AccountId, CatalogueId, VersionId};
use tidings_domain::problem::FieldProblem;
use tidings_domain::template::Settings;
use tidings_domain::whatsapp::lint::LANGUAGES;
use tidings_engine::EngineError;
use tidings_engine::store_model::LogicalTemplate;
use tidings_engine::templates::{NewDraft, NewLogical, PreviewInput};

use super::catalogue::{bubble, finding};
use super::draft_form::{BUTTON_KINDS, BUTTONS, ButtonFields, DraftForm, Fields, HEADERS};
use super::logical_form::{LogicalForm, TYPES};
use super::posted::Posted;
use super::view::catalogue::{Bubble, DraftPage, DraftShown, LogicalFormPage, ProblemRow};
use super::view::{Badge, Choice, Section};
use super::viewer::{Refusal, Viewer, html};
use crate::extract::path_id;
use crate::problem::Problem;

/// What a form came to: done, or to be shown again with what is wrong.
fn wrong(error: EngineError) -> Result<Vec<ProblemRow>, Refusal> {
    match error {
        EngineError::Invalid(problems) => Ok(problems.into_iter().map(problem).collect()),
        EngineError::Conflict(detail) => Ok(vec![ProblemRow { field: String::new(), detail }]),
        other => Err(other.into()),
    }
}

fn problem(problem: FieldProblem) -> ProblemRow {
    ProblemRow { field: problem.field, detail: problem.detail }
}

fn choices(all: impl IntoIterator<Item = impl Into<String>>, chosen: &str) -> Vec<Choice> {
    let choice = |value: String| Choice { selected: value == chosen, label: value.clone(), value };
    all.into_iter().map(|each| choice(each.into())).collect()
}

pub async fn new(viewer: Viewer) -> Result<Response, Refusal> {
    let form = LogicalForm { category: "utility".to_owned(), ..LogicalForm::default() };
    logical_page(&viewer, None, form, Vec::new()).await
}

pub async fn create(Posted(viewer, fields): Posted<Fields>) -> Result<Response, Refusal> {
    let form = LogicalForm::read(&fields);
    let made = match form.settings(&Settings::default()) {
        Err(problems) => Err(EngineError::Invalid(problems)),
        Ok(settings) => {
            let account = match form.account.as_str() {
                "" => None,
                text => Some(path_id::<AccountId>(text, "account").map_err(Refusal::Problem)?),
            };
            let category = Category::parse(&form.category).unwrap_or(Category::Service);
            let new = NewLogical { account, name: form.name.clone(), category, settings };
            viewer.state.engine.create_logical_template(&viewer.caller, new).await
        }
    };
    match made {
        Ok(made) => Ok(Redirect::to(&format!("/console/catalogue/{}", made.id)).into_response()),
        Err(error) => logical_page(&viewer, None, form, wrong(error)?).await,
    }
}

pub async fn settings(viewer: Viewer, Path(id): Path<String>) -> Result<Response, Refusal> {
    let known = logical(&viewer, &id).await?;
    let form =
        LogicalForm::of(&known.name, known.category.as_str(), &known.account.to_string(), &known.settings);
    logical_page(&viewer, Some(&known), form, Vec::new()).await
}

pub async fn set_settings(
    Path(id): Path<String>,
    Posted(viewer, fields): Posted<Fields>,
) -> Result<Response, Refusal> {
    let known = logical(&viewer, &id).await?;
    let form = LogicalForm::read(&fields);
    let set = match form.settings(&known.settings) {
        Err(problems) => Err(EngineError::Invalid(problems)),
        Ok(settings) => viewer.state.engine.set_logical_template(&viewer.caller, known.id, settings).await,
    };
    match set {
        Ok(set) => Ok(Redirect::to(&format!("/console/catalogue/{}", set.id)).into_response()),
        Err(error) => logical_page(&viewer, Some(&known), form, wrong(error)?).await,
    }
}

async fn logical(viewer: &Viewer, id: &str) -> Result<LogicalTemplate, Refusal> {
    let id: CatalogueId = path_id(id, "template").map_err(Refusal::Problem)?;
    Ok(viewer.state.engine.logical_template(&viewer.caller, id).await?)
}

async fn logical_page(
    viewer: &Viewer,
    known: Option<&LogicalTemplate>,
    form: LogicalForm,
    problems: Vec<ProblemRow>,
) -> Result<Response, Refusal> {
    let engine = &viewer.state.engine;
    let title = known.map_or("New template".to_owned(), |known| format!("Settings of {}", known.name));
    let accounts = engine.accounts(&viewer.caller).await?.into_iter().map(|account| Choice {
        selected: account.id.to_string() == form.account,
        value: account.id.to_string(),
        label: account.provider_ref,
    });
    let others: Vec<String> = engine
        .logical_templates(&viewer.caller)
        .await?
        .into_iter()
        .filter(|other| other.archived_at.is_none() && known.is_none_or(|known| known.id != other.id))
        .map(|other| other.name)
        .collect();
    let substitutes = [String::new()].into_iter().chain(others);
    let languages = [""].into_iter().chain(LANGUAGES.iter().copied());
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    let page = LogicalFormPage {
        frame: viewer.frame(title, Section::Templates).await?,
        action: known.map_or("/console/catalogue/new".to_owned(), |known| {
            format!("/console/catalogue/{}/settings", known.id)
        }),
        is_new: known.is_none(),
        accounts: accounts.collect(),
        categories: choices(["utility", "marketing", "authentication"], &form.category),
        substitutes: choices(substitutes, &form.substitute),
        languages: choices(languages, &form.default_language),
        types: TYPES,
        form: form.spared(),
        problems,
    };
    Ok((status, html(&page)).into_response())
}

#[derive(Debug, Default, Deserialize)]
pub struct From {
    /// A version whose words the draft begins with.
    #[serde(default)]
    from: String,
}

pub async fn draft(
    viewer: Viewer,
    Path(id): Path<String>,
    Query(from): Query<From>,
) -> Result<Response, Refusal> {
    let known = logical(&viewer, &id).await?;
    let mut draft = Draft { language: "en_US".to_owned(), ..Draft::default() };
    if !from.from.is_empty() {
        let from: VersionId = path_id(&from.from, "template version").map_err(Refusal::Problem)?;
        let version = viewer.state.engine.template_version(&viewer.caller, from).await?;
        draft = Draft {
            language: version.language,
            variant: version.variant,
            based_on: version.id.to_string(),
            note: String::new(),
            form: DraftForm::of(&version.definition),
        };
    } else if let Some(language) = &known.settings.default_language {
        draft.language.clone_from(language);
    }
    draft_page(&viewer, &known, draft, Vec::new()).await
}

/// The posted form: what stands beside the words.
#[derive(Debug, Default)]
struct Draft {
    language: String,
    variant: String,
    based_on: String,
    note: String,
    form: DraftForm,
}

impl Draft {
    fn read(fields: &Fields) -> Self {
        let of = |name: &str| fields.get(name).map(|text| text.trim().to_owned()).unwrap_or_default();
        Self {
            language: of("language"),
            variant: of("variant"),
            based_on: of("based_on"),
            note: of("note"),
            form: DraftForm::read(fields),
        }
    }
}

/// Keeps a draft, or only shows what it would be.
pub async fn post_draft(
    Path(id): Path<String>,
    Posted(viewer, fields): Posted<Fields>,
) -> Result<Response, Refusal> {
    let known = logical(&viewer, &id).await?;
    let draft = Draft::read(&fields);
    if fields.get("do").is_some_and(|wanted| wanted == "preview") {
        return draft_page(&viewer, &known, draft, Vec::new()).await;
    }
    let definition = match draft.form.definition() {
        Ok(definition) => definition,
        Err(detail) => {
            let problems = vec![ProblemRow { field: "json".to_owned(), detail }];
            return draft_page(&viewer, &known, draft, problems).await;
        }
    };
    let based_on = match draft.based_on.as_str() {
        "" => None,
        text => Some(path_id::<VersionId>(text, "template version").map_err(Refusal::Problem)?),
    };
    let new = NewDraft {
        template: known.id,
        language: draft.language.clone(),
        variant: Some(draft.variant.clone()).filter(|name| !name.is_empty()),
        definition,
        note: draft.note.clone(),
        based_on,
        override_lint: false,
    };
    match viewer.state.engine.draft_version(&viewer.caller, new).await {
        Ok(made) => Ok(Redirect::to(&format!("/console/versions/{}", made.id)).into_response()),
        Err(error) => draft_page(&viewer, &known, draft, wrong(error)?).await,
    }
}

/// Only the part of the page that shows the draft, for the script.
pub async fn preview(
    Path(id): Path<String>,
    Posted(viewer, fields): Posted<Fields>,
) -> Result<Response, Refusal> {
    let known = logical(&viewer, &id).await?;
    Ok(html(&shown(&viewer, &known, &Draft::read(&fields)).await?))
}

async fn shown(viewer: &Viewer, known: &LogicalTemplate, draft: &Draft) -> Result<DraftShown, Refusal> {
    let nothing = |problems| DraftShown { bubble: Bubble::default(), findings: Vec::new(), problems };
    let definition = match draft.form.definition() {
        Ok(definition) => definition,
        Err(detail) => return Ok(nothing(vec![ProblemRow { field: "json".to_owned(), detail }])),
    };
    let (engine, input) = (&viewer.state.engine, PreviewInput::default());
    match engine.preview_draft(&viewer.caller, known.id, &draft.language, definition, &input).await {
        Ok(found) => Ok(DraftShown {
            bubble: bubble(&found.preview),
            findings: found.findings.into_iter().map(finding).collect(),
            problems: found.problems.into_iter().map(problem).collect(),
        }),
        Err(error) => Ok(nothing(wrong(error)?)),
    }
}

async fn draft_page(
    viewer: &Viewer,
    known: &LogicalTemplate,
    draft: Draft,
    problems: Vec<ProblemRow>,
) -> Result<Response, Refusal> {
    if known.archived_at.is_some() {
        let title = "This template is archived";
        let detail = "Nothing can be drafted for it any more.";
        return Err(Refusal::Problem(Problem::new(StatusCode::CONFLICT, "conflict", title, detail)));
    }
    let shown = shown(viewer, known, &draft).await?;
    let arms = known.settings.arms();
    let variant = if draft.variant.is_empty() { arms[0].name.clone() } else { draft.variant };
    let mut form = draft.form;
    form.buttons.resize(BUTTONS.min(form.buttons.len() + 2), ButtonFields::default());
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    let page = DraftPage {
        frame: viewer.frame(format!("Draft of {}", known.name), Section::Templates).await?,
        id: known.id.to_string(),
        template: known.name.clone(),
        category: Badge::new("dim", known.category.to_string()),
        languages: choices(LANGUAGES.iter().copied(), &draft.language),
        variants: choices(arms.into_iter().map(|arm| arm.name), &variant),
        headers: choices(HEADERS, &form.header),
        kinds: BUTTON_KINDS,
        variables: known.settings.variables.iter().map(|each| each.name.clone()).collect(),
        based_on: draft.based_on,
        note: draft.note,
        form,
        problems,
        shown,
    };
    Ok((status, html(&page)).into_response())
}

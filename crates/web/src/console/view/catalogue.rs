//! Pages of the catalogue of templates.

use askama::Template;

use super::pages::Fact;
use super::{Badge, Choice, Frame, When};
use crate::console::draft_form::DraftForm;
use crate::console::logical_form::LogicalForm;

#[derive(Template)]
#[template(path = "catalogue.html")]
pub struct CataloguePage {
    pub frame: Frame,
    pub may_write: bool,
    pub rows: Vec<CatalogueRow>,
    pub stats: Vec<StatRow>,
}

pub struct CatalogueRow {
    pub id: String,
    pub state: Badge,
    pub name: String,
    pub category: String,
    pub tags: String,
    pub owner: String,
    pub updated: When,
}

pub struct StatRow {
    pub template: String,
    pub language: String,
    pub month: String,
    pub submitted: String,
    pub approved: String,
    pub rejected: String,
    pub median: String,
    pub reasons: String,
}

#[derive(Template)]
#[template(path = "logical.html")]
pub struct LogicalPage {
    pub frame: Frame,
    pub name: String,
    pub id: String,
    pub may_write: bool,
    pub state: Badge,
    pub facts: Vec<Fact>,
    pub versions: Vec<VersionRow>,
}

pub struct VersionRow {
    pub id: String,
    pub state: Badge,
    pub language: String,
    pub variant: String,
    pub number: String,
    pub reason: String,
    pub author: String,
    pub updated: When,
}

#[derive(Template)]
#[template(path = "version.html")]
pub struct VersionPage {
    pub frame: Frame,
    pub id: String,
    pub template: String,
    pub template_id: String,
    pub title: String,
    pub state: Badge,
    pub reason: String,
    pub overridden: String,
    pub buttons: Vec<StepButton>,
    pub may_roll_back: bool,
    pub may_write: bool,
    pub findings: Vec<FindingRow>,
    pub bubble: Bubble,
    pub changes: Vec<ChangeRow>,
    pub history: Vec<HistoryRow>,
}

pub struct StepButton {
    pub step: &'static str,
    pub label: &'static str,
    pub class: &'static str,
}

pub struct FindingRow {
    pub severity: Badge,
    pub rule: &'static str,
    pub place: String,
    pub detail: String,
}

/// What is wrong with a field of a form.
pub struct ProblemRow {
    pub field: String,
    pub detail: String,
}

#[derive(Template)]
#[template(path = "logical_form.html")]
pub struct LogicalFormPage {
    pub frame: Frame,
    pub action: String,
    pub is_new: bool,
    pub accounts: Vec<Choice>,
    pub categories: Vec<Choice>,
    pub substitutes: Vec<Choice>,
    pub languages: Vec<Choice>,
    pub types: [&'static str; 7],
    pub form: LogicalForm,
    pub problems: Vec<ProblemRow>,
}

#[derive(Template)]
#[template(path = "draft.html")]
pub struct DraftPage {
    pub frame: Frame,
    pub id: String,
    pub template: String,
    pub category: Badge,
    pub languages: Vec<Choice>,
    pub variants: Vec<Choice>,
    pub headers: Vec<Choice>,
    pub kinds: [&'static str; 5],
    pub variables: Vec<String>,
    pub based_on: String,
    pub note: String,
    pub form: DraftForm,
    pub problems: Vec<ProblemRow>,
    pub shown: DraftShown,
}

/// The draft as it would look, with what stands against it.
#[derive(Template)]
#[template(path = "draft_shown.html")]
pub struct DraftShown {
    pub bubble: Bubble,
    pub findings: Vec<FindingRow>,
    pub problems: Vec<ProblemRow>,
}

/// The message as a phone shows it.
#[derive(Default)]
pub struct Bubble {
    pub direction: &'static str,
    pub language: String,
    pub header: String,
    /// Kind of the header's file, if it has one.
    pub media: String,
    pub body: String,
    pub footer: String,
    pub buttons: Vec<BubbleButton>,
    pub cards: Vec<String>,
}

pub struct BubbleButton {
    pub text: String,
    pub leads_to: String,
}

pub struct ChangeRow {
    pub place: String,
    pub before: String,
    pub after: String,
}

pub struct HistoryRow {
    pub class: &'static str,
    pub at: When,
    pub what: String,
    pub detail: String,
}

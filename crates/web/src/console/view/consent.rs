//! Pages about consent.

use askama::Template;

use super::pages::Fact;
use super::{Badge, Choice, Frame, When};

#[derive(Template)]
#[template(path = "reviews.html")]
pub struct ReviewsPage {
    pub frame: Frame,
    pub may: bool,
    pub rows: Vec<ReviewRow>,
    pub next: String,
}

pub struct ReviewRow {
    pub id: String,
    pub contact: String,
    pub from: String,
    pub text: String,
    pub word: String,
    pub at: When,
}

#[derive(Template)]
#[template(path = "imports.html")]
pub struct ImportsPage {
    pub frame: Frame,
    pub may: bool,
    pub rows: Vec<ImportRow>,
    pub next: String,
}

pub struct ImportRow {
    pub id: String,
    pub kind: &'static str,
    pub state: Badge,
    pub running: bool,
    pub total: u64,
    pub done_lines: u64,
    pub lines: String,
    pub done: String,
    pub good: String,
    pub bad: String,
    pub begun: When,
    pub finished: When,
}

#[derive(Template)]
#[template(path = "import.html")]
pub struct ImportPage {
    pub frame: Frame,
    pub import: ImportRow,
    /// Line, code, reason.
    pub refused: Vec<(String, String, String)>,
    /// There are more of them than these.
    pub more: bool,
}

#[derive(Template)]
#[template(path = "topics.html")]
pub struct TopicsPage {
    pub frame: Frame,
    pub may: bool,
    pub rows: Vec<TopicRow>,
}

pub struct TopicRow {
    pub code: String,
    pub category: &'static str,
    /// Language and title.
    pub titles: Vec<(String, String)>,
    pub archived: bool,
    pub state: Badge,
}

#[derive(Template)]
#[template(path = "forms.html")]
pub struct FormsPage {
    pub frame: Frame,
    pub may: bool,
    pub business: String,
    /// Codes that a form may name beside the categories.
    pub topics: String,
    pub rows: Vec<FormRow>,
}

pub struct FormRow {
    pub id: String,
    pub name: String,
    pub version: String,
    pub language: String,
    pub purposes: String,
    pub double: bool,
    pub state: Badge,
    pub made: When,
}

#[derive(Template)]
#[template(path = "form.html")]
pub struct FormPage {
    pub frame: Frame,
    pub form: FormRow,
    pub url: String,
    pub text: String,
    pub facts: Vec<Fact>,
    /// An SVG of ours; nothing in it is anybody's markup.
    pub picture: String,
    pub may_close: bool,
}

#[derive(Template)]
#[template(path = "words.html")]
pub struct WordsPage {
    pub frame: Frame,
    pub may: bool,
    pub opt_in: bool,
    pub business: String,
    pub confirm: bool,
    pub confirmation: String,
    pub stop: String,
    pub start: String,
    pub look: Look,
    pub languages: Vec<Choice>,
}

/// The preference centre as a person sees it.
pub struct Look {
    pub code: &'static str,
    pub direction: &'static str,
    pub title: &'static str,
    pub intro: String,
    pub business: String,
    pub boxes: Vec<String>,
    pub note: &'static str,
    pub save: &'static str,
    pub stop_all: &'static str,
}

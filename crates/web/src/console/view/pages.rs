//! One type per page, each with its template.

use askama::Template;

use super::{Badge, Chart, Choice, Frame, When};

#[derive(Template)]
#[template(path = "sign_in.html")]
pub struct SignInPage {
    pub css: &'static str,
    pub icon: &'static str,
    /// Empty: there is no link to use, only words about how to get one.
    pub token: String,
    pub problem: String,
}

#[derive(Template)]
#[template(path = "problem.html")]
pub struct ProblemPage {
    pub frame: Frame,
    pub heading: String,
    pub detail: String,
    pub back: String,
}

#[derive(Template)]
#[template(path = "overview.html")]
pub struct OverviewPage {
    pub frame: Frame,
    pub tiles: Vec<Tile>,
    pub chart: Chart,
    pub senders: Vec<SenderRow>,
    pub attention: Vec<AttentionRow>,
}

/// One counter, under the name by which the stream updates it.
pub struct Tile {
    pub key: &'static str,
    pub label: &'static str,
    pub value: String,
    pub class: &'static str,
    pub href: &'static str,
}

pub struct SenderRow {
    pub id: String,
    pub address: String,
    pub phase: Badge,
    pub waiting: String,
}

pub struct AttentionRow {
    pub id: String,
    pub short: String,
    pub kind: Badge,
    pub reason: String,
    pub at: When,
    pub can_redrive: bool,
}

#[derive(Template)]
#[template(path = "messages.html")]
pub struct MessagesPage {
    pub frame: Frame,
    pub statuses: Vec<Choice>,
    pub filter: Filter,
    pub rows: Vec<MessageRow>,
    pub next: String,
}

#[derive(Default)]
pub struct Filter {
    pub to: String,
    pub reference: String,
    pub find: String,
    pub active: bool,
}

pub struct MessageRow {
    pub id: String,
    pub short: String,
    pub status: Badge,
    pub content: String,
    pub category: String,
    pub reason: String,
    pub created: When,
}

#[derive(Template)]
#[template(path = "message.html")]
pub struct MessagePage {
    pub frame: Frame,
    pub id: String,
    pub status: Badge,
    pub can_cancel: bool,
    pub can_redrive: bool,
    pub answers: Vec<Answer>,
    pub facts: Vec<Fact>,
    pub attempts: Vec<AttemptRow>,
    pub decisions: Vec<DecisionRow>,
    pub timeline: Vec<TimelineRow>,
}

pub struct Answer {
    pub question: String,
    pub answer: String,
}

#[derive(Default)]
pub struct Fact {
    pub name: &'static str,
    pub value: String,
    pub mono: bool,
    pub href: String,
}

pub struct AttemptRow {
    pub number: String,
    pub state: Badge,
    pub doubted: bool,
    pub claimed: When,
    pub answered: When,
    pub code: String,
    /// What the code means.
    pub meaning: String,
    pub next_word: &'static str,
    pub next: When,
}

pub struct DecisionRow {
    pub verdict: Badge,
    pub rule: String,
    /// Where on the path it was made.
    pub stage: String,
    pub reason: String,
}

pub struct TimelineRow {
    pub class: &'static str,
    pub at: When,
    pub what: String,
    pub detail: String,
}

#[derive(Template)]
#[template(path = "senders.html")]
pub struct SendersPage {
    pub frame: Frame,
    pub senders: Vec<SenderCard>,
}

pub struct SenderCard {
    pub id: String,
    pub address: String,
    pub provider_ref: String,
    pub phase: Badge,
    /// A sentence about the phase.
    pub detail: String,
    pub pace: String,
    pub in_flight: String,
    pub queues: Vec<Queue>,
    pub buckets: Vec<Bucket>,
    pub holds: Vec<String>,
}

pub struct Queue {
    pub label: String,
    pub value: String,
}

pub struct Bucket {
    pub label: String,
    pub percent: u8,
    pub class: &'static str,
    pub words: String,
}

#[derive(Template)]
#[template(path = "templates.html")]
pub struct TemplatesPage {
    pub frame: Frame,
    pub may_write: bool,
    /// Names that the catalogue does not know.
    pub unknown: usize,
    pub rows: Vec<TemplateRow>,
}

pub struct TemplateRow {
    pub account: String,
    pub may_adopt: bool,
    pub name: String,
    pub language: String,
    pub status: Badge,
    pub category: String,
    pub quality: String,
    pub updated: When,
}

#[derive(Template)]
#[template(path = "attention.html")]
pub struct AttentionPage {
    pub frame: Frame,
    pub tabs: Vec<Choice>,
    pub rows: Vec<AttentionRow>,
    pub next: String,
}

#[derive(Template)]
#[template(path = "policy.html")]
pub struct PolicyPage {
    pub frame: Frame,
    pub facts: Vec<PolicyFact>,
    pub rules: Vec<RuleRow>,
    pub changes: Vec<ChangeAhead>,
    pub decided: Vec<DecidedRow>,
    /// Where counts begin later than a week ago; empty: they do not.
    pub decided_since: When,
    pub hours: Vec<HoursRow>,
}

/// A change that is announced.
pub struct ChangeAhead {
    pub on: String,
    pub place: String,
    pub what: String,
    pub touches: String,
    pub source: String,
}

/// What one rule decided lately.
pub struct DecidedRow {
    pub rule: String,
    pub verdict: Badge,
    pub last_day: u64,
    pub last_week: u64,
    /// Ids of messages, long and short.
    pub latest: Vec<(String, String)>,
}

pub struct PolicyFact {
    pub name: &'static str,
    pub value: String,
}

pub struct RuleRow {
    pub name: String,
    pub when: String,
    pub verdict: String,
    pub mode: &'static str,
    pub reason: String,
}

pub struct HoursRow {
    pub country: String,
    pub hours: String,
    pub status: String,
    pub source: String,
}

#[derive(Template)]
#[template(path = "pauses.html")]
pub struct PausesPage {
    pub frame: Frame,
    pub tenant_id: String,
    pub rows: Vec<PauseRow>,
    pub targets: Vec<Choice>,
}

pub struct PauseRow {
    pub id: String,
    pub scope: Badge,
    pub target: String,
    pub reason: String,
    pub since: When,
    pub until: When,
}

#[derive(Template)]
#[template(path = "nodes.html")]
pub struct NodesPage {
    pub frame: Frame,
    pub nodes: Vec<NodeCard>,
    /// Slots that nobody holds, region by region.
    pub free: Vec<String>,
}

pub struct NodeCard {
    pub id: String,
    pub name: String,
    pub state: Badge,
    /// It is the node that shows the page.
    pub answers: bool,
    pub region: String,
    pub roles: String,
    pub version: String,
    pub address: String,
    pub started: When,
    pub heartbeat: When,
    pub slots: String,
    pub slot_numbers: String,
    pub lanes: Vec<NodeLane>,
}

pub struct NodeLane {
    pub sender: String,
    pub phase: Badge,
    pub detail: String,
    pub in_flight: String,
}

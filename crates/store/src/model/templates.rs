//! The catalogue of templates.

use serde_json::Value;
use tidings_domain::actor::Actor;
use tidings_domain::category::Category;
use tidings_domain::id::{AccountId, CatalogueId, TenantId, VersionId};
use tidings_domain::template::{Settings, TemplateRules, VersionState};
use tidings_domain::time::Timestamp;

/// One logical template.
#[derive(Debug, Clone)]
pub struct LogicalTemplate {
    pub id: CatalogueId,
    pub account: AccountId,
    pub name: String,
    pub category: Category,
    pub settings: Settings,
    pub created_by: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub archived_at: Option<Timestamp>,
}

/// One version of one localization and variant.
#[derive(Debug, Clone)]
pub struct TemplateVersion {
    pub id: VersionId,
    pub template: CatalogueId,
    pub language: String,
    pub variant: String,
    /// Counts from 1 within language and variant.
    pub n: u32,
    /// As it is handed in, but for its name.
    pub definition: Value,
    pub author: String,
    pub note: String,
    pub based_on: Option<VersionId>,
    /// Made by the system after a rejection.
    pub automatic: bool,
    /// What the linter said when it was made.
    pub findings: Value,
    /// Who took it in although the linter refused it.
    pub overridden_by: Option<String>,
    pub created_at: Timestamp,
    pub state: VersionState,
    pub updated_at: Timestamp,
    pub provider_name: Option<String>,
    pub provider_id: Option<String>,
    pub submitted_at: Option<Timestamp>,
    pub decided_at: Option<Timestamp>,
    /// The platform's first decision: `approved` or `rejected`.
    pub verdict: Option<String>,
    /// Why it was rejected, paused or disabled, in the platform's words.
    pub reason: Option<String>,
}

#[derive(Debug, Clone)]
pub struct NewVersion {
    pub id: VersionId,
    pub template: CatalogueId,
    pub language: String,
    pub variant: String,
    pub definition: Value,
    pub note: String,
    pub based_on: Option<VersionId>,
    pub automatic: bool,
    pub findings: Value,
    pub overridden_by: Option<String>,
    pub state: VersionState,
    pub actor: Actor,
    pub at: Timestamp,
}

/// A step of a version, as its history shows it.
#[derive(Debug, Clone)]
pub struct VersionStep {
    pub state: VersionState,
    pub actor: String,
    pub at: Timestamp,
    pub note: String,
}

/// What moves a version along. Only if it still stands where the caller saw it.
#[derive(Debug, Clone)]
pub struct VersionMove {
    pub id: VersionId,
    pub from: VersionState,
    pub to: VersionState,
    pub note: String,
    pub provider_name: Option<String>,
    pub provider_id: Option<String>,
    pub task: Option<(TemplateTask, Timestamp)>,
    pub actor: Actor,
    pub at: Timestamp,
}

impl VersionMove {
    pub fn new(id: VersionId, from: VersionState, to: VersionState, actor: Actor, at: Timestamp) -> Self {
        let note = String::new();
        Self { id, from, to, note, provider_name: None, provider_id: None, task: None, actor, at }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemplateTask {
    /// Hand it in.
    Submit,
    /// Ask the platform what became of it.
    Check,
    /// Look for a correction after a rejection.
    Correct,
}

impl TemplateTask {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Check => "check",
            Self::Correct => "correct",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Submit, Self::Check, Self::Correct].into_iter().find(|task| task.as_str() == text)
    }
}

#[derive(Debug, Clone, Copy)]
pub struct DueTask {
    pub tenant: TenantId,
    pub version: VersionId,
    pub task: TemplateTask,
    pub tries: u32,
}

/// A version that the platform knows by a name, as far as choosing one needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveVersion {
    pub template: CatalogueId,
    pub language: String,
    pub variant: String,
    pub n: u32,
    pub state: VersionState,
    pub provider_name: String,
}

/// A logical template to be made of what the platform has.
#[derive(Debug, Clone)]
pub struct Adoption {
    pub account: AccountId,
    pub name: String,
    pub category: Category,
    pub settings: Settings,
    pub versions: Vec<AdoptedVersion>,
}

/// One localization of it, in the state in which it stands there.
#[derive(Debug, Clone)]
pub struct AdoptedVersion {
    pub language: String,
    pub definition: serde_json::Value,
    pub findings: serde_json::Value,
    pub state: VersionState,
    pub provider_id: Option<String>,
}

/// The part of the catalogue that sending looks at.
#[derive(Debug, Clone, Default)]
pub struct TemplateShelf {
    pub logical: Vec<LogicalTemplate>,
    pub live: Vec<LiveVersion>,
    pub rules: TemplateRules,
}

/// One decision of the platform, for counting.
#[derive(Debug, Clone)]
pub struct TemplateDecision {
    pub template: String,
    pub language: String,
    pub submitted_at: Timestamp,
    pub decided_at: Timestamp,
    pub verdict: String,
    pub reason: Option<String>,
}

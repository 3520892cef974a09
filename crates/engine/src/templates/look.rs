//! Looking at versions: differences and previews.

use serde::Serialize;
use serde_json::Value;
use tidings_domain::id::{CatalogueId, VersionId};
use tidings_domain::problem::FieldProblem;
use tidings_domain::template::{Change, Preview, Variable, VariableType, diff, preview};
use tidings_domain::whatsapp::lint::{Finding, is_refused, lint};

use super::sample_of;
use super::versions::{fits_declaration, whole};
use crate::caller::Caller;
use crate::error::{EngineError, Result};
use crate::pipeline::Engine;

/// What changed between two versions of one template.
#[derive(Debug, Serialize)]
pub struct VersionDiff {
    pub before: VersionId,
    pub after: VersionId,
    pub changes: Vec<Change>,
}

/// Values for a preview, by name; samples stand in for the others.
#[derive(Debug, Clone, Default)]
pub struct PreviewInput {
    pub values: Vec<(String, String)>,
}

/// A draft before it is one.
#[derive(Debug, Serialize)]
pub struct DraftPreview {
    pub preview: Preview,
    /// Whether the linter refuses it.
    pub refused: bool,
    pub findings: Vec<Finding>,
    /// Where the definition and the declared variables do not fit each other.
    pub problems: Vec<FieldProblem>,
}

impl Engine {
    /// Against the version named, else against the one before it.
    pub async fn diff_versions(
        &self,
        caller: &Caller,
        id: VersionId,
        against: Option<VersionId>,
    ) -> Result<VersionDiff> {
        let after = self.template_version(caller, id).await?;
        let before = match against {
            Some(other) => self.template_version(caller, other).await?,
            None => self
                .template_versions(caller, after.template)
                .await?
                .into_iter()
                .find(|other| {
                    other.language == after.language && other.variant == after.variant && other.n < after.n
                })
                .ok_or(EngineError::NotFound("earlier version"))?,
        };
        let changes = diff(&before.definition, &after.definition);
        Ok(VersionDiff { before: before.id, after: after.id, changes })
    }

    /// As the recipient will see it.
    pub async fn preview_version(
        &self,
        caller: &Caller,
        id: VersionId,
        input: &PreviewInput,
    ) -> Result<Preview> {
        let version = self.template_version(caller, id).await?;
        let logical = self.logical_template(caller, version.template).await?;
        Ok(shown(&version.definition, &logical.settings.variables, input))
    }

    /// What a draft would look like and what would be said to it. Nothing is stored.
    pub async fn preview_draft(
        &self,
        caller: &Caller,
        template: CatalogueId,
        language: &str,
        definition: Value,
        input: &PreviewInput,
    ) -> Result<DraftPreview> {
        let logical = self.logical_template(caller, template).await?;
        let definition = whole(&logical, language, definition)?;
        let findings = lint(&definition);
        let problems = match fits_declaration(&logical.settings, &definition) {
            Err(EngineError::Invalid(problems)) => problems,
            _ => Vec::new(),
        };
        Ok(DraftPreview {
            preview: shown(&definition, &logical.settings.variables, input),
            refused: is_refused(&findings),
            findings,
            problems,
        })
    }
}

fn shown(definition: &Value, declared: &[Variable], input: &PreviewInput) -> Preview {
    let examples = examples(definition);
    let value = |name: &str, place: usize| {
        let by_name = declared.iter().find(|variable| variable.name == name);
        let variable = by_name.or_else(|| {
            // Files fill no place of a text.
            declared.iter().filter(|variable| variable.kind != VariableType::File).nth(place)
        });
        let key = variable.map_or(name, |variable| variable.name.as_str());
        let given = input.values.iter().find(|(given, _)| given == key || given == name);
        given
            .map(|(_, value)| value.clone())
            .or_else(|| variable.and_then(|variable| sample_of(variable).as_str().map(str::to_owned)))
            .or_else(|| examples.get(place).cloned())
    };
    preview(definition, &value)
}

/// The samples in a definition, in the order of their places.
fn examples(definition: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    for component in list(&definition["components"]) {
        let example = &component["example"];
        let rows = [
            list(&example["header_text"]),
            list(&example["body_text"][0]),
            list(&example["header_text_named_params"]),
            list(&example["body_text_named_params"]),
        ];
        for each in rows.into_iter().flatten() {
            let text = each.as_str().or_else(|| each["example"].as_str());
            found.extend(text.map(str::to_owned));
        }
    }
    found
}

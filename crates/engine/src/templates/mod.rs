//! The tenant's catalogue of templates: drafts, reviews by a second person, the way to the platform and back.
//! Choosing one for a message is intake's (`intake/choose.rs`); what the platform decides arrives through
//! reconcile and the sync like everything else it says.

mod adopt;
mod catalogue;
mod hand_in;
mod look;
mod stats;
mod versions;
pub(crate) mod work;

pub use adopt::{AdoptReport, AdoptRequest, Adopted, Skipped};
pub use catalogue::NewLogical;
pub use look::{DraftPreview, PreviewInput, VersionDiff};
pub use stats::{ReasonCount, TemplateStats};
pub use versions::NewDraft;

use serde_json::{Value, json};
use tidings_domain::actor::Permission;
use tidings_domain::problem::FieldProblem;
use tidings_domain::provider::Upload;
use tidings_domain::template::{ParameterValues, Variable};
use tidings_domain::whatsapp::lint::{Finding, lint};
use tidings_domain::whatsapp::{ParameterFormat, TemplateDefinition};

use crate::caller::Caller;
use crate::error::{EngineError, Result};
use crate::limits::TEMPLATE_SAMPLE_BYTES_MAX;
use crate::pipeline::Engine;
use tidings_domain::id::AccountId;

impl Engine {
    /// What the platform would say to a template. Nothing is stored.
    pub fn lint_template(&self, caller: &Caller, template: &Value) -> Result<Vec<Finding>> {
        caller.require(Permission::TemplatesRead)?;
        Ok(lint(template))
    }

    /// Uploads the sample of a header to the platform; its handle goes into `example.header_handle`.
    pub async fn upload_template_sample(
        &self,
        caller: &Caller,
        account: AccountId,
        file: Upload,
    ) -> Result<String> {
        caller.require(Permission::TemplatesWrite)?;
        const KINDS: [&str; 6] =
            ["image/jpeg", "image/png", "image/gif", "video/mp4", "video/3gpp", "application/pdf"];
        if !KINDS.contains(&file.mime_type.as_str()) {
            let detail = format!("A sample is one of {}.", KINDS.join(", "));
            return Err(EngineError::invalid("content-type", "sample.type", detail));
        }
        if file.bytes.is_empty() || file.bytes.len() > TEMPLATE_SAMPLE_BYTES_MAX {
            return Err(EngineError::invalid("", "sample.size", "A sample has between 1 byte and 16 MiB."));
        }
        let account = self.account(caller, account).await?;
        Ok(self.provider(&account)?.upload_sample(&account.credentials, file).await?)
    }
}

/// Findings as the problems of a request: the place behind the field, the character behind the sentence.
fn problems(findings: &[Finding]) -> Vec<FieldProblem> {
    findings
        .iter()
        .filter(|finding| finding.severity == tidings_domain::whatsapp::lint::Severity::Error)
        .map(|finding| {
            let place = finding.offset.map(|n| format!(" (at character {n})")).unwrap_or_default();
            FieldProblem {
                field: format!("definition{}", finding.pointer),
                code: finding.rule,
                detail: format!("{}{place}", finding.detail),
            }
        })
        .collect()
}

/// Completed values in the form in which the definition takes them: by name, or by place.
pub(crate) fn arranged(
    definition: &TemplateDefinition,
    declared: &[Variable],
    values: &ParameterValues,
) -> Value {
    if definition.format() == ParameterFormat::Named {
        return Value::Object(values.clone());
    }
    Value::Array(declared.iter().filter_map(|variable| values.get(&variable.name).cloned()).collect())
}

/// A value that fits the variable, for trying a definition out.
fn sample_of(variable: &Variable) -> Value {
    use tidings_domain::template::VariableType as T;
    if !variable.sample.is_empty() {
        return json!(variable.sample);
    }
    json!(match variable.kind {
        T::Text => "sample",
        T::Number => "12",
        T::Amount => "12.50 EUR",
        T::Date => "2026-01-31",
        T::Url => "sample",
        T::Code => "123456",
        T::File => "https://example.com/sample",
    })
}

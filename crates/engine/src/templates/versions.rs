//! Versions inside the tenant: drafted by one person, signed off by another.

use serde_json::{Value, json};
use tidings_domain::actor::Permission;
use tidings_domain::id::{CatalogueId, VersionId};
use tidings_domain::template::limits::{DEFINITION_BYTES_MAX, NOTE_CHARS_MAX};
use tidings_domain::template::{MAIN_VARIANT, Settings, Step, VersionState};
use tidings_domain::whatsapp::lint::{Finding, is_refused, lint, places_of};
use tidings_domain::whatsapp::{TemplateDefinition, fill_template};
use tidings_store::model::{
    LogicalTemplate, NewVersion, TemplateTask, TemplateVersion, VersionMove, VersionStep,
};

use super::catalogue::require_admin;
use super::{arranged, problems, sample_of};
use crate::caller::Caller;
use crate::error::{EngineError, Result};
use crate::limits::TEMPLATE_VERSIONS_MAX;
use crate::pipeline::Engine;

/// A version to be.
#[derive(Debug, Clone)]
pub struct NewDraft {
    pub template: CatalogueId,
    pub language: String,
    pub variant: Option<String>,
    /// `components`, and what else the platform reads; name, language and category are the template's.
    pub definition: Value,
    pub note: String,
    pub based_on: Option<VersionId>,
    /// Take it in although the linter refuses it: an administrator's decision, which is recorded.
    pub override_lint: bool,
}

impl Engine {
    pub async fn draft_version(&self, caller: &Caller, new: NewDraft) -> Result<TemplateVersion> {
        caller.require(Permission::TemplatesWrite)?;
        let logical = self.logical_template(caller, new.template).await?;
        if logical.archived_at.is_some() {
            return Err(EngineError::Conflict("This template is archived.".to_owned()));
        }
        check_note(&new.note)?;
        let variant = new.variant.unwrap_or_else(|| MAIN_VARIANT.to_owned());
        if !logical.settings.arms().iter().any(|arm| arm.name == variant) {
            let detail = "The template has no such variant; declare it in its settings first.";
            return Err(EngineError::invalid("variant", "variant.unknown", detail));
        }
        let known = caller.store.template_versions(&caller.scope, logical.id).await?;
        if known.len() >= TEMPLATE_VERSIONS_MAX {
            return Err(EngineError::Conflict("The template has too many versions.".to_owned()));
        }
        if new.based_on.is_some_and(|id| !known.iter().any(|version| version.id == id)) {
            let detail = "There is no such version of this template.";
            return Err(EngineError::invalid("based_on", "version.unknown", detail));
        }
        let definition = whole(&logical, &new.language, new.definition)?;
        let findings = lint(&definition);
        let overridden_by = admit(caller, &findings, new.override_lint)?;
        fits_declaration(&logical.settings, &definition)?;
        let now = self.now();
        let version = NewVersion {
            id: caller.store.ids().next(now),
            template: logical.id,
            language: new.language,
            variant,
            definition,
            note: new.note,
            based_on: new.based_on,
            automatic: false,
            findings: json!(findings),
            overridden_by,
            state: VersionState::Draft,
            actor: caller.actor,
            at: now,
        };
        let made = caller.store.add_template_version(&caller.scope, version, false).await?;
        self.tick();
        Ok(made)
    }

    pub async fn template_versions(&self, caller: &Caller, id: CatalogueId) -> Result<Vec<TemplateVersion>> {
        caller.require(Permission::TemplatesRead)?;
        Ok(caller.store.template_versions(&caller.scope, id).await?)
    }

    pub async fn template_version(&self, caller: &Caller, id: VersionId) -> Result<TemplateVersion> {
        caller.require(Permission::TemplatesRead)?;
        caller
            .store
            .template_version(&caller.scope, id)
            .await?
            .ok_or(EngineError::NotFound("template version"))
    }

    pub async fn template_history(&self, caller: &Caller, id: VersionId) -> Result<Vec<VersionStep>> {
        caller.require(Permission::TemplatesRead)?;
        Ok(caller.store.template_steps(&caller.scope, id).await?)
    }

    /// One step of a person.
    pub async fn step_version(
        &self,
        caller: &Caller,
        id: VersionId,
        step: Step,
        note: &str,
    ) -> Result<TemplateVersion> {
        caller.require(Permission::TemplatesWrite)?;
        check_note(note)?;
        let version = self.template_version(caller, id).await?;
        let Some(to) = version.state.after(step) else {
            return Err(EngineError::Conflict(format!(
                "A version that is {} cannot take the step `{}`.",
                version.state.as_str(),
                step.as_str()
            )));
        };
        match step {
            Step::SignOff if version.author == caller.actor.to_string() => {
                return Err(EngineError::Conflict(
                    "The author of a version cannot sign it off; ask somebody else, with a key of their own."
                        .to_owned(),
                ));
            }
            Step::Submit => {
                let account = self.account_of_version(&caller.store, &caller.scope, &version).await?;
                self.hand_in(&caller.store, &caller.scope, &account, &version, caller.actor).await?;
            }
            Step::Archive => self.archive_version(caller, &version, note).await?,
            _ => {
                let mut moved = VersionMove::new(id, version.state, to, caller.actor, self.now());
                note.clone_into(&mut moved.note);
                if step == Step::SignOff && self.follows_a_rejection(caller, &version).await? {
                    moved.task = Some((TemplateTask::Submit, self.now()));
                }
                self.take(caller, moved).await?;
            }
        }
        self.changed(caller);
        self.template_version(caller, id).await
    }

    async fn take(&self, caller: &Caller, moved: VersionMove) -> Result<()> {
        if caller.store.move_template_version(&caller.scope, moved).await? {
            return Ok(());
        }
        Err(EngineError::Conflict("The version was changed meanwhile; look again.".to_owned()))
    }

    /// A correction that the tenant lets go by itself once it is signed off.
    async fn follows_a_rejection(&self, caller: &Caller, version: &TemplateVersion) -> Result<bool> {
        let Some(base) = version.based_on else { return Ok(false) };
        if !caller.store.template_rules(&caller.scope).await?.resubmit_corrected {
            return Ok(false);
        }
        let base = caller.store.template_version(&caller.scope, base).await?;
        Ok(base.is_some_and(|base| base.state == VersionState::Rejected))
    }

    /// Gone at the platform first, unless a later version stands under the same name there.
    async fn archive_version(&self, caller: &Caller, version: &TemplateVersion, note: &str) -> Result<()> {
        if let (Some(name), Some(provider_id)) = (&version.provider_name, &version.provider_id)
            && version.state != VersionState::Disabled
        {
            let all = caller.store.template_versions(&caller.scope, version.template).await?;
            let shared = all.iter().any(|other| {
                other.id != version.id
                    && other.provider_id == version.provider_id
                    && other.state != VersionState::Archived
            });
            if !shared {
                let account = self.account_of_version(&caller.store, &caller.scope, version).await?;
                let provider = self.provider(&account)?;
                provider
                    .delete_template(&account.credentials, &account.provider_ref, name, provider_id)
                    .await?;
            }
        }
        let mut moved =
            VersionMove::new(version.id, version.state, VersionState::Archived, caller.actor, self.now());
        note.clone_into(&mut moved.note);
        self.take(caller, moved).await
    }

    /// Back to an earlier version. One that is still approved is pinned and goes out at once; of any other a
    /// copy is drafted, which goes the usual way.
    pub async fn roll_back(&self, caller: &Caller, id: VersionId) -> Result<TemplateVersion> {
        caller.require(Permission::TemplatesWrite)?;
        let version = self.template_version(caller, id).await?;
        if version.state != VersionState::Approved {
            let draft = NewDraft {
                template: version.template,
                language: version.language.clone(),
                variant: Some(version.variant.clone()),
                definition: version.definition.clone(),
                note: format!("Back to version {}.", version.n),
                based_on: Some(version.id),
                override_lint: false,
            };
            return self.draft_version(caller, draft).await;
        }
        let logical = self.logical_template(caller, version.template).await?;
        let mut settings = logical.settings;
        settings.variants = settings.arms();
        for arm in settings.variants.iter_mut().filter(|arm| arm.name == version.variant) {
            arm.pinned.retain(|pin| pin.language != version.language);
            let language = version.language.clone();
            arm.pinned.push(tidings_domain::template::Pin { language, version: version.n });
        }
        let (actor, now) = (caller.actor, self.now());
        caller.store.set_logical_template(&caller.scope, logical.id, settings, false, actor, now).await?;
        self.changed(caller);
        Ok(version)
    }
}

/// The definition with what is the template's own.
pub(super) fn whole(logical: &LogicalTemplate, language: &str, definition: Value) -> Result<Value> {
    let Value::Object(mut fields) = definition else {
        return Err(EngineError::invalid(
            "definition",
            "definition.object",
            "Give an object with `components`.",
        ));
    };
    fields.insert("name".to_owned(), json!(logical.name));
    fields.insert("language".to_owned(), json!(language));
    fields.entry("category").or_insert_with(|| json!(logical.category.as_str().to_ascii_uppercase()));
    let mut definition = Value::Object(fields);
    add_samples(&mut definition, &logical.settings);
    let size = definition.to_string().len();
    if size > DEFINITION_BYTES_MAX {
        return Err(EngineError::invalid(
            "definition",
            "definition.size",
            "A definition has at most 64 KiB.",
        ));
    }
    let wanted = logical.category.as_str().to_ascii_uppercase();
    if definition["category"] != json!(wanted) {
        let detail = format!("The template's category is {wanted}; leave it out here.");
        return Err(EngineError::invalid("definition/category", "category.mismatch", detail));
    }
    Ok(definition)
}

/// Samples of the declared variables serve the platform's reviewers where the author gave none.
fn add_samples(definition: &mut Value, settings: &Settings) {
    let named =
        definition["parameter_format"].as_str().is_some_and(|word| word.eq_ignore_ascii_case("named"));
    let mut place = 0;
    let Some(components) = definition["components"].as_array_mut() else { return };
    for component in components {
        let key = match component["type"].as_str().unwrap_or_default().to_ascii_uppercase().as_str() {
            "HEADER" => "header_text",
            "BODY" => "body_text",
            _ => continue,
        };
        let Some(Ok(places)) = component["text"].as_str().map(places_of) else { continue };
        let mut names: Vec<String> = Vec::new();
        for each in places {
            if !names.contains(&each.name) {
                names.push(each.name);
            }
        }
        let variables: Vec<_> = names
            .iter()
            .enumerate()
            .map(|(index, name)| {
                let by_name = settings.variables.iter().find(|variable| variable.name == *name);
                if named { by_name } else { settings.variables.get(place + index) }
            })
            .collect();
        place += names.len();
        if names.is_empty() || !component["example"].is_null() || variables.iter().any(Option::is_none) {
            continue;
        }
        let samples: Vec<Value> = variables.into_iter().flatten().map(sample_of).collect();
        component["example"] = match (named, key) {
            (true, key) => {
                let rows: Vec<Value> = names
                    .iter()
                    .zip(samples)
                    .map(|(name, sample)| json!({"param_name": name, "example": sample}))
                    .collect();
                let mut example = serde_json::Map::new();
                example.insert(format!("{key}_named_params"), json!(rows));
                Value::Object(example)
            }
            (false, "header_text") => json!({"header_text": samples}),
            (false, _) => json!({"body_text": [samples]}),
        };
    }
}

/// Who overrode the linter, if it had to be.
fn admit(caller: &Caller, findings: &[Finding], override_lint: bool) -> Result<Option<String>> {
    if !is_refused(findings) {
        return Ok(None);
    }
    if !override_lint {
        return Err(EngineError::Invalid(problems(findings)));
    }
    require_admin(caller)?;
    Ok(Some(caller.actor.to_string()))
}

/// Every declared variable has its place, and every place its variable: tried with the samples.
pub(super) fn fits_declaration(settings: &Settings, definition: &Value) -> Result<()> {
    if settings.variables.is_empty() {
        return Ok(());
    }
    let read = TemplateDefinition::from_json(definition.to_string().as_bytes());
    let Some(read) = read else { return Ok(()) };
    let values = settings.variables.iter().map(|each| (each.name.clone(), sample_of(each))).collect();
    let outcome = fill_template(&read, &arranged(&read, &settings.variables, &values));
    outcome.map(|_| ()).map_err(|found| {
        let moved = |mut problem: tidings_domain::problem::FieldProblem| {
            problem.field = problem.field.replacen("template.variables", "definition/components", 1);
            problem.detail = format!("With the declared variables and their samples: {}", problem.detail);
            problem
        };
        EngineError::Invalid(found.into_iter().map(moved).collect())
    })
}

fn check_note(note: &str) -> Result<()> {
    if note.chars().count() > NOTE_CHARS_MAX {
        return Err(EngineError::invalid("note", "note.size", "A note has at most 500 characters."));
    }
    Ok(())
}

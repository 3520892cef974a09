//! What the platform already has becomes part of the catalogue, approved as it stands.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value, json};
use tidings_domain::actor::Permission;
use tidings_domain::category::Category;
use tidings_domain::id::{AccountId, CatalogueId};
use tidings_domain::template::{Settings, VersionState};
use tidings_domain::whatsapp::TemplateDefinition;
use tidings_domain::whatsapp::lint::lint;
use tidings_store::model::{AdoptedVersion, Adoption, LogicalTemplate, StoredTemplate};

use crate::caller::Caller;
use crate::error::{EngineError, Result};
use crate::limits::LOGICAL_TEMPLATES_MAX;
use crate::pipeline::Engine;

/// Which templates are taken in, and with what beside them.
#[derive(Debug, Clone, Default)]
pub struct AdoptRequest {
    /// All accounts unless one is named.
    pub account: Option<AccountId>,
    /// All that the catalogue does not know unless some are named.
    pub names: Vec<String>,
    pub tags: BTreeMap<String, String>,
    pub owner: String,
}

/// What became of each name.
#[derive(Debug, Default, Serialize)]
pub struct AdoptReport {
    pub adopted: Vec<Adopted>,
    pub skipped: Vec<Skipped>,
}

#[derive(Debug, Serialize)]
pub struct Adopted {
    pub id: CatalogueId,
    pub account: AccountId,
    pub name: String,
    pub category: Category,
    pub languages: Vec<String>,
}

#[derive(Debug, Serialize)]
pub struct Skipped {
    /// None of a name that no account has.
    pub account: Option<AccountId>,
    pub name: String,
    pub code: &'static str,
    pub detail: String,
}

type Names = BTreeMap<(AccountId, String), Vec<StoredTemplate>>;

impl Engine {
    /// Names at the platform that no version of the catalogue stands under, with their localizations.
    pub async fn unadopted_templates(&self, caller: &Caller) -> Result<BTreeSet<(AccountId, String)>> {
        caller.require(Permission::TemplatesRead)?;
        Ok(self.unadopted(caller).await?.into_keys().collect())
    }

    async fn unadopted(&self, caller: &Caller) -> Result<Names> {
        let known = caller.store.catalogued_names(&caller.scope).await?;
        let mut found = Names::new();
        for template in caller.store.templates(&caller.scope).await? {
            let key = (template.account, template.definition.name.clone());
            if !known.contains(&key) {
                found.entry(key).or_default().push(template);
            }
        }
        Ok(found)
    }

    /// Takes templates into the catalogue. The tenant's rules about names and tags hold for them as for any other;
    /// what does not fit is left out, with the reason.
    pub async fn adopt_templates(&self, caller: &Caller, request: AdoptRequest) -> Result<AdoptReport> {
        caller.require(Permission::TemplatesWrite)?;
        if let Some(account) = request.account {
            self.account(caller, account).await?;
        }
        let settings =
            Settings { tags: request.tags.clone(), owner: request.owner.clone(), ..Settings::default() };
        settings.check().map_err(EngineError::Invalid)?;
        let mut report = AdoptReport::default();
        let mut found = self.unadopted(caller).await?;
        found.retain(|(account, name), _| {
            request.account.is_none_or(|wanted| wanted == *account)
                && (request.names.is_empty() || request.names.contains(name))
        });
        for name in &request.names {
            if !found.keys().any(|(_, known)| known == name) {
                let detail =
                    "The platform has no template of this name that is not in the catalogue; sync first.";
                report.skip(None, name, "template.unknown", detail);
            }
        }
        let rules = caller.store.template_rules(&caller.scope).await?;
        let mut known = caller.store.logical_templates(&caller.scope).await?;
        for ((account, name), localizations) in found {
            if known.len() >= LOGICAL_TEMPLATES_MAX {
                let detail = format!("A catalogue has at most {LOGICAL_TEMPLATES_MAX} templates.");
                report.skip(Some(account), &name, "catalogue.full", detail);
                continue;
            }
            if let Err(problems) = rules.admit(&name, &settings) {
                let first = problems.into_iter().next().expect("a refusal has a problem");
                report.skip(Some(account), &name, first.code, first.detail);
                continue;
            }
            let new = match adoption(account, &name, &localizations, &settings) {
                Ok(new) => new,
                Err((code, detail)) => {
                    report.skip(Some(account), &name, code, detail);
                    continue;
                }
            };
            let languages = new.versions.iter().map(|version| version.language.clone()).collect();
            match caller.store.adopt_template(&caller.scope, new, caller.actor, self.now()).await? {
                None => {
                    let detail = "The catalogue has another template of this name.";
                    report.skip(Some(account), &name, "template.name_taken", detail);
                }
                Some(made) => {
                    report.adopted.push(Adopted::new(&made, languages));
                    known.push(made);
                }
            }
        }
        self.changed(caller);
        Ok(report)
    }
}

impl AdoptReport {
    fn skip(
        &mut self,
        account: Option<AccountId>,
        name: &str,
        code: &'static str,
        detail: impl Into<String>,
    ) {
        self.skipped.push(Skipped { account, name: name.to_owned(), code, detail: detail.into() });
    }
}

impl Adopted {
    fn new(made: &LogicalTemplate, languages: Vec<String>) -> Self {
        let LogicalTemplate { id, account, name, category, .. } = made.clone();
        Self { id, account, name, category, languages }
    }
}

/// The logical template that some localizations are, or why they are none.
fn adoption(
    account: AccountId,
    name: &str,
    localizations: &[StoredTemplate],
    settings: &Settings,
) -> std::result::Result<Adoption, (&'static str, &'static str)> {
    let versions: Vec<AdoptedVersion> = localizations.iter().filter_map(version).collect();
    if versions.is_empty() {
        return Err(("template.gone", "The platform has archived or deleted it."));
    }
    let categories: BTreeSet<_> = localizations.iter().map(|each| each.category).collect();
    let [Some(category)] = categories.into_iter().collect::<Vec<_>>()[..] else {
        return Err((
            "template.categories",
            "Its localizations are in different categories, or in one that is not known here; a template has one.",
        ));
    };
    Ok(Adoption { account, name: name.to_owned(), category, settings: settings.clone(), versions })
}

fn version(template: &StoredTemplate) -> Option<AdoptedVersion> {
    let state = VersionState::Submitted.heard(&template.status)?;
    if state == VersionState::Archived {
        return None;
    }
    let definition = as_written(&template.definition);
    Some(AdoptedVersion {
        language: template.definition.language.clone(),
        findings: json!(lint(&definition)),
        definition,
        state,
        provider_id: template.definition.id.clone(),
    })
}

/// The definition without what the platform says of it.
fn as_written(definition: &TemplateDefinition) -> Value {
    let mut value = serde_json::to_value(definition).expect("a definition has only string keys");
    if let Some(fields) = value.as_object_mut() {
        for own in ["id", "status", "rejected_reason", "quality_score"] {
            fields.remove(own);
        }
    }
    value
}

//! The way to the platform: a version is marked as submitted before it leaves, so that an answer which nobody
//! hears is looked for instead of guessed.

use tidings_domain::actor::Actor;
use tidings_domain::provider::{CallError, TemplateSubmission, TemplateTaken};
use tidings_domain::template::{MAIN_VARIANT, VersionState};
use tidings_store::Store;
use tidings_store::model::{Account, LogicalTemplate, TemplateTask, TemplateVersion, VersionMove};
use tidings_store::scope::TenantScope;

use crate::error::{EngineError, Result};
use crate::limits::{TEMPLATE_CHECK_US, TEMPLATE_RETRY_US};
use crate::pipeline::Engine;

/// Codes after which the same submission may succeed later: limits and outages, not the content.
const LATER: [i64; 8] = [1, 2, 4, 80_007, 80_008, 80_014, 130_429, 131_016];

impl Engine {
    pub(super) async fn account_of_version(
        &self,
        store: &Store,
        scope: &TenantScope,
        version: &TemplateVersion,
    ) -> Result<Account> {
        let logical = self.logical_of(store, scope, version).await?;
        store.account(scope, logical.account).await?.ok_or(EngineError::NotFound("account"))
    }

    pub(super) async fn logical_of(
        &self,
        store: &Store,
        scope: &TenantScope,
        version: &TemplateVersion,
    ) -> Result<LogicalTemplate> {
        store.logical_template(scope, version.template).await?.ok_or(EngineError::NotFound("template"))
    }

    /// Creates the template at the platform, or edits the one that was rejected or paused before.
    pub(super) async fn hand_in(
        &self,
        store: &Store,
        scope: &TenantScope,
        account: &Account,
        version: &TemplateVersion,
        actor: Actor,
    ) -> Result<()> {
        let logical = self.logical_of(store, scope, version).await?;
        let all = store.template_versions(scope, version.template).await?;
        let (name, edited) = place(&logical.name, version, &all);
        let mut definition = version.definition.clone();
        definition["name"] = serde_json::Value::String(name.clone());
        let now = self.now();
        let mut leaving = VersionMove::new(version.id, version.state, VersionState::Submitted, actor, now);
        leaving.provider_name = Some(name);
        leaving.provider_id.clone_from(&edited);
        leaving.task = Some((TemplateTask::Check, now.plus(TEMPLATE_CHECK_US)));
        if !store.move_template_version(scope, leaving).await? {
            return Err(EngineError::Conflict("The version was changed meanwhile; look again.".to_owned()));
        }
        // What the platform says of it may come before its answer.
        self.0.catalogs.drop_copy(scope.tenant());
        let submission = TemplateSubmission {
            account_ref: &account.provider_ref,
            provider_id: edited.as_deref(),
            definition: &definition,
        };
        let outcome = self.provider(account)?.submit_template(&account.credentials, submission).await;
        match outcome {
            Ok(taken) => self.taken(store, scope, version, taken, actor).await,
            Err(error) => {
                self.refused(store, scope, version, &error, actor).await?;
                Err(error.into())
            }
        }
    }

    async fn taken(
        &self,
        store: &Store,
        scope: &TenantScope,
        version: &TemplateVersion,
        taken: TemplateTaken,
        actor: Actor,
    ) -> Result<()> {
        let status = taken.status.unwrap_or_else(|| "PENDING".to_owned());
        let to = VersionState::Submitted.heard(&status.to_ascii_uppercase()).unwrap_or(VersionState::Pending);
        let mut moved = VersionMove::new(version.id, VersionState::Submitted, to, actor, self.now());
        moved.provider_id = Some(taken.provider_id.clone());
        if to == VersionState::Rejected {
            moved.task = Some((TemplateTask::Correct, self.now()));
        }
        if !store.move_template_version(scope, moved).await? {
            // A webhook was quicker than the answer; what only the answer tells is kept.
            store.set_version_provider_id(scope, version.id, &taken.provider_id).await?;
        }
        Ok(())
    }

    /// A definite no ends it or sends it back; anything else stays submitted until a look tells.
    async fn refused(
        &self,
        store: &Store,
        scope: &TenantScope,
        version: &TemplateVersion,
        error: &CallError,
        actor: Actor,
    ) -> Result<()> {
        let now = self.now();
        let (to, note, later) = match error {
            CallError::Rejected(no) if LATER.contains(&no.error.code) || no.http_status >= 429 => {
                (VersionState::SignedOff, format!("REFUSED_{}", no.error.code.unsigned_abs()), true)
            }
            CallError::Rejected(no) => {
                (VersionState::Rejected, format!("REFUSED_{}", no.error.code.unsigned_abs()), false)
            }
            CallError::Refused(_) => (VersionState::SignedOff, "NOT_SENT".to_owned(), false),
            CallError::Transport(why) if !why.in_doubt() => {
                (VersionState::SignedOff, "NOT_SENT".to_owned(), true)
            }
            CallError::Transport(_) | CallError::Unreadable => return Ok(()),
        };
        let mut moved = VersionMove::new(version.id, VersionState::Submitted, to, actor, now);
        moved.note = note;
        if to == VersionState::Rejected {
            moved.task = Some((TemplateTask::Correct, now));
        } else if later && matches!(actor, Actor::System(_)) {
            moved.task = Some((TemplateTask::Submit, now.plus(TEMPLATE_RETRY_US)));
        }
        store.move_template_version(scope, moved).await?;
        Ok(())
    }
}

/// The name at the platform, and the id of what is edited there. What is approved stays as it is until its
/// successor is approved too, so a successor gets a name of its own.
fn place(name: &str, version: &TemplateVersion, all: &[TemplateVersion]) -> (String, Option<String>) {
    let earlier = all.iter().find(|other| {
        other.language == version.language
            && other.variant == version.variant
            && other.n < version.n
            && other.provider_name.is_some()
    });
    if let Some(earlier) = earlier
        && matches!(earlier.state, VersionState::Rejected | VersionState::Paused)
        && let (Some(name), Some(id)) = (&earlier.provider_name, &earlier.provider_id)
    {
        return (name.clone(), Some(id.clone()));
    }
    let mut own = name.to_owned();
    if version.variant != MAIN_VARIANT {
        own.push('_');
        own.push_str(&version.variant);
    }
    if earlier.is_some() {
        own.push_str(&format!("_v{}", version.n));
    }
    // Tried before, and nobody knows how that ended: the same name, so that it cannot stand there twice.
    (version.provider_name.clone().unwrap_or(own), None)
}

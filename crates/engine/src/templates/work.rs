//! What the system does about versions by itself: looks after unanswered submissions, hands in what was
//! corrected. One node at a time; each task bears being done twice.

use serde_json::json;
use tidings_domain::actor::{Actor, SystemLoop};
use tidings_domain::event::Kind;
use tidings_domain::template::VersionState;
use tidings_domain::whatsapp::lint::{correct, is_refused, lint};
use tidings_store::Store;
use tidings_store::model::{DueTask, NewVersion, TemplateTask, TemplateVersion, VersionMove};
use tidings_store::scope::TenantScope;
use tokio_util::sync::CancellationToken;

use crate::error::Result;
use crate::limits::{TEMPLATE_AGAIN_US, TEMPLATE_TASKS_MAX, TEMPLATE_TRIES_MAX, TEMPLATE_WORK_US};
use crate::metrics::Counter;
use crate::office::Office;
use crate::pipeline::Engine;

const ACTOR: Actor = Actor::System(SystemLoop::Sync);

/// Works off what is due, until stopped.
pub(crate) async fn run(engine: Engine, region: String, store: Store, stop: CancellationToken) {
    let mut office = Office::new("templates");
    while stop.run_until_cancelled(engine.0.clock.sleep(TEMPLATE_WORK_US)).await.is_some() {
        if !office.holds(&engine, &store).await {
            continue;
        }
        if let Err(error) = round(&engine, &region, &store).await {
            tracing::warn!(error = %error, region, "tasks about templates could not be done; trying again");
            engine.0.metrics.add(Counter::store_errors, 1);
        }
    }
    office.release(&engine, &store).await;
}

async fn round(engine: &Engine, region: &str, store: &Store) -> Result<()> {
    let (sys, now) = (store.system(), engine.now());
    let due = store.take_template_tasks(&sys, now, now.plus(TEMPLATE_AGAIN_US), TEMPLATE_TASKS_MAX).await?;
    for task in due {
        if task.tries >= TEMPLATE_TRIES_MAX {
            tracing::warn!(version = %task.version, task = task.task.as_str(), "given up after many tries");
            store.drop_template_task(&sys, &task).await?;
        } else if let Err(error) = one(engine, region, store, &task).await {
            tracing::info!(version = %task.version, task = task.task.as_str(), error = %error, "not done yet");
        }
    }
    Ok(())
}

async fn one(engine: &Engine, region: &str, store: &Store, task: &DueTask) -> Result<()> {
    let sys = store.system();
    let scope = store.scope_for_work(&sys, task.tenant).await?;
    let Some(version) = store.template_version(&scope, task.version).await? else {
        return Ok(store.drop_template_task(&sys, task).await?);
    };
    match (task.task, version.state) {
        (TemplateTask::Submit, VersionState::SignedOff) => {
            let account = engine.account_of_version(store, &scope, &version).await?;
            // The outcome has moved the version, with the task that follows from it.
            engine.hand_in(store, &scope, &account, &version, ACTOR).await?;
        }
        (TemplateTask::Check, VersionState::Submitted) => {
            check(engine, region, store, &scope, &version).await?;
        }
        (TemplateTask::Correct, VersionState::Rejected) => {
            resubmit(engine, store, &scope, &version).await?;
            store.drop_template_task(&sys, task).await?;
        }
        _ => store.drop_template_task(&sys, task).await?,
    }
    engine.0.catalogs.drop_copy(task.tenant);
    engine.0.wakes.everything(region);
    engine.tick();
    Ok(())
}

/// The platform's list tells what became of a submission; what it does not list never arrived.
async fn check(
    engine: &Engine,
    region: &str,
    store: &Store,
    scope: &TenantScope,
    version: &TemplateVersion,
) -> Result<()> {
    let account = engine.account_of_version(store, scope, version).await?;
    engine.refresh_templates(region, store, scope.tenant(), account.id).await?;
    let Some(seen) = store.template_version(scope, version.id).await? else { return Ok(()) };
    if seen.state == VersionState::Submitted {
        let now = engine.now();
        let mut back =
            VersionMove::new(version.id, VersionState::Submitted, VersionState::SignedOff, ACTOR, now);
        back.note = "NOT_ARRIVED".to_owned();
        back.task = Some((TemplateTask::Submit, now));
        store.move_template_version(scope, back).await?;
    }
    Ok(())
}

/// A corrected copy, where the tenant allows it and a correction exists that changes no meaning. Only once in
/// a row: what was corrected by the system and rejected again waits for a person.
async fn resubmit(
    engine: &Engine,
    store: &Store,
    scope: &TenantScope,
    version: &TemplateVersion,
) -> Result<()> {
    if version.automatic || !store.template_rules(scope).await?.resubmit_corrected {
        return Ok(());
    }
    let reason = version.reason.as_deref().unwrap_or_default();
    let Some(better) = correct(&version.definition, reason) else { return Ok(()) };
    let findings = lint(&better);
    if is_refused(&findings) {
        return Ok(());
    }
    let now = engine.now();
    let new = NewVersion {
        id: store.ids().next(now),
        template: version.template,
        language: version.language.clone(),
        variant: version.variant.clone(),
        definition: better,
        note: format!("Corrected after {reason}."),
        based_on: Some(version.id),
        automatic: true,
        findings: json!(findings),
        overridden_by: None,
        state: VersionState::SignedOff,
        actor: ACTOR,
        at: now,
    };
    let made = store.add_template_version(scope, new, true).await?;
    let body =
        json!({"template": made.template, "rejected": version.id, "version": made.n, "reason": reason});
    store.log_template_event(scope, Kind::TemplateResubmitted, made.id, ACTOR, now, body).await?;
    tracing::info!(version = %made.id, "a corrected copy of a rejected template follows");
    Ok(())
}

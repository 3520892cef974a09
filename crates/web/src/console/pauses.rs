//! The switch that one needs at three in the morning.

use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use tidings_domain::category::Category;
use tidings_domain::id::PauseId;
use tidings_domain::time::MINUTE;
use tidings_engine::store_model::{Pause, PauseScope};

use super::posted::{Nothing, Posted};
use super::view::pages::{PauseRow, PausesPage};
use super::view::{Badge, Choice, Section, When};
use super::viewer::{Refusal, Viewer, html};
use crate::extract::path_id;
use crate::problem::Problem;

#[derive(Debug, Default, Deserialize)]
pub struct Done {
    #[serde(default)]
    done: String,
}

#[derive(Debug, Deserialize)]
pub struct NewPause {
    scope: String,
    target: String,
    reason: String,
    #[serde(default)]
    minutes: String,
}

pub async fn show(viewer: Viewer, Query(done): Query<Done>) -> Result<Response, Refusal> {
    let engine = &viewer.state.engine;
    let rows = engine.pauses(&viewer.caller).await?.into_iter().map(row).collect();
    let mut targets: Vec<Choice> =
        Category::ALL.into_iter().map(|each| choice(each.as_str(), "category")).collect();
    for sender in engine.senders(&viewer.caller).await? {
        targets.push(choice(&sender.id.to_string(), &format!("sender {}", sender.address)));
    }
    for account in engine.accounts(&viewer.caller).await? {
        targets.push(choice(&account.id.to_string(), &format!("account {}", account.provider_ref)));
    }
    for template in engine.templates(&viewer.caller).await? {
        let name = &template.definition.name;
        if !targets.iter().any(|target| &target.value == name) {
            targets.push(choice(name, "template"));
        }
    }
    let mut frame = viewer.frame("Pauses", Section::Pauses).await?;
    (frame.notice, frame.notice_class) = match done.done.as_str() {
        "set" => ("It is paused: nothing of it is submitted from now on.".to_owned(), "good"),
        "lifted" => ("The pause is lifted.".to_owned(), "good"),
        _ => (String::new(), ""),
    };
    Ok(html(&PausesPage { frame, tenant_id: viewer.caller.tenant.to_string(), rows, targets }))
}

pub async fn set(Posted(viewer, form): Posted<NewPause>) -> Result<Response, Refusal> {
    let scope = scope(&form.scope)
        .ok_or_else(|| Refusal::Problem(Problem::field("scope", "scope", "this cannot be paused")))?;
    let until = match form.minutes.as_str() {
        "" => None,
        text => {
            let minutes: u32 = text.parse().map_err(|_| {
                Refusal::Problem(Problem::field("minutes", "number", "this is no number of minutes"))
            })?;
            Some(viewer.state.clock.now().plus(i64::from(minutes) * MINUTE))
        }
    };
    viewer.state.engine.pause(&viewer.caller, scope, form.target.trim(), form.reason.trim(), until).await?;
    Ok(Redirect::to("/console/pauses?done=set").into_response())
}

pub async fn lift(
    Path(id): Path<String>,
    Posted(viewer, Nothing {}): Posted<Nothing>,
) -> Result<Response, Refusal> {
    let id: PauseId = path_id(&id, "pause").map_err(Refusal::Problem)?;
    viewer.state.engine.lift_pause(&viewer.caller, id).await?;
    Ok(Redirect::to("/console/pauses?done=lifted").into_response())
}

const SCOPES: [(&str, PauseScope); 5] = [
    ("tenant", PauseScope::Tenant),
    ("account", PauseScope::Account),
    ("sender", PauseScope::Sender),
    ("template", PauseScope::Template),
    ("category", PauseScope::Category),
];

fn scope(name: &str) -> Option<PauseScope> {
    SCOPES.into_iter().find(|(each, _)| *each == name).map(|(_, scope)| scope)
}

fn scope_name(scope: PauseScope) -> &'static str {
    SCOPES.into_iter().find(|(_, each)| *each == scope).map_or("", |(name, _)| name)
}

/// `category marketing`, or `everything`.
pub fn in_words(pause: &Pause) -> String {
    match pause.scope {
        PauseScope::Tenant => "everything".to_owned(),
        scope => format!("{} {}", scope_name(scope), pause.target),
    }
}

fn choice(value: &str, label: &str) -> Choice {
    Choice { value: value.to_owned(), label: label.to_owned(), selected: false }
}

fn row(pause: Pause) -> PauseRow {
    PauseRow {
        id: pause.id.to_string(),
        scope: Badge::new("bad", scope_name(pause.scope)),
        target: pause.target,
        reason: pause.reason,
        since: When::new(&pause.created_at.to_string()),
        until: pause.until.map(|until| When::new(&until.to_string())).unwrap_or_default(),
    }
}

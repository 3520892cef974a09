//! What needs a person: dead letters and the rest of it.

use axum::extract::Query;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use tidings_domain::actor::Permission;
use tidings_engine::store_model::AttentionKind;

use super::report::{json, text, when};
use super::view::pages::{AttentionPage, AttentionRow};
use super::view::{Badge, Choice, Section, shorten};
use super::viewer::{Refusal, Viewer, html};

/// Rows of a page.
const ROWS: usize = 50;

const TABS: [(&str, &str, &[AttentionKind]); 6] = [
    ("", "All", &[]),
    ("dead", "Dead letters", &[AttentionKind::Dead]),
    ("failed", "Failed", &[AttentionKind::Failed]),
    ("in_doubt", "In doubt", &[AttentionKind::InDoubt]),
    ("unknown", "Unknown", &[AttentionKind::Unknown]),
    ("denied", "Denied", &[AttentionKind::Denied]),
];

#[derive(Debug, Default, Deserialize)]
pub struct Wanted {
    #[serde(default)]
    kind: String,
    cursor: Option<String>,
    #[serde(default)]
    done: String,
}

pub async fn show(viewer: Viewer, Query(wanted): Query<Wanted>) -> Result<Response, Refusal> {
    let (name, _, kind) = TABS.into_iter().find(|(name, ..)| *name == wanted.kind).unwrap_or(TABS[0]);
    let page =
        viewer.state.engine.attention(&viewer.caller, kind, wanted.cursor.as_deref(), Some(ROWS)).await?;
    let may_redrive = viewer.may(Permission::MessagesWrite);
    let rows = page.items.iter().map(|item| row(&json(item), may_redrive)).collect();
    let next = page.next_cursor.map(|cursor| format!("/console/attention?kind={name}&cursor={cursor}"));
    let mut frame = viewer.frame("Attention", Section::Attention).await?;
    if wanted.done == "redriven" {
        frame.notice = "The message is queued again.".to_owned();
        frame.notice_class = "good";
    }
    let tab = |(value, label, _): (&str, &str, &[AttentionKind])| Choice {
        value: if value.is_empty() {
            "/console/attention".to_owned()
        } else {
            format!("/console/attention?kind={value}")
        },
        label: label.to_owned(),
        selected: value == name,
    };
    let tabs = TABS.into_iter().map(tab).collect();
    Ok(html(&AttentionPage { frame, tabs, rows, next: next.unwrap_or_default() }))
}

pub fn row(item: &Value, may_redrive: bool) -> AttentionRow {
    let id = text(item, "/message");
    let kind = text(item, "/kind");
    AttentionRow {
        short: shorten(&id),
        id,
        can_redrive: may_redrive && (kind == "dead" || kind == "failed"),
        kind: Badge::status(&kind),
        reason: text(item, "/reason"),
        at: when(item, "/at"),
    }
}

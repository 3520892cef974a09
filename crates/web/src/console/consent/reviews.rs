//! Messages that may be an opt-out: read, then confirmed or dismissed.

use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect, Response};
use tidings_domain::actor::Permission;
use tidings_domain::id::InboundId;
use tidings_engine::consents::ReviewReport;
use tidings_engine::store_model::ReviewState;

use super::Done;
use crate::console::posted::{Nothing, Posted};
use crate::console::view::consent::{ReviewRow, ReviewsPage};
use crate::console::view::{Section, When};
use crate::console::viewer::{Refusal, Viewer, html};
use crate::extract::path_id;

/// Rows of a page.
const ROWS: usize = 50;

pub async fn show(viewer: Viewer, Query(done): Query<Done>) -> Result<Response, Refusal> {
    let engine = &viewer.state.engine;
    let page = engine.opt_out_reviews(&viewer.caller, ReviewState::Open, done.cursor(), Some(ROWS)).await?;
    let mut frame = viewer.frame("Possible opt-outs", Section::Consent).await?;
    frame.swap = done.cursor.is_empty();
    (frame.notice, frame.notice_class) = match done.done.as_str() {
        "confirmed" => ("It is recorded as an opt-out, from when it was written.".to_owned(), "good"),
        "dismissed" => ("It is noted that this was no opt-out.".to_owned(), "good"),
        _ => (String::new(), ""),
    };
    let next = page.next_cursor.map(|cursor| format!("/console/consent?cursor={cursor}")).unwrap_or_default();
    let may = viewer.may(Permission::ConsentsWrite);
    Ok(html(&ReviewsPage { frame, may, rows: page.items.into_iter().map(row).collect(), next }))
}

fn row(review: ReviewReport) -> ReviewRow {
    let from = review.from.as_object().and_then(|from| from.values().next()?.as_str().map(str::to_owned));
    ReviewRow {
        id: review.id.to_string(),
        contact: review.contact.map(|id| id.to_string()).unwrap_or_default(),
        from: from.unwrap_or_default(),
        text: review.text.unwrap_or_default(),
        word: review.word,
        at: When::new(&review.at.to_string()),
    }
}

fn message(id: &str) -> Result<InboundId, Refusal> {
    path_id(id, "possible opt-out").map_err(Refusal::Problem)
}

pub async fn confirm(
    Path(id): Path<String>,
    Posted(viewer, Nothing {}): Posted<Nothing>,
) -> Result<Response, Refusal> {
    viewer.state.engine.confirm_opt_out(&viewer.caller, message(&id)?, None).await?;
    Ok(Redirect::to("/console/consent?done=confirmed").into_response())
}

pub async fn dismiss(
    Path(id): Path<String>,
    Posted(viewer, Nothing {}): Posted<Nothing>,
) -> Result<Response, Refusal> {
    viewer.state.engine.dismiss_opt_out(&viewer.caller, message(&id)?).await?;
    Ok(Redirect::to("/console/consent?done=dismissed").into_response())
}

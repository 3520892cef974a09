//! Imports: how far they are, and what they refused.

use axum::extract::{Path, Query};
use axum::response::Response;
use tidings_domain::actor::Permission;
use tidings_domain::id::ImportId;
use tidings_engine::imports::ImportReport;

use super::Done;
use crate::api::v1::imports::csv_file;
use crate::console::view::consent::{ImportPage, ImportRow, ImportsPage};
use crate::console::view::text::number;
use crate::console::view::{Badge, Section, When};
use crate::console::viewer::{Refusal, Viewer, html};
use crate::extract::path_id;

/// Rows of a page.
const ROWS: usize = 50;
/// Refused lines that the page of an import shows; its table has all of them.
const REFUSED_SHOWN: usize = 50;

pub async fn show(viewer: Viewer, Query(done): Query<Done>) -> Result<Response, Refusal> {
    let page = viewer.state.engine.imports(&viewer.caller, done.cursor(), Some(ROWS)).await?;
    // Not read again by itself: a file that was chosen would be lost.
    let frame = viewer.frame("Imports", Section::Consent).await?;
    let next = page
        .next_cursor
        .map(|cursor| format!("/console/consent/imports?cursor={cursor}"))
        .unwrap_or_default();
    let may = viewer.may(Permission::ConsentsWrite);
    Ok(html(&ImportsPage { frame, may, rows: page.items.iter().map(row).collect(), next }))
}

fn row(import: &ImportReport) -> ImportRow {
    ImportRow {
        id: import.id.clone(),
        kind: import.kind,
        state: match import.state {
            "finished" if import.bad > 0 => Badge::new("warn", "finished"),
            "finished" => Badge::new("good", "finished"),
            "running" => Badge::new("move", "running"),
            other => Badge::new("dim", other),
        },
        running: import.state == "running",
        total: import.lines,
        done_lines: import.done,
        lines: number(import.lines),
        done: number(import.done),
        good: number(import.good),
        bad: number(import.bad),
        begun: When::new(&import.created_at.to_string()),
        finished: import.finished_at.map(|at| When::new(&at.to_string())).unwrap_or_default(),
    }
}

pub async fn one(viewer: Viewer, Path(id): Path<String>) -> Result<Response, Refusal> {
    let id: ImportId = path_id(&id, "import").map_err(Refusal::Problem)?;
    let engine = &viewer.state.engine;
    let import = engine.import(&viewer.caller, id).await?;
    let refused = engine.refused_lines(&viewer.caller, id, REFUSED_SHOWN).await?;
    let mut frame = viewer.frame("Import", Section::Consent).await?;
    frame.swap = import.state != "finished";
    let more = import.bad > refused.len() as u64;
    let refused = refused.into_iter().map(|each| (each.line.to_string(), each.code, each.detail)).collect();
    Ok(html(&ImportPage { frame, import: row(&import), refused, more }))
}

/// The refused lines as a table to put right.
pub async fn refused(viewer: Viewer, Path(id): Path<String>) -> Result<Response, Refusal> {
    let id: ImportId = path_id(&id, "import").map_err(Refusal::Problem)?;
    let table = viewer.state.engine.import_refusals(&viewer.caller, id).await?;
    Ok(csv_file(table, "refused.csv"))
}

//! The first page.

use axum::response::Response;

use super::attention;
use super::report::{json, list, number, text};
use super::senders::waiting;
use super::view::pages::{OverviewPage, SenderRow, Tile};
use super::view::{Badge, Section, text as words};
use super::viewer::{Refusal, Viewer, html};
use super::watch::Overview;
use crate::limits::OVERVIEW_ENTRIES_MAX;

pub async fn show(viewer: Viewer) -> Result<Response, Refusal> {
    let engine = &viewer.state.engine;
    let overview = viewer.state.console.look(&viewer.state, &viewer.caller).await?;
    let mut senders = Vec::new();
    for sender in engine.senders(&viewer.caller).await?.into_iter().take(OVERVIEW_ENTRIES_MAX) {
        let lane = json(&engine.lane(&viewer.caller, sender.id).await?);
        senders.push(SenderRow {
            id: sender.id.to_string(),
            address: sender.address,
            phase: Badge::phase(&text(&lane, "/phase")),
            waiting: waiting(list(&lane, "/queued")),
        });
    }
    let page = engine.attention(&viewer.caller, &[], None, Some(OVERVIEW_ENTRIES_MAX)).await?;
    let attention = page.items.iter().map(|item| attention::row(&json(item), false)).collect();
    let frame = viewer.frame("Overview", Section::Overview).await?;
    let tiles = tiles(&overview);
    Ok(html(&OverviewPage { frame, tiles, chart: overview.chart, senders, attention }))
}

fn tiles(overview: &Overview) -> Vec<Tile> {
    const TILES: [(&str, &str, &str, &str); 8] = [
        ("accepted", "Accepted", "", "/console/messages"),
        ("queued", "Waiting", "", "/console/messages?status=queued"),
        ("submitted", "Submitted", "", "/console/messages?status=submitted"),
        ("delivered", "Delivered", "good", "/console/messages?status=delivered"),
        ("read", "Read", "good", "/console/messages?status=read"),
        ("failed", "Failed", "bad", "/console/messages?status=failed"),
        ("denied", "Denied", "warn", "/console/messages?status=denied"),
        ("unknown", "Unknown", "warn", "/console/messages?status=unknown"),
    ];
    let counts = json(&overview.counts);
    TILES
        .into_iter()
        .map(|(key, label, class, href)| {
            let value = number(&counts, &format!("/{key}"));
            // Nothing is wrong about a zero.
            let class = if value == 0 { "" } else { class };
            Tile { key, label, value: words::number(value), class, href }
        })
        .collect()
}

//! The loop that reads imports, one portion at a time, on one node of an installation.

use tokio_util::sync::CancellationToken;

use tidings_domain::id::ImportId;
use tidings_store::Store;
use tidings_store::model::{Import, ImportKind, ImportPart, Refusal};
use tidings_store::scope::TenantScope;

use super::desk::Desk;
use super::layout::Layout;
use crate::error::{EngineError, Result};
use crate::limits::IMPORT_LOOK_US;
use crate::metrics::Counter;
use crate::office::Office;
use crate::pipeline::Engine;

/// Until told to stop. A portion is done in one transaction, so a restart goes on with the next one, and two nodes
/// that hold the office for a moment do none twice.
pub(crate) async fn run(engine: Engine, region: String, store: Store, stop: CancellationToken) {
    let mut office = Office::new("imports");
    while stop.run_until_cancelled(engine.0.clock.sleep(IMPORT_LOOK_US)).await.is_some() {
        if !office.holds(&engine, &store).await {
            continue;
        }
        loop {
            match step(&engine, &store).await {
                Ok(true) if !stop.is_cancelled() && office.holds(&engine, &store).await => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(%error, region, "an import could not go on; trying again");
                    engine.0.metrics.add(Counter::store_errors, 1);
                    break;
                }
            }
        }
    }
    office.release(&engine, &store).await;
}

/// One portion of the oldest import; whether there may be more.
async fn step(engine: &Engine, store: &Store) -> Result<bool> {
    let Some((scope, id)) = store.running_import(&store.system()).await? else { return Ok(false) };
    let Some(import) = store.import(&scope, id).await? else { return Ok(true) };
    match store.next_import_part(&scope, id).await? {
        None => store.finish_import(&scope, id, import.actor, engine.now()).await?,
        Some(part) => {
            let layout: Layout = serde_json::from_str(&import.options).map_err(|_| spoilt())?;
            portion(engine, store, (&scope, id), &layout, &import, part).await?;
        }
    }
    engine.tick();
    Ok(true)
}

fn spoilt() -> EngineError {
    EngineError::Internal(tidings_store::StoreError::Corrupt("an import does not read"))
}

async fn portion(
    engine: &Engine,
    store: &Store,
    (scope, id): (&TenantScope, ImportId),
    layout: &Layout,
    import: &Import,
    part: ImportPart,
) -> Result<()> {
    let lines: Vec<(u64, String)> = serde_json::from_slice(&part.data).map_err(|_| spoilt())?;
    let now = engine.now();
    let snapshot = engine.0.catalogs.get(store, scope, now).await?;
    let types = match import.kind {
        ImportKind::Consents => Vec::new(),
        ImportKind::Contacts => store.attribute_types(scope).await?,
    };
    let (kind, actor, ids) = (import.kind, import.actor, &engine.0.ids);
    let desk = Desk { kind, types: &types, snapshot: &snapshot, layout, ids, actor, now };
    let mut good = Vec::with_capacity(lines.len());
    let mut refused: Vec<Refusal> = Vec::new();
    for (line, text) in &lines {
        match desk.line(*line, text) {
            Ok(read) => good.push(read),
            Err(refusal) => refused.push(refusal),
        }
    }
    let place = (part.first_line, part.lines);
    store.finish_import_part(scope, id, place, good, refused, now).await?;
    Ok(())
}

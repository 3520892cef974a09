//! Messages that wait with a template that is stopped get their substitute, if there is one: filled with the same
//! values before the claim, and put in place by it.

use std::collections::BTreeMap;

use tidings_domain::decision::Decision;
use tidings_domain::id::MessageId;
use tidings_domain::time::Timestamp;
use tidings_store::Store;
use tidings_store::model::{DueItem, Swap};

use crate::catalog::Snapshot;
use crate::content::Content;
use crate::error::Result;
use crate::intake::{Replacement, replacement};

/// By message, with the decision for its timeline. One that cannot be read or filled keeps its template, and policy
/// says what becomes of it.
pub(super) async fn find(
    store: &Store,
    items: &[DueItem],
    snapshot: &Snapshot,
    now: Timestamp,
) -> BTreeMap<MessageId, (Swap, Decision)> {
    let mut swaps = BTreeMap::new();
    for item in items {
        let Some(found) = replacement(snapshot, item, now) else { continue };
        match one(store, item, &found).await {
            Ok(Some(swap)) => drop(swaps.insert(item.message, swap)),
            Ok(None) => tracing::debug!(msg = %item.message, "its values do not fit the substitute"),
            Err(error) => tracing::warn!(msg = %item.message, error = %error, "no substitute could be made"),
        }
    }
    swaps
}

async fn one(store: &Store, item: &DueItem, found: &Replacement<'_>) -> Result<Option<(Swap, Decision)>> {
    // Another way of a plan has a content of its own, and the plan says what comes after it.
    if store.step_of(&store.system(), item).await? > 0 {
        return Ok(None);
    }
    let scope = store.scope_for_work(&store.system(), item.tenant).await?;
    let view = store.message(&scope, item.message).await?;
    let content = view.and_then(|view| view.content).and_then(|text| Content::read(text.as_bytes()));
    let Some((content, decision)) = content.and_then(|content| found.fill(content)) else { return Ok(None) };
    let definition = &found.known().definition;
    let (template, language) = (definition.name.clone(), definition.language.clone());
    Ok(Some((Swap { template, language, content: content.write() }, decision)))
}

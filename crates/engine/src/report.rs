//! Report: everything read from stored facts. Nothing here changes anything.

mod events;
mod explain;
pub mod ledger;
mod levels;
mod lists;
mod message;
mod nodes;
mod overview;

pub use events::EventView;
pub use explain::{Answer, Explanation, TimelineEntry};
pub use levels::RegionLevels;
pub(crate) use levels::Seen;
pub use lists::{AttentionReport, InboundReport, MessageQuery, MessageSummary};
pub use message::{AttemptReport, MessageReport, PlanReport, StepReport};
pub use nodes::{FreeSlots, LaneLine, NodeView, NodesView};
pub use overview::Overview;

use serde::Serialize;

use tidings_store::cursor::Cursor;

use crate::error::{EngineError, Result};
use crate::limits::{PAGE_DEFAULT, PAGE_MAX};

/// A page of a list; `next_cursor` continues it.
#[derive(Debug, Clone, Serialize)]
pub struct PageOf<T> {
    pub items: Vec<T>,
    pub next_cursor: Option<String>,
}

pub(crate) fn limit(asked: Option<usize>) -> Result<usize> {
    match asked {
        None => Ok(PAGE_DEFAULT),
        Some(n) if (1..=PAGE_MAX).contains(&n) => Ok(n),
        Some(_) => Err(EngineError::invalid(
            "limit",
            "limit.range",
            format!("`limit` lies between 1 and {PAGE_MAX}."),
        )),
    }
}

pub(crate) fn store_cursor<C: Cursor>(text: Option<&str>) -> Result<Option<C>> {
    let Some(text) = text else { return Ok(None) };
    C::decode(text).map(Some).map_err(|_| {
        EngineError::invalid(
            "cursor",
            "cursor.malformed",
            "This is not a cursor of this list; take `next_cursor` of the last page as it is.",
        )
    })
}

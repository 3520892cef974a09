//! The status of every message, read back through the list that everybody can read.

use std::collections::BTreeMap;

use tidings_domain::id::MessageId;
use tidings_domain::lifecycle::Status;
use tidings_engine::report::MessageQuery;
use tidings_engine::{Caller, Engine};

use crate::limits::DEMO_PAGE;

#[derive(Debug, Default)]
pub struct Counts {
    pub statuses: BTreeMap<MessageId, Status>,
}

impl Counts {
    pub async fn read(engine: &Engine, caller: &Caller) -> anyhow::Result<Self> {
        let mut counts = Self::default();
        let mut query = MessageQuery { limit: Some(DEMO_PAGE), ..MessageQuery::default() };
        loop {
            let page = engine.messages(caller, &query).await?;
            counts.statuses.extend(page.items.into_iter().map(|message| (message.id, message.status)));
            match page.next_cursor {
                Some(cursor) => query.cursor = Some(cursor),
                None => return Ok(counts),
            }
        }
    }

    pub fn of(&self, status: &str) -> usize {
        self.statuses.values().filter(|each| each.as_str() == status).count()
    }

    /// What was not denied.
    pub fn accepted(&self) -> usize {
        self.statuses.len() - self.of("denied")
    }

    /// Something will still happen by our own doing.
    pub fn open(&self) -> usize {
        self.statuses.values().filter(|status| status.is_open()).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidings_domain::id::Id;

    #[test]
    fn denied_is_not_accepted_and_in_doubt_is_open() {
        let mut counts = Counts::default();
        for (n, status) in
            [Status::Denied, Status::Delivered, Status::InDoubt, Status::Queued, Status::Failed]
                .into_iter()
                .enumerate()
        {
            counts.statuses.insert(MessageId::from_bytes([n as u8; 16]), status);
        }
        assert_eq!((counts.accepted(), counts.open(), counts.of("failed")), (4, 2, 1));
    }
}

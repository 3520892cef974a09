//! Counts for the console and the API, folded from the event log by its own cursor.

use serde::Serialize;

use tidings_domain::actor::Permission;
use tidings_domain::event::Kind;
use tidings_store::model::LogPosition;

use crate::caller::Caller;
use crate::error::Result;
use crate::pipeline::Engine;

/// How many messages reached each step so far. A message counts once per step.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Overview {
    pub accepted: u64,
    pub denied: u64,
    pub submitted: u64,
    pub sent: u64,
    pub delivered: u64,
    pub read: u64,
    pub failed: u64,
    pub expired: u64,
    pub canceled: u64,
    pub unknown: u64,
    pub in_doubt: u64,
    pub retries: u64,
    pub inbound: u64,
    /// Waiting in lanes, counted up to a bound.
    pub queued: u64,
    /// Entries that need attention.
    pub attention: u64,
    #[serde(skip)]
    pub position: LogPosition,
}

impl Overview {
    fn slot(&mut self, kind: Kind) -> Option<&mut u64> {
        Some(match kind {
            Kind::MessageAccepted => &mut self.accepted,
            Kind::MessageDenied => &mut self.denied,
            Kind::MessageSubmitted => &mut self.submitted,
            Kind::MessageSent => &mut self.sent,
            Kind::MessageDelivered => &mut self.delivered,
            Kind::MessageRead => &mut self.read,
            Kind::MessageFailed => &mut self.failed,
            Kind::MessageExpired => &mut self.expired,
            Kind::MessageCanceled => &mut self.canceled,
            Kind::MessageUnknown => &mut self.unknown,
            Kind::MessageInDoubt => &mut self.in_doubt,
            Kind::MessageRetrying => &mut self.retries,
            Kind::InboundReceived => &mut self.inbound,
            _ => return None,
        })
    }
}

impl Engine {
    pub async fn overview(&self, caller: &Caller) -> Result<Overview> {
        caller.require(Permission::MessagesRead)?;
        let from = self.0.overviews.lock().get(&caller.tenant).cloned().unwrap_or_default();
        let (counts, position) = caller.store.event_counts(&caller.scope, from.position).await?;
        let mut overview =
            if position.generation == from.position.generation || from.position == LogPosition::default() {
                from
            } else {
                // The log was restored to another past: fold it from its beginning.
                Overview::default()
            };
        for (kind, count) in counts {
            if let Some(slot) = overview.slot(kind) {
                *slot += count;
            }
        }
        overview.position = position;
        self.remember(caller, &overview);
        for sender in caller.store.senders(&caller.scope).await? {
            let depths = caller.store.queue_depths(&caller.store.system(), sender.id).await?;
            overview.queued += depths.iter().sum::<u64>();
        }
        overview.attention = caller.store.attention_count(&caller.scope).await?;
        Ok(overview)
    }

    fn remember(&self, caller: &Caller, overview: &Overview) {
        let mut kept = self.0.overviews.lock();
        if kept.len() >= crate::limits::CATALOGS_MAX {
            kept.clear();
        }
        let mut folded = overview.clone();
        folded.queued = 0;
        folded.attention = 0;
        // Two callers may fold at once; the one who read further wins.
        let entry = kept.entry(caller.tenant).or_default();
        if (entry.position.transaction, entry.position.sequence)
            <= (folded.position.transaction, folded.position.sequence)
        {
            *entry = folded;
        }
    }
}

//! One intent.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use tidings_domain::actor::Permission;
use tidings_domain::id::MessageId;
use tidings_domain::trace::TraceId;
use tidings_store::model::{Accept, Accepted, Judgement, Respond};

use crate::caller::Caller;
use crate::error::{EngineError, Result};
use crate::intake::noted::noted;
use crate::intake::{AcceptOptions, Birth, Reply, Slot, prepare};
use crate::metrics::Counter;
use crate::pipeline::{Ahead, Engine};

pub(crate) async fn one(
    engine: &Engine,
    caller: &Caller,
    body: &[u8],
    options: AcceptOptions<'_>,
    ahead: Ahead,
) -> Result<Reply> {
    caller.require(Permission::MessagesWrite)?;
    let slot = Slot::take(engine, caller, &options, body)?;
    let now = engine.now();
    let snapshot = engine.0.catalogs.get(&caller.store, &caller.scope, now).await?;
    if let Err(error) = engine.admit(caller, &snapshot, 1).await {
        return engine.replay_or(caller, slot.as_ref(), error).await;
    }
    let birth = Birth::new(engine, now);
    let prepared = match prepare(caller, &snapshot, body, options.trace, ahead, birth).await {
        Ok(prepared) => prepared,
        // A repeated key replays its answer even when the same body would be refused by now.
        Err(error) => {
            engine.0.metrics.add(Counter::messages_refused, 1);
            return engine.replay_or(caller, slot.as_ref(), error).await;
        }
    };
    let message = prepared.message;
    let mut notes = BTreeMap::new();
    if !prepared.decisions.is_empty() {
        notes.insert(message.id, prepared.decisions);
    }
    let (id, trace, sender, category, due_at) =
        (message.id, message.trace, message.sender, message.category, message.due_at);
    let (scheduled, lane_slot) = (due_at > now, snapshot.slot(sender));
    let respond: Respond = Arc::new(move |verdicts| (202, answer(id, &verdicts[0], scheduled)));
    let accepted = caller
        .store
        .accept(
            &caller.scope,
            Accept {
                messages: vec![message],
                judge: noted((ahead.judge)(snapshot, now), notes),
                actor: caller.actor,
                idempotent: slot.as_ref().map(|slot| slot.row(Arc::clone(&respond))),
            },
        )
        .await?;
    match accepted {
        Accepted::Stored(verdicts) => {
            engine.count(&verdicts);
            log(trace, id, &verdicts[0]);
            if !matches!(verdicts[0], Judgement::Deny { .. }) {
                engine.0.wakes.work(&caller.region, lane_slot, sender, category, due_at);
            }
            engine.tick();
            let (status, body) = respond(&verdicts);
            Ok(Reply { status, body, replayed: false, trace: Some(trace) })
        }
        Accepted::Replay { fingerprint, status, body } => {
            engine.replay(slot.as_ref(), fingerprint, status, body)
        }
    }
}

impl Engine {
    pub(super) async fn replay_or(
        &self,
        caller: &Caller,
        slot: Option<&Slot>,
        error: EngineError,
    ) -> Result<Reply> {
        let Some(slot) = slot else { return Err(error) };
        match caller.store.idempotent_answer(&caller.scope, slot.key).await? {
            Some((fingerprint, status, body)) => self.replay(Some(slot), fingerprint, status, body),
            None => Err(error),
        }
    }

    pub(super) fn replay(
        &self,
        slot: Option<&Slot>,
        fingerprint: [u8; 32],
        status: u16,
        body: Vec<u8>,
    ) -> Result<Reply> {
        if slot.is_none_or(|slot| slot.fingerprint != fingerprint) {
            return Err(EngineError::IdempotencyMismatch);
        }
        self.0.metrics.add(Counter::idempotent_replays, 1);
        Ok(Reply { status, body, replayed: true, trace: None })
    }

    pub(super) fn count(&self, verdicts: &[Judgement]) {
        let denied = verdicts.iter().filter(|verdict| matches!(verdict, Judgement::Deny { .. })).count();
        self.0.metrics.add(Counter::messages_denied, denied as u64);
        self.0.metrics.add(Counter::messages_accepted, (verdicts.len() - denied) as u64);
    }
}

/// The message's line in the log of intake.
pub(super) fn log(trace: TraceId, id: MessageId, verdict: &Judgement) {
    match verdict {
        Judgement::Deny { code, .. } => tracing::debug!(%trace, msg = %id, code = %code, "denied"),
        _ => tracing::debug!(%trace, msg = %id, "accepted"),
    }
}

fn answer(id: MessageId, verdict: &Judgement, scheduled: bool) -> Vec<u8> {
    let mut out = String::with_capacity(96);
    let status = match verdict {
        Judgement::Deny { .. } => "denied",
        _ if scheduled => "scheduled",
        _ => "accepted",
    };
    let _ = write!(out, r#"{{"id":"{id}","status":"{status}""#);
    if let Judgement::Deny { code, .. } = verdict {
        let _ = write!(out, r#","reason":"{code}""#);
    }
    out.push('}');
    out.into_bytes()
}

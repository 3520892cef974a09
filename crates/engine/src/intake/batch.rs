//! Many intents in one call: bad ones are rejected by index, good ones are accepted together.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use tidings_domain::actor::Permission;
use tidings_domain::id::MessageId;
use tidings_domain::limits::BATCH_INTENTS_MAX;
use tidings_domain::time::Timestamp;
use tidings_store::model::{Accept, Accepted, Judgement, NewMessage, Respond};

use crate::caller::Caller;
use crate::catalog::Snapshot;
use crate::error::{EngineError, Result};
use crate::intake::noted::noted;
use crate::intake::{AcceptOptions, Birth, Reply, Slot, prepare, single};
use crate::metrics::Counter;
use crate::pipeline::{Ahead, Engine};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Batch<'a> {
    #[serde(borrow)]
    messages: Vec<&'a RawValue>,
}

#[derive(Serialize)]
struct AcceptedItem {
    index: usize,
    id: MessageId,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
}

#[derive(Serialize, Clone)]
struct RejectedItem {
    index: usize,
    code: String,
    field: String,
    detail: String,
}

#[derive(Serialize)]
struct Answer<'a> {
    accepted: Vec<AcceptedItem>,
    rejected: &'a [RejectedItem],
}

pub(crate) async fn many(
    engine: &Engine,
    caller: &Caller,
    body: &[u8],
    options: AcceptOptions<'_>,
    ahead: Ahead,
) -> Result<Reply> {
    caller.require(Permission::MessagesWrite)?;
    let slot = Slot::take(engine, caller, &options, body)?;
    let items = match read(body) {
        Ok(items) => items,
        Err(error) => return engine.replay_or(caller, slot.as_ref(), error).await,
    };
    let place = engine.0.gate.enter(items.len(), engine.0.clock.monotonic_us())?;
    let now = engine.now();
    let snapshot = engine.0.catalogs.get(&caller.store, &caller.scope, now).await?;
    if let Err(error) = engine.admit(caller, &snapshot, items.len()).await {
        return engine.replay_or(caller, slot.as_ref(), error).await;
    }
    let mut messages = Vec::with_capacity(items.len());
    let mut indexes = Vec::with_capacity(items.len());
    let mut rejected = Vec::new();
    let mut notes = BTreeMap::new();
    let births = Birth::row(engine, now, items.len());
    for ((index, json), birth) in items.into_iter().enumerate().zip(births) {
        match prepare(caller, &snapshot, json.get().as_bytes(), options.trace, ahead, birth).await {
            Ok(prepared) => {
                indexes.push((index, prepared.message.id));
                if !prepared.decisions.is_empty() {
                    notes.insert(prepared.message.id, prepared.decisions);
                }
                messages.push(prepared.message);
            }
            Err(EngineError::Invalid(problems)) => rejected.push(reject(index, &problems)),
            Err(other) => return Err(other),
        }
    }
    engine.0.metrics.add(Counter::messages_refused, rejected.len() as u64);
    let wakes = wakes(&messages, &snapshot);
    let named: Vec<_> = messages.iter().map(|message| (message.trace, message.id)).collect();
    let respond: Respond = Arc::new(move |verdicts| (202, answer(&indexes, verdicts, &rejected)));
    let accept = Accept {
        messages,
        judge: noted((ahead.judge)(snapshot, now), notes),
        actor: caller.actor,
        idempotent: slot.as_ref().map(|slot| slot.row(Arc::clone(&respond))),
    };
    match caller.store.accept(&caller.scope, accept).await? {
        Accepted::Stored(verdicts) => {
            place.done(engine.0.clock.monotonic_us());
            engine.count(&verdicts);
            for ((trace, id), verdict) in named.into_iter().zip(&verdicts) {
                single::log(trace, id, verdict);
            }
            for ((lane_slot, sender, category), due_at) in wakes {
                engine.0.wakes.work(&caller.region, lane_slot, sender, category, due_at);
            }
            engine.tick();
            let (status, body) = respond(&verdicts);
            Ok(Reply { status, body, replayed: false, trace: options.trace })
        }
        Accepted::Replay { fingerprint, status, body } => {
            engine.replay(slot.as_ref(), fingerprint, status, body)
        }
    }
}

fn read(body: &[u8]) -> Result<Vec<&RawValue>> {
    let batch: Batch<'_> = serde_json::from_slice(body).map_err(|error| {
        EngineError::invalid(
            "messages",
            "json.malformed",
            format!(
                "A batch is {{\"messages\":[…]}}; reading stopped at line {} column {}.",
                error.line(),
                error.column()
            ),
        )
    })?;
    if batch.messages.is_empty() || batch.messages.len() > BATCH_INTENTS_MAX {
        return Err(EngineError::invalid(
            "messages",
            "batch.size",
            format!("A batch takes 1 to {BATCH_INTENTS_MAX} messages; split it."),
        ));
    }
    Ok(batch.messages)
}

fn reject(index: usize, problems: &[tidings_domain::problem::FieldProblem]) -> RejectedItem {
    let first = problems.first();
    RejectedItem {
        index,
        code: first.map_or_else(|| "invalid".to_owned(), |each| each.code.to_owned()),
        field: first.map(|each| each.field.clone()).unwrap_or_default(),
        detail: first.map(|each| each.detail.clone()).unwrap_or_default(),
    }
}

type Lane = (u8, tidings_domain::id::SenderId, tidings_domain::category::Category);

fn wakes(messages: &[NewMessage], snapshot: &Snapshot) -> BTreeMap<Lane, Timestamp> {
    let mut wakes = BTreeMap::new();
    for message in messages {
        let lane = (snapshot.slot(message.sender), message.sender, message.category);
        let at = wakes.entry(lane).or_insert(message.due_at);
        *at = message.due_at.min(*at);
    }
    wakes
}

fn answer(indexes: &[(usize, MessageId)], verdicts: &[Judgement], rejected: &[RejectedItem]) -> Vec<u8> {
    let accepted = indexes
        .iter()
        .zip(verdicts)
        .map(|((index, id), verdict)| AcceptedItem {
            index: *index,
            id: *id,
            status: matches!(verdict, Judgement::Deny { .. }).then_some("denied"),
        })
        .collect();
    serde_json::to_vec(&Answer { accepted, rejected }).expect("the answer has only string keys")
}

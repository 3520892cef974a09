//! The verdict over a run: what the product says, against everything that others saw.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use anyhow::Result;
use serde_json::Value;

use tidings_domain::clock::Clock;
use tidings_domain::id::{Id, MessageId};
use tidings_domain::time::Timestamp;
use tidings_engine::report::{MessageQuery, ledger as store_ledger};
use tidings_engine::{Caller, Engine};
use tidings_simulator::Ledger;
use tidings_store::Store;
use tidings_store::model::Audited;

use super::drive::Summary;
use super::life::Life;
use super::rival::usurped;
use super::world::World;
use crate::ledger::{self, ConsentFacts, EventFacts, MessageFacts};
use crate::limits::{PAGE, TIMELINE_SHOWN_MAX};
use crate::order::{self, Ordered};

/// How a run ended.
pub(super) struct End {
    pub summary: Summary,
    pub broken: Vec<String>,
    pub timelines: Vec<String>,
}

pub(super) async fn callers(world: &World, engine: &Engine) -> Result<Vec<Caller>> {
    let tokens: Vec<String> = world.tenants.lock().iter().map(|tenant| tenant.token.clone()).collect();
    let mut callers = Vec::new();
    for token in tokens {
        callers.push(engine.caller(&token).await?);
    }
    Ok(callers)
}

pub(super) async fn list(engine: &Engine, caller: &Caller) -> Result<Vec<(MessageId, bool)>> {
    let mut query = MessageQuery { limit: Some(PAGE), ..MessageQuery::default() };
    let mut found = Vec::new();
    loop {
        let page = engine.messages(caller, &query).await?;
        found.extend(page.items.iter().map(|each| (each.id, each.status.is_open())));
        query.cursor = page.next_cursor;
        if query.cursor.is_none() {
            return Ok(found);
        }
    }
}

/// Everything that the product says at the end, against everything that others saw.
pub(super) async fn judge(world: &World, life: &Life, lives: usize) -> Result<End> {
    let engine = &life.engine;
    let mut ledger = world.simulator.ledger();
    if world.plan.opts_in() {
        // The provider does not hear of an opt-in that an application records, and a STOP by text is not
        // lifted in its book by the app's menu; the log is judged instead.
        ledger.violations.retain(|text| !text.starts_with("opt-out:"));
    }
    let mut broken = std::mem::take(&mut world.notebook.lock().broken);
    let mut messages: Vec<MessageFacts> = Vec::new();
    let mut hasher = DefaultHasher::new();
    let callers = callers(world, engine).await?;
    let audited = audit(world, &life.store, &mut broken).await?;
    for (tenant, caller) in callers.iter().enumerate() {
        let mut own = Vec::new();
        for (id, _) in list(engine, caller).await? {
            own.push(serde_json::from_value::<MessageFacts>(serde_json::to_value(
                engine.message(caller, id).await?,
            )?)?);
        }
        let events = log(engine, caller).await?;
        hash_events(&events, &mut hasher);
        broken.extend(order::check(&order_facts(world, &audited, tenant, &events)));
        broken.extend(opt_outs(world, engine, caller, tenant, &own, &events).await?);
        messages.extend(own);
    }
    let acknowledged: BTreeSet<String> = world.notebook.lock().accepted.keys().cloned().collect();
    broken.extend(ledger::check(&ledger, &messages, &acknowledged));
    broken.extend(applications_agree(world, &messages, &acknowledged));
    serde_json::to_string(&ledger)?.hash(&mut hasher);
    let mut statuses = BTreeMap::new();
    for message in &messages {
        *statuses.entry(message.status.clone()).or_default() += 1;
    }
    let timelines = timelines(world, engine, &broken).await?;
    count_faults(world, &ledger);
    let summary = Summary {
        seed: world.plan.seed,
        trace: hasher.finish(),
        messages: messages.len(),
        submissions: ledger.submissions.len(),
        lives,
        virtual_s: world.clock.elapsed_us() / 1_000_000,
        statuses,
        faults: world.tally.counts(),
    };
    Ok(End { summary, broken, timelines })
}

/// The store's own predicates, as `tidings doctor --ledger` asks them; returns every message as it is stored.
async fn audit(world: &World, store: &Store, broken: &mut Vec<String>) -> Result<Vec<Audited>> {
    let report = store_ledger::check(store, store_ledger::at_rest(world.clock.now()), |_| {}).await?;
    let said =
        |each: &store_ledger::Broken| format!("store {}: {} {}", each.promise, each.subject, each.found);
    broken.extend(report.broken.iter().map(said));
    let all = store_ledger::all_messages(store).await?;
    broken.extend(usurped(&world.notebook.lock().thefts, &all));
    Ok(all)
}

/// What the log says of a message's place in the order.
#[derive(Default)]
struct Seen {
    accepted: usize,
    claimed: Option<usize>,
    send_at: Option<Timestamp>,
    /// Until when it was deferred before it was claimed.
    until: Option<Timestamp>,
    disturbed: bool,
}

fn at(field: &Value) -> Option<Timestamp> {
    serde_json::from_value(field.clone()).ok()
}

/// What the order of a tenant's messages is judged by.
fn order_facts(world: &World, audited: &[Audited], tenant: usize, events: &[Value]) -> Vec<Ordered> {
    let notebook = world.notebook.lock();
    let mut seen: BTreeMap<&str, Seen> = BTreeMap::new();
    for (n, event) in events.iter().enumerate() {
        let first = Seen { accepted: n, send_at: at(&event["data"]["send_at"]), ..Seen::default() };
        let entry = seen.entry(event["subject"].as_str().unwrap_or_default()).or_insert(first);
        match event["type"].as_str().unwrap_or_default() {
            "message.submitting" if entry.claimed.is_none() => entry.claimed = Some(n),
            "message.requeued" if event["data"]["attempt"] == 1 => entry.claimed = None,
            "message.deferred" => {
                entry.disturbed = true;
                if entry.claimed.is_none() {
                    entry.until = at(&event["data"]["until"]);
                }
            }
            "message.redriven" => entry.disturbed = true,
            _ => {}
        }
    }
    let calls: BTreeMap<&String, usize> =
        notebook.answers.iter().flat_map(|(call, ids)| ids.iter().map(|id| (id, *call))).collect();
    let facts = |message: &Audited| {
        let id = message.id.to_string();
        let accepted = notebook.accepted.get(&id).filter(|accepted| accepted.tenant == tenant)?;
        let seen = seen.get(id.as_str())?;
        // A deferral moves the time in the store, also that of a message that was claimed before. Who asked not
        // to be overtaken keeps its place meanwhile.
        let until = seen.until.filter(|_| !accepted.ordered);
        let moved = seen.disturbed.then(|| until.or(seen.send_at).unwrap_or(message.created_at));
        Some(Ordered {
            lane: (message.sender.to_string(), accepted.phone.clone(), message.category.to_string()),
            call: *calls.get(&id)?,
            id,
            accepted: seen.accepted,
            claimed: seen.claimed,
            claimed_at: message.attempts.first().map(|attempt| attempt.claimed_at),
            due_at: moved.unwrap_or(message.due_at),
            disturbed: seen.disturbed,
        })
    };
    audited.iter().filter_map(facts).collect()
}

/// What the provider's book knows of faults, beside what the world has counted.
fn count_faults(world: &World, ledger: &Ledger) {
    for submission in &ledger.submissions {
        let kind = match submission.answer.as_str() {
            "timeout_before" => "timeouts before acceptance",
            "timeout_after" => "timeouts after acceptance",
            "server_error" | "outage" => "server errors before acceptance",
            "server_error_after" => "server errors after acceptance",
            "rate_limited" => "rate limits without cause",
            "invalid_json" => "unreadable answers",
            _ => continue,
        };
        world.tally.add(kind, 1);
    }
    let webhooks = &ledger.counts.webhooks;
    world.tally.add("webhooks lost", webhooks.lost);
    world.tally.add("webhooks duplicated", webhooks.duplicated);
    world.tally.add("webhooks delayed", webhooks.delayed);
    world.tally.add("webhooks reordered", webhooks.reordered);
}

/// What was stored was acknowledged (every call had its answer), and what was canceled never stood.
fn applications_agree(
    world: &World,
    messages: &[MessageFacts],
    acknowledged: &BTreeSet<String>,
) -> Vec<String> {
    let notebook = world.notebook.lock();
    let mut broken = Vec::new();
    for message in messages {
        if !acknowledged.contains(&message.id) {
            broken.push(format!("idempotency: {} is in the store and nobody was told of it", message.id));
        }
        if notebook.canceled.contains(&message.id) && message.status != "canceled" {
            broken.push(format!("cancel: {} was canceled and is {}", message.id, message.status));
        }
    }
    broken
}

async fn log(engine: &Engine, caller: &Caller) -> Result<Vec<Value>> {
    let mut after: Option<String> = None;
    let mut events = Vec::new();
    loop {
        let page = engine.events(caller, after.as_deref(), Some(PAGE)).await?;
        if page.items.is_empty() {
            return Ok(events);
        }
        for each in &page.items {
            events.push(serde_json::to_value(each)?);
        }
        after = page.next_cursor;
    }
}

fn hash_events(events: &[Value], hasher: &mut DefaultHasher) {
    for event in events {
        for field in ["type", "subject", "at", "data"] {
            event[field].to_string().hash(hasher);
        }
    }
}

async fn opt_outs(
    world: &World,
    engine: &Engine,
    caller: &Caller,
    tenant: usize,
    messages: &[MessageFacts],
    events: &[Value],
) -> Result<Vec<String>> {
    let mut consents = BTreeMap::new();
    let mut cursor: Option<String> = None;
    loop {
        let page = engine.consents(caller, None, cursor.as_deref(), Some(PAGE)).await?;
        for consent in page.items.into_iter().map(|line| line.consent) {
            let facts = ConsentFacts {
                person: consent.address.expect("nobody was erased").canonical(),
                granted: consent.granted,
                at: consent.at,
            };
            consents.insert(consent.id.to_string(), facts);
        }
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let notebook = world.notebook.lock();
    let mut broken = Vec::new();
    for (id, (_, phone, _)) in notebook.consents.iter().filter(|(_, entry)| entry.0 == tenant) {
        if !consents.contains_key(id) {
            broken
                .push(format!("lost: the consent {id} of {phone} was acknowledged and is not in the store"));
        }
    }
    let person = |id: &String| {
        let accepted = notebook.accepted.get(id)?;
        let phone = tidings_domain::address::Phone::parse(&accepted.phone).ok()?;
        Some((id.clone(), tidings_domain::address::Address::Phone(phone).canonical()))
    };
    let marketing: BTreeMap<String, String> = messages
        .iter()
        .filter(|message| message.category == "marketing")
        .filter_map(|message| person(&message.id))
        .collect();
    let events: Vec<EventFacts> =
        events.iter().map(|event| serde_json::from_value(event.clone())).collect::<Result<_, _>>()?;
    broken.extend(ledger::opt_outs(&events, &consents, &marketing));
    Ok(broken)
}

/// The timelines of the first messages that are named.
async fn timelines(world: &World, engine: &Engine, broken: &[String]) -> Result<Vec<String>> {
    let names: Vec<String> = broken
        .iter()
        .flat_map(|text| text.split_whitespace())
        .filter_map(|word| {
            let id = MessageId::parse(word.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '_'));
            let of_attempt = tidings_domain::id::AttemptId::parse(word).map(|attempt| attempt.message());
            id.ok().or(of_attempt.ok()).map(|id| id.to_string())
        })
        .take(3)
        .collect();
    let mut out = Vec::new();
    for caller in callers(world, engine).await? {
        for name in &names {
            let Ok(id) = MessageId::parse(name) else { continue };
            let Ok(events) = engine.timeline(&caller, id).await else { continue };
            let mut text = format!("  timeline of {name}:");
            for event in events.into_iter().take(TIMELINE_SHOWN_MAX) {
                let mut data = event.data;
                if let Some(object) = data.as_object_mut() {
                    object.remove("decisions");
                }
                text.push_str(&format!("\n    {} {} {data}", event.at, event.kind));
            }
            for submission in world.simulator.ledger().submissions {
                if submission
                    .callback_data
                    .as_deref()
                    .and_then(|data| tidings_domain::id::AttemptId::parse(data).ok())
                    .is_some_and(|attempt| attempt.message() == id)
                {
                    text.push_str(&format!(
                        "\n    provider: {} {:?}",
                        submission.answer, submission.receipts
                    ));
                }
            }
            out.push(text);
        }
    }
    Ok(out)
}

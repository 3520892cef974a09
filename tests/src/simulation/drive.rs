//! A whole run: lives and crashes, then rest, then the question whether every promise was kept.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use tidings_domain::clock::Clock;
use tidings_domain::id::{Id, MessageId};
use tidings_engine::report::MessageQuery;
use tidings_engine::{Caller, Engine};

use super::life::Life;
use super::plan::Plan;
use super::world::World;
use super::{applications, postman};
use crate::ledger::{self, EventFacts, MessageFacts};
use crate::limits::{PAGE, SETTLE_LOOK_US, SIMULATED_US_MAX};

/// What a run was like. The trace is the same whenever the seed is the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    pub seed: u64,
    pub trace: u64,
    pub messages: usize,
    pub submissions: usize,
    pub lives: usize,
    pub virtual_s: i64,
    pub statuses: BTreeMap<String, usize>,
}

/// Why a run failed, with how to see it again.
#[derive(Debug)]
pub struct Failure {
    pub seed: u64,
    pub plan: String,
    pub broken: Vec<String>,
    /// The timelines of messages that a broken promise names.
    pub timelines: Vec<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {} broke {} promises ({}):", self.seed, self.broken.len(), self.plan)?;
        for text in self.broken.iter().take(20) {
            writeln!(f, "  {text}")?;
        }
        for text in self.timelines.iter().take(3) {
            writeln!(f, "{text}")?;
        }
        write!(f, "replay it with: cargo xtask sim --seed {}", self.seed)
    }
}

/// Plays one seed to its end.
pub fn run(seed: u64) -> Result<Summary, Box<Failure>> {
    let plan = Plan::new(seed);
    let described = plan.describe();
    let failure = |broken, timelines| Box::new(Failure { seed, plan: described.clone(), broken, timelines });
    match play(plan) {
        Ok(End { summary, broken, .. }) if broken.is_empty() => Ok(summary),
        Ok(End { broken, timelines, .. }) => Err(failure(broken, timelines)),
        Err(error) => Err(failure(vec![format!("the run broke off: {error:#}")], Vec::new())),
    }
}

struct End {
    summary: Summary,
    broken: Vec<String>,
    timelines: Vec<String>,
}

fn play(plan: Plan) -> Result<End> {
    let crashes = plan.crashes.clone();
    let world = World::new(plan)?;
    in_one_life(&world, 0, async |life| life.set_up(&world).await)?;
    for (n, (life_us, down_us)) in crashes.iter().enumerate() {
        in_one_life(&world, n as u64 + 1, async |life| {
            live(&world, life);
            world.clock.sleep(*life_us).await;
            world.clock.leave(*down_us);
            Ok(())
        })?;
        world.after_crash();
    }
    in_one_life(&world, crashes.len() as u64 + 1, async |life| {
        live(&world, life);
        let rested = rest(&world, &life.engine).await;
        let mut end = judge(&world, &life.engine, crashes.len() + 2).await?;
        if let Err(error) = rested {
            end.broken.insert(0, format!("{error:#}"));
        }
        Ok(end)
    })
}

/// A scene on the virtual clock: everything is set up, nothing is started.
pub fn scene<T>(plan: Plan, act: impl AsyncFnOnce(&Arc<World>, &Life) -> Result<T>) -> Result<T> {
    let world = World::new(plan)?;
    in_one_life(&world, 0, async |life| {
        life.set_up(&world).await?;
        act(&world, life).await
    })
}

/// A runtime of its own: when this returns, nothing of the life is left.
fn in_one_life<T>(world: &World, number: u64, act: impl AsyncFnOnce(&Life) -> Result<T>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    runtime.block_on(async {
        world.clock.enter();
        let life = Life::begin(world, number).await.context("the store could not be opened")?;
        let done = act(&life).await;
        world.clock.leave(0);
        done
    })
}

/// Starts the loops, the postman and the applications.
pub fn live(world: &Arc<World>, life: &Life) {
    life.start();
    tokio::spawn(postman::run(world.clone(), life.engine.clone()));
    tokio::spawn(applications::run(world.clone(), life.engine.clone()));
}

/// Waits until the applications have their answers, nothing is in the post, and no message is open.
async fn rest(world: &World, engine: &Engine) -> Result<()> {
    loop {
        world.clock.sleep(SETTLE_LOOK_US).await;
        let (asked, in_the_post) = {
            let notebook = world.notebook.lock();
            (world.plan.actions.len() - notebook.done.len(), notebook.in_the_post.len())
        };
        let quiet = asked == 0 && in_the_post == 0 && world.simulator.next_wake_us().is_none();
        if quiet && open(world, engine).await? == 0 {
            return Ok(());
        }
        if world.clock.elapsed_us() > SIMULATED_US_MAX {
            bail!("rest: after {} virtual seconds there is still work", SIMULATED_US_MAX / 1_000_000);
        }
    }
}

async fn callers(world: &World, engine: &Engine) -> Result<Vec<Caller>> {
    let tokens: Vec<String> = world.tenants.lock().iter().map(|tenant| tenant.token.clone()).collect();
    let mut callers = Vec::new();
    for token in tokens {
        callers.push(engine.caller(&token).await?);
    }
    Ok(callers)
}

async fn open(world: &World, engine: &Engine) -> Result<usize> {
    let mut open = 0;
    for caller in callers(world, engine).await? {
        open += list(engine, &caller).await?.iter().filter(|(_, is_open)| *is_open).count();
    }
    Ok(open)
}

async fn list(engine: &Engine, caller: &Caller) -> Result<Vec<(MessageId, bool)>> {
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
async fn judge(world: &World, engine: &Engine, lives: usize) -> Result<End> {
    let mut ledger = world.simulator.ledger();
    if world.plan.grants_consent() {
        // The provider does not hear of an opt-in that an application records; the log is judged instead.
        ledger.violations.retain(|text| !text.starts_with("opt-out:"));
    }
    let mut broken = std::mem::take(&mut world.notebook.lock().broken);
    let mut messages: Vec<MessageFacts> = Vec::new();
    let mut hasher = DefaultHasher::new();
    for (tenant, caller) in callers(world, engine).await?.iter().enumerate() {
        let mut own = Vec::new();
        for (id, _) in list(engine, caller).await? {
            own.push(serde_json::from_value::<MessageFacts>(serde_json::to_value(
                engine.message(caller, id).await?,
            )?)?);
        }
        let events = log(engine, caller).await?;
        hash_events(&events, &mut hasher);
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
    let summary = Summary {
        seed: world.plan.seed,
        trace: hasher.finish(),
        messages: messages.len(),
        submissions: ledger.submissions.len(),
        lives,
        virtual_s: world.clock.elapsed_us() / 1_000_000,
        statuses,
    };
    Ok(End { summary, broken, timelines })
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
        for consent in page.items {
            consents.insert(consent.id.to_string(), (consent.address.canonical(), consent.granted));
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
            for event in events {
                text.push_str(&format!("\n    {} {} {}", event.at, event.kind, event.data));
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

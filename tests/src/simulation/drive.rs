//! A whole run: lives and crashes, then rest, then the question whether every promise was kept.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use anyhow::{Context, Result, bail};

use tidings_domain::clock::Clock;
use tidings_engine::Engine;

use super::judge::{End, callers, judge, list};
use super::life::Life;
use super::plan::Plan;
use super::world::World;
use super::{applications, postman};
use crate::limits::{BROKEN_SHOWN_MAX, SETTLE_LOOK_US, SIMULATED_US_MAX};

/// Virtual microseconds after which a life ends though its last steps never came.
const LAST_STEPS_US: i64 = 30_000_000;

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
    /// What went wrong, by kind.
    pub faults: BTreeMap<&'static str, u64>,
}

/// What came of a run whose promises were not all kept.
#[derive(Debug, Clone, Default)]
pub struct Trouble {
    pub broken: Vec<String>,
    /// The timelines of messages that a broken promise names.
    pub timelines: Vec<String>,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for text in self.broken.iter().take(BROKEN_SHOWN_MAX) {
            writeln!(f, "  {text}")?;
        }
        for text in self.timelines.iter().take(1) {
            writeln!(f, "{text}")?;
        }
        Ok(())
    }
}

/// Plays one seed to its end.
pub fn run(seed: u64) -> Result<Summary, Trouble> {
    run_planned(Plan::new(seed))
}

/// Plays a plan to its end.
pub fn run_planned(plan: Plan) -> Result<Summary, Trouble> {
    match play(plan) {
        Ok(End { summary, broken, .. }) if broken.is_empty() => Ok(summary),
        Ok(End { broken, timelines, .. }) => Err(Trouble { broken, timelines }),
        Err(error) => {
            let broken = vec![format!("broke off: {error:#}")];
            Err(Trouble { broken, timelines: Vec::new() })
        }
    }
}

fn play(plan: Plan) -> Result<End> {
    let crashes = plan.crashes.clone();
    let world = World::new(plan)?;
    in_one_life(&world, 0, async |life| life.set_up(&world).await)?;
    for (n, crash) in crashes.iter().enumerate() {
        in_one_life(&world, n as u64 + 1, async |life| {
            live(&world, life);
            world.clock.sleep(crash.after_us).await;
            world.fuse.light(crash.steps);
            tokio::select! {
                biased;
                () = world.fuse.blown() => {}
                () = world.clock.sleep(LAST_STEPS_US) => {}
            }
            world.clock.leave(crash.down_us);
            Ok(())
        })?;
        world.tally.add("crashes", 1);
        world.after_crash();
    }
    in_one_life(&world, crashes.len() as u64 + 1, async |life| {
        live(&world, life);
        let rested = rest(&world, &life.engine).await;
        let mut end = judge(&world, life, crashes.len() + 2).await?;
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
    tokio::spawn(applications::run(world.clone(), life.engine.clone(), life.store.clone()));
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

async fn open(world: &World, engine: &Engine) -> Result<usize> {
    let mut open = 0;
    for caller in callers(world, engine).await? {
        open += list(engine, &caller).await?.iter().filter(|(_, is_open)| *is_open).count();
    }
    Ok(open)
}

//! The disk under the store: commits that take their time, fail, or succeed without saying so.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use tidings_domain::clock::{BoxFuture, Clock};
use tidings_store::{Hook, Lie, StoreError};

use super::clock::VirtualClock;
use super::fuse::Fuse;
use super::planted::Planted;
use super::tally::Tally;
use super::world::World;

/// What the disk does to commits, as shares.
#[derive(Debug, Clone, Copy, Default)]
pub struct DiskFaults {
    /// The commit fails and is taken back.
    pub fail: f64,
    /// The commit is durable and the caller is told that it failed.
    pub fail_after: f64,
    /// The commit takes up to two seconds.
    pub slow: f64,
}

/// A time in which the disk is worse than usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spell {
    /// Every commit fails: the disk is full or gone.
    Down,
    /// Every commit takes seconds.
    Slow,
}

/// The spell and its end; outlives a crash.
#[derive(Default)]
pub struct DiskWeather(Mutex<Option<(Spell, i64)>>);

impl DiskWeather {
    pub fn set(&self, spell: Spell, until_us: i64) {
        *self.0.lock() = Some((spell, until_us));
    }
    fn now(&self, now_us: i64) -> Option<Spell> {
        self.0.lock().filter(|(_, until_us)| now_us < *until_us).map(|(spell, _)| spell)
    }
}

/// Stands around every commit of the simulated store.
pub struct Disk {
    clock: Arc<VirtualClock>,
    weather: Arc<DiskWeather>,
    fuse: Arc<Fuse>,
    tally: Arc<Tally>,
    dice: Mutex<StdRng>,
    faults: DiskFaults,
    planted: Option<Planted>,
    false_fence: Arc<AtomicBool>,
    commits: AtomicU64,
    armed: AtomicBool,
}

impl Disk {
    pub(super) fn new(world: &World, seed: u64) -> Arc<Self> {
        Arc::new(Self {
            clock: world.clock.clone(),
            weather: world.disk.clone(),
            fuse: world.fuse.clone(),
            tally: world.tally.clone(),
            dice: Mutex::new(StdRng::seed_from_u64(seed)),
            faults: world.plan.disk,
            planted: world.plan.planted,
            false_fence: world.false_fence.clone(),
            commits: AtomicU64::new(0),
            armed: AtomicBool::new(false),
        })
    }

    /// Setting up goes undisturbed; from here on commits may fail.
    pub fn arm(&self) {
        self.armed.store(true, Ordering::Relaxed);
    }

    fn is_armed(&self) -> bool {
        self.armed.load(Ordering::Relaxed)
    }

    fn draw(&self, share: f64) -> bool {
        self.dice.lock().random_bool(share)
    }

    async fn before(&self) -> Result<(), StoreError> {
        let mut wait_us = self.dice.lock().random_range(0..3_000);
        let (fails, slow) = (self.draw(self.faults.fail), self.draw(self.faults.slow));
        if !self.is_armed() {
            return Ok(());
        }
        self.fuse.step().await;
        let spell = self.weather.now(self.clock.elapsed_us());
        if slow || spell == Some(Spell::Slow) {
            self.tally.add("slow commits", 1);
            wait_us += self.dice.lock().random_range(10_000..2_000_000);
        }
        if wait_us > 1_000 {
            self.clock.sleep(wait_us).await;
        }
        if fails || spell == Some(Spell::Down) {
            self.tally.add("failed commits", 1);
            return Err(StoreError::Unavailable);
        }
        Ok(())
    }

    async fn after(&self) -> Result<(), StoreError> {
        let fails = self.draw(self.faults.fail_after);
        if !self.is_armed() {
            return Ok(());
        }
        self.fuse.step().await;
        if fails {
            self.tally.add("commits that succeeded unheard", 1);
            return Err(StoreError::Unavailable);
        }
        Ok(())
    }
}

impl Hook for Disk {
    fn before_commit<'a>(&'a self, _: &'static str) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(self.before())
    }

    fn after_commit<'a>(&'a self, _: &'static str) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(self.after())
    }

    fn lie(&self, what: &'static str) -> Option<Lie> {
        let planted = self.planted.filter(|_| self.is_armed())?;
        if what == "ordinary" && self.false_fence.swap(false, Ordering::Relaxed) {
            return Some(Lie::StaleFence);
        }
        planted.lie(what, self.commits.fetch_add(1, Ordering::Relaxed))
    }
}

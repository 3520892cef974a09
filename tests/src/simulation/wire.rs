//! The wire to the simulated provider: in this process, on the virtual clock, and not always whole.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use http::{Request, Response};
use parking_lot::Mutex;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::sync::Notify;

use tidings_domain::clock::{BoxFuture, Clock};
use tidings_domain::provider::Chunks;
use tidings_domain::transport::{Bounds, Transport, TransportError};
use tidings_providers::http::Downloads;
use tidings_simulator::Simulator;

use super::clock::VirtualClock;
use super::fuse::Fuse;
use super::planted::Planted;
use super::tally::Tally;
use super::world::World;

/// What the wire does to an exchange, as shares.
#[derive(Debug, Clone, Copy, Default)]
pub struct WireFaults {
    /// No connection: the provider never sees the request.
    pub refuse: f64,
    /// The connection breaks after the provider has read the request.
    pub break_after: f64,
}

/// Whoever carries a message with this word panics.
pub const POISON: &str = "the-carrier-panics";
/// A time in which the way to the provider is worse than usual; outlives a crash.
#[derive(Default)]
pub struct WireWeather(Mutex<Option<(Storm, i64)>>);

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Storm {
    /// This share of the connections is not made.
    Partial(f64),
    /// Every exchange takes so much longer, in microseconds.
    Slow(i64),
}

impl WireWeather {
    pub fn set(&self, storm: Storm, until_us: i64) {
        *self.0.lock() = Some((storm, until_us));
    }
    fn now(&self, now_us: i64) -> Option<Storm> {
        self.0.lock().filter(|(_, until_us)| now_us < *until_us).map(|(storm, _)| storm)
    }
}

/// Carries requests to the simulator.
pub struct Wire {
    simulator: Simulator,
    clock: Arc<VirtualClock>,
    weather: Arc<WireWeather>,
    fuse: Arc<Fuse>,
    tally: Arc<Tally>,
    bell: Arc<Notify>,
    dice: Mutex<StdRng>,
    faults: WireFaults,
    twice: bool,
    armed: AtomicBool,
}

/// What the dice say of one exchange.
struct Draw {
    there_us: i64,
    back_us: i64,
    refused: bool,
    broken: bool,
    twice: bool,
}

impl Wire {
    pub(super) fn new(world: &World, seed: u64) -> Self {
        Self {
            simulator: world.simulator.clone(),
            clock: world.clock.clone(),
            weather: world.wire.clone(),
            fuse: world.fuse.clone(),
            tally: world.tally.clone(),
            bell: world.bell.clone(),
            dice: Mutex::new(StdRng::seed_from_u64(seed)),
            faults: world.plan.wire,
            twice: world.plan.planted == Some(Planted::SubmitTwice),
            armed: AtomicBool::new(false),
        }
    }

    /// Setting up goes undisturbed; from here on exchanges may break.
    pub fn arm(&self) {
        self.armed.store(true, Ordering::Relaxed);
    }

    fn draw(&self) -> Draw {
        let mut dice = self.dice.lock();
        let armed = self.armed.load(Ordering::Relaxed);
        let mut draw = Draw {
            there_us: dice.random_range(1_000..8_000),
            back_us: dice.random_range(1_000..8_000),
            refused: dice.random_bool(self.faults.refuse) && armed,
            broken: dice.random_bool(self.faults.break_after) && armed,
            twice: self.twice && dice.random_bool(0.1),
        };
        match self.weather.now(self.clock.elapsed_us()) {
            Some(Storm::Partial(share)) => draw.refused |= dice.random_bool(share),
            // On the way back: held up on the way there, what left at its pace would arrive in a heap, and the
            // provider's counters would blame the lane for the network.
            Some(Storm::Slow(us)) => draw.back_us += us,
            None => {}
        }
        draw
    }

    async fn carry(
        &self,
        request: Request<Bytes>,
        bounds: Bounds,
    ) -> Result<Response<Bytes>, TransportError> {
        let Draw { there_us, back_us, refused, broken, twice } = self.draw();
        self.fuse.step().await;
        let poisoned = request.body().windows(POISON.len()).any(|word| word == POISON.as_bytes());
        assert!(!poisoned, "a message with the word for it");
        self.clock.sleep(there_us).await;
        if refused {
            self.tally.add("connections refused", 1);
            return Err(TransportError::Connect);
        }
        let now_us = self.clock.true_now().micros();
        if twice {
            self.simulator.handle(now_us, request.clone());
        }
        let answer = self.simulator.handle(now_us, request);
        self.bell.notify_one();
        self.fuse.step().await;
        let took_us = there_us + answer.delay_us + back_us;
        if answer.hang || took_us > bounds.total_us {
            self.tally.add("requests that took too long", u64::from(!answer.hang));
            self.clock.sleep(bounds.total_us - there_us).await;
            return Err(TransportError::Timeout);
        }
        self.clock.sleep(answer.delay_us + back_us).await;
        if broken {
            self.tally.add("connections broken", 1);
            return Err(TransportError::Broken);
        }
        if answer.response.body().len() > bounds.answer_bytes_max {
            return Err(TransportError::TooLarge);
        }
        Ok(answer.response)
    }
}

impl Transport for Wire {
    fn exchange(
        &self,
        request: Request<Bytes>,
        bounds: Bounds,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        Box::pin(self.carry(request, bounds))
    }
}

impl Downloads for Wire {
    fn open(&self, _: Request<Bytes>, _: Bounds) -> BoxFuture<'_, Result<Response<Chunks>, TransportError>> {
        // Nothing is downloaded in a simulated run.
        Box::pin(async { Err(TransportError::Connect) })
    }
}

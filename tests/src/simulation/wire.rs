//! The wire to the simulated provider: in this process, on the virtual clock, and not always whole.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use http::{Request, Response};
use parking_lot::Mutex;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use tidings_domain::clock::{BoxFuture, Clock};
use tidings_domain::provider::Chunks;
use tidings_domain::transport::{Bounds, Transport, TransportError};
use tidings_providers::http::Downloads;
use tidings_simulator::Simulator;

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

/// Carries requests to the simulator.
pub struct Wire {
    simulator: Simulator,
    clock: Arc<dyn Clock>,
    dice: Mutex<StdRng>,
    faults: WireFaults,
    armed: AtomicBool,
}

impl Wire {
    pub fn new(simulator: Simulator, clock: Arc<dyn Clock>, seed: u64, faults: WireFaults) -> Self {
        Self {
            simulator,
            clock,
            dice: Mutex::new(StdRng::seed_from_u64(seed)),
            faults,
            armed: AtomicBool::new(false),
        }
    }

    /// Setting up goes undisturbed; from here on exchanges may break.
    pub fn arm(&self) {
        self.armed.store(true, Ordering::Relaxed);
    }

    async fn carry(
        &self,
        request: Request<Bytes>,
        bounds: Bounds,
    ) -> Result<Response<Bytes>, TransportError> {
        let (there_us, back_us, refused, broken) = {
            let mut dice = self.dice.lock();
            (
                dice.random_range(1_000..8_000),
                dice.random_range(1_000..8_000),
                dice.random_bool(self.faults.refuse),
                dice.random_bool(self.faults.break_after),
            )
        };
        let poisoned = request.body().windows(POISON.len()).any(|word| word == POISON.as_bytes());
        assert!(!poisoned, "a message with the word for it");
        self.clock.sleep(there_us).await;
        let armed = self.armed.load(Ordering::Relaxed);
        if refused && armed {
            return Err(TransportError::Connect);
        }
        let answer = self.simulator.handle(self.clock.now().micros(), request);
        let took_us = there_us + answer.delay_us + back_us;
        if answer.hang || took_us > bounds.total_us {
            self.clock.sleep(bounds.total_us - there_us).await;
            return Err(TransportError::Timeout);
        }
        self.clock.sleep(answer.delay_us + back_us).await;
        if broken && armed {
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

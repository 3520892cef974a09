//! What outlives a crash: the file, the journal, the provider, the applications' notebooks.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::Mutex;

use tidings_domain::clock::Clock;
use tidings_engine::dispatch::journal::MemoryJournals;
use tidings_simulator::{SimConfig, Simulator};

use super::clock::VirtualClock;
use super::plan::Plan;

pub struct World {
    pub plan: Arc<Plan>,
    pub clock: Arc<VirtualClock>,
    pub simulator: Simulator,
    pub journals: MemoryJournals,
    pub tenants: Mutex<Vec<TenantWorld>>,
    pub notebook: Mutex<Notebook>,
    dir: tempfile::TempDir,
}

/// What an application keeps to speak for its tenant.
#[derive(Debug, Clone)]
pub struct TenantWorld {
    pub token: String,
}

/// What the applications and the postman have seen; facts, so a crash of the product does not touch them.
#[derive(Debug, Default)]
pub struct Notebook {
    /// Actions that have their answer.
    pub done: BTreeSet<usize>,
    pub accepted: BTreeMap<String, Accepted>,
    /// Ids that an action was answered with.
    pub answers: BTreeMap<usize, Vec<String>>,
    /// Consent ids with person and whether granted.
    pub consents: BTreeMap<String, (usize, String, bool)>,
    pub canceled: BTreeSet<String>,
    /// Callbacks handed out and not answered yet.
    pub in_the_post: BTreeSet<u64>,
    /// Promises that were broken in an answer.
    pub broken: Vec<String>,
    pub refused: usize,
}

#[derive(Debug, Clone)]
pub struct Accepted {
    pub tenant: usize,
    pub phone: String,
}

impl World {
    pub fn new(plan: Plan) -> std::io::Result<Arc<Self>> {
        let config = SimConfig { seed: plan.seed, customers: plan.customers.clone(), ..SimConfig::default() };
        let simulator = Simulator::new(config);
        for account in plan.tenants.iter().flat_map(|tenant| &tenant.accounts) {
            simulator.provision(account.provision());
        }
        Ok(Arc::new(Self {
            plan: Arc::new(plan),
            clock: VirtualClock::new(),
            simulator,
            journals: MemoryJournals::default(),
            tenants: Mutex::default(),
            notebook: Mutex::default(),
            dir: tempfile::tempdir()?,
        }))
    }

    pub fn database(&self) -> PathBuf {
        self.dir.path().join("main.db")
    }

    pub fn now_us(&self) -> i64 {
        self.clock.now().micros()
    }

    /// The process died: whoever had asked it for something got no answer.
    pub fn after_crash(&self) {
        let unanswered = std::mem::take(&mut self.notebook.lock().in_the_post);
        for id in unanswered {
            self.simulator.webhook_result(self.now_us(), id, None);
        }
    }
}

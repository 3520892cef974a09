//! What outlives a crash: the file, the journal, the provider, the applications' notebooks.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use parking_lot::Mutex;
use tokio::sync::Notify;

use tidings_engine::dispatch::journal::MemoryJournals;
use tidings_simulator::{SimConfig, Simulator};

use super::clock::VirtualClock;
use super::disk::DiskWeather;
use super::fuse::Fuse;
use super::plan::Plan;
use super::rival::Theft;
use super::tally::Tally;
use super::wire::WireWeather;

pub struct World {
    pub plan: Arc<Plan>,
    pub clock: Arc<VirtualClock>,
    pub simulator: Simulator,
    pub journals: MemoryJournals,
    pub tenants: Mutex<Vec<TenantWorld>>,
    pub notebook: Mutex<Notebook>,
    pub fuse: Arc<Fuse>,
    pub disk: Arc<DiskWeather>,
    pub wire: Arc<WireWeather>,
    pub tally: Arc<Tally>,
    /// Rings when the provider may have something for the postman.
    pub bell: Arc<Notify>,
    /// A planted bug: the next change of the lease leaves the fence where it was.
    pub false_fence: Arc<AtomicBool>,
    dir: tempfile::TempDir,
}

/// What an application keeps to speak for its tenant.
#[derive(Debug, Clone)]
pub struct TenantWorld {
    pub token: String,
    pub senders: Vec<String>,
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
    pub thefts: Vec<Theft>,
}

#[derive(Debug, Clone)]
pub struct Accepted {
    pub tenant: usize,
    pub phone: String,
    /// Asked not to be overtaken.
    pub ordered: bool,
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
            fuse: Arc::default(),
            disk: Arc::default(),
            wire: Arc::default(),
            tally: Arc::default(),
            bell: Arc::default(),
            false_fence: Arc::default(),
            dir: directory()?,
        }))
    }

    pub fn database(&self) -> PathBuf {
        self.dir.path().join("main.db")
    }

    /// What the clocks of everybody else say.
    pub fn true_now_us(&self) -> i64 {
        self.clock.true_now().micros()
    }

    pub(super) fn template(&self, business_id: &str, name: &str, event: &str) {
        self.simulator.template_event(self.true_now_us(), business_id, name, "en_US", event);
        self.bell.notify_one();
        self.tally.add("template events", 1);
    }

    /// The process died: whoever had asked it for something got no answer.
    pub fn after_crash(&self) {
        self.fuse.renew();
        let unanswered = std::mem::take(&mut self.notebook.lock().in_the_post);
        for id in unanswered {
            self.simulator.webhook_result(self.true_now_us(), id, None);
        }
    }
}

/// In memory where the machine has such a place: what a crash of the machine does to a file is not the matter
/// here, and a run makes thousands of commits.
fn directory() -> std::io::Result<tempfile::TempDir> {
    let memory = std::path::Path::new("/dev/shm");
    if memory.is_dir()
        && let Ok(dir) = tempfile::tempdir_in(memory)
    {
        return Ok(dir);
    }
    tempfile::tempdir()
}

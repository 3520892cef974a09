//! Several real processes over one PostgreSQL database: one is killed, one stands still for longer than its
//! leases, one is asked to stop. Nothing is lost, nothing is sent twice but after a recorded doubt, and
//! every lane moves again soon.
#![expect(clippy::print_stderr, reason = "the figures of a run")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use tidings_simulator::{SimConfig, Simulator};
use tidings_tests::ledger;
use tidings_tests::support::{
    Http, Program, Served, Storage, Tenant, eventually, free_port, machine_us, provider, quick_provider,
    with_storage,
};

use crate::crash::at_rest;

const SECOND: i64 = 1_000_000;
const TENANTS: usize = 6;
/// Messages of one tenant that are sent at once.
const BATCH: usize = 4;
/// Within which every lane moves again, whatever happened to its node.
const MOVING_AGAIN_US: i64 = 10 * SECOND;

/// What the nodes of one installation share.
struct Installation {
    program: Program,
    simulator: Simulator,
    dir: tempfile::TempDir,
    key: String,
    stop: CancellationToken,
}

impl Installation {
    async fn make(storage: &Storage, config: SimConfig) -> Self {
        let stop = CancellationToken::new();
        let (simulator, url) = provider(config, Arc::new(machine_us), &stop).await;
        let dir = tempfile::tempdir().unwrap();
        let mut program = Program::default()
            .with("TIDINGS_PROVIDERS__CLOUD__BASE_URL", url)
            .with("TIDINGS_STORE__URL", storage.postgres_url().unwrap());
        for category in ["AUTHENTICATION", "UTILITY", "SERVICE", "MARKETING"] {
            program = program.with(&format!("TIDINGS_DISPATCH__DOUBT_S__{category}"), "2");
        }
        let first = dir.path().join("a");
        let init = program.json(&["init", "--data-dir", first.to_str().unwrap(), "--json"]).await;
        let key = init["installation_key"].as_str().unwrap().to_owned();
        let program = program.with("TIDINGS_MASTER_KEY_FILE", first.join("master.key").to_str().unwrap());
        Self { program, simulator, dir, key, stop }
    }

    fn dir(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    async fn node(&self, name: &str) -> Served {
        std::fs::create_dir_all(self.dir(name)).unwrap();
        self.program.serve(&self.dir(name), free_port().await).await
    }

    fn operator(&self, node: &Served) -> Http {
        node.http.with_token(&self.key)
    }

    async fn tenants(&self, node: &Served, count: usize) -> Vec<Tenant> {
        let mut tenants = Vec::new();
        for n in 0..count {
            let name = format!("Tenant {n}");
            tenants.push(Tenant::make(&self.operator(node), &self.simulator, &name, n).await);
        }
        tenants
    }
}

/// The part of a node's id that its data directory keeps.
fn id_of(dir: &Path) -> String {
    std::fs::read_to_string(dir.join("node")).unwrap().trim().to_owned()
}

/// Node ids with their slots, and how many of them have tenants.
async fn shares(http: &Http) -> BTreeMap<String, (usize, u64)> {
    let found = http.get("/v1/nodes").await.expect(200);
    let nodes = found["nodes"].as_array().unwrap();
    nodes
        .iter()
        .filter(|node| node["alive"] == true)
        .map(|node| {
            let slots = node["slots"].as_array().unwrap().len();
            let id = node["id"].as_str().unwrap().rsplit(':').next().unwrap();
            (id.to_owned(), (slots, node["used_slots"].as_u64().unwrap()))
        })
        .collect()
}

/// A provider that takes its time: something is under way at every moment.
fn slow_answers() -> SimConfig {
    SimConfig { answer_delay_us: 300_000, ..quick_provider() }
}

/// Sends messages of every tenant again and again until stopped; the ids it was given.
async fn load(tenants: Vec<Tenant>, stop: CancellationToken) -> BTreeMap<usize, BTreeSet<String>> {
    let mut ids: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    let mut round = 0;
    while !stop.is_cancelled() {
        for (n, tenant) in tenants.iter().enumerate() {
            let intent = |each: usize| {
                let mut intent = if each == 0 { tenant.marketing(0) } else { tenant.utility(0) };
                let number = 10_000_000 + (round * TENANTS + n) * BATCH + each;
                intent["to"]["phone"] = json!(format!("+49152{number:08}"));
                intent
            };
            let batch: Vec<Value> = (0..BATCH).map(intent).collect();
            let answer =
                tenant.http.post("/v1/messages/batch", &json!({ "messages": batch })).await.expect(202);
            let accepted = answer["accepted"].as_array().unwrap();
            assert_eq!(accepted.len(), BATCH, "{answer}");
            ids.entry(n)
                .or_default()
                .extend(accepted.iter().map(|each| each["id"].as_str().unwrap().to_owned()));
        }
        round += 1;
        // sleep: the load has a pace of its own
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    ids
}

/// Waits until each number has submitted something after that moment; says when the last one did.
async fn moving(simulator: &Simulator, tenants: &[Tenant], after_us: i64) -> i64 {
    eventually("every lane to move", async || {
        let ledger = simulator.ledger();
        let mut firsts: BTreeMap<&str, i64> = BTreeMap::new();
        for submission in ledger.submissions.iter().filter(|each| each.at_us > after_us) {
            firsts.entry(submission.phone_number_id.as_str()).or_insert(submission.at_us);
        }
        let all = tenants.iter().map(|tenant| firsts.get(tenant.number.as_str()).copied());
        all.collect::<Option<Vec<i64>>>().and_then(|all| all.into_iter().max())
    })
    .await
}

/// Every promise, for every tenant.
async fn check(
    tenants: &[Tenant],
    simulator: &Simulator,
    acknowledged: &BTreeMap<usize, BTreeSet<String>>,
) -> (usize, usize) {
    let (mut all, mut doubted) = (Vec::new(), 0);
    for tenant in tenants {
        all.extend(at_rest(&tenant.http, simulator).await);
    }
    doubted += all.iter().filter(|message| message.attempts.iter().any(|each| each.was_in_doubt)).count();
    let acknowledged: BTreeSet<String> = acknowledged.values().flatten().cloned().collect();
    let broken = ledger::check(&simulator.ledger(), &all, &acknowledged);
    let some = &broken[..broken.len().min(5)];
    assert!(broken.is_empty(), "{} broken promises, such as {some:#?}", broken.len());
    (all.len(), doubted)
}

#[test]
fn one_is_killed_and_one_stands_still() {
    with_storage("postgres", killed_and_stopped);
}

async fn killed_and_stopped(storage: Storage) {
    let installation = Installation::make(&storage, slow_answers()).await;
    let a = installation.node("a").await;
    let b = installation.node("b").await;
    let c = installation.node("c").await;
    let operator = installation.operator(&a);
    let tenants = installation.tenants(&a, TENANTS).await;
    eventually("three nodes with equal shares", async || {
        let shares = shares(&operator).await;
        (shares.len() == 3 && shares.values().all(|(slots, used)| (20..=23).contains(slots) && *used == 2))
            .then_some(())
    })
    .await;
    let until = CancellationToken::new();
    let loading = tokio::spawn(load(tenants.clone(), until.clone()));
    moving(&installation.simulator, &tenants, machine_us()).await;

    let killed_us = machine_us();
    b.kill().await;
    // What its sockets still held may have arrived a moment later.
    let again_us = moving(&installation.simulator, &tenants, killed_us + SECOND / 2).await - killed_us;
    assert!(again_us < MOVING_AGAIN_US, "after a kill all lanes moved again only after {again_us} µs");
    eventually("two nodes with equal shares", async || {
        let shares = shares(&operator).await;
        (shares.len() == 2 && shares.values().all(|(_, used)| *used == 3)).then_some(())
    })
    .await;
    lane_of_another(&installation, &tenants, &a).await;

    let stopped_us = machine_us();
    c.signal("STOP").await;
    let resumed_us = moving(&installation.simulator, &tenants, stopped_us + SECOND / 2).await - stopped_us;
    assert!(
        resumed_us < MOVING_AGAIN_US,
        "after a standstill all lanes moved again only after {resumed_us} µs"
    );
    c.signal("CONT").await;
    eventually("the one that stood still to have its share again", async || {
        let found = shares(&operator).await;
        found.get(&id_of(&installation.dir("c"))).is_some_and(|(_, used)| *used == 3).then_some(())
    })
    .await;
    moving(&installation.simulator, &tenants, machine_us()).await;
    until.cancel();
    let acknowledged = loading.await.unwrap();
    let (messages, doubted) = check(&tenants, &installation.simulator, &acknowledged).await;
    eprintln!(
        "three nodes: {messages} messages, {doubted} in doubt at some time; all lanes moved again {} ms after \
         kill -9 and {} ms after SIGSTOP",
        again_us / 1_000,
        resumed_us / 1_000
    );
    assert_eq!(a.stop().await, Some(0));
    assert_eq!(c.stop().await, Some(0));
    installation.stop.cancel();
}

/// A node that does not own a lane shows it as its owner does, and says who that is.
async fn lane_of_another(installation: &Installation, tenants: &[Tenant], a: &Served) {
    let listed = installation
        .program
        .json(&["node", "list", "--json", "--server", &a.http.base, "--key", &installation.key])
        .await;
    assert_eq!(listed["nodes"].as_array().map(Vec::len), Some(3), "the dead one is remembered: {listed}");
    eventually("a lane shown by its owner", async || {
        for tenant in tenants {
            let lane = tenant.http.get(&format!("/v1/senders/{}/lane", tenant.sender)).await.expect(200);
            if lane["node"].is_string() && lane["phase"] != "idle" {
                return Some(lane);
            }
        }
        None
    })
    .await;
}

#[test]
fn one_is_asked_to_stop() {
    with_storage("postgres", asked_to_stop);
}

async fn asked_to_stop(storage: Storage) {
    let installation = Installation::make(&storage, slow_answers()).await;
    let a = installation.node("a").await;
    let b = installation.node("b").await;
    let operator = installation.operator(&a);
    let tenants = installation.tenants(&a, TENANTS).await;
    eventually("two nodes with equal shares", async || {
        let shares = shares(&operator).await;
        (shares.len() == 2 && shares.values().all(|(_, used)| *used == 3)).then_some(())
    })
    .await;
    let until = CancellationToken::new();
    let loading = tokio::spawn(load(tenants.clone(), until.clone()));
    moving(&installation.simulator, &tenants, machine_us()).await;
    let gone = id_of(&installation.dir("b"));
    let asked_us = machine_us();
    b.signal("TERM").await;
    let released_us = eventually("the slots to be released", async || {
        (!shares(&operator).await.contains_key(&gone)).then(machine_us)
    })
    .await
        - asked_us;
    assert!(released_us < SECOND, "the slots were released only after {released_us} µs");
    assert_eq!(b.ended().await, Some(0));
    let again_us = moving(&installation.simulator, &tenants, asked_us + released_us).await - asked_us;
    until.cancel();
    let acknowledged = loading.await.unwrap();
    let (messages, doubted) = check(&tenants, &installation.simulator, &acknowledged).await;
    eprintln!(
        "asked to stop: slots released after {} ms, all lanes moved again after {} ms; {messages} messages, \
         {doubted} in doubt at some time",
        released_us / 1_000,
        again_us / 1_000
    );
    assert_eq!(a.stop().await, Some(0));
    installation.stop.cancel();
}

#[test]
fn roles_divide_the_work() {
    with_storage("postgres", divided);
}

async fn divided(storage: Storage) {
    let mut installation = Installation::make(&storage, quick_provider()).await;
    installation.program = installation.program.with("TIDINGS_NODE__ROLES", "api");
    let front = installation.node("a").await;
    installation.program = installation.program.with("TIDINGS_NODE__ROLES", "dispatch,readers");
    let back = installation.node("b").await;
    back.http.get("/v1/messages").await.expect(404);
    let tenants = installation.tenants(&front, 1).await;
    let found: Value = installation.operator(&front).get("/v1/nodes").await.expect(200);
    let roles: BTreeSet<&str> =
        found["nodes"].as_array().unwrap().iter().map(|node| node["roles"].as_str().unwrap()).collect();
    assert_eq!(roles, BTreeSet::from(["api", "dispatch,readers"]));
    eventually("the node that dispatches to hold every slot", async || {
        let shares = shares(&installation.operator(&front)).await;
        (shares[&id_of(&installation.dir("b"))].0 == 64).then_some(())
    })
    .await;
    // One by one, so that each crosses from node to node by itself.
    let started_us = machine_us();
    for n in 0..10 {
        let id = tenants[0].send(&tenants[0].utility(n)).await;
        tenants[0].until(&id, "submitted|sent|delivered|read").await;
    }
    let each_us = (machine_us() - started_us) / 10;
    assert!(each_us < SECOND / 2, "a message took {each_us} µs from one node through the other");
    eprintln!("roles: {} ms from intake on one node to submission by the other", each_us / 1_000);
    assert_eq!(back.stop().await, Some(0));
    assert_eq!(front.stop().await, Some(0));
    installation.stop.cancel();
}

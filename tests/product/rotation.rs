//! Everything that can be rotated is, one after another, while messages flow through every node: data keys, the
//! master key, an API key, the provider's access token, the app secret, the installation key. Nothing is lost,
//! nothing is sent twice, and what was retired is refused.
#![expect(clippy::print_stderr, reason = "the figures of a run")]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use tidings_simulator::{Customers, Provision, SimConfig, Simulator};
use tidings_tests::both_engines;
use tidings_tests::ledger;
use tidings_tests::support::{
    Http, Program, Served, Storage, Tenant, at_rest, eventually, free_port, machine_us, provider, sign,
};

const BATCH: usize = 2;
/// Between two batches of one client.
const PACE: Duration = Duration::from_millis(100);
/// Seconds within which messages that were refused because of a token go on with the new one. Their own retries
/// come after a minute.
const GOES_ON_S: i64 = 40;

both_engines! {
    async fn everything_rotates_under_traffic(storage: Storage) {
        let mut world = World::make(&storage).await;
        world.tenant.hears(7, "before", machine_us()).await;
        let until = CancellationToken::new();
        let clients: Vec<_> = (0..world.nodes.len())
            .map(|n| tokio::spawn(world.traffic.clone().flow(n, world.tenant.clone(), world.urls[n].clone(), until.clone())))
            .collect();
        world.moving().await;

        let mut took_ms = Vec::new();
        let mut since_us = machine_us();
        let mut took = |what: &'static str| {
            took_ms.push(format!("{what} {} ms", (machine_us() - since_us) / 1_000));
            since_us = machine_us();
        };
        world.data_keys().await;
        took("data keys");
        world.master_key().await;
        took("master key");
        world.api_key().await;
        took("API key");
        world.access_token_in_time().await;
        took("access token");
        world.access_token_too_late().await;
        took("access token after its death");
        world.app_secret().await;
        took("app secret");
        world.installation_key().await;
        took("installation key");

        world.tenant.hears(8, "after", machine_us()).await;
        until.cancel();
        let mut acknowledged = BTreeSet::new();
        for client in clients {
            acknowledged.extend(client.await.unwrap());
        }
        world.judge(&acknowledged).await;
        took("rest");
        world.serve_again().await;
        eprintln!("rotation: {} messages; {}", acknowledged.len(), took_ms.join(", "));
    }
}

/// Clients that send through each node, with the key of the moment.
#[derive(Clone)]
struct Traffic {
    key: Arc<Mutex<String>>,
    /// Batches that each client has begun.
    begun: Arc<Vec<AtomicUsize>>,
}

impl Traffic {
    async fn flow(self, n: usize, tenant: Tenant, url: String, until: CancellationToken) -> Vec<String> {
        let mut ids = Vec::new();
        while !until.is_cancelled() {
            let key = self.key.lock().unwrap().clone();
            let round = self.begun[n].fetch_add(1, Ordering::SeqCst);
            let intent = |each: usize| {
                let mut intent = tenant.utility(0);
                let number = 10_000_000 * (n + 1) + round * BATCH + each;
                intent["to"]["phone"] = json!(format!("+49153{number:08}"));
                intent
            };
            let batch: Vec<Value> = (0..BATCH).map(intent).collect();
            let http = Http { base: url.clone(), ..tenant.http.with_token(&key) };
            let answer = http.post("/v1/messages/batch", &json!({ "messages": batch })).await.expect(202);
            let accepted = answer["accepted"].as_array().unwrap();
            assert_eq!(accepted.len(), BATCH, "{answer}");
            ids.extend(accepted.iter().map(|each| each["id"].as_str().unwrap().to_owned()));
            // sleep: the load has a pace of its own
            tokio::time::sleep(PACE).await;
        }
        ids
    }

    /// Waits until every client has begun with what is so now.
    async fn turned_over(&self) {
        let before: Vec<usize> = self.begun.iter().map(|each| each.load(Ordering::SeqCst)).collect();
        eventually("every client to go on", async || {
            let now = self.begun.iter().map(|each| each.load(Ordering::SeqCst));
            now.zip(&before).all(|(now, before)| now >= before + 2).then_some(())
        })
        .await;
    }
}

/// One node on SQLite, two on PostgreSQL, each with a master key file of its own.
struct World {
    programs: Vec<Program>,
    nodes: Vec<Served>,
    urls: Vec<String>,
    dirs: Vec<PathBuf>,
    simulator: Simulator,
    tenant: Tenant,
    traffic: Traffic,
    installation_key: String,
    stop: CancellationToken,
    dir: tempfile::TempDir,
}

impl World {
    async fn make(storage: &Storage) -> Self {
        let stop = CancellationToken::new();
        let (simulator, url) = provider(config(), Arc::new(machine_us), &stop).await;
        let dir = tempfile::tempdir().unwrap();
        let names: &[&str] = if storage.is_sqlite() { &["a"] } else { &["a", "b"] };
        let dirs: Vec<PathBuf> = names.iter().map(|name| dir.path().join(name)).collect();
        let program = || Program::default().on(storage).with("TIDINGS_PROVIDERS__CLOUD__BASE_URL", &url);
        let programs: Vec<Program> = dirs.iter().map(|_| program()).collect();
        let init = programs[0].json(&["init", "--data-dir", dirs[0].to_str().unwrap(), "--json"]).await;
        let installation_key = init["installation_key"].as_str().unwrap().to_owned();
        let mut nodes = Vec::new();
        for (program, place) in programs.iter().zip(&dirs) {
            std::fs::create_dir_all(place).unwrap();
            give_key_file(&dirs[0], place);
            nodes.push(program.serve(place, free_port().await).await);
        }
        let urls: Vec<String> = nodes.iter().map(|node| node.http.base.clone()).collect();
        let installation = nodes[0].http.with_token(&installation_key);
        let tenant = Tenant::make(&installation, &simulator, "Acme Parcels", 0).await;
        let traffic = Traffic {
            key: Arc::new(Mutex::new(tenant.key.clone())),
            begun: Arc::new(nodes.iter().map(|_| AtomicUsize::new(0)).collect()),
        };
        Self { programs, nodes, urls, dirs, simulator, tenant, traffic, installation_key, stop, dir }
    }

    fn data_dir(&self) -> &str {
        self.dirs[0].to_str().unwrap()
    }

    /// A command that must succeed, said to the first node with this key.
    async fn say(&self, words: &[&str], key: &str) -> Value {
        let to = ["--json", "--server", &self.urls[0], "--key", key];
        self.programs[0].json(&[words, &to].concat()).await
    }

    async fn operator(&self, words: &[&str]) -> Value {
        self.say(words, &self.installation_key).await
    }

    async fn account(&self, words: &[&str]) -> Value {
        self.say(&[&["account", "update", &self.tenant.account], words].concat(), &self.tenant.key).await
    }

    /// A file with a secret, as commands take it.
    fn secret_file(&self, text: &str) -> String {
        let path = self.dir.path().join("secret");
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Waits until messages were accepted by the provider that were submitted from now on, some through every node.
    async fn moving(&self) {
        self.traffic.turned_over().await;
        let before = self.simulator.counts().accepted;
        eventually("messages to flow", async || {
            (self.simulator.counts().accepted >= before + 6).then_some(())
        })
        .await;
    }

    async fn data_keys(&self) {
        let done = self.operator(&["rotate", "data-keys", "--tenant", &self.tenant.id]).await;
        assert_eq!(done["keys"], 1, "{done}");
        let done = self.operator(&["rotate", "data-keys"]).await;
        assert_eq!(done["keys"], 1, "{done}");
        self.tenant.events_with("tenant.data_key_rotated", 2).await;
        self.moving().await;
    }

    async fn master_key(&self) {
        let added =
            self.programs[0].json(&["master-key", "add", "--data-dir", self.data_dir(), "--json"]).await;
        assert_eq!(added["version"], 2, "{added}");
        let early = self.programs[0].run(&["master-key", "retire", "--data-dir", self.data_dir()]).await;
        assert_eq!(early.code, Some(1), "the first key still wraps everything");
        assert!(early.stderr.contains("tidings rotate master-key"), "{}", early.stderr);
        let done = self.operator(&["rotate", "master-key"]).await;
        // The installation's secret, the tenant's hash key and its three data keys.
        assert_eq!(done["keys"], 5, "{done}");
        assert_eq!(self.operator(&["rotate", "master-key"]).await["keys"], 0);
        // A node that was not given the file goes on with what it has in memory, and then by the file.
        self.moving().await;
        self.give_key_files();
        self.moving().await;
        let doctor = self.programs[0].run(&["doctor", "--data-dir", self.data_dir(), "--json"]).await;
        let answer: Value = serde_json::from_str(&doctor.stdout).unwrap();
        let checks = answer["checks"].as_array().unwrap();
        let wrapping = checks.iter().find(|check| check["check"] == "wrapping").unwrap();
        assert_eq!(wrapping["verdict"], "good", "{wrapping}");
        let retired =
            self.programs[0].json(&["master-key", "retire", "--data-dir", self.data_dir(), "--json"]).await;
        assert_eq!(retired["retired"], 1, "{retired}");
        self.give_key_files();
        self.moving().await;
    }

    fn give_key_files(&self) {
        self.dirs.iter().for_each(|place| give_key_file(&self.dirs[0], place));
    }

    async fn api_key(&mut self) {
        let old = self.tenant.http.clone();
        let listed = old.get("/v1/keys").await.expect(200);
        let first = listed["keys"][0]["id"].as_str().unwrap().to_owned();
        let made = self.say(&["key", "create", "next", "--role", "tenant_admin"], &self.tenant.key).await;
        let key = made["key"].as_str().unwrap();
        key.clone_into(&mut self.traffic.key.lock().unwrap());
        (self.tenant.key, self.tenant.http) = (key.to_owned(), old.with_token(key));
        self.traffic.turned_over().await;
        self.say(&["key", "revoke", &first], key).await;
        for url in &self.urls {
            let old = Http { base: url.clone(), ..old.clone() };
            eventually("the old key to be refused", async || {
                (old.get("/v1/messages?limit=1").await.status == 401).then_some(())
            })
            .await;
        }
        self.moving().await;
    }

    /// The platform knows both tokens while the account is given the new one.
    async fn access_token_in_time(&self) {
        self.make_token("token-second");
        self.account(&["--access-token-file", &self.secret_file("token-second")]).await;
        let changed_us = machine_us();
        self.simulator.revoke_token("token-0");
        self.moving().await;
        let took_s = (machine_us() - changed_us) / 1_000_000;
        assert!(took_s < GOES_ON_S, "messages flowed again only after {took_s} s");
    }

    /// The token is dead before the new one is there: the lane holds, and goes on with it at once.
    async fn access_token_too_late(&self) {
        self.simulator.revoke_token("token-second");
        eventually("the lane to be held", async || {
            let lane =
                self.tenant.http.get(&format!("/v1/senders/{}/lane", self.tenant.sender)).await.expect(200);
            (lane["phase"] == "held").then_some(())
        })
        .await;
        let refused: Vec<String> = self
            .tenant
            .events_with("message.retrying", 1)
            .await
            .iter()
            .filter(|event| event["type"] == "message.retrying")
            .map(|event| event["subject"].as_str().unwrap().to_owned())
            .collect();
        self.make_token("token-third");
        self.account(&["--access-token-file", &self.secret_file("token-third")]).await;
        let changed_us = machine_us();
        for id in refused {
            self.tenant.until(&id, "submitted|sent|delivered|read").await;
        }
        let took_s = (machine_us() - changed_us) / 1_000_000;
        assert!(took_s < GOES_ON_S, "refused messages went only after {took_s} s");
        self.moving().await;
    }

    fn make_token(&self, token: &str) {
        self.simulator.provision(Provision {
            business_account_id: self.tenant.business_id.clone(),
            access_token: token.to_owned(),
            ..Provision::default()
        });
    }

    async fn app_secret(&self) {
        let changed = self.account(&["--app-secret-file", &self.secret_file("secret-next")]).await;
        assert_eq!(changed["app_secrets"], 2, "{changed}");
        for secret in [self.tenant.app_secret.as_str(), "secret-next"] {
            self.answered(secret, 200).await;
        }
        self.simulator.set_app_secret(&self.tenant.business_id, "secret-next");
        let id = self.tenant.send(&self.tenant.utility(1)).await;
        self.tenant.until(&id, "read").await;
        let changed = self.account(&["--drop-old-app-secrets"]).await;
        assert_eq!(changed["app_secrets"], 1, "{changed}");
        self.answered(&self.tenant.app_secret, 401).await;
        self.answered("secret-next", 200).await;
        self.moving().await;
    }

    /// Waits until every node answers so to a callback that is signed by this secret.
    async fn answered(&self, secret: &str, status: u16) {
        let body = self.tenant.change("field_of_the_future", &json!({}));
        let signature = sign(secret, body.as_bytes());
        let headers = [("x-hub-signature-256", signature.as_str())];
        for url in &self.urls {
            let http = Http::new(url);
            eventually(&format!("a callback to be answered {status}"), async || {
                let answer = http.raw(Method::POST, &self.tenant.callback_path, body.clone(), &headers).await;
                (answer.status == status).then_some(())
            })
            .await;
        }
    }

    async fn installation_key(&mut self) {
        let made = self.operator(&["rotate", "installation-key"]).await;
        let fresh = made["installation_key"].as_str().unwrap().to_owned();
        let old = std::mem::replace(&mut self.installation_key, fresh);
        for url in &self.urls {
            let http = Http::new(url);
            assert_eq!(http.with_token(&old).get("/v1/tenants").await.status, 401);
            http.with_token(&self.installation_key).get("/v1/tenants").await.expect(200);
        }
    }

    async fn judge(&self, acknowledged: &BTreeSet<String>) {
        let mut messages = at_rest(&self.tenant.http, &self.simulator, &[]).await;
        let mut broken = ledger::check(&self.simulator.ledger(), &messages, acknowledged);
        if !broken.is_empty() {
            // A receipt may have come between the two looks; what is broken stays broken.
            messages = at_rest(&self.tenant.http, &self.simulator, &[]).await;
            broken = ledger::check(&self.simulator.ledger(), &messages, acknowledged);
        }
        let some = &broken[..broken.len().min(5)];
        assert!(broken.is_empty(), "{} broken promises, such as {some:#?}", broken.len());
        let arrived =
            messages.iter().filter(|message| ["read", "delivered"].contains(&message.status.as_str()));
        assert_eq!(arrived.count(), messages.len(), "a message ended otherwise");
        let doctor = ["doctor", "--ledger", "--data-dir", self.data_dir(), "--json"];
        let found = self.programs[0].json(&doctor).await;
        assert_eq!(found["healthy"], true, "{found}");
    }

    /// New processes, which only ever see the key that is left, read what was sealed under all of them.
    async fn serve_again(mut self) {
        for node in self.nodes.drain(..) {
            assert_eq!(node.stop().await, Some(0));
        }
        for (program, place) in self.programs.iter().zip(&self.dirs) {
            let served = program.serve(place, free_port().await).await;
            let http = served.http.with_token(&self.tenant.key);
            let list = http.get("/v1/inbound").await.expect(200);
            let shown = list.to_string();
            assert!(shown.contains("before") && shown.contains("after"), "{shown}");
            assert_eq!(served.stop().await, Some(0));
        }
        self.stop.cancel();
    }
}

/// What an operator does: the file of the first node goes to the others.
fn give_key_file(from: &std::path::Path, to: &std::path::Path) {
    if from != to {
        std::fs::copy(from.join("master.key"), to.join("master.key")).unwrap();
    }
}

fn config() -> SimConfig {
    let customers = Customers {
        sent_median_ms: 20.0,
        delivery_median_ms: 40.0,
        read_median_ms: 60.0,
        read_share: 1.0,
        failed_share: 0.0,
        reply_share: 0.0,
        stop_share: 0.0,
        ..Customers::default()
    };
    SimConfig { customers, ..SimConfig::default() }
}

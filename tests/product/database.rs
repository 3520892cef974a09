//! PostgreSQL as an operator meets it: behind TLS, and now and then gone for a moment.

use std::collections::BTreeSet;
use std::sync::Arc;

use http::Method;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use tidings_simulator::{Customers, SimConfig};
use tidings_tests::ledger;
use tidings_tests::support::{
    Answer, Cluster, Http, Program, Served, Tenant, at_rest, certificates, eventually, free_port, long,
    machine_us, provider, sign, with_postgres,
};

/// Seconds within which requests are answered normally again once the database is back.
const BACK_WITHIN_S: f64 = 10.0;

/// What `doctor` says of the store under this address.
async fn store_check(program: Program, data_dir: &str, url: &str) -> (String, String) {
    let program = program
        .with("TIDINGS_STORE__URL", url)
        .with("TIDINGS_PROVIDERS__CLOUD__BASE_URL", "http://127.0.0.1:9");
    check(&program, data_dir, "store").await
}

/// The verdict of one of `doctor`'s checks and its words.
async fn check(program: &Program, data_dir: &str, name: &str) -> (String, String) {
    let finished = program.run(&["doctor", "--data-dir", data_dir, "--json"]).await;
    let answer: Value = serde_json::from_str(&finished.stdout).unwrap();
    let checks = answer["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["check"] == name).unwrap();
    let text = |field: &str| check[field].as_str().unwrap().to_owned();
    (text("verdict"), text("found"))
}

#[test]
fn tls_reaches_only_the_server_that_is_meant() {
    with_postgres(|| async {
        let cluster = Cluster::start_with_tls().await;
        let dir = tempfile::tempdir().unwrap();
        let data_dir = dir.path().join("data");
        let data_dir = data_dir.to_str().unwrap();
        let authority = certificates().join("authority.crt.pem");
        let stranger = certificates().join("stranger.crt.pem");
        let trusting = |file: &std::path::Path| {
            Program::default().with("TIDINGS_STORE__CA_FILE", file.to_str().unwrap())
        };
        let full = cluster.url("127.0.0.1", "?sslmode=verify-full");
        trusting(&authority)
            .with("TIDINGS_STORE__URL", &full)
            .json(&["init", "--data-dir", data_dir, "--json"])
            .await;

        for (program, url, verdict) in [
            (trusting(&authority), full.clone(), "good"),
            // Encrypted, whoever is there.
            (Program::default(), cluster.url("127.0.0.1", "?sslmode=require"), "good"),
            (Program::default(), cluster.url("127.0.0.1", ""), "good"),
            // The server takes no plain connection.
            (Program::default(), cluster.url("127.0.0.1", "?sslmode=disable"), "bad"),
            // Somebody else's authority, a name that the certificate does not carry, no authority at all.
            (trusting(&stranger), full.clone(), "bad"),
            (trusting(&authority), cluster.url("localhost", "?sslmode=verify-full"), "bad"),
            (Program::default(), full.clone(), "bad"),
        ] {
            let (found, words) = store_check(program, data_dir, &url).await;
            assert_eq!(found, verdict, "{url}: {words}");
        }

        let program = trusting(&authority).with("TIDINGS_STORE__URL", &full);
        let served = program.serve(dir.path().join("data").as_path(), free_port().await).await;
        assert_eq!(served.http.get("/readyz").await.status, 200);
        assert_eq!(served.stop().await, Some(0));
    });
}

/// What is refused because the database is away says so, and when to come again.
fn is_a_clear_refusal(answer: &Answer) {
    assert_eq!(answer.status, 503, "{}", answer.text);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{}", answer.text);
    let wait: u32 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
}

async fn try_to_send(tenant: &Tenant, n: usize) -> Answer {
    tenant.http.call(Method::POST, "/v1/messages", Some(&tenant.utility(n)), &[]).await
}

/// Sends until one is accepted; each answer before that is a clear refusal. Says how many seconds it took.
async fn accepted_again(tenant: &Tenant, n: usize) -> f64 {
    let since_us = machine_us();
    let id = eventually("a message to be accepted", async || {
        let answer = try_to_send(tenant, n).await;
        if answer.status == 202 {
            return Some(answer.body["id"].as_str().unwrap().to_owned());
        }
        is_a_clear_refusal(&answer);
        None
    })
    .await;
    eventually("the message to be read", async || {
        let answer = tenant.http.get(&format!("/v1/messages/{id}")).await;
        if answer.status != 200 {
            is_a_clear_refusal(&answer);
            return None;
        }
        (answer.body["status"] == "read").then_some(())
    })
    .await;
    (machine_us() - since_us) as f64 / 1e6
}

async fn is_ready(http: &Http) -> bool {
    http.get("/readyz").await.status == 200
}

#[test]
fn a_database_that_was_away_is_used_again_without_a_restart() {
    with_postgres(|| async {
        let mut cluster = Cluster::start().await;
        let stop = CancellationToken::new();
        let config = SimConfig { customers: Customers::instant(), ..SimConfig::default() };
        let (simulator, url) = provider(config, Arc::new(machine_us), &stop).await;
        let dir = tempfile::tempdir().unwrap();
        let data_dir = dir.path().join("data");
        let program = Program::default()
            .with("TIDINGS_STORE__URL", cluster.url("127.0.0.1", ""))
            .with("TIDINGS_PROVIDERS__CLOUD__BASE_URL", url);
        let init = program.json(&["init", "--data-dir", data_dir.to_str().unwrap(), "--json"]).await;
        let served = program.serve(&data_dir, free_port().await).await;
        let installation = served.http.with_token(init["installation_key"].as_str().unwrap());
        let tenant = Tenant::make(&installation, &simulator, "Acme Parcels", 0).await;
        accepted_again(&tenant, 1).await;

        for n in 0..3 {
            assert!(cluster.break_connections().await >= 5, "the connections of the server under test");
            let took_s = accepted_again(&tenant, 10 + n).await;
            assert!(took_s < BACK_WITHIN_S, "{took_s} s after all connections broke");
        }

        cluster.stop();
        for n in 0..20 {
            is_a_clear_refusal(&try_to_send(&tenant, 20 + n).await);
        }
        is_a_clear_refusal(&tenant.http.get("/v1/messages").await);
        is_a_clear_refusal(&installation.post("/v1/tenants", &json!({"name": "x"})).await);
        assert!(!is_ready(&served.http).await);
        cluster.start_again().await;
        let took_s = accepted_again(&tenant, 50).await;
        assert!(took_s < BACK_WITHIN_S, "{took_s} s after the server came back");
        assert!(is_ready(&served.http).await);
        // What was refused was not stored.
        let listed = tenant.http.get("/v1/messages?limit=500").await.expect(200);
        let accepted = listed["messages"].as_array().unwrap().len();
        assert!((5..=8).contains(&accepted), "{accepted} messages");
        assert_eq!(served.stop().await, Some(0));
        stop.cancel();
    });
}

/// A product over a server of its own, with one tenant.
struct World {
    cluster: Cluster,
    program: Program,
    served: Served,
    tenant: Tenant,
    stop: CancellationToken,
    dir: tempfile::TempDir,
}

impl World {
    async fn make(cluster: Cluster) -> Self {
        let stop = CancellationToken::new();
        let config = SimConfig { customers: Customers::instant(), ..SimConfig::default() };
        let (simulator, url) = provider(config, Arc::new(machine_us), &stop).await;
        let dir = tempfile::tempdir().unwrap();
        let data_dir = dir.path().join("data");
        let program = Program::default()
            .with("TIDINGS_STORE__URL", cluster.url("127.0.0.1", ""))
            .with("TIDINGS_PROVIDERS__CLOUD__BASE_URL", url);
        let init = program.json(&["init", "--data-dir", data_dir.to_str().unwrap(), "--json"]).await;
        let served = program.serve(&data_dir, free_port().await).await;
        let installation = served.http.with_token(init["installation_key"].as_str().unwrap());
        let tenant = Tenant::make(&installation, &simulator, "Acme Parcels", 0).await;
        Self { cluster, program, served, tenant, stop, dir }
    }

    fn data_dir(&self) -> String {
        self.dir.path().join("data").to_str().unwrap().to_owned()
    }

    /// Every promise, for what was acknowledged.
    async fn judge(self, acknowledged: &BTreeSet<String>) {
        let messages = at_rest(&self.tenant.http, &self.tenant.simulator, &[]).await;
        let broken = ledger::check(&self.tenant.simulator.ledger(), &messages, acknowledged);
        assert!(broken.is_empty(), "{} broken promises, such as {:#?}", broken.len(), broken.first());
        assert_eq!(self.served.stop().await, Some(0));
        self.stop.cancel();
    }
}

fn id_of(answer: &Answer) -> Option<String> {
    (answer.status == 202).then(|| answer.body["id"].as_str().unwrap().to_owned())
}

#[test]
fn connections_that_others_took_are_waited_for() {
    with_postgres(|| async {
        let world = World::make(Cluster::start_with(&["max_connections=30"]).await).await;
        let mut acknowledged = BTreeSet::new();
        let id = world.tenant.send(&world.tenant.utility(1)).await;
        world.tenant.until(&id, "read").await;
        acknowledged.insert(id);

        // Nothing is left to open; what is open goes on.
        let others = world.cluster.take_free_connections().await;
        assert!(!others.is_empty(), "the product has taken every connection");
        for n in 0..10 {
            let answer = try_to_send(&world.tenant, 10 + n).await;
            match id_of(&answer) {
                Some(id) => acknowledged.extend([id]),
                None => is_a_clear_refusal(&answer),
            }
        }
        drop(others);
        accepted_again(&world.tenant, 30).await;

        // None at all: everything is refused clearly, and comes back by itself.
        let all = world.cluster.take_all_connections().await;
        for n in 0..5 {
            is_a_clear_refusal(&try_to_send(&world.tenant, 40 + n).await);
        }
        assert!(!is_ready(&world.served.http).await);
        let body = world.tenant.change("field_of_the_future", &json!({}));
        let signature = sign(&world.tenant.app_secret, body.as_bytes());
        let headers = [("x-hub-signature-256", signature.as_str())];
        let post =
            || world.tenant.http.raw(Method::POST, &world.tenant.callback_path, body.clone(), &headers);
        // The provider repeats what is not answered 200.
        is_a_clear_refusal(&post().await);
        drop(all);
        let took_s = accepted_again(&world.tenant, 50).await;
        assert!(took_s < BACK_WITHIN_S, "{took_s} s after the connections came back");
        assert_eq!(post().await.status, 200);
        world.judge(&acknowledged).await;
    });
}

#[test]
fn a_transaction_of_others_delays_the_log_and_loses_nothing() {
    with_postgres(|| async {
        let world = World::make(Cluster::start().await).await;
        let (tenant, data_dir) = (world.tenant.clone(), world.data_dir());
        let first = tenant.send(&tenant.utility(1)).await;
        tenant.until(&first, "read").await;
        eventually("no old transaction", async || {
            (check(&world.program, &data_dir, "horizon").await.0 == "good").then_some(())
        })
        .await;

        let pinned = world.cluster.hold_transaction().await;
        let began_us = machine_us();
        let mut acknowledged = BTreeSet::from([first]);
        let mut n = 2;
        let (verdict, words) = eventually("`doctor` to warn of the old transaction", async || {
            let id = tenant.send(&tenant.utility(n)).await;
            tenant.until(&id, "read").await;
            acknowledged.insert(id);
            n += 1;
            let found = check(&world.program, &data_dir, "horizon").await;
            let lasted_s = (machine_us() - began_us) / 1_000_000;
            (found.0 != "good" && lasted_s >= if long() { 30 } else { 5 }).then_some(found)
        })
        .await;
        assert_eq!(verdict, "notice", "{words}");
        let accepted = |events: &[Value]| -> BTreeSet<String> {
            let of_kind = events.iter().filter(|event| event["type"] == "message.accepted");
            of_kind.map(|event| event["subject"].as_str().unwrap().to_owned()).collect()
        };
        let behind = tenant.events().await;
        assert!(accepted(&behind).len() < acknowledged.len(), "the log went past the open transaction");
        drop(pinned);
        let caught_up = tenant.events_with("message.accepted", acknowledged.len()).await;
        assert_eq!(accepted(&caught_up), acknowledged);
        let ids: Vec<&str> = caught_up.iter().map(|event| event["cursor"].as_str().unwrap()).collect();
        let head: Vec<&str> = behind.iter().map(|event| event["cursor"].as_str().unwrap()).collect();
        assert_eq!(ids[..head.len()], head, "what was read before stands at the same places");
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "an event is shown twice");
        eventually("no old transaction", async || {
            (check(&world.program, &data_dir, "horizon").await.0 == "good").then_some(())
        })
        .await;
        world.judge(&acknowledged).await;
    });
}

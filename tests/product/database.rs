//! PostgreSQL as an operator meets it: behind TLS, and now and then gone for a moment.

use std::sync::Arc;

use http::Method;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use tidings_simulator::{Customers, SimConfig};
use tidings_tests::support::{
    Answer, Cluster, Http, Program, Tenant, certificates, eventually, free_port, machine_us, provider,
    with_postgres,
};

/// Seconds within which requests are answered normally again once the database is back.
const BACK_WITHIN_S: f64 = 10.0;

/// What `doctor` says of the store under this address.
async fn store_check(program: Program, data_dir: &str, url: &str) -> (String, String) {
    let program = program
        .with("TIDINGS_STORE__URL", url)
        .with("TIDINGS_PROVIDERS__CLOUD__BASE_URL", "http://127.0.0.1:9");
    let finished = program.run(&["doctor", "--data-dir", data_dir, "--json"]).await;
    let answer: Value = serde_json::from_str(&finished.stdout).unwrap();
    let checks = answer["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["check"] == "store").unwrap();
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

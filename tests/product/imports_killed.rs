//! `kill -9` in the middle of imports: each good line counts exactly once, each bad one stands in the report once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use tidings_tests::both_engines;
use tidings_tests::support::{
    Http, Program, Served, Storage, Tenant, eventually, free_port, machine_us, provider, quick_provider,
};

/// Lines of each table; every tenth is bad.
const LINES: usize = 4_000;
const KILLS: u64 = 4;

fn number(n: usize) -> String {
    format!("+4917{:08}", 10_000_000 + n)
}

fn is_bad(n: usize) -> bool {
    n % 10 == 3
}

/// A table in which bad lines stand among good ones.
fn table(head: &str, cell: &str, bad: &str) -> String {
    let mut table = format!("phone,{head}\n");
    for n in 0..LINES {
        table.push_str(&format!("{},{}\n", number(n), if is_bad(n) { bad } else { cell }));
    }
    table
}

async fn report(http: &Http, id: &Value) -> Value {
    http.get(&format!("/v1/imports/{}", id.as_str().unwrap())).await.expect(200)
}

async fn refused(http: &Http, id: &Value) -> Vec<usize> {
    let table = http.get(&format!("/v1/imports/{}/refused", id.as_str().unwrap())).await;
    table.text.lines().skip(1).map(|line| line.split(',').next().unwrap().parse().unwrap()).collect()
}

/// Waits until an import has passed this many lines, then kills the process.
async fn kill_at(served: Served, http: &Http, id: &Value, lines: u64) {
    eventually("some lines to be read", async || {
        let now = report(http, id).await;
        (now["done"].as_u64() >= Some(lines) || now["state"] == "finished").then_some(())
    })
    .await;
    served.kill().await;
}

both_engines! {
    async fn no_line_is_lost_or_taken_twice(storage: Storage) {
        let stop = CancellationToken::new();
        let (simulator, url) = provider(quick_provider(), Arc::new(machine_us), &stop).await;
        let dir = tempfile::tempdir().unwrap();
        let data_dir = dir.path().join("data");
        let program = Program::default().on(&storage).with("TIDINGS_PROVIDERS__CLOUD__BASE_URL", url);
        let init = program.json(&["init", "--data-dir", data_dir.to_str().unwrap(), "--json"]).await;
        let port = free_port().await;
        let mut served = program.serve(&data_dir, port).await;
        let installation = served.http.with_token(init["installation_key"].as_str().unwrap());
        let tenant = Tenant::make(&installation, &simulator, "Acme Parcels", 0).await;
        tenant.http.post("/v1/contact-attributes", &json!({"name": "visits", "type": "number"})).await.expect(201);
        let csv = [("content-type", "text/csv")];
        let consents = table("granted", "yes", "perhaps");
        let consents = tenant.http.raw(Method::POST, "/v1/consent-imports", consents, &csv).await.expect(202);
        let contacts = table("visits", "7", "many");
        let contacts = tenant.http.raw(Method::POST, "/v1/contact-imports", contacts, &csv).await.expect(202);
        for kill in 0..KILLS {
            let (id, lines) = if kill < KILLS / 2 { (&consents["id"], kill) } else { (&contacts["id"], kill - KILLS / 2) };
            kill_at(served, &tenant.http, id, 250 + lines * 1_000).await;
            served = program.serve(&data_dir, port).await;
        }
        for id in [&consents["id"], &contacts["id"]] {
            let done = tokio::time::timeout(Duration::from_secs(120), async {
                loop {
                    let now = report(&tenant.http, id).await;
                    if now["state"] == "finished" {
                        return now;
                    }
                    tokio::task::yield_now().await;
                }
            });
            let done = done.await.expect("the import goes on after each start");
            let bad: Vec<usize> = (0..LINES).filter(|n| is_bad(*n)).map(|n| n + 2).collect();
            let want = [LINES, LINES, LINES - bad.len(), bad.len()];
            let counts = ["lines", "done", "good", "bad"].map(|name| done[name].as_u64().unwrap() as usize);
            assert_eq!(counts, want, "{done}");
            assert_eq!(refused(&tenant.http, id).await, bad, "each bad line once, in its order");
        }
        let mut entries: BTreeMap<String, usize> = BTreeMap::new();
        let mut cursor = String::new();
        loop {
            let page = tenant.http.get(&format!("/v1/consents?limit=500{cursor}")).await.expect(200);
            for each in page["consents"].as_array().unwrap() {
                *entries.entry(each["to"]["phone"].as_str().unwrap().to_owned()).or_default() += 1;
            }
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        let want: BTreeMap<String, usize> = (0..LINES).filter(|n| !is_bad(*n)).map(|n| (number(n), 1)).collect();
        assert_eq!(entries, want, "each good line is one entry of the ledger");
        let people = tenant.http.get("/v1/contacts/export?format=ndjson").await;
        let mut visits = 0;
        for line in people.text.lines() {
            let person: Value = serde_json::from_str(line).unwrap();
            assert_eq!(person["attributes"]["visits"], 7);
            visits += 1;
        }
        assert_eq!(visits, LINES - LINES / 10, "each good line is one contact");
        assert_eq!(served.stop().await, Some(0));
        stop.cancel();
    }
}

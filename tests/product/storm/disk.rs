//! A full disk: intake says so, reads go on, what was acknowledged stays, and with space it goes on by itself.

use std::collections::BTreeSet;
use std::process::Command;

use http::Method;
use serde_json::{Value, json};
use tidings_store::Engine;
use tidings_tests::support::{Rig, SmallDisk, Storage, Tenant, eventually, leaves_out, with_storage};

const SQLITE_MB: usize = 24;
const POSTGRES_MB: usize = 40;
const GROWN_MB: usize = 400;
/// Messages in one request, and requests after which the disk must have been full.
const BATCH: usize = 500;
const REQUESTS_MAX: usize = 200;

/// Messages for tomorrow: they are to fill the disk, not the lanes.
fn tomorrow(tenant: &Tenant, first: usize) -> Value {
    let mut body = super::batch(tenant, first, BATCH);
    let at = rfc_3339_of_tomorrow();
    for intent in body["messages"].as_array_mut().expect("a list") {
        intent["send_at"] = json!(at);
        intent["metadata"] = json!({"filler": "x".repeat(1_000)});
    }
    body
}

/// A time of tomorrow, as RFC 3339.
fn rfc_3339_of_tomorrow() -> String {
    let at = tidings_domain::time::Timestamp::from_micros(tidings_tests::support::machine_us());
    let tomorrow = at.plus(tidings_domain::time::DAY);
    serde_json::to_value(tomorrow).expect("a time is text").as_str().unwrap_or_default().to_owned()
}

struct Filled {
    acknowledged: BTreeSet<String>,
    status: u16,
    code: String,
}

/// Sends until it is refused.
async fn fill(tenant: &Tenant) -> Filled {
    let mut acknowledged = BTreeSet::new();
    for n in 0..REQUESTS_MAX {
        let body = tomorrow(tenant, n * BATCH);
        let json = [("content-type", "application/json")];
        let answer = tenant.http.raw(Method::POST, "/v1/messages/batch", body.to_string(), &json).await;
        if answer.status != 202 {
            let code = answer.body["code"].as_str().unwrap_or_default().to_owned();
            return Filled { acknowledged, status: answer.status, code };
        }
        let accepted = answer.body["accepted"].as_array().cloned().unwrap_or_default();
        acknowledged.extend(accepted.iter().filter_map(|each| each["id"].as_str().map(str::to_owned)));
    }
    panic!("{} messages did not fill the disk", acknowledged.len());
}

async fn stored(tenant: &Tenant) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    let mut cursor = String::new();
    loop {
        let page = tenant.http.get(&format!("/v1/messages?limit=500{cursor}")).await.expect(200);
        let items = page["messages"].as_array().expect("a list");
        ids.extend(items.iter().filter_map(|each| each["id"].as_str().map(str::to_owned)));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return ids,
        }
    }
}

async fn story(mut rig: Rig, disk: &SmallDisk, engine: &str) {
    let tenant = rig.tenant(0).await;
    let first = tenant.send(&tenant.utility(1)).await;
    tenant.until(&first, "delivered|read").await;
    let filled = fill(&tenant).await;
    let reads = stored(&tenant).await;
    assert_eq!(tenant.message(&first).await["id"], json!(first), "reads go on");
    assert!(rig.is_alive());
    disk.grow(GROWN_MB);
    let began_us = tidings_tests::support::machine_us();
    let again = eventually("intake to go on", async || {
        let answer = tenant.http.post("/v1/messages", &tenant.code(2)).await;
        (answer.status == 202).then(|| answer.body["id"].as_str().unwrap_or_default().to_owned())
    })
    .await;
    let back_ms = super::since_ms(began_us);
    tenant.until(&again, "delivered|read").await;
    let kept = stored(&tenant).await;
    let lost = filled.acknowledged.difference(&kept).count();
    eprintln!(
        "full disk on {engine}: {} messages acknowledged, then {} ({}); reads went on; with space again intake \
         answered after {back_ms:.0} ms without a restart; {lost} acknowledged messages lost",
        filled.acknowledged.len(),
        filled.status,
        filled.code,
    );
    assert!(matches!(filled.status, 503 | 507), "{} {}", filled.status, filled.code);
    assert!(!filled.code.is_empty() && filled.code != "internal", "{}", filled.code);
    assert_eq!(lost, 0);
    assert!(filled.acknowledged.is_subset(&reads), "reads on a full disk show everything");
    rig.kill_and_serve_again().await;
    let after = stored(&tenant).await;
    assert_eq!(filled.acknowledged.difference(&after).count(), 0, "lost by a crash after a full disk");
}

async fn sqlite(storage: Storage) {
    let Some(disk) = SmallDisk::mount(SQLITE_MB) else {
        return eprintln!("left out: this machine does not let the test mount a small disk");
    };
    let data_dir = disk.folder("data");
    let rig = Rig::with(&storage, |setting| setting.data_dir = Some(data_dir)).await;
    story(rig, &disk, "SQLite").await;
}

/// The database in a tablespace on the small disk; the log stays where it has space.
async fn postgres(storage: Storage) {
    let Some(disk) = SmallDisk::mount(POSTGRES_MB) else {
        return eprintln!("left out: this machine does not let the test mount a small disk");
    };
    let Engine::Postgres { url, .. } = storage.engine() else { return };
    let admin = url::Url::parse(url.expose()).expect("the store's address is a URL");
    let name = admin.path().trim_start_matches('/').to_owned();
    let mut elsewhere = admin.clone();
    elsewhere.set_path("/postgres");
    let (client, connection) =
        tokio_postgres::connect(elsewhere.as_str(), tokio_postgres::NoTls).await.expect("PostgreSQL answers");
    tokio::spawn(connection);
    let folder = disk.folder("space");
    std::fs::create_dir(&folder).expect("a folder on the small disk");
    let row = client.query_one("SHOW data_directory", &[]).await.expect("the server has a directory");
    let owner =
        Command::new("chown").arg(format!("--reference={}", row.get::<_, String>(0))).arg(&folder).status();
    assert!(owner.is_ok_and(|status| status.success()), "the server owns its tablespace");
    let space = format!("{name}_small");
    let place = folder.to_str().expect("a test's directory is text");
    client
        .batch_execute(&format!("CREATE TABLESPACE {space} LOCATION '{place}'"))
        .await
        .expect("a tablespace");
    let moved = format!("ALTER DATABASE {name} SET TABLESPACE {space}");
    client.batch_execute(&moved).await.expect("an unused database can be moved");
    let rig = Rig::start(&storage).await;
    story(rig, &disk, "PostgreSQL").await;
    client.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).await.expect("the database goes");
    client.batch_execute(&format!("DROP TABLESPACE {space}")).await.expect("its tablespace goes");
}

#[test]
fn a_full_disk_is_said_and_outlived_sqlite() {
    with_storage("sqlite", sqlite);
}

#[test]
fn a_full_disk_is_said_and_outlived_postgres() {
    if leaves_out("postgres") {
        return eprintln!("left out by choice: postgres");
    }
    with_storage("postgres", postgres);
}

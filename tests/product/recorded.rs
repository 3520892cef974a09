//! Payloads recorded from the platform, where they lie beside the checkout: each callback is answered 200
//! through the real route and leaves an image in the store.
#![expect(clippy::print_stderr, reason = "says how many there were, or that they were left out")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use http::Method;
use serde_json::{Value, json};

use tidings_tests::both_engines;
use tidings_tests::support::{Storage, Tenant, TestApp, sign};

/// Places where the folder may lie, seen from this crate.
const FOLDERS: [&str; 2] = ["../../shared/reference/payloads", "../shared/reference/payloads"];

fn callbacks() -> Option<Vec<(String, String, Value)>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = FOLDERS.iter().map(|folder| here.join(folder)).find(|folder| folder.is_dir())?;
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the folder can be read")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    files.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).ok()?;
        let value: Value = serde_json::from_str(&text).ok()?;
        let name = path.file_name()?.to_string_lossy().into_owned();
        (value["object"] == "whatsapp_business_account").then_some((name, text, value))
    };
    Some(files.into_iter().filter_map(read).collect())
}

/// An account for each id that the payload names, with a sender for each number; the path to call.
async fn door(
    tenant: &Tenant,
    doors: &mut BTreeMap<String, String>,
    payload: &Value,
    n: &mut usize,
) -> Option<String> {
    let mut first = None;
    for entry in payload["entry"].as_array()? {
        let id = entry["id"].as_str().map_or_else(|| entry["id"].to_string(), str::to_owned);
        if !doors.contains_key(&id) {
            let account = json!({"provider": "cloud", "business_account_id": id, "access_token": "t",
                "app_secret": "recorded", "verify_token": "v"});
            let made = tenant.http.post("/v1/accounts", &account).await;
            // What stands for an id in a documentation sample belongs to nobody: kept at another door.
            let made = if made.status == 400 { json!({}) } else { made.expect(201) };
            let part = |field: &str| made[field].as_str().unwrap_or_default().to_owned();
            doors.insert(id.clone(), format!("{}|{}", part("id"), part("callback_path")));
        }
        let (account, path) = doors[&id].split_once('|')?;
        for change in entry["changes"].as_array().into_iter().flatten() {
            if let Some(number) =
                change["value"]["metadata"]["phone_number_id"].as_str().filter(|_| !account.is_empty())
            {
                *n += 1;
                let sender = json!({"account": account, "channel": "whatsapp",
                    "address": format!("+1202555{n:04}"), "provider_ref": number});
                let made = tenant.http.post("/v1/senders", &sender).await;
                assert!([201, 400, 409].contains(&made.status), "{}", made.text);
            }
        }
        first = first.or_else(|| Some(path.to_owned()).filter(|path| !path.is_empty()));
    }
    first
}

both_engines! {
    async fn every_recorded_callback_is_taken(storage: Storage) {
        let Some(files) = callbacks() else {
            eprintln!("left out: the folder of recorded payloads is not beside the checkout");
            return;
        };
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let mut doors = BTreeMap::new();
        let mut n = 0;
        let total = files.len();
        for (name, text, payload) in files {
            let own = door(&tenant, &mut doors, &payload, &mut n).await;
            let secret = if own.is_some() { "recorded" } else { tenant.app_secret.as_str() };
            let path = own.unwrap_or_else(|| tenant.callback_path.clone());
            let image = async || {
                let counted = ["receipts", "inbound_messages", "callbacks_unknown"].map(|name| app.counter(name));
                let consents = tenant.http.get("/v1/consents?limit=500").await.expect(200);
                (counted.iter().sum::<u64>(), consents["consents"].as_array().map_or(0, Vec::len))
            };
            let before = image().await;
            let signature = sign(secret, text.as_bytes());
            let headers = [("x-hub-signature-256", signature.as_str()), ("content-type", "application/json")];
            let answer = app.http.raw(Method::POST, &path, text.clone(), &headers).await;
            assert_eq!(answer.status, 200, "{name}: {}", answer.text);
            let after = image().await;
            assert!(after > before, "{name} left no image in the store");
        }
        assert!(total > 20, "only {total} recorded callbacks were found");
        eprintln!("recorded callbacks: {total}, each answered 200");
    }
}

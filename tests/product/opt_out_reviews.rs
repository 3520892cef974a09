//! Messages that may be an opt-out: people read them and decide, once.

use http::Method;
use serde_json::{Value, json};

use tidings_tests::both_engines;
use tidings_tests::support::{Program, Storage, Tenant, TestApp, phone};

use crate::consent::number;

const DOUBTFUL: &str = "how do I stop these messages from you";

async fn reviews(tenant: &Tenant, state: &str) -> Vec<Value> {
    let page = tenant.http.get(&format!("/v1/opt-out-reviews?state={state}")).await.expect(200);
    page["reviews"].as_array().cloned().unwrap()
}

async fn decide(tenant: &Tenant, review: &Value, what: &str, status: u16) -> Value {
    let path = format!("/v1/opt-out-reviews/{}/{what}", review["id"].as_str().unwrap());
    tenant.http.call(Method::POST, &path, None, &[]).await.expect(status)
}

async fn reason(tenant: &Tenant, n: usize) -> Value {
    let verdict = tenant.http.post("/v1/policy/evaluate", &tenant.marketing(n)).await.expect(200);
    verdict["decided_by"].clone()
}

both_engines! {
    async fn a_possible_opt_out_waits_for_a_decision(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        for n in [1, 2] {
            tenant.hears(n, DOUBTFUL, app.now_us()).await;
        }
        tenant.hears(3, "STOP", app.now_us()).await;
        tenant.hears(4, "don't stop the delivery", app.now_us()).await;
        let open = reviews(&tenant, "open").await;
        assert_eq!(open.len(), 2, "neither what is certain nor what is none: {open:?}");
        let (second, first) = (&open[0], &open[1]);
        assert_eq!((&first["from"], &first["text"], &first["state"]), (&json!({"phone": phone(1)}), &json!(DOUBTFUL), &json!("open")));
        assert!(first["word"].as_str().is_some_and(|word| word.contains("stop")), "{first}");
        let inbound = tenant.http.get(&format!("/v1/inbound/{}", first["id"].as_str().unwrap())).await.expect(200);
        assert_eq!(inbound["contact"], first["contact"]);
        assert_eq!(reason(&tenant, 1).await, Value::Null, "people decide");
        let done = decide(&tenant, first, "confirm", 200).await;
        assert_eq!(done["state"], "confirmed");
        assert!(done["decided_by"].as_str().is_some_and(|actor| actor.starts_with("api:")) && done["decided_at"].is_string());
        assert_eq!(reason(&tenant, 1).await, "consent.suppressed");
        let ledger = tenant.http.get(&format!("/v1/consents?to={}", number(1))).await.expect(200);
        let entry = &ledger["consents"][0];
        assert_eq!((&entry["source"], &entry["granted"], &entry["at"]), (&json!("keyword"), &json!(false), &first["at"]));
        assert_eq!((&entry["evidence"]["inbound"], &entry["evidence"]["text"]), (&first["id"], &json!(DOUBTFUL)));
        decide(&tenant, first, "confirm", 200).await;
        decide(&tenant, first, "dismiss", 409).await;
        let again = tenant.http.get(&format!("/v1/consents?to={}", number(1))).await.expect(200);
        assert_eq!(again["consents"].as_array().unwrap().len(), ledger["consents"].as_array().unwrap().len(), "decided once");
        assert_eq!(decide(&tenant, second, "dismiss", 200).await["state"], "dismissed");
        assert_eq!(reason(&tenant, 2).await, Value::Null);
        assert!(reviews(&tenant, "open").await.is_empty());
        assert_eq!((reviews(&tenant, "confirmed").await.len(), reviews(&tenant, "dismissed").await.len()), (1, 1));
        let events = tenant.events_with("consent.opt_out_reviewed", 2).await;
        let told: Vec<&Value> = events.iter().filter(|each| each["type"] == "consent.opt_out_reviewed").collect();
        assert_eq!((told.len(), &told[0]["subject"], &told[0]["data"]["decision"]), (2, &first["id"], &json!("confirmed")));
        assert_eq!(events.iter().filter(|each| each["type"] == "consent.opt_out_possible").count(), 2);
        tenant.http.get("/v1/opt-out-reviews?state=lost").await.expect(400);
        tenant.http.post("/v1/opt-out-reviews/inb_01k9h3c4v8e2xt7m5q0w6r1yza/confirm", &json!({})).await.expect(404);
    }

    async fn a_callback_that_comes_twice_asks_once(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let message = json!({"from": &phone(1)[1..], "id": "wamid.doubtful", "timestamp": (app.now_us() / 1_000_000).to_string(),
            "type": "text", "text": {"body": DOUBTFUL}});
        let value = json!({"messaging_product": "whatsapp", "metadata": tenant.metadata(), "messages": [message]});
        for _ in 0..3 {
            tenant.signed_callback(&app, &tenant.change("messages", &value)).await.expect(200);
        }
        assert_eq!(reviews(&tenant, "open").await.len(), 1);
        let events = tenant.events_with("consent.opt_out_possible", 1).await;
        assert_eq!(events.iter().filter(|each| each["type"] == "consent.opt_out_possible").count(), 1);
    }

    async fn what_was_said_since_counts_and_the_erased_are_forgotten(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        tenant.hears(1, DOUBTFUL, app.now_us()).await;
        tenant.hears(2, DOUBTFUL, app.now_us()).await;
        app.clock.advance(std::time::Duration::from_secs(60));
        let grant = json!({"to": {"phone": phone(1)}, "channel": "whatsapp", "purpose": "marketing", "granted": true, "source": "app"});
        tenant.http.post("/v1/consents", &grant).await.expect(201);
        let open = reviews(&tenant, "open").await;
        decide(&tenant, &open[1], "confirm", 200).await;
        assert_eq!(reason(&tenant, 1).await, Value::Null, "the newer word of the person counts");
        let contact = open[0]["contact"].as_str().unwrap();
        tenant.http.call(Method::DELETE, &format!("/v1/contacts/{contact}"), None, &[]).await.expect(200);
        assert!(reviews(&tenant, "open").await.is_empty());
        decide(&tenant, &open[0], "confirm", 404).await;
        tenant.http.post("/v1/topics", &json!({"code": "news", "category": "marketing", "titles": {"en": "News"}})).await.expect(201);
        tenant.hears(3, DOUBTFUL, app.now_us()).await;
        let open = reviews(&tenant, "open").await;
        let path = format!("/v1/opt-out-reviews/{}/confirm", open[0]["id"].as_str().unwrap());
        tenant.http.post(&path, &json!({"purpose": "unheard"})).await.expect(400);
        tenant.http.post(&path, &json!({"purpose": "news"})).await.expect(200);
        assert_eq!(reason(&tenant, 3).await, Value::Null, "only the topic was meant");
    }

    async fn the_consent_command_decides_and_keeps_forms(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let program = Program::default().with("TIDINGS_SERVER", &app.http.base).with("TIDINGS_KEY", &tenant.key);
        let consent = async |args: &[&str]| program.json(&[&["consent"], args, &["--json"]].concat()).await;
        tenant.hears(1, DOUBTFUL, app.now_us()).await;
        tenant.hears(2, DOUBTFUL, app.now_us()).await;
        let open = consent(&["reviews"]).await;
        let id = |n: usize| open["reviews"][n]["id"].as_str().unwrap().to_owned();
        assert_eq!(consent(&["confirm", &id(0)]).await["state"], "confirmed");
        assert_eq!(consent(&["dismiss", &id(1)]).await["state"], "dismissed");
        assert_eq!(reason(&tenant, 2).await, "consent.suppressed");
        let words = program.run(&["consent", "reviews", "--state", "dismissed"]).await;
        assert!(words.stdout.contains("dismissed"), "{}", words.stdout);
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("form.json");
        let form = json!({"name": "Counter", "language": "en", "business_name": "Acme", "text": "Acme may write.", "purposes": ["marketing"]});
        std::fs::write(&file, form.to_string()).unwrap();
        let file = file.to_str().unwrap();
        let made = consent(&["form", file]).await;
        let form = made["id"].as_str().unwrap().to_owned();
        assert_eq!(consent(&["form", file, "--change", &form]).await["version"], 2);
        let picture = program.run(&["consent", "qr", &form]).await;
        assert!(picture.stdout.starts_with("<svg "), "{}", picture.stdout);
        assert_eq!(consent(&["close-form", &form]).await["closed"], true);
        let forms = program.run(&["consent", "forms"]).await;
        assert!(forms.stdout.contains("Counter") && forms.stdout.contains("true"), "{}", forms.stdout);
        let settings = consent(&["settings", "--stop-word", "Genug", "--confirm-opt-out", "true", "--confirmation", "We heard you."]).await;
        assert_eq!((&settings["stop_words"], &settings["confirm_opt_out"]), (&json!(["Genug"]), &json!(true)));
        let settings = consent(&["settings", "--stop-word", "", "--confirmation", ""]).await;
        assert_eq!((&settings["stop_words"], &settings["confirmation"]), (&json!([]), &Value::Null));
        assert_eq!(consent(&["imports"]).await["imports"], json!([]));
    }
}

//! Contacts: what is known of a person, who is who, and how somebody is forgotten.

use http::Method;
use serde_json::{Value, json};

use tidings_tests::both_engines;
use tidings_tests::support::{Storage, Tenant, TestApp, eventually, phone};

use crate::consent::{number, says};

async fn contact(tenant: &Tenant, n: usize) -> Value {
    tenant.http.get(&format!("/v1/contacts?to={}", number(n))).await.expect(200)
}

async fn post(tenant: &Tenant, path: &str, body: Value, status: u16) -> Value {
    tenant.http.post(path, &body).await.expect(status)
}

fn id(value: &Value) -> &str {
    value["id"].as_str().unwrap()
}

both_engines! {
    async fn attributes_have_declared_types(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        for (name, kind) in [("tier", "text"), ("visits", "number"), ("vip", "boolean"), ("since", "date")] {
            post(&tenant, "/v1/contact-attributes", json!({"name": name, "type": kind}), 201).await;
        }
        post(&tenant, "/v1/contact-attributes", json!({"name": "tier", "type": "number"}), 400).await;
        post(&tenant, "/v1/contact-attributes", json!({"name": "Tier", "type": "text"}), 400).await;
        let new = json!({"to": {"phone": phone(1)}, "time_zone": "Europe/Berlin", "language": "de",
            "attributes": {"tier": "gold", "visits": 7, "vip": true, "since": "2025-05-03"}});
        let made = post(&tenant, "/v1/contacts", new.clone(), 200).await;
        assert_eq!((&made["attributes"], &made["time_zone"]), (&new["attributes"], &json!("Europe/Berlin")));
        let path = format!("/v1/contacts/{}", id(&made));
        let patch = json!({"language": null, "attributes": {"tier": null, "visits": 8}});
        let changed = tenant.http.call(Method::PATCH, &path, Some(&patch), &[]).await.expect(200);
        assert_eq!(changed["attributes"], json!({"visits": 8, "vip": true, "since": "2025-05-03"}));
        assert_eq!((&changed["language"], &changed["time_zone"]), (&Value::Null, &json!("Europe/Berlin")));
        assert_eq!(contact(&tenant, 1).await, changed);
        for (patch, field) in [
            (json!({"attributes": {"visits": "many"}}), "attributes.visits"),
            (json!({"attributes": {"since": "soon"}}), "attributes.since"),
            (json!({"attributes": {"unheard": 1}}), "attributes.unheard"),
            (json!({"time_zone": "somewhere else"}), "time_zone"),
            (json!({"language": "x"}), "language"),
            (json!({"name": ""}), "name"),
            (json!({"nickname": "Ann"}), "nickname"),
        ] {
            let refused = tenant.http.call(Method::PATCH, &path, Some(&patch), &[]).await.expect(400);
            assert_eq!(refused["errors"][0]["field"], field, "{refused}");
        }
        let events = tenant.events_with("contact.changed", 2).await;
        assert!(!json!(events).to_string().contains("gold"), "the log knows no values");
    }

    async fn contacts_merge_and_split_with_a_history(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        post(&tenant, "/v1/contact-attributes", json!({"name": "tier", "type": "text"}), 201).await;
        let one = post(&tenant, "/v1/contacts", json!({"to": {"phone": phone(1)}, "language": "de"}), 200).await;
        app.clock.advance(std::time::Duration::from_millis(5));
        let new = json!({"to": {"phone": phone(2)}, "language": "fr", "attributes": {"tier": "gold"}});
        let two = post(&tenant, "/v1/contacts", new, 200).await;
        tenant.http.post("/v1/consents", &says(2, "marketing", false)).await.expect(201);
        let merged = post(&tenant, &format!("/v1/contacts/{}/merge", id(&two)), json!({"other": id(&one)}), 200).await;
        assert_eq!(id(&merged), id(&one), "the older one is left");
        assert_eq!((&merged["language"], &merged["attributes"]["tier"]), (&json!("de"), &json!("gold")));
        let found = tenant.http.get(&format!("/v1/contacts/{}", id(&two))).await.expect(200);
        assert_eq!(found["id"], one["id"], "both ids lead to it");
        let denied = tenant.http.post("/v1/messages", &tenant.marketing(1)).await.expect(202);
        assert_eq!(denied["reason"], "consent.suppressed", "the opt-out is the person's");
        post(&tenant, &format!("/v1/contacts/{}/merge", id(&two)), json!({"other": id(&one)}), 409).await;
        let path = format!("/v1/contacts/{}/split", id(&one));
        let split = post(&tenant, &path, json!({"to": {"phone": phone(2)}}), 201).await;
        assert_eq!(split["identities"], json!([{"phone": phone(2)}]));
        assert_ne!(split["id"], one["id"]);
        let id_of_one = tenant.send(&tenant.marketing(1)).await;
        tenant.until(&id_of_one, "read").await;
        let denied = tenant.http.post("/v1/messages", &tenant.marketing(2)).await.expect(202);
        assert_eq!(denied["reason"], "consent.suppressed", "what was said by that number went with it");
        post(&tenant, &path, json!({"to": {"phone": phone(9)}}), 400).await;
        let history = tenant.http.get(&format!("/v1/contacts/{}/history", id(&one))).await.expect(200);
        let what: Vec<&str> = history["history"].as_array().unwrap().iter().map(|each| each["what"].as_str().unwrap()).collect();
        assert!(what.contains(&"merged") && what.contains(&"split"), "{what:?}");
        tenant.events_with("contact.split", 2).await;
    }

    async fn a_changed_number_takes_the_persons_choices_along(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        tenant.hears(1, "STOP", app.now_us()).await;
        let before = contact(&tenant, 1).await;
        let message = json!({"from": &phone(1)[1..], "id": "wamid.moved", "timestamp": (app.now_us() / 1_000_000).to_string(),
            "type": "system", "system": {"body": "moved", "type": "user_changed_number", "wa_id": &phone(2)[1..]}});
        let value = json!({"messaging_product": "whatsapp", "metadata": tenant.metadata(), "messages": [message]});
        tenant.signed_callback(&app, &tenant.change("messages", &value)).await.expect(200);
        let after = eventually("the new number", async || {
            let found = tenant.http.get(&format!("/v1/contacts?to={}", number(2))).await;
            (found.status == 200).then_some(found.body)
        })
        .await;
        assert_eq!(after["id"], before["id"]);
        let known = after["identities"].to_string();
        assert!(known.contains(&phone(2)) && !known.contains(&phone(1)), "nobody is written to by the old one: {known}");
        let denied = tenant.http.post("/v1/messages", &tenant.marketing(2)).await.expect(202);
        assert_eq!(denied["reason"], "consent.suppressed");
        tenant.events_with("contact.number_changed", 1).await;
        // Whoever writes from the old number later is somebody else.
        let message = json!({"from": &phone(1)[1..], "id": "wamid.new", "timestamp": (app.now_us() / 1_000_000).to_string(),
            "type": "text", "text": {"body": "Hello, I am new here"}});
        let value = json!({"messaging_product": "whatsapp", "metadata": tenant.metadata(), "messages": [message]});
        tenant.signed_callback(&app, &tenant.change("messages", &value)).await.expect(200);
        assert_ne!(contact(&tenant, 1).await["id"], before["id"]);
    }

    async fn an_erased_person_is_forgotten_and_not_written_to(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        post(&tenant, "/v1/contact-attributes", json!({"name": "tier", "type": "text"}), 201).await;
        let new = json!({"to": {"phone": phone(1)}, "attributes": {"tier": "gold"}});
        let person = post(&tenant, "/v1/contacts", new, 200).await;
        let sent = tenant.send(&tenant.utility(1)).await;
        tenant.until(&sent, "read").await;
        tenant.hears(1, "My secret question", app.now_us()).await;
        let mut said = says(1, "marketing", false);
        said["proof"] = json!({"text": "No more, please.", "ip": "192.0.2.7"});
        said["evidence"] = json!({"mail": "ann@example.com"});
        tenant.http.post("/v1/consents", &said).await.expect(201);
        let mut later = tenant.utility(1);
        later["send_at"] = json!("2027-01-01T00:00:00Z");
        let waiting = tenant.send(&later).await;
        let path = format!("/v1/contacts/{}", id(&person));
        let export = tenant.http.get(&format!("{path}/export")).await.expect(200);
        assert_eq!(export["messages_sent"].as_array().map(Vec::len), Some(2));
        assert_eq!(export["messages_received"][0]["message"]["text"]["body"], "My secret question");
        assert_eq!((&export["attributes"]["tier"], &export["consents"][0]["proof"]["ip"]), (&json!("gold"), &json!("192.0.2.7")));
        let report = tenant.http.call(Method::DELETE, &path, None, &[]).await.expect(200);
        let counts = ["identities", "messages", "canceled", "inbound", "consents_kept"].map(|name| report[name].as_u64().unwrap());
        assert_eq!(counts, [2, 2, 1, 1, 1], "{report}");
        assert!(report["kept"].as_array().unwrap().len() >= 3, "it says what is kept");
        let gone = tenant.http.get(&path).await.expect(200);
        assert_eq!((&gone["identities"], &gone["attributes"]), (&json!([]), &json!({})));
        assert!(gone["erased_at"].is_string());
        tenant.http.get(&format!("/v1/contacts?to={}", number(1))).await.expect(404);
        assert!(tenant.inbound().await.is_empty());
        let message = tenant.message(&sent).await;
        assert_eq!((&message["status"], &message["to"], &message["content"]), (&json!("read"), &Value::Null, &Value::Null));
        assert_eq!(tenant.message(&waiting).await["status"], "canceled");
        let all = tenant.http.get("/v1/consents").await.expect(200);
        let entry = &all["consents"][0];
        assert_eq!((&entry["to"], &entry["evidence"], &entry["granted"]), (&Value::Null, &Value::Null, &json!(false)));
        assert_eq!(entry["proof"], json!({"text": "No more, please."}), "the least that proves it");
        let known = json!([all, gone, tenant.events_with("contact.erased", 1).await]).to_string();
        for word in [&phone(1), &phone(1)[1..], "192.0.2.7", "ann@example.com", "gold", "secret"] {
            assert!(!known.contains(word), "{word}");
        }
        let denied = tenant.http.post("/v1/messages", &tenant.marketing(1)).await.expect(202);
        assert_eq!(denied["reason"], "consent.suppressed", "the opt-out is still honoured");
    }
}

//! One intent on its way: accepted, submitted, sent, delivered, read; and what can be seen of it.

use serde_json::json;

use tidings_tests::support::{Storage, TestApp, phone};
use tidings_tests::{both_engines, shows};

both_engines! {
    async fn a_message_goes_all_the_way(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let mut intent = tenant.utility(1);
        intent["reference"] = json!("order-42");
        intent["metadata"] = json!({"basket": 7});
        let answer = tenant.http.post("/v1/messages", &intent).await;
        shows!(answer.shown(), @r#"
        202
        {
          "id": "[msg]",
          "status": "accepted"
        }
        "#);
        let id = answer.body["id"].as_str().unwrap();
        let message = tenant.until(id, "read").await;
        assert_eq!(message["reference"], "order-42");
        assert_eq!(message["metadata"], json!({"basket": 7}));
        assert_eq!(message["attempts"].as_array().unwrap().len(), 1, "{message}");
        assert_eq!(message["attempts"][0]["state"], "read");
        assert!(message["cost"].is_object(), "{message}");
        let timeline = tenant.timeline(id).await;
        assert_eq!(timeline[..2], ["message.accepted", "message.submitting"]);
        assert!(timeline.contains(&"message.submitted".to_owned()), "{timeline:?}");
        assert!(timeline.contains(&"message.read".to_owned()), "{timeline:?}");
        let ledger = app.simulator.ledger();
        assert_eq!(ledger.submissions.len(), 1);
        assert_eq!(ledger.violations, Vec::<String>::new());
        let attempt = message["attempts"][0]["id"].as_str();
        assert_eq!(ledger.submissions[0].callback_data.as_deref(), attempt);
    }

    async fn lists_filter_and_page(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let mut ids = Vec::new();
        for n in 0..5 {
            let mut intent = tenant.utility(n);
            intent["reference"] = json!(format!("order-{n}"));
            ids.push(tenant.send(&intent).await);
        }
        for id in &ids {
            tenant.until(id, "read").await;
        }
        let one = tenant.http.get("/v1/messages?reference=order-3").await.expect(200);
        assert_eq!(one["messages"][0]["id"], ids[3]);
        assert_eq!(one["messages"].as_array().unwrap().len(), 1);
        let to = phone(2).replace('+', "%2B");
        let one = tenant.http.get(&format!("/v1/messages?to={to}")).await.expect(200);
        assert_eq!(one["messages"][0]["id"], ids[2]);
        assert_eq!(one["messages"].as_array().unwrap().len(), 1);
        let first = tenant.http.get("/v1/messages?limit=3&status=read").await.expect(200);
        assert_eq!(first["messages"][0]["id"], ids[4], "newest first");
        let cursor = first["next_cursor"].as_str().unwrap();
        let rest = tenant.http.get(&format!("/v1/messages?limit=3&status=read&cursor={cursor}")).await.expect(200);
        assert_eq!(rest["messages"].as_array().unwrap().len(), 2);
        assert!(rest["next_cursor"].is_null(), "{rest}");
        let none = tenant.http.get("/v1/messages?status=failed").await.expect(200);
        assert_eq!(none["messages"], json!([]));
    }

    async fn every_kind_of_content_leaves_in_the_window(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        tenant.hears(1, "Hello", app.now_us()).await;
        let link = "https://example.org/a.png";
        for whatsapp in [
            json!({"type": "text", "text": {"body": "Hello"}}),
            json!({"type": "image", "image": {"link": link, "caption": "A parcel"}}),
            json!({"type": "location", "location": {"latitude": 52.5, "longitude": 13.4, "name": "Shop"}}),
            json!({"type": "contacts", "contacts": [{"name": {"formatted_name": "Ann", "first_name": "Ann"},
                "phones": [{"phone": "+4915112300001", "type": "CELL"}]}]}),
            json!({"type": "interactive", "interactive": {"type": "button", "body": {"text": "Now?"}, "action":
                {"buttons": [{"type": "reply", "reply": {"id": "yes", "title": "Yes"}}]}}}),
        ] {
            let intent = json!({"to": {"phone": phone(1)}, "whatsapp": whatsapp});
            let id = tenant.send(&intent).await;
            tenant.until(&id, "read").await;
        }
        let kinds: Vec<String> = app.simulator.ledger().submissions.into_iter().map(|each| each.kind).collect();
        assert_eq!(kinds, ["text", "image", "location", "contacts", "interactive"]);
    }

    async fn a_failed_receipt_fails_the_message(storage: Storage) {
        let app = TestApp::with(storage, |options| options.simulator.customers.failed_share = 1.0).await;
        let tenant = app.tenant().await;
        let id = tenant.send(&tenant.utility(1)).await;
        let message = tenant.until(&id, "failed").await;
        assert_eq!(message["attempts"][0]["error"]["code"], 131_026);
        assert_eq!(message["reason"], "provider.131026");
    }
}

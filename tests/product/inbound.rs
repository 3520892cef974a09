//! Messages that people send: stored once, readable, and they open the window.

use bytes::Bytes;
use serde_json::json;

use tidings_tests::both_engines;
use tidings_tests::support::{Storage, TestApp, eventually, phone};

both_engines! {
    async fn a_received_message_is_stored_and_can_be_marked_read(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let message = tenant.hears(1, "Where is my parcel?", app.now_us()).await;
        assert_eq!(message["type"], "text");
        assert_eq!(message["text"], "Where is my parcel?");
        assert_eq!(message["from"]["phone"], phone(1));
        let id = message["id"].as_str().unwrap();
        let one = tenant.http.get(&format!("/v1/inbound/{id}")).await.expect(200);
        assert_eq!(one["id"], id);
        tenant.http.post(&format!("/v1/inbound/{id}/read"), &json!({"typing": true})).await.expect(204);
        tenant.hears(2, "Hello", app.now_us()).await;
        let query = phone(1).replace('+', "%2B");
        let list = tenant.http.get(&format!("/v1/inbound?from={query}")).await.expect(200);
        assert_eq!(list["inbound"].as_array().unwrap().len(), 1);
        let kinds: Vec<_> = tenant.events_with("inbound.received", 2).await.iter().map(|each| each["type"].clone()).collect();
        assert_eq!(kinds.iter().filter(|kind| **kind == "inbound.received").count(), 2);
    }

    async fn the_same_message_twice_is_one(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let message = json!({"from": &phone(1)[1..], "id": "wamid.same", "timestamp": (app.now_us() / 1_000_000).to_string(),
            "type": "text", "text": {"body": "Hi"}});
        let value = json!({"messaging_product": "whatsapp", "metadata": tenant.metadata(),
            "contacts": [{"profile": {"name": "Ann"}, "wa_id": &phone(1)[1..]}], "messages": [message]});
        let body = tenant.change("messages", &value);
        for _ in 0..3 {
            tenant.signed_callback(&app, &body).await.expect(200);
        }
        assert_eq!(tenant.inbound().await.len(), 1);
    }

    async fn a_contact_without_a_phone_is_answered_by_its_id(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        app.simulator.inbound_text(app.now_us(), &tenant.number, "DE.13491208655302741918", "Hello").unwrap();
        let message = eventually("the message", async || tenant.inbound().await.into_iter().next()).await;
        assert_eq!(message["from"]["bsuid"], "DE.13491208655302741918", "{message}");
        assert!(message["from"].get("phone").is_none());
        let contact = message["contact"].as_str().unwrap();
        let intent = json!({"to": {"contact": contact}, "text": {"body": "Hello to you"}});
        let id = tenant.send(&intent).await;
        tenant.until(&id, "read").await;
    }

    async fn a_received_image_can_be_fetched(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let bytes = Bytes::from_static(b"\xff\xd8\xff\xe0 not much of an image");
        app.simulator.inbound_image(app.now_us(), &tenant.number, &phone(1)[1..], bytes.clone()).unwrap();
        let message = eventually("the message", async || tenant.inbound().await.into_iter().next()).await;
        let path = format!("/v1/inbound/{}/media", message["id"].as_str().unwrap());
        let answer = tenant.http.request(http::Method::GET, &path).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "image/jpeg");
        assert_eq!(answer.bytes().await.unwrap(), bytes);
    }
}

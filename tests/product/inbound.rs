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

    async fn an_old_id_of_a_merged_contact_leads_to_the_person(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let (phone, bsuid) = (phone(1), "DE.ab12Cd34Ef56Gh78");
        let body = |id: &str, from: &[(&str, &str)], contact: &[(&str, &str)]| {
            let mut message = json!({"id": id, "timestamp": (app.now_us() / 1_000_000).to_string(),
                "type": "text", "text": {"body": "Hi"}});
            let mut about = json!({"profile": {"name": "Ann"}});
            for (name, value) in from {
                message[*name] = json!(value);
            }
            for (name, value) in contact {
                about[*name] = json!(value);
            }
            let value = json!({"messaging_product": "whatsapp", "metadata": tenant.metadata(),
                "contacts": [about], "messages": [message]});
            tenant.change("messages", &value)
        };
        let contact_of = async |body: String| {
            tenant.signed_callback(&app, &body).await.expect(200);
            tenant.inbound().await[0]["contact"].as_str().unwrap().to_owned()
        };
        // The same person, first known by a number, then by a user id, then by both.
        let by_phone = contact_of(body("wamid.1", &[("from", &phone[1..])], &[("wa_id", &phone[1..])])).await;
        let by_user = contact_of(body("wamid.2", &[("from_user_id", bsuid)], &[("user_id", bsuid)])).await;
        assert_ne!(by_phone, by_user);
        let both = [("from", &phone[1..]), ("from_user_id", bsuid)];
        let person = contact_of(body("wamid.3", &both, &[("wa_id", &phone[1..]), ("user_id", bsuid)])).await;
        assert!([&by_phone, &by_user].contains(&&person), "the oldest is left");
        for id in [&by_phone, &by_user] {
            let found = tenant.http.get(&format!("/v1/contacts/{id}")).await.expect(200);
            assert_eq!(found["id"], person.as_str());
            assert_eq!(found["identities"], json!([{"phone": phone}, {"bsuid": bsuid}]));
            let mut intent = tenant.utility(1);
            intent["to"] = json!({"contact": id});
            let sent = tenant.send(&intent).await;
            tenant.until(&sent, "read").await;
        }
        tenant.http.get("/v1/contacts/con_01k9h3c4v8e2xt7m5q0w6r1yza").await.expect(404);
    }
}

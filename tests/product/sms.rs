//! SMS by SMPP, against a server that is not ours.
#![expect(clippy::print_stderr, reason = "a rate for people")]

use serde_json::{Value, json};

use tidings_tests::both_engines;
use tidings_tests::support::{Smsc, Storage, Tenant, TestApp, eventually, free_port, phone};

const NUMBER: &str = "+12025550190";

/// A tenant that is bound to the server.
struct Bound {
    tenant: Tenant,
    account: Value,
}

async fn bound(app: &TestApp, smsc: &mut Smsc, settings: Value) -> Bound {
    let tenant = app.tenant().await;
    let mut connection = json!({"host": "127.0.0.1", "port": smsc.port, "system_id": "acme"});
    connection.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    let account = json!({"provider": "smpp", "access_token": "hunter2", "connection": connection});
    let account = tenant.http.post("/v1/accounts", &account).await.expect(201);
    assert_eq!(smsc.until("bound").await["system_id"], "acme");
    let sender = json!({"account": account["id"], "address": NUMBER, "messages_per_s": 1000});
    tenant.http.post("/v1/senders", &sender).await.expect(201);
    // The sender is new to the session, which is made once more with it.
    smsc.until("bound").await;
    Bound { tenant, account }
}

fn sms(to: usize, text: &str) -> Value {
    json!({"to": {"phone": phone(to)}, "sms": {"text": text}, "category": "utility"})
}

async fn until(tenant: &Tenant, id: &str, status: &str) -> Value {
    eventually(&format!("the message to be {status}"), async || {
        let message = tenant.message(id).await;
        (message["status"] == status).then_some(message)
    })
    .await
}

both_engines! {
    async fn messages_go_out_and_receipts_come_back(storage: Storage) {
        let Some(mut smsc) = Smsc::start(free_port().await, &[]).await else { return };
        let app = TestApp::start(storage).await;
        let Bound { tenant, .. } = bound(&app, &mut smsc, json!({})).await;
        // One receipt tells by its text, the next by its parameters.
        for to in [1, 2] {
            let id = tenant.send(&sms(to, "Grüße, 5 € {x}")).await;
            let seen = smsc.until("submit").await;
            assert_eq!(seen["to"], phone(to).trim_start_matches('+'));
            assert_eq!((&seen["source"], &seen["coding"]), (&json!("12025550190"), &json!(0)));
            assert_eq!(seen["text"], hex::encode(b"Gr\x7E\x1Ee, 5 \x1B\x65 \x1B\x28x\x1B\x29"));
            let message = until(&tenant, &id, "delivered").await;
            assert_eq!(message["channel"], "sms");
        }
        let id = tenant.send(&sms(71, "No")).await;
        let message = until(&tenant, &id, "failed").await;
        assert_eq!(message["attempts"][0]["error"]["name"], "sms_undeliverable", "{message}");
    }

    async fn long_texts_are_cut_or_left_whole(storage: Storage) {
        let Some(mut smsc) = Smsc::start(free_port().await, &[]).await else { return };
        let app = TestApp::start(storage).await;
        let Bound { tenant, account } = bound(&app, &mut smsc, json!({"window": 1})).await;
        let id = tenant.send(&sms(3, &"a".repeat(310))).await;
        for place in 1..=3u8 {
            let part = smsc.until("submit").await;
            let text = hex::decode(part["text"].as_str().unwrap()).unwrap();
            assert_eq!((text[..3].to_vec(), text[4], text[5]), (vec![5, 0, 3], 3, place));
            assert_eq!(part["esm_class"], 0x40);
        }
        until(&tenant, &id, "delivered").await;
        let path = format!("/v1/accounts/{}", account["id"].as_str().unwrap());
        let mut connection = account["connection"].clone();
        connection["long_messages"] = json!("payload");
        let change = json!({"connection": connection});
        tenant.http.call(http::Method::PATCH, &path, Some(&change), &[]).await.expect(200);
        smsc.until("bound").await;
        let id = tenant.send(&sms(4, &"b".repeat(310))).await;
        let whole = smsc.until("submit").await;
        assert_eq!((&whole["text"], &whole["payload"]), (&json!(""), &json!([hex::encode("b".repeat(310))])));
        until(&tenant, &id, "delivered").await;
    }

    async fn what_people_write_comes_in_and_stop_is_heard(storage: Storage) {
        let Some(mut smsc) = Smsc::start(free_port().await, &[]).await else { return };
        let app = TestApp::start(storage).await;
        let Bound { tenant, .. } = bound(&app, &mut smsc, json!({})).await;
        let from = phone(5);
        let message = |text: &[u8], class: u8, coding: u8| {
            json!({"from": from.trim_start_matches('+'), "to": "12025550190", "text": hex::encode(text),
                "esm_class": class, "coding": coding})
        };
        let bring = async |smsc: &mut Smsc, message: Value| {
            eventually("the message to be taken", async || {
                (smsc.bring(&message).await["status"] == 0).then_some(())
            })
            .await;
        };
        bring(&mut smsc, message(b"Hello \x1B\x65", 0, 0)).await;
        bring(&mut smsc, message(&[5, 0, 3, 9, 2, 2, 0x00, b'b'], 0x40, 8)).await;
        bring(&mut smsc, message(&[5, 0, 3, 9, 2, 1, 0x01, 0x7E], 0x40, 8)).await;
        let texts = async || -> Vec<String> {
            let page = tenant.http.get("/v1/inbound").await.expect(200);
            let list = page["inbound"].as_array().unwrap();
            list.iter().filter_map(|each| Some(each["text"].as_str()?.to_owned())).collect()
        };
        assert_eq!(texts().await, ["žb", "Hello €"]);
        bring(&mut smsc, message(b"STOP", 0, 0)).await;
        let mut offer = sms(5, "Offer");
        offer["category"] = json!("marketing");
        let id = tenant.send(&offer).await;
        until(&tenant, &id, "denied").await;
    }

    async fn parts_are_counted_before_anything_is_sent(storage: Storage) {
        let app = TestApp::start(storage).await;
        let http = app.tenant().await.http;
        let count = json!({"text": format!("{}–", "a".repeat(69)), "price_per_part": 0.5});
        let counted = http.post("/v1/sms/segments", &count).await.expect(200);
        assert_eq!(counted, json!({"encoding": "ucs2", "parts": 1, "units": 70, "units_left": 0, "not_gsm": ["–"],
            "price": 0.5}));
        let refused = http.post("/v1/sms/segments", &json!({"text": ""})).await.expect(400);
        assert_eq!(refused["errors"][0]["field"], "text");
        app.http.post("/v1/sms/segments", &count).await.expect(401);
    }

    async fn a_throttled_lane_slows_down_and_loses_nothing(storage: Storage) {
        let Some(mut smsc) = Smsc::start(free_port().await, &[]).await else { return };
        let app = TestApp::start(storage).await;
        let Bound { tenant, .. } = bound(&app, &mut smsc, json!({})).await;
        let id = tenant.send(&sms(72, "Slowly")).await;
        let message = until(&tenant, &id, "delivered").await;
        let attempts = message["attempts"].as_array().unwrap();
        let throttled: Vec<_> =
            attempts.iter().filter(|each| each["error"]["name"] == "smpp_throttled").collect();
        assert_eq!(throttled.len(), 2, "{message}");
        assert_eq!(throttled[0]["error"]["code"], 0x58);
    }

    async fn what_a_dead_server_did_not_answer_is_in_doubt(storage: Storage) {
        let port = free_port().await;
        let Some(mut smsc) = Smsc::start(port, &["--silent"]).await else { return };
        let app = TestApp::start(storage).await;
        let Bound { tenant, .. } = bound(&app, &mut smsc, json!({})).await;
        let id = tenant.send(&sms(73, "Where?")).await;
        smsc.until("submit").await;
        smsc.kill().await;
        let message = eventually("the doubt", async || {
            let message = tenant.message(&id).await;
            (message["attempts"][0]["was_in_doubt"] == true).then_some(message)
        })
        .await;
        assert_ne!(message["status"], "failed", "{message}");
        // What is sent while nobody is there waits; the doubt is sent again after its time.
        let other = tenant.send(&sms(6, "Later")).await;
        let mut smsc = Smsc::start(port, &[]).await.expect("it was there before");
        smsc.until("bound").await;
        until(&tenant, &id, "delivered").await;
        until(&tenant, &other, "delivered").await;
    }

    async fn hundreds_a_second_go_through_one_bind(storage: Storage) {
        let Some(mut smsc) = Smsc::start(free_port().await, &["--quiet"]).await else { return };
        let app = TestApp::start(storage).await;
        let Bound { tenant, .. } = bound(&app, &mut smsc, json!({"window": 100})).await;
        let messages: Vec<Value> = (0..1_000)
            .map(|n| {
                let mut one = sms(0, "Hello");
                one["to"]["phone"] = json!(format!("+49151{:07}00", 1_000_000 + n));
                one
            })
            .collect();
        let began = app.now_us();
        tenant.http.post("/v1/messages/batch", &json!({"messages": messages})).await.expect(202);
        let none = async |status: &str| {
            let page = tenant.http.get(&format!("/v1/messages?status={status}&limit=1")).await.expect(200);
            page["messages"].as_array().is_some_and(Vec::is_empty)
        };
        eventually("all to be delivered", async || {
            (none("queued").await && none("submitting").await && none("submitted").await && none("sent").await)
                .then_some(())
        })
        .await;
        let seconds = (app.now_us() - began) as f64 / 1e6;
        eprintln!("1,000 messages from the batch to their receipts in {seconds:.2} s");
        let delivered = tenant.http.get("/v1/messages?status=delivered&limit=500").await.expect(200);
        assert_eq!(delivered["messages"].as_array().map(Vec::len), Some(500));
        let failed = tenant.http.get("/v1/messages?status=failed&limit=1").await.expect(200);
        assert_eq!(failed["messages"], json!([]));
    }
}

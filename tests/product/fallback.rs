//! Other ways of a message: by WhatsApp, then by SMS, told in one timeline.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc;

use tidings_simulator::Faults;
use tidings_tests::both_engines;
use tidings_tests::support::{Storage, Tenant, TestApp, eventually, phone};

use crate::sms_http::{Seen, api};

const ORIGINATOR: &str = "+12025550191";

/// An SMS account with a sender, and what its provider is asked.
async fn sms(tenant: &Tenant) -> mpsc::Receiver<Seen> {
    let (url, seen) = api(vec![(201, r#"{"sid":"SM1","status":"queued"}"#)]).await;
    let account = json!({"provider": "sms_http", "access_token": "hunter2", "connection":
        {"base_url": url, "account_sid": "AC1"}});
    let account = tenant.http.post("/v1/accounts", &account).await.expect(201);
    let sender = json!({"account": account["id"], "address": ORIGINATOR});
    tenant.http.post("/v1/senders", &sender).await.expect(201);
    seen
}

fn with_sms(intent: &Value, after_s: u32) -> Value {
    let mut intent = intent.clone();
    intent["fallback"] = json!([{"channel": "sms", "after_s": after_s}]);
    intent
}

fn plan(message: &Value) -> String {
    let steps = message["plan"]["steps"].as_array().expect("a plan");
    let step = |step: &Value| {
        let taken = step["first_attempt"].as_u64().map_or("-".to_owned(), |n| n.to_string());
        format!("{} {taken}", step["channel"].as_str().unwrap())
    };
    let ended = message["plan"]["ended"].as_str().unwrap_or("goes on");
    format!("{}; {ended}", steps.iter().map(step).collect::<Vec<_>>().join(", "))
}

both_engines! {
    async fn a_failure_goes_on_by_sms_at_once(storage: Storage) {
        let app = TestApp::with(storage, |options| options.simulator.customers.failed_share = 1.0).await;
        let tenant = app.tenant().await;
        let mut seen = sms(&tenant).await;
        let id = tenant.send(&with_sms(&tenant.utility(1), 3_600)).await;
        let (_, form) = seen.recv().await.expect("an SMS");
        assert!(form.contains("Body=Hello+"), "the template in plain words: {form}");
        let message = tenant.until(&id, "submitted").await;
        assert_eq!(plan(&message), "whatsapp 1, sms 2; goes on");
        assert_eq!(message["attempts"].as_array().unwrap().len(), 2, "{message}");
        let timeline = tenant.timeline(&id).await;
        let at = |kind: &str| timeline.iter().position(|each| each == kind);
        assert!(at("message.attempt_failed") < at("message.fell_back"), "{timeline:?}");
        assert!(at("message.failed").is_none(), "{timeline:?}");
    }

    async fn what_is_not_delivered_in_time_goes_on_by_sms(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let mut seen = sms(&tenant).await;
        app.simulator.set_faults(Faults { lose_webhook: 1.0, ..Faults::none() });
        let id = tenant.send(&with_sms(&tenant.utility(1), 60)).await;
        tenant.until(&id, "submitted").await;
        assert!(seen.try_recv().is_err(), "it has a minute");
        app.clock.advance(Duration::from_secs(61));
        seen.recv().await.expect("an SMS");
        let message = eventually("the second way", async || {
            let message = tenant.message(&id).await;
            (message["attempts"].as_array().unwrap().len() == 2).then_some(message)
        })
        .await;
        assert_eq!(plan(&message), "whatsapp 1, sms 2; goes on");
    }

    async fn what_is_delivered_in_time_stays_one_message(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let mut seen = sms(&tenant).await;
        let id = tenant.send(&with_sms(&tenant.utility(1), 60)).await;
        tenant.until(&id, "delivered|read").await;
        app.clock.advance(Duration::from_secs(61));
        let message = eventually("the end of the plan", async || {
            let message = tenant.message(&id).await;
            message["plan"]["ended"].is_string().then_some(message)
        })
        .await;
        assert_eq!(plan(&message), "whatsapp 1, sms -; succeeded");
        assert!(seen.try_recv().is_err());
    }

    async fn an_opt_out_of_one_channel_leaves_the_other(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let mut seen = sms(&tenant).await;
        let revoked = json!({"to": {"phone": phone(1)}, "channel": "whatsapp", "purpose": "marketing",
            "granted": false, "source": "app"});
        tenant.http.post("/v1/consents", &revoked).await.expect(201);
        let id = tenant.send(&with_sms(&tenant.marketing(1), 60)).await;
        seen.recv().await.expect("an SMS");
        let message = tenant.until(&id, "submitted").await;
        assert_eq!(plan(&message), "whatsapp -, sms 2; goes on");
    }

    async fn what_is_wrong_with_a_way_is_named(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let refused = async |fallback: Value| {
            let mut intent = tenant.utility(1);
            intent["fallback"] = fallback;
            let answer = tenant.http.post("/v1/messages", &intent).await;
            assert_eq!(answer.status, 400, "{}", answer.text);
            let problem = &answer.body["errors"][0];
            format!("{} {}", problem["field"].as_str().unwrap(), problem["code"].as_str().unwrap())
        };
        assert_eq!(refused(json!([{"channel": "sms"}])).await, "fallback[0].from sender.none");
        let _seen = sms(&tenant).await;
        let mail = json!({"subject": "Hello", "text": "Hello"});
        for (fallback, want) in [
            (json!([{"channel": "sms"}, {"channel": "email", "email": mail}]), "fallback[1].to contact.unreachable"),
            (json!([{"channel": "email", "to": {"email": "a@shop.test"}}]), "fallback[0].email content.one"),
            (json!([{"channel": "sms", "after_s": 0}]), "fallback[0].after_s fallback.after"),
            (json!([{"channel": "sms", "sms": {"text": ""}}]), "fallback[0].sms.text field.required"),
            (json!([{"channel": "sms", "from": "snd_nobody"}]), "fallback[0].from sender.unknown"),
            (json!(vec![json!({"channel": "sms"}); 5]), "fallback fallback.many"),
        ] {
            assert_eq!(refused(fallback.clone()).await, want, "{fallback}");
        }
    }
}

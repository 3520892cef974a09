//! The ledger of consents: what is said where, what stands, what was held, and that messages follow it.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use tidings_tests::both_engines;
use tidings_tests::support::{Storage, Tenant, TestApp, eventually, phone};

pub fn number(n: usize) -> String {
    phone(n).replace('+', "%2B")
}

pub fn says(n: usize, purpose: &str, granted: bool) -> Value {
    json!({"to": {"phone": phone(n)}, "channel": "whatsapp", "purpose": purpose, "granted": granted, "source": "web_form"})
}

async fn verdict(tenant: &Tenant, intent: &Value) -> (String, String) {
    let dry = tenant.http.post("/v1/policy/evaluate", intent).await.expect(200);
    let text = |field: &str| dry[field].as_str().unwrap_or_default().to_owned();
    (text("verdict"), text("decided_by"))
}

async fn topic(tenant: &Tenant, code: &str) {
    let new =
        json!({"code": code, "category": "marketing", "titles": {"en": "New arrivals", "de": "Neuheiten"}});
    tenant.http.post("/v1/topics", &new).await.expect(201);
}

async fn settings(tenant: &Tenant, value: &Value) {
    tenant.http.call(Method::PUT, "/v1/consent-settings", Some(value), &[]).await.expect(200);
}

both_engines! {
    async fn an_entry_is_shown_as_it_was_given(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        topic(&tenant, "new-arrivals").await;
        let mut new = says(1, "new-arrivals", true);
        new["channel"] = json!("any");
        new["source_detail"] = json!("checkout");
        new["basis"] = json!("soft_opt_in");
        new["proof"] = json!({"text": "Yes, Acme may write to me.", "text_version": "3", "ip": "192.0.2.7"});
        new["evidence"] = json!({"form": 7});
        new["at"] = json!("2025-05-03T14:00:00Z");
        let made = tenant.http.post("/v1/consents", &new).await.expect(201);
        for (field, value) in new.as_object().unwrap() {
            if field == "at" {
                assert_eq!(made["at"], "2025-05-03T14:00:00.000Z");
            } else {
                assert_eq!(&made[field], value, "{field}");
            }
        }
        let list = tenant.http.get(&format!("/v1/consents?to={}", number(1))).await.expect(200);
        assert_eq!(list["consents"][0]["id"], made["id"]);
        assert_eq!(list["consents"][0]["proof"], new["proof"]);
        let events = tenant.events_with("consent.granted", 1).await;
        let event = events.iter().find(|event| event["type"] == "consent.granted").unwrap();
        assert!(!event.to_string().contains("192.0.2.7") && !event.to_string().contains(&phone(1)), "{event}");
        // Words of one's own are a detail of the API's.
        let mut old = says(2, "marketing", false);
        old["source"] = json!("checkout form");
        let made = tenant.http.post("/v1/consents", &old).await.expect(201);
        assert_eq!((&made["source"], &made["source_detail"]), (&json!("api"), &json!("checkout form")));
    }

    async fn what_does_not_fit_is_refused_by_field(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        for (field, value, want) in [
            ("purpose", json!("advertising"), "purpose"),
            ("channel", json!("pigeon"), "channel"),
            ("channel", json!("email"), "channel"),
            ("at", json!("2999-01-01T00:00:00Z"), "at"),
            ("proof", json!({"ip": "somewhere"}), "proof.ip"),
            ("proof", json!({"document_url": "javascript:x"}), "proof.document_url"),
            ("proof", json!({"signature": "x"}), "proof.signature"),
            ("basis", json!("whim"), "basis"),
            ("source_detail", json!(" "), "source"),
        ] {
            let mut new = says(1, "marketing", true);
            new[field] = value.clone();
            let refused = tenant.http.post("/v1/consents", &new).await.expect(400);
            assert_eq!(refused["errors"][0]["field"], want, "{field} = {value}: {refused}");
        }
        for (new, want) in [
            (json!({"code": "New", "category": "marketing", "titles": {"en": "x"}}), "code"),
            (json!({"code": "marketing", "category": "marketing", "titles": {"en": "x"}}), "code"),
            (json!({"code": "new", "category": "marketing", "titles": {}}), "titles"),
            (json!({"code": "new", "category": "marketing", "titles": {"english please": "x"}}), "titles.english please"),
            (json!({"code": "new", "category": "marketing", "titles": {"en": ""}}), "titles.en"),
        ] {
            let refused = tenant.http.post("/v1/topics", &new).await.expect(400);
            assert_eq!(refused["errors"][0]["field"], want, "{new}");
        }
        let bad = json!({"stop_words": ["!!"]});
        let refused = tenant.http.call(Method::PUT, "/v1/consent-settings", Some(&bad), &[]).await.expect(400);
        assert_eq!(refused["errors"][0]["field"], "stop_words[0]");
        let path = format!("/v1/consents/state?to={}&at=2999-01-01T00:00:00Z", number(1));
        tenant.http.get(&path).await.expect(400);
    }

    async fn an_opt_out_of_a_topic_stops_what_carries_it(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        topic(&tenant, "new-arrivals").await;
        tenant.http.post("/v1/consents", &says(1, "new-arrivals", false)).await.expect(201);
        let mut intent = tenant.marketing(1);
        assert_eq!(verdict(&tenant, &intent).await.0, "allow", "it carries no topic");
        intent["topic"] = json!("new-arrivals");
        let denied = tenant.http.post("/v1/messages", &intent).await.expect(202);
        assert_eq!(denied["reason"], "consent.topic_suppressed", "{denied}");
        tenant.http.post("/v1/consents", &says(1, "new-arrivals", true)).await.expect(201);
        assert_eq!(verdict(&tenant, &intent).await.0, "allow");
        tenant.http.post("/v1/consents", &says(1, "marketing", false)).await.expect(201);
        assert_eq!(verdict(&tenant, &intent).await.1, "consent.suppressed", "the category's opt-out is one of the topic");
        intent["topic"] = json!("unheard-of");
        let refused = tenant.http.post("/v1/messages", &intent).await.expect(400);
        assert_eq!(refused["errors"][0]["code"], "topic.unknown");
        let mut utility = tenant.utility(1);
        utility["topic"] = json!("new-arrivals");
        let refused = tenant.http.post("/v1/messages", &utility).await.expect(400);
        assert_eq!(refused["errors"][0]["code"], "topic.category");
    }

    async fn an_opt_out_of_a_topic_between_intake_and_claim_is_honoured(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        topic(&tenant, "new-arrivals").await;
        let pause = json!({"scope": "tenant", "reason": "wait"});
        let pause = tenant.http.post("/v1/pauses", &pause).await.expect(201);
        let mut intent = tenant.marketing(1);
        intent["topic"] = json!("new-arrivals");
        let id = tenant.send(&intent).await;
        tenant.http.post("/v1/consents", &says(1, "new-arrivals", false)).await.expect(201);
        let path = format!("/v1/pauses/{}", pause["id"].as_str().unwrap());
        tenant.http.call(Method::DELETE, &path, None, &[]).await.expect(204);
        let message = tenant.until(&id, "denied").await;
        assert_eq!((message["reason"].as_str(), &message["attempts"]), (Some("consent.topic_suppressed"), &json!([])));
        assert_eq!(app.simulator.counts().submissions, 0);
    }

    async fn marketing_by_opt_in_needs_a_grant(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        topic(&tenant, "new-arrivals").await;
        assert_eq!(verdict(&tenant, &tenant.marketing(1)).await.0, "allow");
        settings(&tenant, &json!({"marketing": "opt_in"})).await;
        let denied = tenant.http.post("/v1/messages", &tenant.marketing(1)).await.expect(202);
        assert_eq!(denied["reason"], "consent.missing", "{denied}");
        assert_eq!(verdict(&tenant, &tenant.utility(1)).await.0, "allow", "only marketing");
        // A grant of the topic is enough for what carries it.
        tenant.http.post("/v1/consents", &says(1, "new-arrivals", true)).await.expect(201);
        assert_eq!(verdict(&tenant, &tenant.marketing(1)).await.1, "consent.missing");
        let mut intent = tenant.marketing(1);
        intent["topic"] = json!("new-arrivals");
        let id = tenant.send(&intent).await;
        tenant.until(&id, "read").await;
        tenant.http.post("/v1/consents", &says(2, "marketing", true)).await.expect(201);
        let id = tenant.send(&tenant.marketing(2)).await;
        tenant.until(&id, "read").await;
        let mut elsewhere = says(3, "marketing", true);
        elsewhere["channel"] = json!("sms");
        tenant.http.post("/v1/consents", &elsewhere).await.expect(201);
        assert_eq!(verdict(&tenant, &tenant.marketing(3)).await.1, "consent.missing", "another channel is no grant");
        settings(&tenant, &json!({"marketing": "opt_out"})).await;
        assert_eq!(verdict(&tenant, &tenant.marketing(3)).await.0, "allow");
        assert_eq!(tenant.events_with("consent.settings_changed", 2).await.iter()
            .filter(|event| event["type"] == "consent.settings_changed").count(), 2);
    }

    async fn what_was_held_at_a_moment_is_told_with_its_reason(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let first = tenant.http.post("/v1/consents", &says(1, "marketing", true)).await.expect(201);
        let between = app.clock_text();
        app.clock.advance(Duration::from_secs(3_600));
        let mut late = says(1, "marketing", false);
        // Said on paper before the grant, and told to us after it.
        late["at"] = json!("2025-05-03T14:00:00Z");
        let paper = tenant.http.post("/v1/consents", &late).await.expect(201);
        let second = tenant.http.post("/v1/consents", &says(1, "marketing", false)).await.expect(201);
        let state = async |more: &str| {
            let path = format!("/v1/consents/state?to={}{more}", number(1));
            let state = tenant.http.get(&path).await.expect(200);
            let held = state["held"][0].clone();
            (held["state"].clone(), held["decided_by"]["id"].clone())
        };
        assert_eq!(state("").await, (json!("revoked"), second["id"].clone()));
        assert_eq!(state(&format!("&at={between}")).await, (json!("granted"), first["id"].clone()));
        assert_eq!(state("&at=2025-05-04T00:00:00Z").await, (Value::Null, Value::Null), "nothing was held then");
        assert_eq!(state("&at=2025-05-04T00:00:00Z&known=now").await, (json!("revoked"), paper["id"].clone()));
        let unknown = tenant.http.get(&format!("/v1/consents/state?to={}", number(9))).await.expect(200);
        assert_eq!((unknown["held"].clone(), unknown["marketing"].clone()), (json!([]), json!("opt_out")));
    }

    async fn words_in_many_languages_opt_out_and_in_again(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let marketing = async |n: usize| verdict(&tenant, &tenant.marketing(n)).await.1;
        for (n, words) in ["Please STOP, thank you!", "bitte abmelden", "إيقاف", "הסר", "退订", "désabonner svp"].iter().enumerate() {
            tenant.hears(n, words, app.now_us()).await;
            assert_eq!(marketing(n).await, "consent.suppressed", "{words}");
        }
        tenant.hears(20, "don't stop the delivery", app.now_us()).await;
        tenant.hears(20, "START", app.now_us()).await;
        assert_eq!(marketing(20).await, "");
        let ledger = tenant.http.get(&format!("/v1/consents?to={}", number(20))).await.expect(200);
        assert_eq!(ledger["consents"], json!([]), "a start means something only to those who stopped");
        app.clock.advance(Duration::from_secs(2));
        tenant.hears(0, "start", app.now_us()).await;
        assert_eq!(marketing(0).await, "");
        let ledger = tenant.http.get(&format!("/v1/consents?to={}", number(0))).await.expect(200);
        assert_eq!((&ledger["consents"][0]["source"], &ledger["consents"][0]["source_detail"]), (&json!("keyword"), &json!("start")));
        tenant.hears(21, "how do I stop these messages from you", app.now_us()).await;
        assert_eq!(marketing(21).await, "", "people decide");
        tenant.events_with("consent.opt_out_possible", 1).await;
        settings(&tenant, &json!({"stop_words": ["Genug"]})).await;
        tenant.hears(22, "genug!", app.now_us()).await;
        assert_eq!(marketing(22).await, "consent.suppressed");
    }

    async fn an_opt_out_is_confirmed_once_if_asked_for(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        tenant.hears(1, "STOP", app.now_us()).await;
        settings(&tenant, &json!({"confirm_opt_out": true, "confirmation": "Acme heard you."})).await;
        for _ in 0..3 {
            tenant.hears(2, "STOP", app.now_us()).await;
        }
        let sent = eventually("the confirmation", async || {
            let list = tenant.http.get("/v1/messages").await.expect(200);
            list["messages"].as_array().and_then(|all| all.first().cloned())
        })
        .await;
        let message = tenant.until(sent["id"].as_str().unwrap(), "read").await;
        assert_eq!((&message["category"], &message["to"]["phone"]), (&json!("service"), &json!(phone(2))));
        assert!(message["content"].to_string().contains("Acme heard you."), "{message}");
        let all = tenant.http.get("/v1/messages").await.expect(200);
        assert_eq!(all["messages"].as_array().map(Vec::len), Some(1), "one, and none before it was asked for");
    }

    async fn the_platforms_switch_is_lifted_by_itself_alone(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let until = async |n: usize, want: &str| {
            eventually("the platform's word to count", async || {
                (verdict(&tenant, &tenant.marketing(n)).await.1 == want).then_some(())
            })
            .await;
        };
        app.simulator.user_preference(app.now_us(), &tenant.number, &phone(1)[1..], "stop");
        until(1, "consent.suppressed").await;
        app.clock.advance(Duration::from_secs(5));
        app.simulator.user_preference(app.now_us(), &tenant.number, &phone(1)[1..], "resume");
        until(1, "").await;
        tenant.hears(2, "STOP", app.now_us()).await;
        app.clock.advance(Duration::from_secs(5));
        app.simulator.user_preference(app.now_us(), &tenant.number, &phone(2)[1..], "stop");
        app.clock.advance(Duration::from_secs(5));
        app.simulator.user_preference(app.now_us(), &tenant.number, &phone(2)[1..], "resume");
        eventually("the platform's resume", async || {
            let ledger = tenant.http.get(&format!("/v1/consents?to={}", number(2))).await.expect(200);
            let resumed = |each: &Value| each["granted"] == true && each["source"] == "provider_webhook";
            ledger["consents"].as_array().unwrap().iter().any(resumed).then_some(())
        })
        .await;
        assert_eq!(verdict(&tenant, &tenant.marketing(2)).await.1, "consent.suppressed", "a typed STOP stays");
    }
}

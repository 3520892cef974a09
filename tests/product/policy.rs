//! Denied is not refused: well-formed, stored, and the rule that decided is shown.

use std::time::Duration;

use serde_json::{Value, json};

use tidings_tests::both_engines;
use tidings_tests::support::{Storage, TestApp, eventually, phone};

fn rules(message: &Value, verdict: &str) -> Vec<String> {
    let all = message["decisions"].as_array().into_iter().flatten();
    let of =
        all.filter(|decision| decision["verdict"] == verdict || decision["verdict"][verdict].is_object());
    of.filter_map(|decision| decision["rule"].as_str().map(str::to_owned)).collect()
}

both_engines! {
    async fn an_opt_out_denies_marketing_and_nothing_else(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        tenant.revoke(1, "marketing").await;
        let answer = tenant.http.post("/v1/messages", &tenant.marketing(1)).await.expect(202);
        assert_eq!((answer["status"].as_str(), answer["reason"].as_str()), (Some("denied"), Some("consent.suppressed")));
        let message = tenant.message(answer["id"].as_str().unwrap()).await;
        assert_eq!(message["status"], "denied");
        assert_eq!(rules(&message, "deny"), ["consent.suppressed"], "{message}");
        let id = tenant.send(&tenant.utility(1)).await;
        tenant.until(&id, "read").await;
        let grant = json!({"to": {"phone": phone(1)}, "channel": "whatsapp", "purpose": "marketing",
            "granted": true, "source": "form"});
        tenant.http.post("/v1/consents", &grant).await.expect(201);
        let id = tenant.send(&tenant.marketing(1)).await;
        tenant.until(&id, "read").await;
        let query = phone(1).replace('+', "%2B");
        let ledger = tenant.http.get(&format!("/v1/consents?to={query}")).await.expect(200);
        let granted: Vec<_> = ledger["consents"].as_array().unwrap().iter().map(|each| each["granted"].clone()).collect();
        assert_eq!(granted, [true, false], "newest first");
    }

    async fn a_typed_stop_and_the_apps_menu_opt_out_too(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        tenant.hears(1, "STOP", app.now_us()).await;
        let answer = tenant.http.post("/v1/messages", &tenant.marketing(1)).await.expect(202);
        assert_eq!(answer["status"], "denied", "{answer}");
        app.simulator.user_preference(app.now_us(), &tenant.number, &phone(2)[1..], "stop");
        eventually("the preference to count", async || {
            let dry = tenant.http.post("/v1/policy/evaluate", &tenant.marketing(2)).await.expect(200);
            (dry["verdict"] == "deny").then_some(())
        })
        .await;
    }

    async fn an_opt_out_before_the_claim_is_honoured(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let pause = json!({"scope": "tenant", "reason": "wait"});
        let pause = tenant.http.post("/v1/pauses", &pause).await.expect(201);
        let id = tenant.send(&tenant.marketing(1)).await;
        tenant.revoke(1, "marketing").await;
        let path = format!("/v1/pauses/{}", pause["id"].as_str().unwrap());
        tenant.http.call(http::Method::DELETE, &path, None, &[]).await.expect(204);
        let message = tenant.until(&id, "denied").await;
        assert_eq!(message["attempts"], json!([]));
        assert_eq!(app.simulator.counts().submissions, 0);
    }

    async fn free_form_needs_an_open_window(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let answer = tenant.http.post("/v1/messages", &tenant.text(1)).await.expect(202);
        assert_eq!((answer["status"].as_str(), answer["reason"].as_str()), (Some("denied"), Some("window.closed")));
        tenant.hears(1, "Where is it?", app.now_us()).await;
        let id = tenant.send(&tenant.text(1)).await;
        tenant.until(&id, "read").await;
        app.clock.advance(Duration::from_secs(24 * 3_600 + 5));
        let answer = tenant.http.post("/v1/messages", &tenant.text(1)).await.expect(202);
        assert_eq!(answer["reason"], "window.closed", "{answer}");
    }

    async fn a_rejected_template_is_denied(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let now_us = app.now_us();
        assert!(app.simulator.template_event(now_us, &tenant.business_id, "spring_offer", "en_US", "DISABLED"));
        let denied = eventually("the template's new status to count", async || {
            let dry = tenant.http.post("/v1/policy/evaluate", &tenant.marketing(1)).await.expect(200);
            (dry["verdict"] == "deny").then_some(dry)
        })
        .await;
        assert_eq!(denied["decided_by"], "template.not_approved", "{denied}");
        let answer = tenant.http.post("/v1/messages", &tenant.marketing(1)).await.expect(202);
        assert_eq!(answer["reason"], "template.not_approved");
    }

    async fn a_dry_run_stores_nothing(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let dry = tenant.http.post("/v1/policy/evaluate", &tenant.utility(1)).await.expect(200);
        assert_eq!(dry["verdict"], "allow");
        assert_eq!(dry["route"]["sender"], tenant.sender);
        let dry = tenant.http.post("/v1/policy/evaluate", &tenant.text(1)).await.expect(200);
        assert_eq!((dry["verdict"].as_str(), dry["decided_by"].as_str()), (Some("deny"), Some("window.closed")));
        let mut bad = tenant.utility(1);
        bad["template"]["name"] = json!("nobody_knows");
        tenant.http.post("/v1/policy/evaluate", &bad).await.expect(400);
        assert_eq!(tenant.http.get("/v1/messages").await.expect(200)["messages"], json!([]));
    }
}

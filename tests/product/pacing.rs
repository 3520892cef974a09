//! The lane: what slows it, what holds it, what it keeps ahead of.

use serde_json::{Value, json};

use tidings_simulator::Faults;
use tidings_tests::both_engines;
use tidings_tests::support::{Storage, TestApp, eventually};

both_engines! {
    async fn a_throughput_refusal_slows_the_lane_and_is_retried(storage: Storage) {
        let app = TestApp::with(storage, |options| {
            options.simulator.faults = Faults { rate_limited: 1.0, ..Faults::none() };
        })
        .await;
        let tenant = app.tenant().await;
        let id = tenant.send(&tenant.utility(1)).await;
        tenant.until_event(&id, "message.retrying").await;
        app.simulator.set_faults(Faults::none());
        let lane = tenant.http.get(&format!("/v1/senders/{}/lane", tenant.sender)).await.expect(200);
        assert_eq!(lane["phase"], "slowed", "{lane}");
        assert!(lane["buckets"][0]["factor"].as_f64().unwrap() < 1.0, "{lane}");
        let message = tenant.until(&id, "read").await;
        assert_eq!(message["attempts"][0]["error"]["code"], 130_429);
        assert_eq!(message["attempts"][0]["was_in_doubt"], false, "a refusal is definite");
        assert!(app.counter("lanes_slowed") >= 1);
    }

    async fn the_pair_limit_is_never_met(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let many: Vec<Value> = (0..50).map(|_| tenant.utility(1)).collect();
        tenant.http.post("/v1/messages/batch", &json!({ "messages": many })).await.expect(202);
        eventually("the burst to go out", async || (app.simulator.counts().submissions >= 40).then_some(())).await;
        let other = tenant.send(&tenant.utility(2)).await;
        tenant.until(&other, "read").await;
        let ledger = app.simulator.ledger();
        assert_eq!(ledger.violations, Vec::<String>::new());
        assert!(ledger.submissions.iter().all(|each| each.answer == "accepted"));
        assert!(ledger.submissions.len() < 45, "the rest waits for its pace: {}", ledger.submissions.len());
    }

    async fn order_holds_per_recipient(storage: Storage) {
        let app = TestApp::with(storage, |options| options.simulator.answer_delay_us = 20_000).await;
        let tenant = app.tenant().await;
        let mut ids = Vec::new();
        for _ in 0..6 {
            ids.push(tenant.send(&tenant.utility(1)).await);
        }
        let mut attempts = Vec::new();
        for id in &ids {
            attempts.push(tenant.until(id, "read").await["attempts"][0]["id"].as_str().unwrap().to_owned());
        }
        let ledger = app.simulator.ledger();
        let seen: Vec<_> = ledger.submissions.iter().filter_map(|each| each.callback_data.clone()).collect();
        assert_eq!(seen, attempts);
    }

    async fn a_paused_template_waits_in_the_lane_and_others_pass(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let pause = json!({"scope": "template", "id": "spring_offer", "reason": "later"});
        let pause = tenant.http.post("/v1/pauses", &pause).await.expect(201);
        let id = tenant.send(&tenant.marketing(1)).await;
        assert!(app.simulator.template_event(app.now_us(), &tenant.business_id, "spring_offer", "en_US", "PAUSED"));
        eventually("the platform's pause to be known", async || {
            let dry = tenant.http.post("/v1/policy/evaluate", &tenant.marketing(1)).await.expect(200);
            (dry["verdict"] != "allow").then_some(())
        })
        .await;
        let path = format!("/v1/pauses/{}", pause["id"].as_str().unwrap());
        tenant.http.call(http::Method::DELETE, &path, None, &[]).await.expect(204);
        tenant.until_event(&id, "message.deferred").await;
        let other = tenant.send(&tenant.utility(2)).await;
        tenant.until(&other, "read").await;
        assert_eq!(app.simulator.counts().submissions, 1);
        app.simulator.template_event(app.now_us(), &tenant.business_id, "spring_offer", "en_US", "APPROVED");
        app.clock.advance(std::time::Duration::from_secs(61));
        tenant.until(&id, "read").await;
    }

    async fn a_refused_token_holds_the_account(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        app.simulator.revoke_token("token-0");
        let id = tenant.send(&tenant.utility(1)).await;
        tenant.until_event(&id, "message.attempt_failed").await;
        let lane = eventually("the lane to be held", async || {
            let lane = tenant.http.get(&format!("/v1/senders/{}/lane", tenant.sender)).await.expect(200);
            (lane["phase"] == "held").then_some(lane)
        })
        .await;
        assert!(lane["holds"][0]["reason"].as_str().unwrap().contains("190"), "{lane}");
    }
}

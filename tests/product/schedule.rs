//! `send_at`, expiry and cancel.

use std::time::Duration;

use serde_json::json;

use tidings_domain::clock::Clock;
use tidings_domain::time::SECOND;
use tidings_tests::both_engines;
use tidings_tests::support::{Storage, TestApp};

both_engines! {
    async fn a_scheduled_message_waits_for_its_time(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let mut intent = tenant.utility(1);
        intent["send_at"] = json!(app.clock.now().plus(3_600 * SECOND));
        let answer = tenant.http.post("/v1/messages", &intent).await.expect(202);
        assert_eq!(answer["status"], "scheduled");
        let id = answer["id"].as_str().unwrap();
        assert_eq!(tenant.message(id).await["status"], "scheduled");
        let other = tenant.send(&tenant.utility(2)).await;
        tenant.until(&other, "read").await;
        assert_eq!(app.simulator.counts().submissions, 1, "the scheduled one has not left");
        app.clock.advance(Duration::from_secs(3_601));
        tenant.until(id, "read").await;
    }

    async fn a_canceled_message_never_leaves(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let mut intent = tenant.utility(1);
        intent["send_at"] = json!(app.clock.now().plus(3_600 * SECOND));
        let id = tenant.send(&intent).await;
        let path = format!("/v1/messages/{id}/cancel");
        let canceled = tenant.http.post(&path, &json!({})).await.expect(200);
        assert_eq!(canceled["status"], "canceled");
        app.clock.advance(Duration::from_secs(3_601));
        let sent = tenant.send(&tenant.utility(2)).await;
        tenant.until(&sent, "read").await;
        assert_eq!(tenant.message(&id).await["status"], "canceled");
        assert_eq!(app.simulator.counts().submissions, 1);
        let late = tenant.http.post(&format!("/v1/messages/{sent}/cancel"), &json!({})).await;
        assert_eq!((late.status, late.body["code"].as_str()), (409, Some("conflict")));
    }

    async fn what_waits_too_long_expires(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let pause = json!({"scope": "sender", "id": tenant.sender, "reason": "maintenance"});
        let pause = tenant.http.post("/v1/pauses", &pause).await.expect(201);
        let id = tenant.send(&tenant.code(1)).await;
        app.clock.advance(Duration::from_secs(601));
        let path = format!("/v1/pauses/{}", pause["id"].as_str().unwrap());
        tenant.http.call(http::Method::DELETE, &path, None, &[]).await.expect(204);
        tenant.until(&id, "expired").await;
        assert_eq!(app.simulator.counts().submissions, 0);
    }
}

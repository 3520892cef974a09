//! What failed for good is listed with its reason and can be sent again.

use serde_json::json;

use tidings_simulator::Customers;
use tidings_tests::both_engines;
use tidings_tests::support::{Storage, TestApp, phone};

both_engines! {
    async fn a_failed_message_is_listed_and_redriven(storage: Storage) {
        let app = TestApp::with(storage, |options| options.simulator.customers.failed_share = 1.0).await;
        let tenant = app.tenant().await;
        let id = tenant.send(&tenant.utility(1)).await;
        tenant.until(&id, "failed").await;
        let list = tenant.http.get("/v1/dead-letters").await.expect(200);
        assert_eq!(list["dead_letters"][0]["message"], id);
        assert_eq!(list["dead_letters"][0]["reason"], "provider.131026");
        app.simulator.set_customers(Customers::instant());
        tenant.http.post("/v1/invalid-recipients/lift", &json!({"to": {"phone": phone(1)}})).await.expect(204);
        let redriven = tenant.http.post(&format!("/v1/messages/{id}/redrive"), &json!({})).await.expect(202);
        assert_eq!(redriven["status"], "queued");
        let message = tenant.until(&id, "read").await;
        assert_eq!(message["attempts"].as_array().unwrap().len(), 2);
        assert_eq!(tenant.http.get("/v1/dead-letters").await.expect(200)["dead_letters"], json!([]));
        let again = tenant.http.post(&format!("/v1/messages/{id}/redrive"), &json!({})).await;
        assert_eq!(again.status, 409, "{}", again.text);
    }

    async fn retries_end_with_the_messages_expiry(storage: Storage) {
        let app = TestApp::with(storage, |options| {
            options.simulator.faults.rate_limited = 1.0;
        })
        .await;
        let tenant = app.tenant().await;
        let mut intent = tenant.utility(1);
        intent["expires_at"] = json!(tidings_domain::time::Timestamp::from_micros(app.now_us() + 4_000_000));
        let id = tenant.send(&intent).await;
        let message = tenant.until(&id, "failed|expired").await;
        if message["status"] == "failed" {
            let list = tenant.http.get("/v1/dead-letters?kind=dead").await.expect(200);
            assert_eq!(list["dead_letters"][0]["message"], id, "{message}");
        }
    }
}

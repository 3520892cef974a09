//! Recipients that cannot be reached are remembered, refused early, and can be lifted.

use serde_json::json;

use tidings_simulator::Customers;
use tidings_tests::both_engines;
use tidings_tests::support::{Storage, TestApp, phone};

both_engines! {
    async fn an_unreachable_recipient_is_denied_until_it_is_lifted(storage: Storage) {
        let app = TestApp::with(storage, |options| options.simulator.customers.failed_share = 1.0).await;
        let tenant = app.tenant().await;
        let id = tenant.send(&tenant.utility(1)).await;
        tenant.until(&id, "failed").await;
        let list = tenant.http.get("/v1/invalid-recipients").await.expect(200);
        assert_eq!(list["invalid_recipients"].as_array().unwrap().len(), 1, "{list}");
        let answer = tenant.http.post("/v1/messages", &tenant.utility(1)).await.expect(202);
        assert_eq!((answer["status"].as_str(), answer["reason"].as_str()), (Some("denied"), Some("recipient.invalid")));
        let quick = Customers { sent_median_ms: 5.0, delivery_median_ms: 5.0, read_median_ms: 5.0, read_share: 1.0,
            failed_share: 0.0, ..Customers::instant() };
        app.simulator.set_customers(quick);
        let lift = json!({"to": {"phone": phone(1)}});
        tenant.http.post("/v1/invalid-recipients/lift", &lift).await.expect(204);
        let list = tenant.http.get("/v1/invalid-recipients").await.expect(200);
        assert_eq!(list["invalid_recipients"], json!([]));
        let id = tenant.send(&tenant.utility(1)).await;
        tenant.until(&id, "read").await;
    }
}

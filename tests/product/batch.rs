//! Many intents in one call.

use serde_json::{Value, json};

use tidings_tests::both_engines;
use tidings_tests::support::{Storage, TestApp};

both_engines! {
    async fn bad_items_are_rejected_by_index_and_the_rest_goes(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let mut nobody = tenant.utility(1);
        nobody["template"]["name"] = json!("nobody_knows");
        let mut short = tenant.utility(1);
        short["template"]["variables"] = json!(["Ann"]);
        let bad_number = json!({"to": {"phone": "+49"}, "text": {"body": "x"}});
        let batch = json!({"messages": [tenant.utility(1), nobody, tenant.utility(2), short, bad_number, 7]});
        let answer = tenant.http.post("/v1/messages/batch", &batch).await.expect(202);
        let indexes = |list: &str| -> Vec<u64> {
            answer[list].as_array().unwrap().iter().map(|item| item["index"].as_u64().unwrap()).collect()
        };
        assert_eq!(indexes("accepted"), [0, 2]);
        assert_eq!(indexes("rejected"), [1, 3, 4, 5]);
        let codes: Vec<&str> = answer["rejected"].as_array().unwrap().iter().filter_map(|each| each["code"].as_str()).collect();
        assert_eq!(codes[..3], ["template.unknown", "template.variable_count", "phone.invalid"]);
        for item in answer["accepted"].as_array().unwrap() {
            tenant.until(item["id"].as_str().unwrap(), "read").await;
        }
        assert_eq!(tenant.http.get("/v1/messages").await.expect(200)["messages"].as_array().unwrap().len(), 2);
    }

    async fn a_batch_is_bounded(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let many: Vec<Value> = (0..1_001).map(|_| tenant.utility(1)).collect();
        let refused = tenant.http.post("/v1/messages/batch", &json!({ "messages": many })).await;
        assert_eq!((refused.status, refused.body["errors"][0]["code"].as_str()), (400, Some("batch.size")));
        tenant.http.post("/v1/messages/batch", &json!({ "messages": [] })).await.expect(400);
        let fat = "x".repeat(5_100_000);
        let refused = tenant.http.post("/v1/messages/batch", &json!({ "messages": [fat] })).await;
        assert_eq!((refused.status, refused.body["code"].as_str()), (413, Some("too_large")));
        assert_eq!(tenant.http.get("/v1/messages").await.expect(200)["messages"], json!([]));
    }

    async fn a_thousand_in_one_call_all_leave_at_the_senders_pace(storage: Storage) {
        let app = TestApp::with(storage, |options| options.patience_us = 20_000_000).await;
        let tenant = app.tenant().await;
        let fast = json!({"messages_per_s": 1000});
        let path = format!("/v1/senders/{}", tenant.sender);
        tenant.http.call(http::Method::PATCH, &path, Some(&fast), &[]).await.expect(200);
        app.simulator.phone_event(0, &tenant.number, "THROUGHPUT_UPGRADE");
        let many: Vec<Value> = (0..1_000).map(|n| tenant.utility(n)).collect();
        let answer = tenant.http.post("/v1/messages/batch", &json!({ "messages": many })).await.expect(202);
        assert_eq!(answer["accepted"].as_array().unwrap().len(), 1_000, "{}", answer["rejected"][0]);
        tidings_tests::support::eventually("a thousand submissions", async || {
            (app.simulator.counts().receipts.read >= 1_000).then_some(())
        })
        .await;
        assert_eq!(app.simulator.counts().repeated_callback_data, 0);
        assert_eq!(app.simulator.ledger().violations, Vec::<String>::new());
    }
}

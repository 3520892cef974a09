//! The same call twice is one message.

use http::Method;
use serde_json::json;

use tidings_tests::both_engines;
use tidings_tests::support::{Storage, TestApp};

both_engines! {
    async fn a_repeated_key_replays_its_answer(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let key = [("idempotency-key", "order-42")];
        let call = async |to: usize| {
            let intent = tenant.utility(to);
            tenant.http.call(Method::POST, "/v1/messages", Some(&intent), &key).await
        };
        let first = call(1).await;
        assert_eq!((first.status, first.header("idempotent-replayed")), (202, None));
        let again = call(1).await;
        assert_eq!((again.status, again.header("idempotent-replayed")), (202, Some("true")));
        assert_eq!(again.text, first.text);
        let other = call(2).await;
        assert_eq!((other.status, other.body["code"].as_str()), (422, Some("idempotency_mismatch")));
        let id = first.body["id"].as_str().unwrap();
        tenant.until(id, "read").await;
        assert_eq!(call(1).await.text, first.text, "the stored answer stays as it was");
        assert_eq!(app.simulator.counts().submissions, 1);
    }

    async fn keys_of_other_tenants_and_other_calls_are_other_keys(storage: Storage) {
        let app = TestApp::start(storage).await;
        let (one, two) = (app.tenant().await, app.tenant_number(1).await);
        let key = [("idempotency-key", "k")];
        let first = one.http.call(Method::POST, "/v1/messages", Some(&one.utility(1)), &key).await;
        let second = two.http.call(Method::POST, "/v1/messages", Some(&two.utility(1)), &key).await;
        assert_ne!(first.expect(202)["id"], second.expect(202)["id"]);
        let batch = json!({"messages": [one.utility(1)]});
        one.http.call(Method::POST, "/v1/messages/batch", Some(&batch), &key).await.expect(202);
    }

    async fn a_refusal_is_not_stored(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let key = [("idempotency-key", "k")];
        let mut bad = tenant.utility(1);
        bad["template"]["name"] = json!("nobody_knows");
        tenant.http.call(Method::POST, "/v1/messages", Some(&bad), &key).await.expect(400);
        tenant.http.call(Method::POST, "/v1/messages", Some(&tenant.utility(1)), &key).await.expect(202);
        let long = "k".repeat(256);
        let long = [("idempotency-key", long.as_str())];
        let refused = tenant.http.call(Method::POST, "/v1/messages", Some(&tenant.utility(1)), &long).await;
        assert_eq!(refused.status, 400, "{}", refused.text);
    }

    async fn many_at_once_are_one_message(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..12 {
            let tenant = tenant.clone();
            calls.spawn(async move {
                let key = [("idempotency-key", "k")];
                tenant.http.call(Method::POST, "/v1/messages", Some(&tenant.utility(1)), &key).await
            });
        }
        let mut ids = std::collections::BTreeSet::new();
        while let Some(answer) = calls.join_next().await {
            let answer = answer.unwrap();
            match answer.status {
                202 => {
                    ids.insert(answer.body["id"].as_str().unwrap().to_owned());
                }
                409 => assert_eq!(answer.body["code"], "idempotency_in_progress"),
                other => panic!("{other}: {}", answer.text),
            }
        }
        assert_eq!(ids.len(), 1);
        let list = tenant.http.get("/v1/messages").await.expect(200);
        assert_eq!(list["messages"].as_array().unwrap().len(), 1);
    }
}

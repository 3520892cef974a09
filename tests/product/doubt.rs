//! Nothing is sent blindly twice: what nobody knows is a doubt, and a doubt is resolved or decided.

use serde_json::{Value, json};

use tidings_simulator::Faults;
use tidings_tests::both_engines;
use tidings_tests::support::{Storage, TestApp, eventually};

const SECOND: i64 = 1_000_000;

async fn submissions(app: &TestApp, n: u64) {
    eventually("a submission", async || (app.simulator.counts().submissions >= n).then_some(())).await;
}

fn attempts(message: &Value) -> usize {
    message["attempts"].as_array().map_or(0, Vec::len)
}

/// Whatever the answer was, the receipt tells that the message exists: it is not sent again.
async fn resolved_by_receipt(storage: Storage, faults: Faults) {
    let app = TestApp::with(storage, |options| {
        options.simulator.faults = faults;
        options.simulator.customers.sent_median_ms = 300.0;
        options.engine.doubt_us = [60 * SECOND; 4];
    })
    .await;
    let tenant = app.tenant().await;
    let id = tenant.send(&tenant.utility(1)).await;
    let message = tenant.until(&id, "read").await;
    assert_eq!((attempts(&message), &message["attempts"][0]["was_in_doubt"]), (1, &json!(true)));
    assert_eq!(app.simulator.counts().submissions, 1);
}

both_engines! {
    async fn a_receipt_resolves_a_timeout_after_acceptance(storage: Storage) {
        let app = TestApp::with(storage, |options| {
            options.simulator.faults = Faults { timeout_after_accept: 1.0, ..Faults::none() };
            options.simulator.customers.sent_median_ms = 1_500.0;
            options.engine.doubt_us = [60 * SECOND; 4];
        })
        .await;
        let tenant = app.tenant().await;
        let id = tenant.send(&tenant.utility(1)).await;
        let doubted = tenant.until(&id, "in_doubt").await;
        assert_eq!(doubted["attempts"][0]["was_in_doubt"], true);
        let list = tenant.http.get("/v1/dead-letters?kind=in_doubt").await.expect(200);
        assert_eq!(list["dead_letters"][0]["message"], id);
        let message = tenant.until(&id, "read").await;
        assert_eq!(attempts(&message), 1);
        assert!(tenant.timeline(&id).await.contains(&"message.doubt_resolved".to_owned()));
        assert_eq!(app.simulator.counts().submissions, 1);
        let list = tenant.http.get("/v1/dead-letters?kind=in_doubt").await.expect(200);
        assert_eq!(list["dead_letters"], json!([]));
    }

    async fn utility_is_sent_again_and_says_so(storage: Storage) {
        let app = TestApp::with(storage, |options| {
            options.simulator.faults = Faults { timeout_before_accept: 1.0, ..Faults::none() };
        })
        .await;
        let tenant = app.tenant().await;
        let id = tenant.send(&tenant.utility(1)).await;
        submissions(&app, 1).await;
        app.simulator.set_faults(Faults::none());
        let message = tenant.until(&id, "read").await;
        assert_eq!(attempts(&message), 2, "{message}");
        assert_eq!(message["attempts"][0]["was_in_doubt"], true);
        let timeline = tenant.timeline(&id).await;
        assert!(timeline.contains(&"message.in_doubt".to_owned()), "{timeline:?}");
        assert!(timeline.contains(&"message.retrying".to_owned()), "{timeline:?}");
    }

    async fn marketing_is_not_sent_again(storage: Storage) {
        let app = TestApp::with(storage, |options| {
            options.simulator.faults = Faults { timeout_before_accept: 1.0, ..Faults::none() };
        })
        .await;
        let tenant = app.tenant().await;
        let id = tenant.send(&tenant.marketing(1)).await;
        let message = tenant.until(&id, "unknown").await;
        assert_eq!(attempts(&message), 1);
        assert_eq!(app.simulator.counts().submissions, 1);
        let list = tenant.http.get("/v1/dead-letters?kind=unknown").await.expect(200);
        assert_eq!(list["dead_letters"][0]["message"], id);
    }

    async fn a_late_receipt_corrects_an_unknown(storage: Storage) {
        let app = TestApp::with(storage, |options| {
            options.simulator.faults = Faults { timeout_after_accept: 1.0, ..Faults::none() };
            options.simulator.customers.sent_median_ms = 4_000.0;
        })
        .await;
        let tenant = app.tenant().await;
        let id = tenant.send(&tenant.marketing(1)).await;
        tenant.until(&id, "unknown").await;
        tenant.until(&id, "read").await;
        let list = tenant.http.get("/v1/dead-letters?kind=unknown").await.expect(200);
        assert_eq!(list["dead_letters"], json!([]));
    }

    async fn a_server_error_is_a_doubt(storage: Storage) {
        resolved_by_receipt(storage, Faults { server_error_after_accept: 1.0, ..Faults::none() }).await;
    }

    async fn an_unreadable_answer_is_a_doubt(storage: Storage) {
        resolved_by_receipt(storage, Faults { invalid_json_200: 1.0, ..Faults::none() }).await;
    }

    async fn a_receipt_may_come_before_the_answer(storage: Storage) {
        let app = TestApp::with(storage, |options| {
            options.simulator.answer_delay_us = 300_000;
            options.simulator.customers.sent_median_ms = 1.0;
        })
        .await;
        let tenant = app.tenant().await;
        let id = tenant.send(&tenant.utility(1)).await;
        let message = tenant.until(&id, "read").await;
        tenant.until_event(&id, "message.submitted").await;
        assert_eq!(tenant.message(&id).await["status"], "read", "the answer takes nothing back");
        assert_eq!(attempts(&message), 1);
    }

    async fn a_receipt_for_an_unknown_id_is_kept_and_joined_later(storage: Storage) {
        let app = TestApp::with(storage, |options| {
            options.simulator.answer_delay_us = 1_500_000;
            options.simulator.customers.sent_median_ms = 3_600_000.0;
            options.patience_us = 10 * SECOND;
        })
        .await;
        let tenant = app.tenant().await;
        let id = tenant.send(&tenant.utility(1)).await;
        submissions(&app, 1).await;
        let wamid = app.simulator.ledger().submissions[0].wamid.clone().unwrap();
        let status = json!({"id": wamid, "status": "delivered", "timestamp": (app.now_us() / SECOND).to_string(),
            "recipient_id": "4915112300001"});
        let value = json!({"messaging_product": "whatsapp", "metadata": tenant.metadata(), "statuses": [status]});
        tenant.signed_callback(&app, &tenant.change("messages", &value)).await.expect(200);
        assert_eq!(app.counter("receipts_kept"), 1);
        assert_eq!(tenant.message(&id).await["status"], "submitting");
        tenant.until(&id, "delivered").await;
    }
}

//! What is private stays where it belongs: no address, content or secret in the log, the metrics or an error.

use http::Method;
use serde_json::json;

use tidings_tests::both_engines;
use tidings_tests::support::{Storage, TestApp, phone};

/// Nobody writes this by chance.
const CANARY: &str = "canary-7f3a91c4";

both_engines! {
    async fn nothing_private_in_events_metrics_and_errors(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let mut intent = tenant.utility(1);
        intent["template"]["variables"] = json!([CANARY, "1"]);
        intent["reference"] = json!(CANARY);
        intent["metadata"] = json!({"note": CANARY});
        let sent = tenant.send(&intent).await;
        tenant.until(&sent, "read").await;
        tenant.hears(1, CANARY, app.now_us()).await;
        tenant.revoke(1, "marketing").await;
        let denied = tenant.send(&tenant.marketing(1)).await;
        tenant.until(&denied, "denied").await;
        let mut seen = vec![
            ("events", serde_json::to_string(&tenant.events().await).unwrap()),
            ("metrics", app.http.get("/metrics").await.text),
        ];
        let mut broken = tenant.utility(1);
        broken["to"] = json!({"phone": format!("{}{CANARY}", phone(1))});
        seen.push(("invalid number", tenant.http.post("/v1/messages", &broken).await.text));
        let text = format!("{{\"text\": \"{CANARY}");
        seen.push(("broken JSON", tenant.http.raw(Method::POST, "/v1/messages", text, &[]).await.text));
        let stranger = app.http.with_token(&format!("tdk_main_{CANARY}"));
        seen.push(("unknown key", stranger.get("/v1/messages").await.text));
        let digits = phone(1).trim_start_matches('+').to_owned();
        for (place, text) in seen {
            assert!(!text.is_empty(), "{place} says something");
            assert!(!text.contains(CANARY), "{place} repeats what is private: {text}");
            assert!(!text.contains(&digits), "{place} names a phone number: {text}");
        }
    }
}

//! One trace id from the trigger to the last receipt.

use http::Method;

use tidings_tests::both_engines;
use tidings_tests::support::{Storage, TestApp};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

both_engines! {
    async fn the_clients_trace_runs_through_everything(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let header = format!("00-{TRACE}-00f067aa0ba902b7-01");
        let intent = tenant.utility(1);
        let answer = tenant.http.call(Method::POST, "/v1/messages", Some(&intent), &[("traceparent", &header)]).await;
        let returned = answer.header("traceparent").unwrap();
        assert_eq!(returned.split('-').nth(1), Some(TRACE));
        assert_ne!(returned, header, "the span is ours");
        let id = answer.body["id"].as_str().unwrap().to_owned();
        let message = tenant.until(&id, "read").await;
        tenant.until_event(&id, "message.submitted").await;
        assert_eq!(message["trace_id"], TRACE);
        let events = tenant.events_with("message.read", 1).await;
        let own: Vec<_> = events.into_iter().filter(|event| event["subject"] == id.as_str()).collect();
        assert!(own.len() >= 4, "{own:?}");
        for event in own {
            assert_eq!(event["trace_id"], TRACE, "{event}");
        }
        let found = tenant.http.get(&format!("/v1/messages?trace={TRACE}")).await.expect(200);
        assert_eq!(found["messages"][0]["id"], id);
    }

    async fn without_one_a_trace_is_made(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let answer = tenant.http.post("/v1/messages", &tenant.utility(1)).await;
        let trace = answer.header("traceparent").unwrap().split('-').nth(1).unwrap().to_owned();
        let id = answer.body["id"].as_str().unwrap();
        assert_eq!(tenant.message(id).await["trace_id"], trace.as_str());
        let found = tenant.http.get(&format!("/v1/messages?trace={trace}")).await.expect(200);
        assert_eq!(found["messages"][0]["id"], id, "{found}");
        tenant.http.get("/v1/messages?trace=xyz").await.expect(400);
    }
}

//! One trace id from the trigger to the last receipt.

use std::sync::Arc;

use http::Method;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use tidings_simulator::{Customers, Faults, SimConfig};
use tidings_tests::both_engines;
use tidings_tests::support::{Program, Storage, Tenant, TestApp, free_port, machine_us, provider};

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
        let sent = app.traces.lock().clone();
        assert_eq!(sent.len(), 1, "{sent:?}");
        assert_eq!(sent[0].split('-').nth(1), Some(TRACE), "the provider is told");
        let found = tenant.http.get(&format!("/v1/messages?trace={TRACE}")).await.expect(200);
        assert_eq!(found["messages"][0]["id"], id);
        let program = Program::default().with("TIDINGS_SERVER", &app.http.base).with("TIDINGS_KEY", &tenant.key);
        let found = program.json(&["message", "list", "--trace", TRACE, "--json"]).await;
        assert_eq!(found["messages"][0]["id"], id, "{found}");
    }

    async fn every_line_of_the_log_about_a_message_names_its_trace(storage: Storage) {
        let stop = CancellationToken::new();
        let config = SimConfig { customers: Customers::instant(), ..SimConfig::default() };
        let (simulator, url) = provider(config, Arc::new(machine_us), &stop).await;
        simulator.set_faults(Faults { rate_limited: 1.0, ..Faults::none() });
        let dir = tempfile::tempdir().unwrap();
        let (data_dir, log) = (dir.path().join("data"), dir.path().join("log"));
        let program = Program::default()
            .on(&storage)
            .logging_to(&log)
            .with("TIDINGS_PROVIDERS__CLOUD__BASE_URL", url)
            .with("TIDINGS_LOG__LEVEL", "debug")
            .with("TIDINGS_LOG__FORMAT", "json");
        let init = program.json(&["init", "--data-dir", data_dir.to_str().unwrap(), "--json"]).await;
        let served = program.serve(&data_dir, free_port().await).await;
        let installation = served.http.with_token(init["installation_key"].as_str().unwrap());
        let tenant = Tenant::make(&installation, &simulator, "Acme Parcels", 0).await;
        let header = format!("00-{TRACE}-00f067aa0ba902b7-01");
        let intent = tenant.utility(1);
        let answer = tenant.http.call(Method::POST, "/v1/messages", Some(&intent), &[("traceparent", &header)]).await;
        let id = answer.body["id"].as_str().unwrap().to_owned();
        tenant.until_event(&id, "message.retrying").await;
        simulator.set_faults(Faults::none());
        tenant.until(&id, "read").await;
        tenant.until_event(&id, "message.submitted").await;
        assert_eq!(served.stop().await, Some(0));
        stop.cancel();

        let text = std::fs::read_to_string(&log).unwrap();
        let lines: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let about: Vec<&Value> = lines.iter().filter(|line| line["msg"] == id.as_str()).collect();
        for line in &about {
            assert_eq!(line["trace"], TRACE, "{line}");
        }
        for wanted in ["accepted", "submitting", "retrying", "submitted", "a receipt was joined"] {
            assert!(about.iter().any(|line| line["message"] == wanted), "`{wanted}` is not in {about:#?}");
        }
        assert!(!text.contains("4915112300001") && !text.contains("Ann"), "no address and no content in the log");
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

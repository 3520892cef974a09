//! What operators and their tools ask.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use tidings_simulator::Faults;
use tidings_tests::both_engines;
use tidings_tests::support::{Program, Storage, TestApp, eventually, free_port};

/// The value of a sample, named with its labels.
fn sample(metrics: &str, name: &str) -> Option<f64> {
    let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
    line.split(' ').next()?.parse().ok()
}

both_engines! {
    async fn how_full_things_stand(storage: Storage) {
        let app = TestApp::with(storage, |options| {
            options.simulator.faults = Faults { timeout_before_accept: 1.0, ..Faults::none() };
            options.engine.doubt_us = [600_000_000; 4];
        })
        .await;
        let tenant = app.tenant().await;
        let doubt = tenant.send(&tenant.utility(1)).await;
        tenant.until(&doubt, "in_doubt").await;
        tenant.revoke(2, "marketing").await;
        tenant.send(&tenant.marketing(2)).await;
        for n in 3..6 {
            let mut later = tenant.code(n);
            later["send_at"] = json!("2027-06-01T10:00:00Z");
            tenant.send(&later).await;
        }
        let pause = json!({"scope": "sender", "id": tenant.sender, "reason": "a look at the figures"});
        tenant.http.post("/v1/pauses", &pause).await.expect(201);
        tenant.send(&tenant.utility(6)).await;

        let wanted = [
            (r#"tidings_queue_depth{region="main",category="authentication"}"#, 3.0),
            (r#"tidings_queue_depth{region="main",category="utility"}"#, 1.0),
            (r#"tidings_queue_depth{region="main",category="marketing"}"#, 0.0),
            (r#"tidings_queue_overdue_seconds{region="main",category="authentication"}"#, 0.0),
            (r#"tidings_queue_capped{region="main"}"#, 0.0),
            (r#"tidings_queue_lanes{region="main"}"#, 1.0),
            (r#"tidings_queue_deepest_lane{region="main"}"#, 4.0),
            (r#"tidings_lanes{region="main",phase="paused"}"#, 1.0),
            (r#"tidings_lanes{region="main",phase="pacing"}"#, 0.0),
            (r#"tidings_lanes_decided{region="main"}"#, 1.0),
            (r#"tidings_attention{region="main",kind="in_doubt"}"#, 1.0),
            (r#"tidings_attention{region="main",kind="denied"}"#, 1.0),
            (r#"tidings_open_doubts{region="main"}"#, 1.0),
            (r#"tidings_open_claims{region="main"}"#, 0.0),
        ];
        // A look is good for some seconds, so the first ones may be of an earlier moment.
        let mut last = String::new();
        let metrics = tokio::time::timeout(Duration::from_secs(30), eventually("the figures", async || {
            last = app.http.get("/metrics").await.text;
            wanted.iter().all(|(name, value)| sample(&last, name) == Some(*value)).then(|| last.clone())
        }))
        .await;
        let Ok(metrics) = metrics else { panic!("{last}") };
        let utility = r#"tidings_queue_overdue_seconds{region="main",category="utility"}"#;
        assert!(sample(&metrics, utility).is_some_and(|seconds| seconds > 0.0), "{metrics}");
        let commits = sample(&metrics, r#"tidings_store_commit_seconds_count{region="main"}"#).unwrap();
        let callers = sample(&metrics, r#"tidings_store_commit_callers_sum{region="main"}"#).unwrap();
        assert!(commits > 5.0 && callers >= commits, "{commits} commits for {callers} callers");
        let all = r#"tidings_store_commit_seconds_bucket{le="+Inf",region="main"}"#;
        assert_eq!(sample(&metrics, all), Some(commits), "{metrics}");
        assert!(!metrics.contains(&tenant.id) && !metrics.contains(&tenant.sender), "{metrics}");
    }

    async fn alive_ready_and_measured(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        assert_eq!(app.http.get("/livez").await.status, 200);
        assert_eq!(app.http.get("/readyz").await.status, 200);
        let id = tenant.send(&tenant.utility(1)).await;
        tenant.until(&id, "read").await;
        let metrics = app.http.get("/metrics").await;
        assert_eq!(metrics.status, 200);
        for line in ["tidings_messages_accepted_total 1", "tidings_submissions_total 1", "tidings_submissions_accepted_total 1"] {
            assert!(metrics.text.contains(line), "{line} is not in\n{}", metrics.text);
        }
        assert!(!metrics.text.contains(&tenant.id) && !metrics.text.contains("49151"));
    }

    async fn the_api_describes_itself_without_the_internet(storage: Storage) {
        let app = TestApp::start(storage).await;
        let openapi = app.http.get("/openapi.json").await.expect(200);
        assert!(openapi["openapi"].as_str().unwrap().starts_with("3.1"));
        let docs = app.http.get("/docs/").await;
        assert_eq!(docs.status, 200);
        for elsewhere in ["https://cdn", "http://cdn", "unpkg", "jsdelivr", "googleapis"] {
            assert!(!docs.text.contains(elsewhere), "{elsewhere}");
        }
    }

    async fn the_overview_counts(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let id = tenant.send(&tenant.utility(1)).await;
        tenant.until(&id, "read").await;
        tenant.http.get("/v1/overview").await.expect(200);
    }
}

/// The names of metrics in a text that uses them.
fn names(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let words = text.split(|c: char| !is_part(c));
    words.filter(|word| word.starts_with("tidings_")).map(str::to_owned).collect()
}

/// What alerts and the dashboard ask for is what the program exports.
#[test]
fn alerts_and_dashboard_name_only_what_is_measured() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let dir = tempfile::tempdir().unwrap();
        let data_dir = dir.path().join("data");
        let program = Program::default();
        program.json(&["init", "--data-dir", data_dir.to_str().unwrap(), "--json"]).await;
        let served = program.serve(&data_dir, free_port().await).await;
        // What was never asked for is not counted: something has to be.
        served.http.get("/v1/messages").await.expect(401);
        let metrics = served.http.get("/metrics").await.text;
        assert_eq!(served.stop().await, Some(0));
        let attention = "# TYPE tidings_attention gauge";
        assert!(metrics.contains(attention), "a family without samples is named too: {metrics}");
        assert!(
            sample(&metrics, "tidings_process_resident_bytes").is_some_and(|bytes| bytes > 1e6),
            "{metrics}"
        );
        assert!(sample(&metrics, "tidings_process_cpu_seconds_total").is_some(), "{metrics}");
        let exported = names(&metrics);
        let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy");
        for file in ["prometheus/rules.yaml", "grafana/tidings.json"] {
            let asked = names(&std::fs::read_to_string(deploy.join(file)).unwrap());
            assert!(asked.len() > 5, "{file} asks for {asked:?}");
            let missing: Vec<_> = asked.difference(&exported).collect();
            assert!(missing.is_empty(), "{file} asks for what nobody measures: {missing:?}");
        }
    });
}

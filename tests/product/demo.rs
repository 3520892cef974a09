//! `tidings demo` keeps its promises, with a provider that behaves and with one that does not.

use serde_json::Value;

use tidings_tests::support::Program;

async fn demo(more: &[&str]) -> Value {
    let dir = tempfile::tempdir().unwrap();
    let data_dir = dir.path().join("data");
    let mut args = vec!["demo", "--messages", "500", "--exit", "--json", "--listen", "127.0.0.1:0"];
    args.extend(["--data-dir", data_dir.to_str().unwrap()]);
    args.extend(more);
    Program::default().json(&args).await
}

fn count(summary: &Value, field: &str) -> u64 {
    summary[field].as_u64().unwrap_or_else(|| panic!("`{field}` is not a count in {summary}"))
}

#[tokio::test]
async fn five_hundred_messages_all_arrive() {
    let summary = demo(&[]).await;
    assert_eq!(count(&summary, "requested"), 500);
    assert_eq!(count(&summary, "accepted") + count(&summary, "denied"), 500, "{summary}");
    for field in ["duplicates", "lost", "open", "unknown"] {
        assert_eq!(count(&summary, field), 0, "{field}: {summary}");
    }
    let ended = count(&summary, "delivered") + count(&summary, "read") + count(&summary, "failed");
    assert!(ended <= count(&summary, "accepted") && count(&summary, "read") > 0, "{summary}");
    assert!(summary["messages_per_s"].as_f64().is_some_and(|rate| rate > 0.0), "{summary}");
}

#[tokio::test]
async fn faults_lose_and_repeat_nothing() {
    let summary = demo(&["--faults"]).await;
    assert_eq!(count(&summary, "accepted") + count(&summary, "denied"), 500, "{summary}");
    for field in ["duplicates", "lost"] {
        assert_eq!(count(&summary, field), 0, "{field}: {summary}");
    }
}

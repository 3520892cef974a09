//! The event feed: by page and as a stream that can be taken up again.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::StreamExt;
use http::Method;
use serde_json::Value;

use tidings_tests::both_engines;
use tidings_tests::support::{Storage, Tenant, TestApp};

/// Reads a stream until an event of this kind; the ids and kinds that came.
async fn stream(tenant: &Tenant, last: Option<&str>, until: &str) -> Vec<(String, String)> {
    let mut request = tenant.http.request(Method::GET, "/v1/events").header("accept", "text/event-stream");
    if let Some(last) = last {
        request = request.header("last-event-id", last);
    }
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let mut chunks = answer.bytes_stream();
    let mut text = String::new();
    loop {
        let next = tokio::time::timeout(Duration::from_secs(20), chunks.next()).await;
        let chunk = next.expect("an event comes in time").expect("the stream goes on").unwrap();
        text.push_str(std::str::from_utf8(&chunk).unwrap());
        let events = read(&text);
        if events.iter().any(|(_, kind)| kind == until) {
            return events;
        }
    }
}

fn read(text: &str) -> Vec<(String, String)> {
    let field = |block: &str, name: &str| {
        block.lines().find_map(|line| line.strip_prefix(name)).map(|rest| rest.trim().to_owned())
    };
    let whole = text.rfind("\n\n").map_or("", |end| &text[..end]);
    whole.split("\n\n").filter_map(|block| Some((field(block, "id:")?, field(block, "event:")?))).collect()
}

both_engines! {
    async fn pages_bring_every_event_once_in_order(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        for n in 0..3 {
            let id = tenant.send(&tenant.utility(n)).await;
            tenant.until(&id, "read").await;
        }
        let all = tenant.events_with("message.read", 3).await;
        let cursors: BTreeSet<&str> = all.iter().filter_map(|event| event["cursor"].as_str()).collect();
        assert_eq!(cursors.len(), all.len());
        let mut after = String::new();
        let mut small: Vec<Value> = Vec::new();
        loop {
            let query = if after.is_empty() { String::new() } else { format!("&after={after}") };
            let page = tenant.http.get(&format!("/v1/events?limit=2{query}")).await.expect(200);
            let items = page["events"].as_array().unwrap().clone();
            if items.is_empty() {
                break;
            }
            assert!(items.len() <= 2);
            small.extend(items);
            after = page["next_cursor"].as_str().unwrap().to_owned();
        }
        assert_eq!(small, all);
        for event in &all {
            let text = event["data"].to_string();
            assert!(!text.contains("49151") && !text.contains("Ann"), "an event carries no address or content: {text}");
        }
        tenant.http.get("/v1/events?after=nonsense").await.expect(400);
    }

    async fn a_stream_is_taken_up_where_it_broke(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let first = tenant.send(&tenant.utility(1)).await;
        let seen = stream(&tenant, None, "message.read").await;
        assert!(seen.iter().any(|(_, kind)| kind == "tenant.created"), "from the beginning: {seen:?}");
        let last = seen.last().unwrap().0.clone();
        tenant.until(&first, "read").await;
        tenant.send(&tenant.utility(2)).await;
        let more = stream(&tenant, Some(&last), "message.read").await;
        let before: BTreeSet<&String> = seen.iter().map(|(id, _)| id).collect();
        assert!(more.iter().all(|(id, _)| !before.contains(id)), "nothing comes twice");
        assert!(more.iter().any(|(_, kind)| kind == "message.accepted"));
    }
}
